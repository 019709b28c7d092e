"""The customers one can call, by what a rep may know of them, and found by any word of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.customer.persona_files import PersonaFileError, UnknownPersona, load
from agents.customer.persona_list import catalogue, public_card

Card = dict[str, Any]
"""A persona's public card, as `agents.customer.persona_list.public_card` makes it."""

SEARCHED = ("name", "role", "company", "industry", "call_type", "summary", "id")
FILES_KEPT = 1024


def customers() -> tuple[Card, ...]:
    """Everybody who can be called, by call type and name.

    A persona file that is wrong is left out: its author is told by `salesmate personas validate`.
    """
    known = catalogue()
    cards: list[Card] = []
    for persona_id in known.ids:
        try:
            file = known.file(persona_id)
            cards.append(_card(file, file.stat().st_mtime_ns))
        except (PersonaFileError, UnknownPersona, FileNotFoundError):
            continue
    return tuple(sorted(cards, key=lambda card: (card["call_type"], card["name"])))


def found(query: str, cards: Iterable[Card]) -> Sequence[Card]:
    """Those with every word of the query; by name first, then in the order given."""
    words = query.casefold().split()
    hits = [card for card in cards if all(word in _searched(card) for word in words)]
    return sorted(hits, key=lambda card: not all(word in str(card["name"]).casefold() for word in words))


def wished(wish: str, cards: Iterable[Card]) -> Card | None:
    """The one customer whose id or name it is, or the only one it can mean; None otherwise."""
    cards, name = list(cards), wish.strip().casefold()
    for card in cards:
        if name in {str(card["id"]).casefold(), str(card["name"]).casefold()}:
            return card
    hits = [card for card in cards if all(word in _named(card) for word in name.split())]
    return hits[0] if name and len(hits) == 1 else None


def call_type_name(card: Card) -> str:
    """The kind of call in words."""
    return str(card["call_type"]).replace("_", " ").capitalize()


def _named(card: Card) -> list[str]:
    return str(card["name"]).casefold().split()


def _searched(card: Card) -> str:
    return (
        " ".join(str(card.get(name, "")) for name in SEARCHED).casefold().replace("_", " ").replace("-", " ")
    )


@lru_cache(maxsize=FILES_KEPT)
def _card(file: Path, _changed: int) -> Card:
    """Reading a persona takes 70 ms, and people search while they type."""
    return public_card(load(file))
