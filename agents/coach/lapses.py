"""Lapses: what must not happen in a call, where it happened, and where it would have shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from agents.coach.call import SURE, CallRecord, CallTurn, Exchange
from agents.coach.quote import quote, quote_of, shortened
from agents.customer.acts import Act, RepAct

TALK_TURNS, TALK_WORDS = 3, 25
"""From here a rep has talked enough to have shown her manner."""
OBJECTING = (Act.OBJECT, Act.INSIST, Act.BRISTLE)
RESISTING = (*OBJECTING, Act.RESIST_PITCH, Act.RESIST_PRESSURE, Act.RESIST_CLOSE, Act.DEFLECT)

Lapse = Literal[
    "rude",
    "pressure",
    "inflamed",
    "pitch",
    "early_pitch",
    "jargon",
    "silence",
    "repeated",
    "too_long",
    "foreign",
    "hung_up",
]
Occasion = Literal["claim", "proposal", "objection", "resistance", "opening", "talk"]


def lapses_of(call: CallRecord, lapse: Lapse) -> list[tuple[int, str]]:
    """The rep's turns in which that happened, with her words; a silence has none."""
    return list(_FOUND[lapse](call))


def shown_in(turn: CallTurn, occasion: Occasion) -> str:
    """The words in which an occasion was met well."""
    if occasion == "claim":
        return quote(turn.text, turn.appraisal.claims[-1])
    return quote_of(turn, RepAct.CLOSE) if occasion == "proposal" else shortened(turn.text.strip())


def occasions(call: CallRecord, occasion: Occasion) -> list[CallTurn]:
    """The rep's turns in which a lapse of manner would have shown."""
    spoken = call.spoken
    answered = [e for e in call.exchanges if e.rep.words]
    if occasion == "talk":
        enough = len(spoken) >= TALK_TURNS and sum(turn.words for turn in spoken) >= TALK_WORDS
        return list(spoken) if enough else []
    return {
        "claim": [turn for turn in spoken if turn.appraisal.claims],
        "proposal": [turn for turn in spoken if turn.did(RepAct.CLOSE)],
        "objection": [e.rep for e in answered if e.answers(*OBJECTING)],
        "resistance": [e.rep for e in answered if e.answers(*RESISTING)],
        "opening": list(spoken[:3]) if len(spoken) >= TALK_TURNS else [],
    }[occasion]


def _all_where(
    called: Callable[[Exchange], bool], *acts: RepAct
) -> Callable[[CallRecord], Iterator[tuple[int, str]]]:
    def found(call: CallRecord) -> Iterator[tuple[int, str]]:
        for exchange in call.exchanges:
            if exchange.rep.words and called(exchange):
                yield exchange.rep.n, quote_of(exchange.rep, *acts)

    return found


def _only_claims(exchange: Exchange) -> bool:
    """Whether a turn claims something and neither shows nor asks anything."""
    rep = exchange.rep
    return rep.did(RepAct.PITCH) and not rep.did(RepAct.EVIDENCE) and not asks(rep)


def asks(turn: CallTurn) -> bool:
    """Whether a turn wants to know something."""
    return turn.did(RepAct.OPEN_QUESTION) or turn.did(RepAct.CLOSED_QUESTION) or bool(turn.appraisal.asked)


def _early_pitches(call: CallRecord) -> Iterable[tuple[int, str]]:
    first_told = next((turn.n for turn in call.turns if turn.fact), None)
    return [
        (turn.n, quote_of(turn, RepAct.PITCH))
        for turn in call.spoken
        if turn.appraisal.did(RepAct.PITCH) >= SURE and (first_told is None or turn.n < first_told)
    ]


def _silences(call: CallRecord) -> Iterable[tuple[int, str]]:
    rep = [exchange.rep for exchange in call.exchanges]
    return [(turn.n, turn.text.strip()) for turn in rep if not turn.words or turn.appraisal.silence]


def _hung_up(call: CallRecord) -> Iterable[tuple[int, str]]:
    if call.outcome != "hung_up":
        return []
    rep = [exchange.rep for exchange in call.exchanges]
    return [(turn.n, shortened(turn.text.strip())) for turn in rep[-1:]]


_FOUND: dict[Lapse, Callable[[CallRecord], Iterable[tuple[int, str]]]] = {
    "rude": _all_where(lambda e: e.rep.did(RepAct.RUDE), RepAct.RUDE),
    "pressure": _all_where(lambda e: e.rep.did(RepAct.PRESSURE), RepAct.PRESSURE),
    "inflamed": _all_where(lambda e: e.brings(Act.BRISTLE)),
    "pitch": _all_where(_only_claims, RepAct.PITCH),
    "early_pitch": _early_pitches,
    "jargon": _all_where(lambda e: e.rep.appraisal.jargon >= SURE),
    "silence": _silences,
    "repeated": _all_where(lambda e: e.rep.appraisal.repeated),
    "too_long": _all_where(lambda e: e.rep.appraisal.too_long),
    "foreign": _all_where(lambda e: e.rep.appraisal.foreign),
    "hung_up": _hung_up,
}
