"""What happened in a call, as the rep reads it in the call's thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.messages import Ended, Event, Scored, Spoken
from bot.presentation import Outgoing, Place, Speaker
from bot.shown.calls import call_over, customer_line
from bot.shown.home import RunningCall
from bot.shown.scorecard import scorecard

if TYPE_CHECKING:
    from agents.records.entries import RolePlay, RolePlaySummary


def told(events: Sequence[Event], roleplay: RolePlay, place: Place) -> list[Outgoing]:
    """What happened in a call, as she reads it in its thread."""
    out: list[Outgoing] = []
    for event in events:
        match event:
            case Spoken():
                line = customer_line(event.text, customer_of(roleplay))
                out.append(Outgoing(place=place, content=line, roleplay=roleplay.id, turn=event.n))
            case Ended():
                over = call_over(event, roleplay.customer)
                out.append(Outgoing(place=place, content=over, roleplay=roleplay.id, session="over"))
    return out


def shown_card(scored: Scored, roleplay: RolePlay, place: Place) -> Outgoing:
    """The scorecard of a call."""
    card = scorecard(
        scored.scorecard,
        roleplay=roleplay.id,
        customer=roleplay.customer,
        visibility=roleplay.visibility,
        difficulty=roleplay.difficulty,
    )
    return Outgoing(place=place, content=card, roleplay=roleplay.id)


def customer_of(roleplay: RolePlay) -> Speaker:
    """The customer as a chat shows her."""
    public = roleplay.persona.get("public") or {}
    return Speaker(name=roleplay.customer, picture=str(public.get("picture") or ""))


def running_call(call: RolePlaySummary) -> RunningCall:
    """A call as lists of running calls show it."""
    return RunningCall(
        roleplay=call.roleplay.id,
        customer=call.roleplay.customer,
        difficulty=call.roleplay.difficulty,
        turns=call.turns,
        started_at=call.roleplay.started_at,
        place=call.place or "",
        visibility=call.roleplay.visibility,
    )
