"""For every test: no deadline on a busy machine, no model but what the test names, a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES = 100 if os.environ.get("SALESMATE_PROVE") == "full" else 25
settings.register_profile(
    "salesmate", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("salesmate")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty SALESMATE_HOME; no SALESMATE_ setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("SALESMATE_") and name != "SALESMATE_PROVE":
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("SALESMATE_HOME", str(folder))
    return folder
