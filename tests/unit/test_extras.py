"""What a sentence on a missing package says to run does bring that package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ingestion.extras import to_install

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "bot", "finetune", "ingestion")


@pytest.fixture(scope="module")
def extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]  # type: ignore[no-any-return]


def test_both_ways_are_told_for_every_extra(extras: dict[str, list[str]]) -> None:
    locked = (ROOT / "requirements/dev.txt").read_text() + (ROOT / "requirements/train.txt").read_text()
    for extra, packages in extras.items():
        told = to_install(extra)
        assert f"else `pip install 'salesmate[{extra}]'`" in told
        if "make train" in told:
            names = [re.split(r"[<>=]", package)[0] for package in packages]
            assert all(f"\n{name}==" in locked for name in names), extra
        else:
            assert f".venv/bin/pip install -e '.[{extra}]'" in told


def test_every_sentence_names_an_extra_that_there_is(extras: dict[str, list[str]]) -> None:
    sources = [file.read_text(encoding="utf-8") for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    named = {name for source in sources for name in re.findall(r"to_install\(['\"](\w+)['\"]\)", source)}
    assert {"buckets", "calls", "local", "tuning"} <= named <= extras.keys()
