"""The rules a check can be judged by without a model: a small closed vocabulary, written in the rubrics.

    {heard: introduce, within: 2}            the rep was heard doing that, in her first turns or often enough
    {asks: [problem, implication], least: 2} questions of a kind
    {opened: 2} or {opened_share: 0.5}       facts the customer told
    {follows_up: 2}                          what was told was taken up in the next turn
    {objections: resolved}                   met; none_standing; taken_up (at once)
    {next_step: specific}                    proposed; owned; earned (after something was learnt)
    {outcome: [agreed]}                      how the call came out
    {never: [pressure], at: [proposal]}      did not happen, shown where it could have
    {never_says: ['guarantee'], at: [claim]} the same, by words

Every yes rests on a turn and a quote from it. A `never` is a yes only where there was an occasion: a rep who
says nothing has not shown that she does not press people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agents.coach.call import CallRecord, CallTurn
from agents.coach.lapses import OBJECTING, Lapse, Occasion, asks, lapses_of, occasions, shown_in
from agents.coach.lexicon import lexicon
from agents.coach.measures import Measures
from agents.coach.questions import Spin
from agents.coach.quote import quote, quote_of
from agents.customer.acts import Act, RepAct
from agents.customer.listening.text import clean, split
from agents.customer.state import Standing

HALF_ANSWERED = 0.34
"""From here a reply goes some way towards an objection: for the customer two such replies meet it."""


@dataclass(frozen=True)
class Finding:
    """The answer to one check. `met` is None where the call gave no occasion.

    A yes carries a turn and a quote of the rep's; so does a no that found a lapse. A no without a quote means
    "not shown".
    """

    met: bool | None
    turn: int | None = None
    quote: str | None = None


NOT_SHOWN = Finding(False)
NO_OCCASION = Finding(None)


@dataclass(frozen=True)
class Case:
    """What a rule looks at."""

    call: CallRecord
    measures: Measures


class RuleBase(BaseModel):
    """A rule: unknown words in a rubric are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HeardRule(RuleBase):
    """The customer heard the rep do one of these."""

    heard: tuple[RepAct, ...] | RepAct
    within: int | None = Field(None, ge=1, description="Counting the rep's turns from the first.")
    least: int = Field(1, ge=1)

    def find(self, case: Case) -> Finding:
        acts = self.heard if isinstance(self.heard, tuple) else (self.heard,)
        turns = case.call.spoken[: self.within]
        done = [turn for turn in turns if any(turn.did(act) for act in acts)]
        return _enough([(turn.n, quote_of(turn, *acts)) for turn in done], self.least)


class AsksRule(RuleBase):
    """The rep asked for these things."""

    asks: Literal["any"] | tuple[Spin, ...]
    least: int = Field(1, ge=1)

    def find(self, case: Case) -> Finding:
        kinds = tuple(Spin) if self.asks == "any" else self.asks
        asked = [(one.turn, one.quote) for one in case.measures.questions if one.spin in kinds]
        return _enough(asked, self.least)


class OpenedRule(RuleBase):
    """The customer told that many facts."""

    opened: int = Field(ge=1)

    def find(self, case: Case) -> Finding:
        return _enough(_openings(case.call), self.opened)


