"""The customer's turn from end to end: hear, decide, speak. The graph's customer branch runs these steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.customer.acts import Act, ExitReason
from agents.customer.appraisal import Appraisal
from agents.customer.decide import decide
from agents.customer.difficulty import first_state, turn_rng
from agents.customer.persona import Persona
from agents.customer.speak import Emit, Utterance, speak
from agents.customer.state import CustomerState, Decision, Difficulty, Status
from agents.customer.transcript import Turn
from agents.models.chat import ChatModel


class Hears(Protocol):
    """Turns a message of the rep's into an appraisal, knowing the talk so far."""

    async def appraise(self, text: str, earlier: Sequence[Turn]) -> Appraisal: ...


@dataclass(frozen=True)
class Reply:
    """What the customer says and how she came to say it."""

    utterance: Utterance
    decision: Decision
    heard: Appraisal | None

    @property
    def text(self) -> str:
        return self.utterance.text

    @property
    def state(self) -> CustomerState:
        return self.decision.state


def outcome_of(state: CustomerState, *, ended_by_rep: bool = False) -> str:
    """How the call came out: agreed, advance, continuation, no_sale or hung_up.

    After Rackham's SPIN: an order, an advance (a smaller step agreed), a continuation (goodwill and no step)
    or no sale; `hung_up` where the customer put the phone down on the rep.
    """
    hung_up = state.exit in (ExitReason.OUT_OF_PATIENCE, ExitReason.LOSS_OF_TRUST, ExitReason.WRONG_PERSON)
    if hung_up:
        return "hung_up"
    if state.agreed:
        return "agreed"
    if state.advanced:
        return "advance"
    return "continuation" if ended_by_rep and state.trust >= 0.5 else "no_sale"


def open_call(persona: Persona, difficulty: Difficulty, seed: int) -> Reply:
    """The customer answers the phone: always in the persona's own words, so that it costs no wait."""
    state = first_state(persona, difficulty, seed).model_copy(update={"last_act": Act.OPEN})
    decision = Decision(state=state, act=Act.OPEN)
    text = turn_rng(state).choice(persona.opening)
    return Reply(Utterance(text, "scripted"), decision, None)


def choose(persona: Persona, state: CustomerState, heard: Appraisal) -> Decision:
    """The decision for this turn, with the turn's own dice."""
    return decide(persona, state, heard, turn_rng(state))


async def put_into_words(
    persona: Persona,
    decision: Decision,
    turns: Sequence[Turn],
    *,
    model: ChatModel | None = None,
    emit: Emit = lambda _: None,
) -> tuple[Decision, Utterance]:
    """The words for a decision. A customer with nothing new left to say ends the call instead."""
    rng = turn_rng(decision.state)
    utterance = await speak(persona, decision, turns, rng, model=model, emit=emit)
    if utterance is not None:
        return decision, utterance
    gone = decision.state.model_copy(
        update={"status": Status.LEFT, "exit": ExitReason.BUSY, "last_act": Act.LEAVE}
    )
    decision = Decision(state=gone, act=Act.LEAVE, exit=ExitReason.BUSY)
    line = rng.choice(persona.exits[ExitReason.BUSY])
    emit(line)
    return decision, Utterance(line, "scripted")
