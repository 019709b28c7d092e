"""What the message is about: which fact a question points at, which objection a reply meets, which next step
a proposal means.

Each measure is a logistic score over a few likenesses. The weights were fitted on the written sellers of
`agents/evals/scripts` and rounded; they are the same for every persona, so a new one needs no fitting, only
exemplars. Fitted on all personas but one and counted on that one, in turn, 87 % of questions found their fact
and 10 % of other lines found one by mistake.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.customer.listening.shipped import exemplar_vectors
from agents.customer.listening.words import Rarity, content_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.customer.persona import Persona
    from ingestion.embed import CachedEmbedder, Vectors

Scores = NDArray[np.float64]

# A question -> a fact. Nearest exemplar; the fact's own text; rare words shared with the exemplars and with
# the answer; cosine to the fact's centre seen from the middle of all the persona's questions; how much the
# sentence is rather a proposal, a request for time or small talk; lead over the next fact.
ASKED = {"nearest": 5.4, "text": 1.4, "words": 0.8, "answer": 2.5, "centre": 11.0, "other": -3.4, "lead": 5.6}
ASKED_AT = 4.9
ASKED_LEAST = 0.4  # below this nothing is reported
ASKED_MOST_FACTS = 2  # "tell me everything about money, people and plans" is not three good questions
BEST_SHARE = 0.75  # of the best fact's score that a second must reach

# A reply -> an objection. Nearest of what resolves it; of what inflames it; the objection's own words; rare
# words shared with what resolves it; acknowledgement; a figure or something in writing; enough said at all.
ANSWERED = {
    "resolves": 15.0,
    "inflames": -3.5,
    "topic": 3.0,
    "words": 4.5,
    "ack": 2.6,
    "specific": 0.6,
    "said": 5.0,
}
ANSWERED_AT = 13.9
ANSWERED_LEAST = 0.25
# Comfort alone is half an answer; comfort and evidence on the topic are one even in nobody's words.
COMFORT_ALONE = 0.6
GENERIC_TOPIC, GENERIC_ANSWER = 0.35, 0.4

INFLAMED_AT, INFLAMED_SLOPE = 0.62, 16.0
INFLAMED_LEAST = 0.5

OFFER = {"nearest": 9.0, "close": 4.5}
OFFER_AT = 7.6


@dataclass(frozen=True)
class Question:
    """A sentence that wants to know, and how much it is rather something else (0 to 1)."""

    text: str
    other: float


@dataclass(frozen=True)
class Reply:
    """A message as an answer to what the customer objects to."""

    acknowledges: float
    evidence: float
    specific: bool
    only_comfort: bool
    content: frozenset[str]


@dataclass(frozen=True)
class _Fact:
    id: str
    questions: slice
    text: int
    words: frozenset[str]
    answer: frozenset[str]


@dataclass(frozen=True)
class _Objection:
    id: str
    resolves: slice
    inflames: slice
    topic: slice
    words: frozenset[str]


@dataclass(frozen=True)
class _Known:
    vectors: Vectors
    facts: tuple[_Fact, ...]
    objections: tuple[_Objection, ...]
    offers: slice
    middle: Vectors
    centres: Vectors
    fact_words: Rarity
    objection_words: Rarity


class Topics:
    """One persona's facts, objections and next step as exemplars. Built when first needed, kept on disk."""

    def __init__(self, persona: Persona, embedder: CachedEmbedder) -> None:
        self._persona = persona
        self._embedder = embedder
        self._lock = threading.Lock()
        self._built: _Known | None = None

    def warm(self) -> None:
        """Embed now rather than at the first message (seconds for a persona of one's own, once per machine).
        Safe in a thread."""
        self._known()

    def asked(self, questions: Sequence[Question], vectors: Vectors) -> tuple[tuple[str, float], ...]:
        """Fact ids with confidence, the surest first; at most ASKED_MOST_FACTS."""
        if not questions:
            return ()
        known = self._known()
        rows = [self._fact_scores(known, *pair) for pair in zip(questions, vectors, strict=True)]
        best = np.max(rows, axis=0)
        ranked = sorted(zip((fact.id for fact in known.facts), map(float, best), strict=True), key=_falling)
        least = max(ASKED_LEAST, ranked[0][1] * BEST_SHARE)
        return tuple((name, sure) for name, sure in ranked[:ASKED_MOST_FACTS] if sure >= least)

    def answered(self, reply: Reply, vectors: Vectors) -> tuple[tuple[str, float], ...]:
        """Objection ids with how well they are met. The vectors are of the message and its sentences."""
        known = self._known()
        met = [(objection.id, _meets(known, objection, reply, vectors)) for objection in known.objections]
        return tuple(sorted((pair for pair in met if pair[1] >= ANSWERED_LEAST), key=_falling))

    def inflamed(self, vectors: Vectors) -> tuple[tuple[str, float], ...]:
        """Objection ids with how surely they were made worse."""
        known = self._known()
        worse = []
        for objection in known.objections:
            bad = float((vectors @ known.vectors[objection.inflames].T).max())
            good = float((vectors @ known.vectors[objection.resolves].T).max())
            sure = _logistic(INFLAMED_SLOPE * (bad - INFLAMED_AT)) if bad > good else 0.0
            worse.append((objection.id, sure))
        return tuple(sorted((pair for pair in worse if pair[1] >= INFLAMED_LEAST), key=_falling))

    def next_step(self, closes: Sequence[float], vectors: Vectors) -> float:
        """How clearly some sentence proposes the next step; `closes` is how surely each proposes anything."""
        if not len(vectors):
            return 0.0
        known = self._known()
        offers = np.sort(vectors @ known.vectors[known.offers].T, axis=1)[:, -2:]
        nearest = 0.5 * offers[:, -1] + 0.5 * offers.mean(axis=1)
        scores = OFFER["nearest"] * nearest + OFFER["close"] * np.array(closes) - OFFER_AT
        return _logistic(float(scores.max()))

    def _fact_scores(self, known: _Known, question: Question, vector: Vectors) -> Scores:
        cosines = known.vectors @ vector
        outward = vector - known.middle
        outward /= max(float(np.linalg.norm(outward)), 1e-9)
        centre = known.centres @ outward
        nearest = [float(cosines[fact.questions].max()) for fact in known.facts]
        said = content_words(question.text)
        scores = []
        for i, fact in enumerate(known.facts):
            rest = max(nearest[:i] + nearest[i + 1 :], default=0.0)
            score = ASKED["nearest"] * nearest[i] + ASKED["text"] * float(cosines[fact.text])
            score += ASKED["words"] * known.fact_words.share(said, fact.words)
            score += ASKED["answer"] * known.fact_words.share(said, fact.answer)
            score += ASKED["centre"] * float(centre[i]) + ASKED["lead"] * (nearest[i] - rest)
            scores.append(_logistic(score + ASKED["other"] * question.other - ASKED_AT))
        return np.array(scores)

    def _known(self) -> _Known:
        with self._lock:
            if self._built is None:
                self._built = _build(self._persona, self._embedder)
            return self._built


