"""What a readable transcript tells, before it is Markdown or HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agents.records.entries import Check, RolePlay, Scorecard, Turn

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with every line end as \\n, and without the control characters that no reader shows."""
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def speaker_of(turn: Turn, roleplay: RolePlay) -> str:
    """Whose line it is."""
    return "Rep" if turn.speaker == "rep" else roleplay.customer


def title_of(roleplay: RolePlay) -> str:
    """The heading of the file."""
    return f"Call with {roleplay.customer}"


def about(roleplay: RolePlay) -> Iterator[tuple[str, str]]:
    """The facts of the call, label and value."""
    yield "Role-play", roleplay.id
    yield "Persona", f"{roleplay.persona_id}, version {roleplay.persona_version}"
    yield "Difficulty", roleplay.difficulty
    yield "Attempt", str(roleplay.attempt)
    if roleplay.parent is not None:
        if roleplay.from_turn is None:
            yield "Follows", roleplay.parent
        else:
            yield "Retry of", f"{roleplay.parent}, from turn {roleplay.from_turn}"
    yield "Started", _minute(roleplay.started_at)
    if roleplay.ended_at is not None:
        yield "Ended", _minute(roleplay.ended_at)
    if roleplay.ending is not None:
        yield "Ended by", f"the {roleplay.ending.by} ({roleplay.ending.reason})"
        yield "Outcome", words(roleplay.ending.outcome)


def later(turn: Turn) -> Iterator[str]:
    """What the rep made of the line afterwards; the customer never heard that."""
    for revision in turn.revisions:
        yield "later deleted" if revision.text is None else f"later edited to: {revision.text}"


def verdict(scorecard: Scorecard) -> str:
    """The score in one line."""
    passed = "passed" if scorecard.passed else "not passed"
    rubric = f"{scorecard.rubric}, version {scorecard.rubric_version}"
    return f"{scorecard.score} of 100, {passed} (rubric {rubric}; judged by {scorecard.judge})"


def answer(check: Check) -> str:
    """Yes, no, or no occasion."""
    return {True: "yes", False: "no", None: "no occasion"}[check.met]


def evidence(check: Check) -> str:
    """The quote and where it was said, if the check has any."""
    where = f" (turn {check.turn})" if check.turn is not None else ""
    return f"“{check.quote}”{where}" if check.quote else where.strip()


def parts(scorecard: Scorecard) -> Iterator[tuple[str, list[str]]]:
    """The rest of a scorecard as headings with lines, whatever the coach put there."""
    for heading, data in (
        ("Feedback", scorecard.feedback),
        ("Facts", scorecard.facts),
        ("Measures", scorecard.measures),
    ):
        if lines := list(_lines(data)):
            yield heading, lines


def words(key: str) -> str:
    """A code as words: `talk_share` is `talk share`."""
    return key.replace("_", " ")


def _lines(data: Any, label: str = "") -> Iterator[str]:
    match data:
        case dict():
            for key, value in data.items():
                yield from _lines(value, f"{label}, {words(str(key))}" if label else words(str(key)))
        case list() | tuple():
            if not data:
                yield f"{label}: none"
            for value in data:
                yield from _lines(value, label)
        case None | "":
            return
        case bool():
            yield f"{label}: {'yes' if data else 'no'}"
        case float():
            yield f"{label}: {data:g}"
        case _:
            yield f"{label}: {data}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
