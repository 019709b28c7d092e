"""Questions with what a right answer to each must hold: one JSON object a line, written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.copilot.history import HistoryTurn

NEAR_MISS = "near_miss"


class UnusableSetError(Exception):
    """The file cannot be read as a set of questions. The sentence says which line and why."""


class GoldPlace(BaseModel):
    """A page that supports the answer; without a page, the whole document does."""

    model_config = ConfigDict(frozen=True)

    document: str
    page: int | None = None

    def __str__(self) -> str:
        return self.document if self.page is None else f"{self.document}, gold page {self.page}"

    def holds(self, document: str, page: int) -> bool:
        """Whether a cited or retrieved page is this place."""
        return document == self.document and self.page in (None, page)


class Case(BaseModel):
    """One question. Fields that are not ours are left alone.

    `must_contain`: every entry must stand in the answer, of "60 days|two months" either. `since`: the day
    from which a replaced value holds, which the answer must name. `gold`: one of these places must be cited,
    with `all_gold` each of them. `kind` "near_miss": the documents talk about it and do not say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str = ""
    collection: str | None = Field(default=None, alias="firm")
    kind: str = ""
    question: str = Field(min_length=1)
    answerable: bool
    gold: tuple[GoldPlace, ...] = ()
    all_gold: bool = False
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    since: str = ""
    history: tuple[HistoryTurn, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_one_place(cls, data: Any) -> Any:
        """`document` and `page` beside the question are a list of one gold place."""
        if isinstance(data, dict) and data.get("document") and "gold" not in data:
            return {**data, "gold": [{"document": data["document"], "page": data.get("page")}]}
        return data

    @property
    def sort(self) -> Literal["answerable", "near_miss", "untouched"]:
        """What a right reply depends on."""
        if self.answerable:
            return "answerable"
        return "near_miss" if self.kind == NEAR_MISS else "untouched"


def load_set(path: Path) -> tuple[Case, ...]:
    """The questions of a JSONL file; one without an id is called by its line. Raises UnusableSetError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UnusableSetError(f"{path} cannot be read: {why}.") from None
    cases = tuple(_case(path, number, line) for number, line in enumerate(lines, start=1) if line.strip())
    if not cases:
        raise UnusableSetError(f"{path} holds no questions; write one JSON object a line.")
    return cases


def _case(path: Path, number: int, line: str) -> Case:
    try:
        data = json.loads(line)
        case = Case.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UnusableSetError(f"{path}:{number}: {field or 'the line'}: {first['msg']}.") from None
    except ValueError:
        raise UnusableSetError(f"{path}:{number}: this is not JSON; write one object a line.") from None
    return case if case.id else case.model_copy(update={"id": f"line {number}"})
