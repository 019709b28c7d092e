"""Whether the rep speaks the customer's language: by script and by the small words each language needs."""

from __future__ import annotations

import unicodedata
from functools import cache

from agents.customer.listening.cues import read_data
from agents.customer.listening.text import words_of

OTHER_SCRIPT = 0.3  # share of letters; a name in its own script stays below
FOREIGN_SHARE = 0.25  # of the words are another language's small words, and they outnumber the customer's own
LEAST_WORDS = 2  # one word may be a name or a greeting
WORDS_READ = 200

_SCRIPT_OF = {"ru": "CYRILLIC", "uk": "CYRILLIC", "el": "GREEK", "ar": "ARABIC", "he": "HEBREW"}


@cache
def _profiles() -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in read_data("languages.yaml")["profiles"].items()}


@cache
def _borrowed() -> frozenset[str]:
    return frozenset(read_data("languages.yaml")["borrowed"])


def is_foreign(text: str, language: str) -> bool:
    """Whether the text is in another language than `language` (a code such as "en")."""
    if _other_script(text, _SCRIPT_OF.get(language, "LATIN")):
        return True
    words = words_of(text)[:WORDS_READ]
    own = _profiles().get(language, frozenset())
    at_home = sum(word in own for word in words)
    for name, profile in _profiles().items():
        if name == language:
            continue
        # A word that both languages have tells nothing; a borrowed one tells only in company.
        hints = [word for word in words if word in profile and word not in own]
        plain = sum(word not in _borrowed() for word in hints)
        if (
            len(hints) >= LEAST_WORDS
            and plain
            and len(hints) > at_home
            and len(hints) >= FOREIGN_SHARE * len(words)
        ):
            return True
    return False


def _other_script(text: str, script: str) -> bool:
    letters = [character for character in text[:2000] if character.isalpha()]
    if len(letters) < 2:
        return False
    other = sum(not unicodedata.name(letter, "").startswith((script, "MODIFIER")) for letter in letters)
    return other > OTHER_SCRIPT * len(letters)


def small_word_share(text: str, language: str = "en") -> float:
    """How many of the words are the language's small ones: speech has a third or more, a list none."""
    words = words_of(text)
    return sum(word in _profiles()[language] for word in words) / len(words) if words else 0.0
