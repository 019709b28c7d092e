"""Sentences that every way of showing a call shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.copilot.result import Citation
from bot.messages import Answered, Hinted, Judged, Scored
from bot.shown.ending import turn_to_retry
from bot.terminal.commands import COMMANDS

NOTHING_TO_JUDGE = "The copilot has not answered anything yet. Ask it: ?QUESTION"


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
    turn = turn_to_retry(event.scorecard)
    where = f"/retry {turn}" if turn else "/retry N"
    return f"{where} takes the call up again from there."


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
