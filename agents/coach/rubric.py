"""Rubrics: what a good call shows, as criteria of yes/no checks. The files are `rubrics/*.yaml`."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.coach.rules import Rule
from agents.customer.persona import CallType, Id
from agents.data_files import read_yaml

_FOLDER = Path(__file__).parent / "rubrics"


class RubricError(Exception):
    """A rubric file cannot be used; the message says which, and why."""


class Part(BaseModel):
    """A part of a rubric file: unknown fields are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Check(Part):
    """One yes/no question about a call."""

    id: Id
    question: str
    anchor: Annotated[str, Field(description="What counts as yes, and what does not.")]
    rule: Rule
    blocker: Annotated[bool, Field(description="A no fails the card, whatever the score.")] = False


class Criterion(Part):
    """A side of selling. Its points are its weight times the share of its checks that are met."""

    id: Id
    title: str
    weight: Annotated[int, Field(ge=1, le=100)]
    checks: Annotated[tuple[Check, ...], Field(min_length=3, max_length=6)]


class Rubric(Part):
    """A whole rubric. Raise `version` with every change: it is kept with each scorecard."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    title: str
    call_types: Annotated[tuple[CallType, ...], Field(min_length=1)]
    pass_mark: Annotated[int, Field(ge=0, le=100)] = 70
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Rubric:
        ids = [*(criterion.id for criterion in self.criteria), *(check.id for check in self.checks)]
        doubled = [name for name, count in Counter(ids).items() if count > 1]
        if doubled:
            raise ValueError(f"the id '{doubled[0]}' is used twice")
        return self

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, in the rubric's order."""
        return tuple(check for criterion in self.criteria for check in criterion.checks)


def rubric_for(call_type: CallType) -> Rubric:
    """The rubric for that kind of call: one written for it, else the general one."""
    fitting = [rubric for rubric in rubrics() if call_type in rubric.call_types]
    return min(fitting, key=lambda rubric: len(rubric.call_types))


@cache
def rubrics() -> tuple[Rubric, ...]:
    """Every rubric there is. Raises RubricError."""
    return tuple(load_rubric(path) for path in sorted(_FOLDER.glob("*.yaml")))


def load_rubric(path: Path) -> Rubric:
    """One rubric file. Raises RubricError with the first thing that is wrong."""
    try:
        return Rubric.model_validate(read_yaml(path.read_text("utf-8")))
    except OSError as error:
        raise RubricError(f"{path.name} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise RubricError(f"{path.name} is not YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the rubric"
        raise RubricError(f"{path.name}: {place}: {first['msg']}. See the README of agents/coach.") from None
