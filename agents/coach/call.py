"""A call that is over, as the coach reads it: what was said, how it was heard, what it brought about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from agents.coach.lexicon import lexicon
from agents.customer.acts import Act, RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.engine import Hears
from agents.customer.persona import Fact, Persona
from agents.customer.state import CustomerState, Standing
from agents.customer.transcript import Turn, Who

SURE = 0.5
"""From this confidence a thing counts as done, as it does for the customer (see `customer/decide.py`)."""

GRAVE = 0.8
"""From this confidence something is an insult or pressure. These fail a card, so a guess will not do: of the
1,492 decent lines in the written sellers' scripts none was heard as so surely rude and five as so surely
pushing; of the rude lines 82 % were, of the pushing ones 92 %."""
MOST_SEARCHED = 2000
"""Characters of a turn in which words are looked for; a pasted page is no reason for a call."""


@dataclass(frozen=True)
class CallTurn:
    """One turn. `n` is its number in the records, by which a rep can retry from it.

    A rep's turn has `heard`, the customer's appraisal of it. A customer's turn has the `act` she chose and
    what became of the call with it: the `fact` she told for the first time, the objection `raised`, the
    objections `resolved`.
    """

    n: int
    speaker: Who
    text: str
    act: Act | None = None
    fact: str | None = None
    raised: str | None = None
    resolved: tuple[str, ...] = ()
    heard: Appraisal | None = None

    @property
    def appraisal(self) -> Appraisal:
        """How it was heard: a bland remark where nobody listened, a silence where there are no words."""
        if not self.words:
            return Appraisal(silence=True)
        return self.heard or Appraisal()

    @property
    def words(self) -> int:
        return len(self.text.split())

    def did(self, act: RepAct) -> bool:
        """Whether the rep surely did that in this turn, by any sign there is for it."""
        heard = self.appraisal
        also = {
            RepAct.INTRODUCE: float(heard.introduced),
            RepAct.REASON: float(bool(lexicon("reason").search(self.text[:MOST_SEARCHED]))),
            RepAct.ACKNOWLEDGE: heard.empathy,
            RepAct.CLOSE: heard.next_step,
            RepAct.PRESSURE: heard.pressure,
            RepAct.RUDE: heard.rude,
        }
        least = GRAVE if act in (RepAct.RUDE, RepAct.PRESSURE) else SURE
        return max(heard.did(act), also.get(act, 0.0)) >= least


@dataclass(frozen=True)
class Exchange:
    """A turn of the rep's between what it answers and what it brought."""

    before: CallTurn | None
    rep: CallTurn
    after: CallTurn | None

    def answers(self, *acts: Act) -> bool:
        """Whether the rep speaks right after the customer did one of these."""
        return self.before is not None and self.before.act in acts

    def brings(self, *acts: Act) -> bool:
        """Whether the customer does one of these in reply."""
        return self.after is not None and self.after.act in acts


@dataclass(frozen=True)
class CallRecord:
    """A whole call. `outcome` is a word of `customer.engine.outcome_of`."""

    persona: Persona = field(repr=False)
    turns: tuple[CallTurn, ...]
    state: CustomerState
    outcome: str
    ended_by: Literal["customer", "rep"]

    @property
    def spoken(self) -> tuple[CallTurn, ...]:
        """The rep's turns that hold words."""
        return tuple(turn for turn in self.turns if turn.speaker == "rep" and turn.words)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The rep's turns in order, silences included."""
        return tuple(self._exchanges())

    @property
    def opened(self) -> tuple[str, ...]:
        """Ids of the facts the customer told, in that order."""
        return self.state.opened

    @property
    def hidden(self) -> tuple[str, ...]:
        """Ids of the facts that stayed untold, in the persona's order."""
        return tuple(fact.id for fact in self.persona.facts if fact.id not in self.state.opened)

    @property
    def within_reach(self) -> tuple[Fact, ...]:
        """Hidden facts that waited for nothing but trust and a question, the easiest first."""
        done = {*self.opened, *self.objections(Standing.RESOLVED)}
        reachable = [
            fact
            for fact in self.persona.facts
            if fact.id in self.hidden and done.issuperset(fact.opens_when.after)
        ]
        return tuple(sorted(reachable, key=lambda fact: fact.opens_when.trust))

    def objections(self, standing: Standing) -> tuple[str, ...]:
        """Ids of the objections that ended like that."""
        return tuple(name for name, how in self.state.objections.items() if how is standing)

    def turn(self, n: int) -> CallTurn | None:
        """The turn of that number, None where there is none."""
        return next((turn for turn in self.turns if turn.n == n), None)

    def _exchanges(self) -> Iterator[Exchange]:
        before: CallTurn | None = None
        for turn, following in zip(self.turns, (*self.turns[1:], None), strict=True):
            if turn.speaker == "rep":
                after = following if following and following.speaker == "customer" else None
                yield Exchange(before, turn, after)
            else:
                before = turn


async def listened(call: CallRecord, hears: Hears) -> CallRecord:
    """The call with every turn of the rep's heard.

    A call that ends on the rep's words has no reply, and the appraisal is kept with the reply.
    """
    turns: list[CallTurn] = []
    for turn in call.turns:
        if turn.speaker == "rep" and turn.heard is None:
            heard = await hears.appraise(turn.text, _talk(turns))
            turns.append(replace(turn, heard=heard))
        else:
            turns.append(turn)
    return replace(call, turns=tuple(turns))


def _talk(turns: Sequence[CallTurn]) -> tuple[Turn, ...]:
    return tuple(Turn(turn.speaker, turn.text) for turn in turns)
