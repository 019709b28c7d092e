"""A person's own page: calls that run, scorecards with their trend, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.presentation import Actions, Button, Heading, Home, Items, Part, Rule, Words
from bot.shown.seen import difficulty_name

MOST_LISTED = 10
"""Calls shown of each kind."""
STEADY = 5
"""Points up or down that say nothing about a trend."""
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True)
class RunningCall:
    """A call that goes on. `place` is its "<channel>:<thread>", empty where it has none here."""

    roleplay: str
    customer: str
    difficulty: str
    turns: int
    started_at: datetime
    place: str = ""
    visibility: str = "private"


@dataclass(frozen=True, kw_only=True)
class ScoredCall:
    """A call with its scorecard. `score` is 0-100."""

    roleplay: str
    customer: str
    difficulty: str
    score: int
    passed: bool
    ended_at: datetime
    attempt: int = 1
    visibility: str = "private"


def home(running: Sequence[RunningCall], recent: Sequence[ScoredCall]) -> Home:
    """`recent` is newest first."""
    parts: list[Part] = [
        Heading(text="Rehearse a sales call"),
        Words(text="A customer answers the phone, and you get a scorecard with your own words at the end."),
        Actions(buttons=(Button(action="start", label="Start a call", style="primary"),)),
    ]
    if not running and not recent:
        parts += _first_steps()
    if running:
        parts += [Rule(), Heading(text="Your running calls")]
        for call in running[:MOST_LISTED]:
            parts += _running(call)
        parts += _more(len(running))
    if recent:
        parts += [Rule(), Heading(text="Your recent scorecards"), Words(text=trend(recent))]
        for scored in recent[:MOST_LISTED]:
            parts += _scored(scored)
        parts += _more(len(recent))
    parts += [Rule(), Words(text="Questions about your company's papers: /copilot QUESTION", tone="small")]
    return Home(parts=tuple(parts))


def trend(recent: Sequence[ScoredCall]) -> str:
    """The scores from oldest to newest, in figures, bars and words. `recent` is newest first, never empty."""
    scores = [call.score for call in reversed(recent[:MOST_LISTED])]
    if len(scores) == 1:
        return f"Your first score: {scores[0]} of 100. The next call shows where it goes."
    return f"{_bars(scores)}  {', '.join(map(str, scores))}. {_direction(scores)}"


def _direction(scores: Sequence[int]) -> str:
    """Earlier half against later half, so that one lucky call does not make a trend."""
    half = len(scores) // 2
    points = round(sum(scores[-half:]) / half - sum(scores[:half]) / half)
    if points >= STEADY:
        return f"You are rising: {points} points up."
    if points <= -STEADY:
        return f"You are falling: {-points} points down."
    return "You are holding steady."


def _bars(scores: Sequence[int]) -> str:
    return "".join(BARS[min(max(score, 0) * len(BARS) // 100, len(BARS) - 1)] for score in scores)


def _first_steps() -> list[Part]:
    return [
        Words(text="How it goes", tone="bold"),
        Items(
            items=(
                "Press Start a call, and pick a customer, a difficulty and who can see the call.",
                "A thread opens and the customer answers. Write as you would speak.",
                "A line that begins with ? asks the copilot; the customer does not hear it.",
                "End the call for your scorecard, and try again from any of your turns.",
            )
        ),
    ]


def _running(call: RunningCall) -> Iterator[Part]:
    turns = "1 turn" if call.turns == 1 else f"{call.turns} turns"
    seen = _seen(call.visibility)
    yield Words(text=call.customer, tone="bold")
    facts = f"{difficulty_name(call.difficulty)}, {turns}, begun {_when(call.started_at)}, {seen}"
    yield Words(text=facts, tone="small")
    buttons = [Button(action="end", label="End call", value=call.roleplay)]
    if call.place:
        buttons.insert(0, Button(action="open", label="Open", value=call.place))
    yield Actions(buttons=tuple(buttons))


def _scored(call: ScoredCall) -> Iterator[Part]:
    passed = "passed" if call.passed else "not passed"
    again = f", attempt {call.attempt}" if call.attempt > 1 else ""
    yield Words(text=f"{call.customer}: {call.score} of 100, {passed}", tone="bold")
    facts = f"{difficulty_name(call.difficulty)}{again}, {_when(call.ended_at)}, {_seen(call.visibility)}"
    yield Words(text=facts, tone="small")
    yield Actions(buttons=(Button(action="scorecard", label="Scorecard", value=call.roleplay),))


def _more(count: int) -> list[Part]:
    if count <= MOST_LISTED:
        return []
    return [Words(text=f"And {count - MOST_LISTED} more.", tone="small")]


def _seen(visibility: str) -> str:
    return "visible to your manager" if visibility == "manager" else "only you can see it"


def _when(moment: datetime) -> str:
    utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"
