"""Words that nobody expects a document to answer."""

from __future__ import annotations

from agents.copilot.lexicon import pattern


def is_small_talk(text: str) -> bool:
    """Whether a sentence holds nothing that a document could answer."""
    return bool(pattern("small_talk").search(text.strip(" .!?"))) or not any(c.isalnum() for c in text)
