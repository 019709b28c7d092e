"""How it is said: insults, pressure, comfort, jargon, repetition, sense."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from agents.customer.acts import RepAct
from agents.customer.listening.acts import OFF_TOPIC
from agents.customer.listening.cues import cues, read_data
from agents.customer.listening.language import small_word_share
from agents.customer.listening.settle import SURE
from agents.customer.listening.text import plain, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.embed import CachedEmbedder, Vectors

KINDLY = 0.5
QUOTED = 0.3  # an insult that only gives the customer's own word back
TOKEN_COMFORT = 0.3  # "I see", "fair enough": polite, and no more
JARGON_FULL = 0.12  # of the words: one in eight is a brochure
SAME = 0.95  # cosine; a rephrased question stays well below
SAME_WORDS = 6  # shorter sentences are alike too easily
EQUAL_WORDS = 4  # "I see what you mean" may be said twice, "yes please" always
REPEATED_SHARE = 0.6  # of the message's words stand in sentences said before
REMEMBERED_TURNS = 12  # rep turns compared by meaning; all are compared by words
OFF_TOPIC_SURE = 0.6
GIBBERISH_SHARE = 0.5  # of the words are no words of any text a language model has read
UNREAD_WORDS = 3  # two rare ones may be a name and a trade word
LONGEST_WORD = 40  # letters
SALAD_WORDS, SALAD_SHARE = 6, 0.12  # English without its small words

_AIMED = re.compile(r"\b(you're|you are|you must be|you sound|your)\b", re.IGNORECASE)
_WRITTEN = re.compile(r"[^\W\d_]{4,}")


def rude(sentences: Sequence[str], heard: Sequence[Mapping[str, float]], customer_last: str) -> float:
    """0 to 1, the worst sentence. The customer's own strong word given back to her is no insult."""
    given_back = set(words_of(customer_last))
    kindly = any(acts[RepAct.ACKNOWLEDGE] >= KINDLY for acts in heard)
    worst = 0.0
    for sentence, acts in zip(sentences, heard, strict=True):
        level = acts[RepAct.RUDE]
        match = cues().sure[RepAct.RUDE].search(sentence)
        asked_back = kindly or "?" in sentence or len(words_of(sentence)) <= 2
        aimed = _AIMED.search(sentence)
        if match and asked_back and not aimed and _quotes(match.group(), given_back):
            level = min(level, QUOTED)
        worst = max(worst, level)
    return worst


def _quotes(insult: str, given_back: set[str]) -> bool:
    strong = [word for word in words_of(insult) if len(word) > 3]
    return bool(strong) and set(strong) <= given_back | {"this", "that", "that's", "such", "just", "what"}


def empathy(sentences: Sequence[str], heard: Sequence[Mapping[str, float]], customer_last: str) -> float:
    """0 to 1, the warmest sentence; more where it plays back what she has just said."""
    played_back = {word for word in words_of(customer_last) if len(word) > 4}
    best = 0.0
    for sentence, acts in zip(sentences, heard, strict=True):
        level = acts[RepAct.ACKNOWLEDGE]
        if cues().filler.match(sentence) or len(words_of(sentence)) <= 2:
            level = min(level, TOKEN_COMFORT)
        elif level >= 0.3 and played_back & set(words_of(sentence)):
            level = min(1.0, level + 0.1)
        best = max(best, level)
    return best


def jargon(text: str) -> float:
    """Share of words that are jargon, scaled so that one in eight is 1."""
    count = len(words_of(text))
    return min(1.0, len(cues().jargon.findall(text)) / count / JARGON_FULL) if count else 0.0


def repeated(
    sentences: Sequence[str], vectors: Vectors, earlier: Sequence[str], embedder: CachedEmbedder
) -> bool:
    """Whether most of the message was said before by the rep. Short courtesies never count."""
    said = [plain(sentence) for sentence in sentences]
    lengths = [len(sentence.split()) for sentence in said]
    before = {plain(sentence) for sentence in earlier}
    again = [
        length >= EQUAL_WORDS and sentence in before and not cues().filler.match(sentence)
        for sentence, length in zip(said, lengths, strict=True)
    ]
    longer = [
        sentence for sentence in earlier[-3 * REMEMBERED_TURNS :] if len(sentence.split()) >= SAME_WORDS
    ]
    if longer and any(length >= SAME_WORDS for length in lengths):
        nearest = (vectors @ embedder.embed(longer).T).max(axis=1)
        again = [
            was or (length >= SAME_WORDS and float(likeness) >= SAME)
            for was, length, likeness in zip(again, lengths, nearest, strict=True)
        ]
    covered = sum(length for length, was in zip(lengths, again, strict=True) if was)
    return covered > 0 and covered >= REPEATED_SHARE * sum(lengths)


def confusing(text: str, sentences: Sequence[str], heard: Sequence[Mapping[str, float]]) -> bool:
    """Talk of instructions and machines, code, word salad, or nothing to do with a sales call."""
    if cues().confusing.search(text) or _gibberish(text) or _salad(sentences, heard):
        return True
    strange = [acts[OFF_TOPIC] for acts in heard]
    sense = [max(sure for name, sure in acts.items() if name != OFF_TOPIC) for acts in heard]
    return bool(strange) and max(strange) >= OFF_TOPIC_SURE and max(strange) > max(sense)


def _gibberish(text: str) -> bool:
    words = [word for word in _WRITTEN.findall(text)[:200] if word.isascii()]
    # A capital may begin a name; a word longer than any is none.
    unread = [word for word in words if len(word) > LONGEST_WORD or (word.islower() and not _readable(word))]
    endless = any(len(word) > LONGEST_WORD for word in unread)
    return (len(unread) >= UNREAD_WORDS or endless) and len(unread) > GIBBERISH_SHARE * len(words)


def _readable(word: str) -> bool:
    """Whether the word, or its stem, stands in the embedder's vocabulary: the 30,000 commonest of English."""
    known = _vocabulary()
    stems = (word.removesuffix(ending) for ending in ("s", "es", "d", "ed", "ing", "ly", "er", "r"))
    return word in known or any(stem in known or f"{stem}e" in known for stem in stems)


@cache
def _vocabulary() -> frozenset[str]:
    """With the words of our own exemplars: "invoice" is not among English's commonest."""
    common = (files("ingestion") / "models" / "minilm-vocab.txt").read_text("utf-8").split("\n")
    trade = {
        word for sentences in read_data("acts.yaml").values() for text in sentences for word in words_of(text)
    }
    return frozenset(trade.union(common))


def _salad(sentences: Sequence[str], heard: Sequence[Mapping[str, float]]) -> bool:
    for sentence, acts in zip(sentences, heard, strict=True):
        length = len(words_of(sentence))
        unsure = max(sure for name, sure in acts.items() if name != OFF_TOPIC) < SURE / 2
        if length >= SALAD_WORDS and unsure and small_word_share(sentence) < SALAD_SHARE:
            return True
    return False
