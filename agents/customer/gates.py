"""What must be true before the customer tells a fact, or agrees to the next step."""

from __future__ import annotations

from agents.customer.difficulty import gate_trust, win_facts, win_trust
from agents.customer.persona import Fact, Persona
from agents.customer.state import CustomerState, Standing


def gate_is_open(fact: Fact, state: CustomerState) -> bool:
    """Whether the fact may be told: enough trust, and everything it waits for has happened."""
    done = {*state.opened, *(name for name, credit in state.credit.items() if credit >= 1)}
    return state.trust >= gate_trust(fact, state.difficulty) and done.issuperset(fact.opens_when.after)


def ready_to_agree(persona: Persona, state: CustomerState) -> bool:
    """Whether the call has earned the next step."""
    needs = persona.win.needs
    standing = sum(1 for s in state.objections.values() if s is Standing.RAISED)
    return (
        state.introduced
        and state.trust >= win_trust(persona, state.difficulty)
        and len(state.opened) >= win_facts(persona, state.difficulty)
        and standing <= needs.open_objections
    )
