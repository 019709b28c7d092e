"""What the rep takes away: one strength and two fixes, each tied to her own words.

What to fix is found in the call itself, the costliest first; the words are data (`feedback.yaml`). The line
to say instead is the persona's own wherever there is one, because that is what would have worked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.coach.call import CallRecord
from agents.coach.fixes import Slip, slips
from agents.coach.measures import Measures
from agents.coach.rules import Finding
from agents.coach.strengths import Merit, merit
from agents.data_files import read_yaml


@dataclass(frozen=True)
class Strength:
    """What to keep doing. No turn and no quote only where the rep never said a word."""

    text: str
    turn: int | None
    quote: str | None

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "turn": self.turn, "quote": self.quote}


@dataclass(frozen=True)
class Fix:
    """What to do differently, the line to say instead, and the id of the hidden fact it would have opened."""

    text: str
    turn: int | None
    quote: str | None
    say_instead: str
    would_open: str | None

    def to_json(self) -> dict[str, Any]:
        data = {"text": self.text, "turn": self.turn, "quote": self.quote}
        return data | {"say_instead": self.say_instead, "would_open": self.would_open}


@dataclass(frozen=True)
class Feedback:
    """One strength, two fixes."""

    strength: Strength
    fixes: tuple[Fix, ...]

    def to_json(self) -> dict[str, Any]:
        return {"strength": self.strength.to_json(), "fixes": [fix.to_json() for fix in self.fixes]}


class FixWords(BaseModel):
    """One kind of fix in `feedback.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: tuple[str, ...] = Field(min_length=1)
    say: tuple[str, ...] = ()


class Phrases(BaseModel):
    """`feedback.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strengths: dict[str, tuple[str, ...]]
    fixes: dict[str, FixWords]


FIXES = 2


def feedback(call: CallRecord, measures: Measures, findings: Mapping[str, Finding]) -> Feedback:
    """The strength and the fixes for this call. The same call always gets the same words."""
    rng = Random(f"{call.persona.id}/{call.state.seed}/{len(call.turns)}")
    chosen = _apart(slips(call, measures, findings))
    return Feedback(
        strength=_strength(call, merit(call, measures), rng),
        fixes=tuple(_fix(call, slip, rng) for slip in chosen),
    )


def _strength(call: CallRecord, found: Merit, rng: Random) -> Strength:
    text = rng.choice(phrases().strengths[found.kind])
    return Strength(_filled(text, call, fact=found.fact, objection=found.objection), found.turn, found.quote)


def _fix(call: CallRecord, slip: Slip, rng: Random) -> Fix:
    words = phrases().fixes[slip.kind]
    text = _filled(rng.choice(words.text), call, slip.fact, slip.objection, slip.count)
    say = rng.choice(slip.say or words.say)
    return Fix(text, slip.turn, slip.quote, _filled(say, call), slip.would_open)


def _apart(found: list[Slip]) -> list[Slip]:
    """The two costliest slips of different kinds, at different places if there are such."""
    order = {kind: place for place, kind in enumerate(phrases().fixes)}
    ranked = sorted(found, key=lambda slip: order[slip.kind])
    chosen = ranked[:1]
    for apart in (_elsewhere, _otherwise):
        for slip in ranked:
            if len(chosen) < FIXES and all(apart(slip, one) for one in chosen):
                chosen.append(replace(slip, would_open=_once(slip, chosen)))
    return chosen


def _elsewhere(slip: Slip, other: Slip) -> bool:
    opens_the_same = slip.would_open is not None and slip.would_open == other.would_open
    return _otherwise(slip, other) and slip.turn != other.turn and not opens_the_same


def _otherwise(slip: Slip, other: Slip) -> bool:
    return slip.kind != other.kind and (not slip.say or slip.say != other.say)


def _once(slip: Slip, chosen: list[Slip]) -> str | None:
    """One fact is promised by one fix only."""
    return None if slip.would_open in {one.would_open for one in chosen} else slip.would_open


def _filled(
    text: str, call: CallRecord, fact: str | None = None, objection: str | None = None, count: int = 0
) -> str:
    persona = call.persona
    fields = {
        "customer": persona.name,
        "firm": persona.seller.company,
        "product": persona.seller.product,
        "fact": persona.fact(fact).text if fact else "",
        "objection": persona.objection(objection).text if objection else "",
        "count": str(count),
    }
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@cache
def phrases() -> Phrases:
    """The phrases, read once."""
    return Phrases.model_validate(read_yaml((files("agents.coach") / "feedback.yaml").read_text("utf-8")))
