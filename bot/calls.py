"""A call as the records hold it, and between its shapes: the engine's, the records', the surfaces'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.copilot.kept import HINT
from agents.copilot.result import Turn as Heard
from agents.customer.engine import Reply, outcome_of
from agents.customer.persona import Persona
from agents.customer.persona_list import public_card
from agents.customer.state import CustomerState, Status
from agents.customer.transcript import Turn as Said
from agents.records.entries import CustomerTurn, Ending, Question, RolePlay, Turn
from bot.messages import Ended, Spoken
from bot.recent import Recent

PERSONAS_KEPT = 256
"""Calls whose persona is kept in memory."""
RECENT_TURNS = 6
"""How much of a call the copilot is shown."""


class PersonasInUse:
    """The persona each call began with, also where its file has been edited since; checked once."""

    def __init__(self) -> None:
        self._known: Recent[str, Persona] = Recent(PERSONAS_KEPT)

    def of(self, roleplay: RolePlay) -> Persona:
        """The call's own."""
        persona = self._known.get(roleplay.id) or Persona.model_validate(roleplay.persona)
        self._known[roleplay.id] = persona
        return persona


@dataclass(frozen=True)
class Call:
    """A call as it stands in the records."""

    roleplay: RolePlay
    persona: Persona
    turns: tuple[Turn, ...]

    @property
    def state(self) -> CustomerState:
        last = self.turns[-1].state if self.turns else self.roleplay.initial_state
        return CustomerState.model_validate(last)

    @property
    def owes_answer(self) -> bool:
        """Whether the rep spoke last and the customer has not answered yet."""
        return self.roleplay.status == "running" and self.turns[-1].speaker == "rep"

    def talk(self) -> tuple[Said, ...]:
        return tuple(Said(turn.speaker, turn.text) for turn in self.turns)

    def spoken(self) -> list[Spoken]:
        """The turns as surfaces are told them."""
        return [spoken(turn) for turn in self.turns]

    def ended(self) -> Ended | None:
        """How it ended, if it has."""
        ending = self.roleplay.ending
        return Ended(ending.by, ending.reason, ending.outcome) if ending else None


def briefing_of(persona: Persona) -> dict[str, Any]:
    """What the rep may know before the call: the public card, the CRM's notes, and what she is selling."""
    seller = persona.seller
    return public_card(persona) | {
        "crm_notes": list(persona.public.crm_notes),
        "seller": {"company": seller.company, "product": seller.product, "goal": seller.goal},
    }


def record_of(reply: Reply, ms: int) -> CustomerTurn:
    """A reply as it is kept."""
    return CustomerTurn(
        text=reply.text,
        state=reply.state.model_dump(mode="json"),
        act=reply.decision.act.value,
        model=reply.utterance.speaker,
        heard=reply.heard.model_dump(mode="json") if reply.heard else None,
        rejected=reply.utterance.rejected,
        ms=ms,
    )


def spoken(turn: Turn) -> Spoken:
    """A turn as surfaces are told it."""
    return Spoken(turn.n, turn.speaker, turn.text, turn.ms)


def said(call: Call) -> tuple[Heard, ...]:
    """The end of the talk as the copilot may see it: what was said, nothing of what the customer hides."""
    return tuple(Heard(turn.speaker, turn.text) for turn in call.turns[-RECENT_TURNS:])


def heard_by_copilot(call: Call | None, asked: Sequence[Question]) -> tuple[Heard, ...]:
    """The talk as the copilot may hear it: what was said in the call, and what it was asked meanwhile."""
    if call is None:
        return ()
    talk = [(turn.created_at, Heard(turn.speaker, turn.text)) for turn in call.turns[-RECENT_TURNS:]]
    for one in reversed(asked):
        if one.question != HINT:
            talk.append((one.created_at, Heard("rep", one.question)))
            talk.append((one.created_at, Heard("copilot", one.answer)))
    return tuple(heard for _, heard in sorted(talk, key=lambda one: one[0]))


def ending_of(reply: Reply) -> Ending | None:
    """How the customer ends the call with this reply, if she does."""
    if reply.state.status is not Status.LEFT:
        return None
    reason = reply.state.exit.value if reply.state.exit else "left"
    return Ending(by="customer", reason=reason, outcome=outcome_of(reply.state))