def _meets(known: _Known, objection: _Objection, reply: Reply, vectors: Vectors) -> float:
    resolves = float((vectors @ known.vectors[objection.resolves].T).max())
    inflames = float((vectors[0] @ known.vectors[objection.inflames].T).max())
    topic = float((vectors[0] @ known.vectors[objection.topic].T).max())
    shared = len(reply.content & objection.words) / max(1, len(reply.content))
    score = ANSWERED["resolves"] * resolves + ANSWERED["inflames"] * inflames + ANSWERED["topic"] * topic
    score += ANSWERED["words"] * shared + ANSWERED["ack"] * reply.acknowledges
    score += ANSWERED["specific"] * reply.specific + ANSWERED["said"] * min(len(reply.content), 6) / 6
    met = _logistic(score - ANSWERED_AT)
    if reply.only_comfort:
        return met * COMFORT_ALONE
    if min(reply.acknowledges, reply.evidence) >= 0.5 and topic >= GENERIC_TOPIC:
        return max(met, GENERIC_ANSWER)
    return met


def exemplars_of(persona: Persona) -> list[str]:
    """Every sentence by which this persona's facts, objections and next step are known."""
    return _laid_out(persona)[0]


def _laid_out(persona: Persona) -> tuple[list[str], list[_Fact], list[_Objection], slice]:
    """All sentences in one row, and who has which of them."""
    texts: list[str] = []

    def place(more: Sequence[str]) -> slice:
        texts.extend(more)
        return slice(len(texts) - len(more), len(texts))

    facts = []
    for fact in persona.facts:
        questions = place(fact.asked_by)
        text = place([fact.text]).start
        answer = content_words(" ".join((fact.text, *fact.lines)))
        facts.append(_Fact(fact.id, questions, text, content_words(" ".join(fact.asked_by)), answer))
    objections = []
    for objection in persona.objections:
        resolves, inflames = place(objection.resolved_by), place(objection.inflamed_by)
        topic = place([objection.text, *objection.lines, *objection.insists])
        words = content_words(" ".join(objection.resolved_by))
        objections.append(_Objection(objection.id, resolves, inflames, topic, words))
    return texts, facts, objections, place(persona.win.offered_by)


def _build(persona: Persona, embedder: CachedEmbedder) -> _Known:
    texts, facts, objections, offers = _laid_out(persona)
    vectors = exemplar_vectors(texts, embedder)
    middle = np.vstack([vectors[fact.questions] for fact in facts]).mean(axis=0)
    centres = np.array([vectors[fact.questions].mean(axis=0) - middle for fact in facts])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True).clip(1e-9)
    return _Known(
        vectors,
        tuple(facts),
        tuple(objections),
        offers,
        middle,
        centres,
        Rarity([fact.words for fact in facts]),
        Rarity([objection.words for objection in objections]),
    )


def _logistic(score: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(score, -40.0, 40.0))))


def _falling(pair: tuple[str, float]) -> float:
    return -pair[1]
