"""Google's errors as sentences of ours, by `vertex_refusals.yaml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from finetune.recipe import Vertex

_RULES = Path(__file__).with_name("vertex_refusals.yaml")
_NUMBERS = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"),
    *("UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
"""Statuses by number: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto."""


class Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    status: tuple[str, ...]
    """Any when empty."""
    says: str = ""
    sentence: str

    def fits(self, status: str, message: str) -> bool:
        known = not self.status or status in self.status
        return known and re.search(self.says, message, re.IGNORECASE) is not None


class Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...]


def sentence_of(status: str, message: str, recipe: Vertex, project: str) -> str:
    """What went wrong and what to do, ending with Google's own name for it. No word of `message` is told."""
    rule = next(rule for rule in _rules() if rule.fits(status, message))
    told: dict[str, Any] = {**recipe.model_dump(), "project": project}
    return f"{rule.sentence.format(**told)} ({status})"


def status_of(number: int | None) -> str:
    """The name of the status with that number."""
    return _NUMBERS[number] if number is not None and 0 <= number < len(_NUMBERS) else "UNKNOWN"


@cache
def _rules() -> tuple[Rule, ...]:
    return Rules.model_validate(yaml.safe_load(_RULES.read_text(encoding="utf-8"))).rules
