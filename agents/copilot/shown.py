"""Text of documents and models as a rep is shown it: one line of words, no marks that anything would obey."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 600
"""More than any sentence worth saying; a title made to fill the screen ends here."""

ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
CHAT_LINK = re.compile(r"<(?:https?|mailto|javascript|data):[^>|\s]*(?:\|([^>]*))?>", re.IGNORECASE)
TAG = re.compile(r"</?[a-z!@#][^<>]*>", re.IGNORECASE)
CITATION = re.compile(r"\[(\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*)\]")
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
"""Unicode's categories of what is not seen: controls, direction marks, zero-width letters, private use."""


def one_line(text: str) -> str:
    """The words of `text`: control and direction marks, tags and links' targets gone, "[1]" as "(1)".

    A citation mark is only ever the copilot's own.
    """
    text = ESCAPES.sub("", text)
    text = "".join(_seen(letter) for letter in text)
    text = CHAT_LINK.sub(lambda match: match[1] or "", LINK.sub(r"\1", text))
    text = CITATION.sub(r"(\1)", TAG.sub("", text))
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1].rstrip() + "…"


def _seen(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in HIDDEN else letter