class OpenedShareRule(RuleBase):
    """The customer told that share of the facts."""

    opened_share: float = Field(gt=0, le=1)

    def find(self, case: Case) -> Finding:
        least = -(-len(case.call.persona.facts) * self.opened_share // 1)
        return _enough(_openings(case.call), max(1, int(least)))


class FollowsUpRule(RuleBase):
    """What the customer told was taken up: asked about, or acknowledged, in the very next turn."""

    follows_up: int = Field(ge=1)

    def find(self, case: Case) -> Finding:
        taken_up = [e.rep for e in case.call.exchanges if e.answers(Act.REVEAL) and takes_up(e.rep)]
        acts = (RepAct.ACKNOWLEDGE, RepAct.OPEN_QUESTION, RepAct.CLOSED_QUESTION)
        return _enough([(turn.n, quote_of(turn, *acts)) for turn in taken_up], self.follows_up)


class ObjectionsRule(RuleBase):
    """What became of the customer's objections; no occasion where there was none."""

    objections: Literal["resolved", "none_standing", "taken_up"]

    def find(self, case: Case) -> Finding:
        call = case.call
        if not call.state.objections:
            return NO_OCCASION
        if self.objections == "taken_up":
            at_once = [e.rep for e in call.exchanges if e.answers(*OBJECTING) and speaks_to(e.rep, call)]
            return _enough([(turn.n, quote_of(turn, RepAct.ACKNOWLEDGE)) for turn in at_once], 1)
        if self.objections == "none_standing" and call.objections(Standing.RAISED):
            return NOT_SHOWN
        met = [e.rep for e in call.exchanges if e.after and e.after.resolved]
        return _enough([(turn.n, quote_of(turn, RepAct.EVIDENCE)) for turn in met], 1)


class NextStepRule(RuleBase):
    """What the rep proposed."""

    next_step: Literal["proposed", "specific", "owned", "earned"]

    def find(self, case: Case) -> Finding:
        fits: dict[str, Callable[[CallTurn], bool]] = {
            "proposed": lambda _: True,
            "specific": lambda turn: turn.appraisal.specific,
            "owned": lambda turn: bool(lexicon("owner").search(turn.text)),
            "earned": lambda turn: any(t.fact for t in case.call.turns if t.n < turn.n),
        }
        proposed = [turn for turn in case.call.spoken if turn.did(RepAct.CLOSE)]
        fitting = [turn for turn in proposed if fits[self.next_step](turn)]
        return _enough([(turn.n, quote_of(turn, RepAct.CLOSE)) for turn in fitting], 1)


class OutcomeRule(RuleBase):
    """The call came out like that."""

    outcome: tuple[Literal["agreed", "advance", "continuation", "no_sale", "hung_up"], ...]

    def find(self, case: Case) -> Finding:
        call = case.call
        won = [e.rep for e in call.exchanges if e.brings(Act.AGREE, Act.SMALLER_STEP)]
        turns = won or [turn for turn in call.spoken if turn.did(RepAct.CLOSE)] or list(call.spoken)
        if call.outcome not in self.outcome or not turns:
            return NOT_SHOWN
        return Finding(True, turns[-1].n, quote_of(turns[-1], RepAct.CLOSE))


class NeverBase(RuleBase):
    """Something that must not happen. A yes quotes where it could have: the first of `at` there is."""

    at: tuple[Occasion, ...] = ("talk",)
    allow: int = Field(0, ge=0, description="How many such turns are let pass.")

    def lapses(self, case: Case) -> list[tuple[int, str]]:
        """The turns in which it happened, with what was said; nothing was said in a silence."""
        raise NotImplementedError

    def find(self, case: Case) -> Finding:
        lapses = self.lapses(case)
        if len(lapses) > self.allow:
            turn, said = lapses[self.allow]
            return Finding(False, turn, said or None)
        lapsed = {turn for turn, _ in lapses}
        for occasion in self.at:
            if fitting := [turn for turn in occasions(case.call, occasion) if turn.n not in lapsed]:
                return Finding(True, fitting[-1].n, shown_in(fitting[-1], occasion))
        return NO_OCCASION


class NeverRule(NeverBase):
    """None of these lapses."""

    never: tuple[Lapse, ...]

    def lapses(self, case: Case) -> list[tuple[int, str]]:
        return sorted(found for lapse in self.never for found in lapses_of(case.call, lapse))


def _compiles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"'{pattern}' is not a pattern: {error}") from None
    return patterns


Patterns = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_compiles)]


class NeverSaysRule(NeverBase):
    """None of these words, except in a sentence that takes them back (`unless`)."""

    never_says: Patterns
    unless: Annotated[tuple[str, ...], AfterValidator(_compiles)] = ()

    def lapses(self, case: Case) -> list[tuple[int, str]]:
        said, excused = _any_of(self.never_says), _any_of(self.unless) if self.unless else None
        return [
            (turn.n, quote(turn.text, sentence))
            for turn in case.call.spoken
            for sentence in split(clean(turn.text))
            if said.search(sentence) and not (excused and excused.search(sentence))
        ]


Rule = (
    HeardRule
    | AsksRule
    | OpenedRule
    | OpenedShareRule
    | FollowsUpRule
    | ObjectionsRule
    | NextStepRule
    | OutcomeRule
    | NeverRule
    | NeverSaysRule
)

RECORDED = (OpenedRule, OpenedShareRule, OutcomeRule)
"""Rules that read what the records say happened. No model is asked about these."""


def takes_up(turn: CallTurn) -> bool:
    """Whether a turn asks or acknowledges, rather than going on with the rep's own business."""
    return turn.did(RepAct.ACKNOWLEDGE) or asks(turn)


def speaks_to(turn: CallTurn, call: CallRecord) -> bool:
    """Whether a turn acknowledges, or answers, an objection that was raised."""
    answered = [well for name, well in turn.appraisal.answered if name in call.state.objections]
    return turn.did(RepAct.ACKNOWLEDGE) or max(answered, default=0.0) >= HALF_ANSWERED


def opening_quote(turn: CallTurn) -> str:
    """The question in a turn that made the customer tell something."""
    return quote_of(turn, RepAct.OPEN_QUESTION, RepAct.CLOSED_QUESTION)


def _enough(found: list[tuple[int, str]], least: int) -> Finding:
    """A yes from that many on, quoting the one that made it enough."""
    found = [(turn, said) for turn, said in found if said]
    return Finding(True, *found[least - 1]) if len(found) >= least else NOT_SHOWN


def _openings(call: CallRecord) -> list[tuple[int, str]]:
    return [(e.rep.n, opening_quote(e.rep)) for e in call.exchanges if e.after and e.after.fact]


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
