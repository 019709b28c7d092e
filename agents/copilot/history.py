"""The talk so far, as other programs hand it over: {"role", "text"} for each turn."""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from agents.copilot.result import Turn

ROLES = {
    "rep": "rep",
    "seller": "rep",
    "user": "rep",
    "customer": "customer",
    "copilot": "copilot",
    "assistant": "copilot",
}
"""How others call whom we call rep, customer and copilot."""
EXAMPLE = '{"role": "customer", "text": "…"}'

Shape = TypeVar("Shape")


class UnusableHistoryError(Exception):
    """What was handed over is no talk. The sentence says what is wrong with it."""


def _our_role(role: object) -> object:
    return ROLES.get(role.strip().lower(), role) if isinstance(role, str) else role


class HistoryTurn(BaseModel):
    """One turn, by whatever name its speaker goes."""

    model_config = ConfigDict(frozen=True)

    role: Annotated[Literal["rep", "customer", "copilot"], BeforeValidator(_our_role)]
    text: str

    def turn(self) -> Turn:
        """The turn as the copilot knows it."""
        return Turn(self.role, self.text)


class RunningCall(BaseModel):
    """A call as `salesmate hint` reads it."""

    turns: list[HistoryTurn]


def read_history(text: str) -> tuple[Turn, ...]:
    """A JSON list of turns. Raises UnusableHistoryError."""
    return tuple(turn.turn() for turn in _read(TypeAdapter(list[HistoryTurn]), text, f"[{EXAMPLE}, …]"))


def read_call(text: str) -> tuple[Turn, ...]:
    """The turns of {"turns": […]}. Raises UnusableHistoryError."""
    call = _read(TypeAdapter(RunningCall), text, f'{{"turns": [{EXAMPLE}, …]}}')
    return tuple(turn.turn() for turn in call.turns)


def _read(shape: TypeAdapter[Shape], text: str, example: str) -> Shape:
    try:
        return shape.validate_python(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["loc"][-1:] == ("role",) and first["type"] == "literal_error":
            raise UnusableHistoryError(
                f"{_place(first['loc'])} is no role we know. Roles: {', '.join(ROLES)}."
            ) from None
        raise UnusableHistoryError(
            f"{_place(first['loc']) or 'It'} is not as agreed. Write: {example}"
        ) from None
    except (ValueError, RecursionError):
        raise UnusableHistoryError(f"It is not JSON. Write: {example}") from None


def _place(steps: tuple[int | str, ...]) -> str:
    """As in "turns[2].role"."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return place.removeprefix(".")
