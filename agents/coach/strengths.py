"""What went well in a call, the rarest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.coach.call import CallRecord, CallTurn
from agents.coach.lapses import Lapse, lapses_of
from agents.coach.measures import Measures
from agents.coach.questions import Spin
from agents.coach.quote import FEWEST_WORDS, quote_of
from agents.coach.rules import opening_quote
from agents.customer.acts import Act, RepAct

DEEP = 0.4
"""A fact that took this much trust is one that nobody tells a stranger."""

LANDED = (Act.WARM, Act.REVEAL, Act.RETELL, Act.CONCEDE, Act.INTEREST, Act.AGREE, Act.SMALLER_STEP)
"""Replies by which a customer shows that she felt heard."""


@dataclass(frozen=True)
class Merit:
    """Something done well: its kind in `feedback.yaml`, and where it shows."""

    kind: str
    turn: int | None = None
    quote: str | None = None
    fact: str | None = None
    objection: str | None = None


def merit(call: CallRecord, measures: Measures) -> Merit:
    """The best thing about the call. Nothing said in an insult or under pressure is a strength."""
    harmless = {turn.n for turn in _harmless(call)}
    done_well = (one for one in _merits(call, measures) if one.turn in harmless)
    return next(done_well, None) or _least(call)


def _least(call: CallRecord) -> Merit:
    """What there is to say of a call in which nothing went well."""
    if not call.spoken:
        return Merit("silent")
    harmless = _harmless(call)
    plainest = min(harmless or call.spoken, key=lambda turn: (turn.words < FEWEST_WORDS, turn.words))
    return Merit("plainest" if harmless else "nothing", plainest.n, quote_of(plainest))


def _merits(call: CallRecord, measures: Measures) -> Iterator[Merit]:
    yield from _facts(call)
    yield from _objections(call)
    yield from _agreed(call)
    yield from _questions(call, measures)
    yield from _manner(call)
    for one in measures.questions:
        yield Merit("question", one.turn, one.quote)


def _facts(call: CallRecord) -> Iterator[Merit]:
    told = [(e.rep, call.persona.fact(e.after.fact)) for e in call.exchanges if e.after and e.after.fact]
    for rep, fact in sorted(told, key=lambda pair: -pair[1].opens_when.trust)[:1]:
        if fact.opens_when.trust >= DEEP and rep.words:
            yield Merit("deep_fact", rep.n, opening_quote(rep), fact=fact.id)


def _objections(call: CallRecord) -> Iterator[Merit]:
    for e in call.exchanges:
        if e.after and e.after.resolved and e.rep.words:
            yield Merit(
                "objection_met", e.rep.n, quote_of(e.rep, RepAct.EVIDENCE), objection=e.after.resolved[0]
            )


def _agreed(call: CallRecord) -> Iterator[Merit]:
    for e in call.exchanges:
        if e.brings(Act.AGREE):
            yield Merit("agreed", e.rep.n, quote_of(e.rep, RepAct.CLOSE))


def _questions(call: CallRecord, measures: Measures) -> Iterator[Merit]:
    for e in call.exchanges:
        if e.after and e.after.fact and e.rep.words:
            yield Merit("fact", e.rep.n, opening_quote(e.rep), fact=e.after.fact)
    for one in measures.questions:
        if one.spin is not Spin.SITUATION:
            yield Merit("deeper_question", one.turn, one.quote)


def _manner(call: CallRecord) -> Iterator[Merit]:
    for e in call.exchanges:
        if e.rep.did(RepAct.ACKNOWLEDGE) and e.brings(*LANDED):
            yield Merit("listened", e.rep.n, quote_of(e.rep, RepAct.ACKNOWLEDGE))
    for turn in call.spoken:
        if turn.did(RepAct.CLOSE) and turn.appraisal.specific:
            yield Merit("proposed", turn.n, quote_of(turn, RepAct.CLOSE))
    opening = call.spoken[:3]
    named = next((turn for turn in opening if turn.did(RepAct.INTRODUCE)), None)
    reason = next((turn for turn in opening if turn.did(RepAct.REASON)), None)
    if named and reason:
        yield Merit("opening", reason.n, quote_of(reason, RepAct.REASON))
    if named:
        yield Merit("name", named.n, quote_of(named, RepAct.INTRODUCE))


def _harmless(call: CallRecord) -> list[CallTurn]:
    """The turns in which the rep was neither rude nor pushing."""
    lapses: tuple[Lapse, ...] = ("rude", "pressure")
    harmful = {turn for lapse in lapses for turn, _ in lapses_of(call, lapse)}
    return [turn for turn in call.spoken if turn.n not in harmful]
