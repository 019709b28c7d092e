"""From what the rep typed to the sentences that are listened to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from agents.customer.listening.spelling import spelled_out

MAX_SENTENCES = 14  # about a minute of speech; of a longer paste the beginning and the end are heard
TOO_LONG_WORDS = 120  # 45 s aloud; a long but normal pitch is about 80 words
HEAD_CHARS, TAIL_CHARS = 6_000, 3_000  # enough for MAX_SENTENCES; keeps a megabyte of paste cheap
SENTENCE_CHARS = 600  # beyond this the embedder would cut anyway

# Controls, zero-width characters, direction marks: nothing a voice could carry. Tabs and newlines stay.
_UNSPOKEN = dict.fromkeys(
    code
    for code in range(0x3100)
    if unicodedata.category(chr(code)) in {"Cc", "Cf"} and chr(code) not in "\t\n\r\x85"
) | {0xFEFF: None}
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "\u00a0": " ", "\x85": "\n"})

_ABBREVIATION = re.compile(
    r"\b(Mr|Mrs|Ms|Dr|Prof|St|Ltd|Inc|Co|No|vs|etc|approx|e\.g|i\.e|a\.m|p\.m)\.", re.I
)
_DOT = "\ue000"  # stands for a full stop that ends nothing
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+|\s+[-–—]\s+(?=\w)|;\s+")
_QUESTION_START = (
    r"(?:what|how|who|why|when|where|which|have you|do you|did you|does|are you|is (?:it|that|this|now|there)"
    r"|can (?:you|i|we)|could|would|may i|shall|will you|tell me|what?s|wh?ots?|(?:do|r|have) u)\b"
)
# "..., have you got a minute?": a second act in one sentence. A condition before it belongs to it.
_CLAUSE = re.compile(
    rf"(?:,|:)\s+(?=(?:and |but |so |or )?{_QUESTION_START})|,\s+(?=but (?:i|we|you)\b)", re.I
)
_CONDITION = re.compile(
    r"^\W*(?:and |but |so )?(?:if|when|since|as|while|before|after|unless|because|given)\b", re.I
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_BLANKS = re.compile(r"\s{2,}+")


@dataclass(frozen=True)
class Message:
    """A message as it is listened to."""

    text: str
    """Cleaned, one line or several, cut in the middle when very long."""
    sentences: tuple[str, ...]
    """Sentences and clauses in order, at most MAX_SENTENCES, chat spelling written out."""
    verbatim: tuple[str, ...]
    """The same sentences as they were typed."""
    words: int
    """Of the whole message, before any cut."""

    @property
    def silence(self) -> bool:
        """Nothing that could be heard: no letter, digit or symbol with a meaning of its own."""
        return not any(unicodedata.category(character)[0] in "LNS" for character in self.text)

    @property
    def too_long(self) -> bool:
        return self.words >= TOO_LONG_WORDS


def read(text: str) -> Message:
    """Clean and split. Never raises, and takes milliseconds for a megabyte."""
    words = len(text.split())
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        # A paste without spaces is long, too.
        words = max(words, len(text) // 20)
        text = f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"
    text = clean(text)
    verbatim = _at_most(split(text))
    return Message(spelled_out(text), tuple(map(spelled_out, verbatim)), verbatim, words)


def clean(text: str) -> str:
    """Without what a voice could not carry; typographic quotes made plain."""
    text = text.encode("utf-8", "ignore").decode()
    text = text.translate(_UNSPOKEN).translate(_TYPOGRAPHY).strip()
    # One blank or line end is heard like many, and patterns tried from each of thousands take minutes.
    return _BLANKS.sub(lambda run: "\n" if "\n" in run.group() else " ", text)


def split(text: str) -> list[str]:
    """Sentences, and clauses where a question follows something else in one sentence."""
    shielded = _ABBREVIATION.sub(lambda match: match.group().replace(".", _DOT), text)
    pieces = []
    for sentence in _SENTENCE_END.split(shielded):
        pieces += _clauses(sentence.replace(_DOT, ".").strip())
    return [piece[:SENTENCE_CHARS] for piece in pieces if _WORD.search(piece)]


def _clauses(sentence: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for cut in _CLAUSE.finditer(sentence):
        left, right = sentence[start : cut.start()], sentence[cut.end() :]
        if len(left.split()) >= 3 and len(right.split()) >= 3 and not _CONDITION.match(left):
            parts.append(left)
            start = cut.end()
    return [*parts, sentence[start:]]


def _at_most(sentences: list[str]) -> tuple[str, ...]:
    if len(sentences) <= MAX_SENTENCES:
        return tuple(sentences)
    half = MAX_SENTENCES // 2
    return (*sentences[:half], *sentences[-half:])


def words_of(text: str) -> list[str]:
    """Lower-case words, apostrophes kept inside them."""
    return _WORD.findall(text.lower())


def plain(text: str) -> str:
    """For comparing: lower-case words with single spaces."""
    return " ".join(words_of(text))
