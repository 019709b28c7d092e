"""What a person did on a surface, as it waits to be worked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.presentation import Place


class Kind(StrEnum):
    """What was done. In brackets what `data` holds; every value is text unless said otherwise."""

    SAID = "said"  # wrote in a thread or at top level [text, message]
    EDITED = "edited"  # changed an own message [message, text]
    DELETED = "deleted"  # took an own message back [message]
    START = "start"  # a call [persona, difficulty, visibility]
    ANSWER = "answer"  # let the customer answer a line that is still owed one [roleplay]
    END = "end"  # the rep hangs up [roleplay; empty: her only running call]
    HINT = "hint"  # what is worth knowing now? [roleplay]
    ASK = "ask"  # the copilot [text, roleplay: empty outside a call, private: if others may not read it]
    SHARE = "share"  # show a private answer to everybody here [question]
    FEEDBACK = "feedback"  # on an answer [question, verdict: helpful or unhelpful]
    RETRY = "retry"  # a call from one of her turns [roleplay, turn: number]
    HARDER = "harder"  # the same customer, one difficulty up [roleplay]
    VISIBILITY = "visibility"  # [roleplay, visibility: private or manager, message]
    EXPORT = "export"  # a transcript as a file [roleplay]
    SCORECARD = "scorecard"  # show the scorecard of a call again [roleplay]
    HOME = "home"  # opened her own page []
    HELP = "help"  # asked what SalesMate can do [about: roleplay or copilot]


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One thing that a person did. It is durable before the platform is told that it arrived.

    `event_key` is the platform's own id of the event, the same when it is delivered again. Rows of one
    `conversation` are worked strictly one after the other, in the order they came.
    """

    platform: str
    tenant: str
    event_key: str
    conversation: str
    kind: Kind
    person: str
    place: Place
    data: dict[str, Any] = field(default_factory=dict)
