"""Who can see a call, and how hard it is, in plain words."""

from __future__ import annotations

from bot.presentation import Button

WHO_SEES = {
    "private": "Only you can see this call.",
    "manager": "Your manager can read this call's transcript and scorecard.",
}
DIFFICULTIES = {"easy": "Easy", "normal": "Normal", "hard": "Hard"}
HARDEST = "hard"
ON_CARD = "card"
"""Ends the value of a button on the scorecard, which says who can see the call and is changed with it."""


def who_sees(visibility: str) -> str:
    """Stated at the start of each call. What is not known is private, because that is how it is kept."""
    return WHO_SEES["manager"] if visibility == "manager" else WHO_SEES["private"]


def visibility_button(roleplay: str, visibility: str, *, on_card: bool = False) -> Button:
    """Makes a call that is seen so visible the other way. Its value: call, who may see it, ON_CARD."""
    where = f" {ON_CARD}" if on_card else ""
    if visibility == "manager":
        return Button(action="visibility", label="Make private", value=f"{roleplay} private{where}")
    return Button(action="visibility", label="Make visible to my manager", value=f"{roleplay} manager{where}")


def difficulty_name(difficulty: str) -> str:
    """As it stands on a card."""
    return DIFFICULTIES.get(difficulty, difficulty.capitalize())
