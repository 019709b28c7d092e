"""Who can see a call, and how hard it is, in plain words."""

from __future__ import annotations

WHO_SEES = {
    "private": "Only you can see this call.",
    "manager": "Your manager can read this call's transcript and scorecard.",
}
DIFFICULTIES = {"easy": "Easy", "normal": "Normal", "hard": "Hard"}
HARDEST = "hard"


def who_sees(visibility: str) -> str:
    """Stated at the start of each call. What is not known is private, because that is how it is kept."""
    return WHO_SEES["manager"] if visibility == "manager" else WHO_SEES["private"]


def difficulty_name(difficulty: str) -> str:
    """As it stands on a card."""
    return DIFFICULTIES.get(difficulty, difficulty.capitalize())
