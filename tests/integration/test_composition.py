"""What the settings of a process make of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.composition import open_salesmate


@pytest.mark.parametrize(("asked", "expected"), [("", "false"), ("true", "true")])
async def test_rehearsals_are_traced_elsewhere_only_when_salesmate_is_asked_to(
    home: Path, monkeypatch: pytest.MonkeyPatch, asked: str, expected: str
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    monkeypatch.setenv("SALESMATE_MODEL_TRACING", asked)
    async with open_salesmate():
        assert os.environ["LANGSMITH_TRACING"] == expected
