"""Names and titles as a terminal may show them: a document may hold what a terminal takes for a command."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text on one line, without control and direction marks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
