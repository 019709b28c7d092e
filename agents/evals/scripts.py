"""What written sellers say to each customer: `scripts/<persona id>.yaml`, worded apart from the persona's
exemplars, so that simulated calls also test whether the customer understands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

Lines = Annotated[tuple[str, ...], Field(min_length=2)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answers(Part):
    """Replies to one objection: `strong` acknowledges and meets it, `weak` talks past it."""

    strong: Lines
    weak: Lines


class Closes(Part):
    """Proposals of the next step."""

    specific: Lines
    vague: Lines
    pushy: Lines


class Script(Part):
    """One seller's lines for one customer."""

    persona: str
    rep: str
    greeting: Lines
    permission: Lines
    reason: Lines
    questions: dict[str, Lines]
    open_questions: Lines
    answers: dict[str, Answers]
    empathy: Lines
    evidence: Lines
    pitch: Lines
    small_talk: Lines
    close: Closes
    pressure: Lines
    rude: Lines
    goodbye: Lines


@cache
def script_for(persona_id: str) -> Script:
    """The script for that persona. FileNotFoundError where none was written."""
    path = Path(__file__).parent / "scripts" / f"{persona_id}.yaml"
    return Script.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def scripted_ids() -> list[str]:
    """Ids of the personas a script was written for."""
    return sorted(path.stem for path in (Path(__file__).parent / "scripts").glob("*.yaml"))
