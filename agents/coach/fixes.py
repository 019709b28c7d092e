"""What cost the call most: the rep's words, what to say instead, and the fact that would have opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from agents.coach.call import SURE, CallRecord, CallTurn, Exchange
from agents.coach.lapses import OBJECTING, Lapse, lapses_of
from agents.coach.measures import Measures
from agents.coach.quote import quote_of
from agents.coach.rules import Finding, opening_quote, takes_up
from agents.customer.acts import Act, RepAct
from agents.customer.persona import Fact
from agents.customer.state import Standing

OPENING_TURNS = 4
"""Within these the rep says who she is, why she rings, and asks for time."""


@dataclass(frozen=True)
class Slip:
    """Something to do differently: its kind in `feedback.yaml`, where it shows, and what would have worked.

    `say` holds lines of the persona's own; where it is empty `feedback.yaml` has one.
    """

    kind: str
    turn: int | None = None
    quote: str | None = None
    say: tuple[str, ...] = ()
    would_open: str | None = None
    fact: str | None = None
    objection: str | None = None
    count: int = 0


def slips(call: CallRecord, measures: Measures, findings: Mapping[str, Finding]) -> list[Slip]:
    """Everything worth fixing, in no order; at least two whenever the rep spoke."""
    if not call.spoken:
        return [Slip("said_nothing"), _ask_first(call)]
    found: list[Slip] = []
    for find in (_manners, _opening, _objections, _closing, _discovery, _talk):
        found += find(call)
    found += _compliance(call, findings)
    return [*found, *_sharpen(call, measures)]


def _ask_first(call: CallRecord) -> Slip:
    """For a call without a word: the question to begin with."""
    return _asking_for(_next_fact(call), Slip("then_ask"))


def _manners(call: CallRecord) -> Iterator[Slip]:
    for turn, said in lapses_of(call, "rude")[:1]:
        yield Slip("rude", turn, said)
    for turn, said in lapses_of(call, "pressure")[:1]:
        yield Slip("pressure", turn, said)
    silences = lapses_of(call, "silence")
    if silences:
        before = [turn for turn in call.spoken if turn.n < silences[0][0]]
        last = before[-1] if before else call.spoken[0]
        slip = Slip("silence", last.n, quote_of(last), count=len(silences))
        yield _asking_for(_next_fact(call), slip)


def _compliance(call: CallRecord, findings: Mapping[str, Finding]) -> Iterator[Slip]:
    for name in ("compliance-guarantee", "compliance-risk"):
        finding = findings.get(name)
        if finding and finding.met is False and finding.quote:
            yield Slip("guarantee", finding.turn, finding.quote)


def _opening(call: CallRecord) -> Iterator[Slip]:
    opening, first = call.spoken[:OPENING_TURNS], call.spoken[0]
    if not any(turn.did(RepAct.INTRODUCE) for turn in opening[:2]):
        yield Slip("no_name", first.n, quote_of(first))
    if not any(turn.did(RepAct.REASON) for turn in opening):
        said = opening[-1]
        yield Slip("no_reason", said.n, quote_of(said))
    if not any(turn.did(RepAct.PERMISSION) for turn in opening):
        yield Slip("no_time_asked", first.n, quote_of(first))
    for n, pitch in lapses_of(call, "early_pitch")[:1]:
        yield _asking_for(_next_fact(call), Slip("early_pitch", n, pitch))


def _objections(call: CallRecord) -> Iterator[Slip]:
    standing, raised, seen = call.objections(Standing.RAISED), None, set()
    for e in call.exchanges:
        raised = (e.before.raised if e.before else None) or raised
        if raised is None or not e.rep.words or (raised in seen and not e.brings(Act.BRISTLE)):
            continue
        worse = e.brings(Act.BRISTLE)
        if worse or (raised in standing and e.answers(*OBJECTING)):
            seen.add(raised)
            say = call.persona.objection(raised).resolved_by
            kind = "inflamed" if worse else "standing"
            yield Slip(kind, e.rep.n, quote_of(e.rep), say, _waits_for(call, raised), objection=raised)


def _closing(call: CallRecord) -> Iterator[Slip]:
    if call.state.agreed:
        return
    proposals = [e for e in call.exchanges if e.rep.did(RepAct.CLOSE)]
    offers = call.persona.win.offered_by
    last = call.spoken[-1]
    if not proposals:
        if call.outcome != "hung_up":
            yield Slip("no_proposal", last.n, quote_of(last), offers)
        return
    fact = _next_fact(call)
    first = proposals[0]
    if not any(turn.fact for turn in call.turns if turn.n < first.rep.n):
        yield _asking_for(fact, Slip("too_early", first.rep.n, _proposal(first)))
    refused = [e for e in proposals if e.brings(Act.RESIST_CLOSE)]
    if refused and refused[-1] is not first:
        yield _asking_for(fact, Slip("not_ready", refused[-1].rep.n, _proposal(refused[-1])))
    if not any(e.rep.appraisal.specific for e in proposals):
        yield Slip("no_day", proposals[-1].rep.n, _proposal(proposals[-1]), offers)


def _discovery(call: CallRecord) -> Iterator[Slip]:
    hidden = set(call.hidden)
    for e in call.exchanges:
        told = call.persona.fact(e.before.fact) if e.before and e.before.fact else None
        if told and e.rep.words and not takes_up(e.rep):
            leads_to = _waits_for(call, told.id)
            yield Slip("not_followed", e.rep.n, quote_of(e.rep), (told.follow_up,), leads_to, fact=told.id)
        refused = [name for name, sure in e.rep.appraisal.asked if sure >= SURE and name in hidden]
        if refused and e.brings(Act.DEFLECT):
            slip = Slip("asked_too_early", e.rep.n, opening_quote(e.rep))
            yield _asking_for(call.persona.fact(refused[0]), slip)
    fact = _next_fact(call)
    idle = _idlest(call)
    if fact and idle:
        yield _asking_for(fact, Slip("never_asked", idle.n, quote_of(idle)))


def _talk(call: CallRecord) -> Iterator[Slip]:
    lapses: tuple[Lapse, ...] = ("too_long", "repeated", "jargon")
    for lapse in lapses:
        for turn, said in lapses_of(call, lapse)[:1]:
            yield _asking_for(_next_fact(call), Slip(lapse, turn, said))


def _sharpen(call: CallRecord, measures: Measures) -> Iterator[Slip]:
    """For a call with nothing left to mend: its longest turn, and the follow-up that was not asked."""
    longest = max(call.spoken, key=lambda turn: turn.words)
    yield Slip("sharpen", longest.n, quote_of(longest))
    asked = {one.quote for one in measures.questions}
    for e in call.exchanges:
        if e.answers(Act.REVEAL) and e.before and e.before.fact and e.rep.words:
            fact = call.persona.fact(e.before.fact)
            if fact.follow_up not in asked:
                yield Slip("not_followed", e.rep.n, quote_of(e.rep), (fact.follow_up,), fact=fact.id)
                return
    yield _asking_for(_next_fact(call), Slip("one_more", call.spoken[-1].n, quote_of(call.spoken[-1])))


def _next_fact(call: CallRecord) -> Fact | None:
    """The hidden fact that was nearest: asked for well, and a little trusted, the rep would have had it."""
    return next(iter(call.within_reach), None)


def _waits_for(call: CallRecord, name: str) -> str | None:
    """A hidden fact that needed this fact told, or this objection met, first."""
    waiting = [call.persona.fact(hidden) for hidden in call.hidden]
    return next((fact.id for fact in waiting if name in fact.opens_when.after), None)


def _asking_for(fact: Fact | None, slip: Slip) -> Slip:
    """The slip, with the questions that would have brought the fact, in other words than the rep's."""
    if fact is None:
        return slip
    quoted = slip.quote or ""
    fresh = tuple(line for line in fact.asked_by if line not in quoted)
    return replace(slip, say=fresh or fact.asked_by, would_open=fact.id)


def _idlest(call: CallRecord) -> CallTurn | None:
    """A turn after the opening in which a question would have fitted: best one without any business."""
    later = [e for e in call.exchanges if e.rep.words][2:]
    idle = [e.rep for e in later if not _does_business(e)]
    return max(idle, key=lambda turn: turn.words, default=later[-1].rep if later else None)


def _does_business(exchange: Exchange) -> bool:
    rep = exchange.rep
    closing = rep.did(RepAct.CLOSE) or rep.did(RepAct.GOODBYE)
    return closing or takes_up(rep) or exchange.answers(*OBJECTING)


def _proposal(exchange: Exchange) -> str:
    return quote_of(exchange.rep, RepAct.CLOSE)
