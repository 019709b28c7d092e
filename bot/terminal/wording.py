"""Sentences that every way of showing a call shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.copilot.result import Citation
from bot.messages import Answered, Ended, Hinted, Judged, Scored
from bot.terminal.commands import COMMANDS

OUTCOMES = {
    "agreed": "The customer agreed to the next step.",
    "advance": "The customer agreed to a smaller step.",
    "continuation": "The customer is willing to talk again; nothing is settled.",
    "no_sale": "Nothing came of it.",
    "hung_up": "The customer put the phone down on you.",
}
NOTHING_TO_JUDGE = "The copilot has not answered anything yet. Ask it: ?QUESTION"
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


def copilot_lines(event: Answered) -> Iterator[str]:
    """The copilot's answer with its sources; or why there is none, and where one might look."""
    found = event.answer
    if found.answered:
        yield f"Copilot: {found.answer}"
        yield from _sources(found.citations)
        return
    yield f"Copilot: {found.reason}"
    yield from (f"  {place.title}, page {place.page}: {place.heading}" for place in found.nearest)


def hint_lines(event: Hinted) -> Iterator[str]:
    """What is worth knowing just now."""
    if not event.notes:
        yield "Copilot: nothing in the documents bears on that."
    for note in event.notes:
        yield f"Copilot: {note.text}"
        yield from _sources(note.citations)


def verdict_line(event: Judged) -> str:
    """That what the rep thinks of an answer is kept."""
    helped = "helped" if event.verdict == "helpful" else "did not help"
    return f"Noted: the copilot's answer {helped}."


def how_to_retry(event: Scored) -> str:
    """The next thing to type, for the turn that is most worth another try."""
    turn = turn_to_retry(event)
    where = f"/retry {turn}" if turn else "/retry N"
    return f"{where} takes the call up again from there."


def turn_to_retry(event: Scored) -> int | None:
    """The turn of the first fix that names one."""
    turns = (fix.get("turn") for fix in event.scorecard["feedback"]["fixes"])
    return next((int(turn) for turn in turns if turn), None)


def how_to_resume(roleplay_id: str) -> str:
    """Said when a call is left before its end."""
    return f"The call is kept. Go on with it: salesmate chat --resume {roleplay_id}"


def help_lines() -> Iterator[str]:
    """Every command and what it does."""
    width = max(len(usage) for usage, _ in COMMANDS.values())
    yield "Type what you would say. An empty line is silence."
    yield from (f"  {usage:<{width}}  {meaning}" for usage, meaning in COMMANDS.values())


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    for source in citations:
        heading = f", {source.heading}" if source.heading else ""
        yield f"  [{source.n}] {source.title}, page {source.page}{heading}"
