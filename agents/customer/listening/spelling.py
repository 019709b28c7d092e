"""Chat spelling made plain before listening: the embedder and the cues know "what's your", not "wots ur"."""

from __future__ import annotations

import re
from functools import cache

from agents.customer.listening.cues import read_data


def spelled_out(text: str) -> str:
    """The text with the abbreviations of `spelling.yaml` written in full."""
    pattern, words = _table()
    return pattern.sub(lambda match: words[" ".join(match.group().lower().split())], text)


@cache
def _table() -> tuple[re.Pattern[str], dict[str, str]]:
    data = read_data("spelling.yaml")
    words = {str(word): str(means) for word, means in data["words"].items()}
    alternatives = [re.escape(word) for word in words]
    for word, rule in data["before"].items():
        words[word] = rule["means"]
        alternatives.append(rf"{word}(?=\s+(?:{'|'.join(rule['next'])})\b)")
    # Not inside "R&D", an address, or a word with an apostrophe or a hyphen.
    return re.compile(rf"(?<![\w'@./&-])(?:{'|'.join(alternatives)})(?![\w'@/&-])", re.IGNORECASE), words
