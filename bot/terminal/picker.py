"""Choosing a customer to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.neutral import neutral
from bot.terminal.keyboard import Keyboard

Card = dict[str, Any]

SEARCHED = ("id", "name", "role", "company", "call_type", "industry")


async def pick(cards: Sequence[Card], keyboard: Keyboard, console: Console, first: str) -> str:
    """The id of the chosen persona; Enter alone chooses `first`. Raises KeyboardInterrupt and EOFError."""
    shown = list(cards)
    while True:
        _list(shown, console)
        typed = (await keyboard.line(f"Whom do you call? Number or a word [{first}]")).strip()
        if not typed:
            return first
        if typed.isdecimal() and 0 < int(typed) <= len(shown):
            return str(shown[int(typed) - 1]["id"])
        found = matching(cards, typed)
        if len(found) == 1:
            return str(found[0]["id"])
        if not found:
            console.print(Text(neutral(f"Nobody here matches '{typed[:60]}'.")))
        shown = found or list(cards)


def matching(cards: Sequence[Card], typed: str) -> list[Card]:
    """The personas that have every typed word somewhere on their card; an exact id alone wins."""
    exact = [card for card in cards if typed.lower() in (str(card["id"]), str(card["name"]).lower())]
    if exact:
        return exact
    words = typed.lower().replace("-", " ").split()
    return [card for card in cards if all(word in _searched(card) for word in words)]


def _searched(card: Card) -> str:
    return " ".join(str(card[key]) for key in SEARCHED).lower().replace("_", " ").replace("-", " ")


def _list(cards: Sequence[Card], console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for number, card in enumerate(cards, start=1):
        name = Text(neutral(str(card["name"])), "bold cyan")
        role = Text(neutral(f"{card['role']}, {card['company']}"))
        table.add_row(str(number), name, str(card["call_type"]).replace("_", " "), role)
    console.print(table)
