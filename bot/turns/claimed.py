"""A turn as one worker holds it, and how it is read from its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.presentation import Place
from bot.turns.incoming import Incoming, Kind

if TYPE_CHECKING:
    from sqlalchemy import Row


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A row of the inbox under a lease. Whoever claims it next gets a higher `fence`, and from then on
    nothing is written for this one."""

    id: int
    fence: int
    incoming: Incoming
    attempts: int
    answered: bool
    """The turn is worked; only the outbox is left."""
    stopped: bool
    error: str
    placeholder: str
    received_at: datetime


def incoming_of(row: Row[Any]) -> Incoming:
    """What is to be worked, as it was put in."""
    return Incoming(
        platform=row.platform,
        tenant=row.tenant,
        event_key=row.event_key,
        conversation=row.conversation,
        kind=Kind(row.kind),
        person=row.person,
        place=Place.model_validate(row.place),
        data=row.data,
    )


def claimed_of(row: Row[Any]) -> Claimed:
    """What was just claimed."""
    return Claimed(
        id=row.id,
        fence=row.fence,
        incoming=incoming_of(row),
        attempts=row.attempts,
        answered=row.status == "answered",
        stopped=row.stop_asked,
        error=row.error,
        placeholder=row.placeholder,
        received_at=row.received_at,
    )
