"""Who a message is for. Explicit rules, so that a rep always knows who is listening."""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a message asks of the graph."""

    SAY = "say"  # to the customer
    ASK = "ask"  # to the copilot
    HINT = "hint"  # to the copilot: what is worth knowing just now?
    END = "end"  # to the coach: the call is over


_TO_COPILOT = re.compile(r"\s*(?:\?+|/?copilot\b[\s,:]*)", re.IGNORECASE)
_VOCATIVE = re.compile(r"\s*(?:\?|/copilot\b|copilot\s*[,:])", re.IGNORECASE)


def intent_of(text: str) -> Intent:
    """Whom the rep addresses: a leading `?`, `/copilot` or "copilot," goes to the copilot, all else to the
    customer. A `?` with nothing after it asks for a hint."""
    if not _VOCATIVE.match(text):
        return Intent.SAY
    return Intent.ASK if question_in(text) else Intent.HINT


def question_in(text: str) -> str:
    """The question without the words that address the copilot."""
    match = _TO_COPILOT.match(text)
    return text[match.end() :].strip() if match else text.strip()
