"""The docs say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bot.cli import COMMANDS, salesmate
from bot.reference import SETTINGS, reference

ROOT = Path(__file__).parents[2]


def test_the_reference_is_what_the_commands_and_settings_say() -> None:
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == reference(), "run: make docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = salesmate.get_command(click.Context(salesmate), name)
    assert command is not None
    assert COMMANDS[name][1] == command.get_short_help_str(limit=200)


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_setting_is_explained(settings: type) -> None:
    fields = settings.model_fields  # type: ignore[attr-defined]
    assert not [name for name, field in fields.items() if not field.description]


def test_the_links_of_every_readme_lead_somewhere() -> None:
    for readme in (path for path in ROOT.rglob("*.md") if ".venv" not in path.parts):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", readme.read_text(encoding="utf-8")):
            assert (readme.parent / target).exists(), f"{readme.relative_to(ROOT)} links to {target}"


def test_every_room_has_its_page() -> None:
    rooms = ["bot", "bot/terminal", "ingestion", "finetune", "deploy/k8s", "agents"]
    rooms += [f"agents/{name}" for name in ("customer", "copilot", "coach", "models", "records", "evals")]
    assert not [room for room in rooms if not (ROOT / room / "README.md").exists()]
