"""How a call came out, in the sentences that every surface shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.messages import Ended

OUTCOMES = {
    "agreed": "The customer agreed to the next step.",
    "advance": "The customer agreed to a smaller step.",
    "continuation": "The customer is willing to talk again; nothing is settled.",
    "no_sale": "Nothing came of it.",
    "hung_up": "The customer put the phone down on you.",
}
REASONS = {
    "busy": "out of time",
    "loss_of_trust": "lost trust",
    "out_of_patience": "out of patience",
    "wrong_person": "the wrong person",
    "not_interested": "not interested",
    "satisfied": "all was said",
}


def ending_line(ended: Ended, customer: str) -> str:
    """Who ended the call, why, and what came of it."""
    outcome = OUTCOMES.get(ended.outcome, ended.outcome.replace("_", " "))
    if ended.by == "rep":
        return f"You ended the call. {outcome}"
    reason = REASONS.get(ended.reason, ended.reason.replace("_", " "))
    return f"{customer} ended the call ({reason}). {outcome}"


def turn_to_retry(scorecard: Mapping[str, Any]) -> int | None:
    """The rep's turn that is most worth another try: that of the first fix that names one."""
    turns = (fix.get("turn") for fix in scorecard["feedback"]["fixes"])
    return next((int(turn) for turn in turns if turn), None)
