"""What can be counted in a call. Shown as bands beside the score and never part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from agents.coach.call import CallRecord, CallTurn
from agents.coach.lexicon import lexicon
from agents.coach.questions import Question, Spin, questions_in
from agents.coach.quote import quote_of
from agents.customer.acts import Act, RepAct
from agents.customer.persona import CallType
from agents.customer.state import Standing
from agents.data_files import read_yaml

if TYPE_CHECKING:
    from ingestion.embed import CachedEmbedder

SHORT_ANSWER = 5
"""Words of the customer's, up to which the rep has to draw her out."""
FEWEST_SHORT = 3
"""Fewer short answers than this say nothing about a habit."""
DRAWN_OUT = 40
"""Words of the rep's, beyond which an answer fills the gap instead."""


class Band(StrEnum):
    """Where a value lies for this kind of call."""

    LOW = "low"
    GOOD = "good"
    HIGH = "high"
    NONE = "none"  # there was nothing to measure


@dataclass(frozen=True)
class Measure:
    """One figure. `text` says in a sentence what its band means; `detail` is what it was made of."""

    label: str
    value: float | None
    unit: str
    band: Band
    text: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        data = {"label": self.label, "value": self.value, "unit": self.unit, "band": self.band.value}
        return data | {"text": self.text, **self.detail}


@dataclass(frozen=True)
class Measures:
    """All figures of a call by name, and the questions they were counted from."""

    by_name: Mapping[str, Measure]
    questions: tuple[Question, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {name: measure.to_json() for name, measure in self.by_name.items()}


class Scale(BaseModel):
    """One measure in `bands.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    unit: str
    good: dict[CallType | str, tuple[float | None, float | None]]
    says: dict[Band, str]

    def read(self, call_type: CallType, value: float | None, **detail: Any) -> Measure:
        """The value with its band for that kind of call; None is "nothing to measure"."""
        band = self._band(call_type, value)
        rounded = None if value is None else round(value, 3)
        return Measure(self.label, rounded, self.unit, band, self.says.get(band, ""), detail)

    def _band(self, call_type: CallType, value: float | None) -> Band:
        if value is None:
            return Band.NONE
        least, most = self.good.get(call_type, self.good["any"])
        if least is not None and value < least:
            return Band.LOW
        return Band.HIGH if most is not None and value > most else Band.GOOD


def measure(call: CallRecord, embedder: CachedEmbedder | None = None) -> Measures:
    """Everything that is counted. The embedder sharpens the classes of questions, nothing else."""
    questions = questions_in(call, embedder)
    made = {
        "talk_share": _talk_share(call),
        "longest_monologue": _longest_monologue(call),
        **_questions(questions),
        "discovery": _share(len(call.opened), len(call.persona.facts), "opened", "available"),
        "objections": _objections(call),
        "next_step": _next_step(call),
        "hedges": _per_hundred(call, "hedges"),
        "fillers": _per_hundred(call, "fillers"),
        "short_answers": _short_answers(call),
        "silences": (sum(not e.rep.words for e in call.exchanges), {}),
    }
    scales, kind = _scales(), call.persona.call_type
    read = {name: scales[name].read(kind, value, **detail) for name, (value, detail) in made.items()}
    return Measures(read, questions)


_Figure = tuple[float | None, dict[str, Any]]


def _talk_share(call: CallRecord) -> _Figure:
    rep = sum(turn.words for turn in call.spoken)
    both = sum(turn.words for turn in call.turns)
    return (rep / both if rep else None), {"words": rep}


def _longest_monologue(call: CallRecord) -> _Figure:
    longest, at, run = 0, None, 0
    for turn in call.turns:
        run = run + turn.words if turn.speaker == "rep" else 0
        if run > longest:
            longest, at = run, turn.n
    return (float(longest) if longest else None), {"turn": at}


def _questions(questions: tuple[Question, ...]) -> dict[str, _Figure]:
    counted = Counter(question.spin for question in questions)
    spin = {one.value: counted[one] for one in Spin}
    deeper = len(questions) - counted[Spin.SITUATION]
    return {"questions": (float(len(questions)), {"spin": spin}), "deeper_questions": (float(deeper), {})}


def _objections(call: CallRecord) -> _Figure:
    met, standing = call.objections(Standing.RESOLVED), call.objections(Standing.RAISED)
    share = len(met) / (len(met) + len(standing)) if met or standing else None
    return share, {"met": list(met), "standing": list(standing)}


def _next_step(call: CallRecord) -> _Figure:
    proposals = [turn for turn in call.spoken if turn.did(RepAct.CLOSE)]
    best = max(proposals, key=_definite, default=None)
    parts = {
        "proposed": bool(proposals),
        "day": bool(best and best.appraisal.specific),
        "owner": bool(best and lexicon("owner").search(best.text)),
        "agreed": call.state.agreed,
    }
    where = {"turn": best.n, "quote": quote_of(best, RepAct.CLOSE)} if best else {"turn": None, "quote": None}
    return float(sum(parts.values())), {**parts, **where}


def _definite(turn: CallTurn) -> tuple[bool, bool, int]:
    """The proposal that says most; of equals the last, which is the one that stood."""
    return turn.appraisal.specific, bool(lexicon("owner").search(turn.text)), turn.n


def _per_hundred(call: CallRecord, words: str) -> _Figure:
    spoken = sum(turn.words for turn in call.spoken)
    found = [match.group().lower() for turn in call.spoken for match in lexicon(words).finditer(turn.text)]
    most = [word for word, _ in Counter(found).most_common(3)]
    return (100 * len(found) / spoken if spoken else None), {"count": len(found), "most": most}


def _short_answers(call: CallRecord) -> _Figure:
    # Everybody answers the phone in a few words.
    short = [e for e in call.exchanges if e.before and e.before.words <= SHORT_ANSWER]
    after = [e.rep for e in short if not e.answers(Act.OPEN)]
    drawn = [turn for turn in after if 0 < turn.words <= DRAWN_OUT and _draws_out(turn)]
    figures = {"drawn_out": len(drawn), "of": len(after)}
    return (len(drawn) / len(after) if len(after) >= FEWEST_SHORT else None), figures


def _draws_out(turn: CallTurn) -> bool:
    return any(turn.did(act) for act in (RepAct.OPEN_QUESTION, RepAct.CLOSED_QUESTION, RepAct.ACKNOWLEDGE))


def _share(part: int, whole: int, part_name: str, whole_name: str) -> _Figure:
    return (part / whole if whole else None), {part_name: part, whole_name: whole}


@cache
def _scales() -> dict[str, Scale]:
    raw = read_yaml((files("agents.coach") / "bands.yaml").read_text("utf-8"))
    return {name: Scale.model_validate(scale) for name, scale in raw.items()}
