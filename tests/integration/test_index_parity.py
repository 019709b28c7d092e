"""Both indexes rank alike: the same chunks, the same order, the same scores, whatever the weight of meaning.

Where two chunks score alike to the last digit, either may stand first.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunk import Chunk, document_id
from ingestion.embed import DIMENSIONS, Vectors
from ingestion.index.protocol import EVERYTHING, Hit, Index, IndexedDocument, Scope
from ingestion.sample_documents import ensure_samples
from ingestion.settings import Settings
from tests.embedding import shared_embedder
from tests.integration.weaviate_backends import BACKENDS, OpenIndex, opening, server_of

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
SAME = 1e-4
WORDS = [
    "fee",
    "exit",
    "transfer",
    "pension",
    "rate",
    "Leeds",
    "notice",
    "month",
    "claim",
    "cover",
    "£10",
    "0.75%",
    "9,600",
    "voice-mail",
]
QUESTIONS = Path(__file__).parents[2] / "agents" / "evals" / "questions.jsonl"


@pytest.fixture(scope="module", params=BACKENDS[1:])
def server(request: pytest.FixtureRequest) -> Iterator[Settings | None]:
    with server_of(request.param) as settings:
        yield settings


@pytest.fixture(scope="module")
def open_pair(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenIndex, ...]]:
    home = Settings(home=tmp_path_factory.mktemp("home"))
    with opening(home) as embedded, opening(server) as weaviate:
        yield embedded, weaviate


def assert_alike(ours: Sequence[Hit], theirs: Sequence[Hit]) -> None:
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert mine.score == pytest.approx(yours.score, abs=SAME)
    # The last place may be shared with a chunk that was cut off; above it the chunks are the same.
    least = ours[-1].score + SAME if ours else 0
    scores = {hit.chunk: hit.score for hit in theirs}
    for hit in ours:
        assert hit.score <= least or scores[hit.chunk] == pytest.approx(hit.score, abs=SAME)
    order = [hit.chunk for hit in ours if _stands_alone(hit, ours)]
    assert order == [hit.chunk for hit in theirs if hit.chunk in set(order)]


def _stands_alone(hit: Hit, hits: Sequence[Hit]) -> bool:
    """No other has its score, and it is not the last: another may have been cut off with the same."""
    return hit is not hits[-1] and sum(abs(hit.score - other.score) <= SAME for other in hits) == 1


def fill(indexes: Sequence[Index], dice: random.Random, documents: int, longest: int) -> list[str]:
    """Random papers in all indexes; their ids."""
    numbers = np.random.default_rng(dice.randrange(2**32))
    ids = []
    for number in range(documents):
        name, collection = f"paper {number}.md", dice.choice(["firm", "other"])
        texts = [
            " ".join(dice.choices(WORDS, k=dice.randint(1, 40))) for _ in range(dice.randint(0, longest))
        ]
        chunks = [Chunk(page, dice.choice(["", "Fees > Exit"]), text) for page, text in enumerate(texts, 1)]
        vectors = numbers.normal(size=(len(chunks), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids.append(document_id(collection, name))
        audience = tuple(dice.sample(["sales", "service"], dice.randint(0, 2)))
        entry = IndexedDocument(ids[-1], collection, name, "A paper", "", f"{number}", None, audience)
        for index in indexes:
            index.replace(entry, chunks, vectors)
    return ids


def unit(numbers: np.random.Generator) -> Vectors:
    vector = numbers.normal(size=DIMENSIONS).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_a_large_random_corpus_is_ranked_alike(open_pair: tuple[OpenIndex, ...], alpha: float) -> None:
    indexes = [open_one("large") for open_one in open_pair]
    dice, numbers = random.Random(7), np.random.default_rng(7)
    if not indexes[0].collections():
        fill(indexes, dice, documents=60, longest=8)
    assert len(indexes[0].search("fee", unit(numbers), k=500, alpha=0.5)) > 120, "longer than both lists"
    for k in (1, 10, 150):
        words, vector = " ".join(dice.choices(WORDS, k=4)), unit(numbers)
        assert_alike(*(index.search(words, vector, k=k, alpha=alpha) for index in indexes))


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**16),
    words=st.lists(st.sampled_from([*WORDS, "unknown", "the"]), max_size=5),
    alpha=st.sampled_from(ALPHAS),
    k=st.integers(1, 30),
    collection=st.sampled_from([None, "firm"]),
    groups=st.sampled_from([None, frozenset({"sales"}), frozenset[str]()]),
    half=st.sampled_from(["every", "half"]),
)
def test_any_corpus_question_and_scope_is_ranked_alike(
    open_pair: tuple[OpenIndex, ...],
    seed: int,
    words: list[str],
    alpha: float,
    k: int,
    collection: str | None,
    groups: frozenset[str] | None,
    half: str,
) -> None:
    indexes = [open_one(f"{seed} {words} {alpha} {k} {collection} {groups} {half}") for open_one in open_pair]
    ids = fill(indexes, random.Random(seed), documents=6, longest=5)
    scope = Scope(collection, groups, frozenset(ids[::2]) if half == "half" else None)
    vector = unit(np.random.default_rng(seed))
    asked = " ".join(words)
    ours, theirs = (index.search(asked, vector, k=k, alpha=alpha, scope=scope) for index in indexes)
    assert_alike(ours, theirs)
    beside = [{hit.chunk for hit in index.neighbours(ours)} for index in indexes]
    assert beside[0] == beside[1]


def test_a_ranking_stays_alike_when_documents_change_and_go(open_pair: tuple[OpenIndex, ...]) -> None:
    indexes = [open_one("changing") for open_one in open_pair]
    dice, numbers = random.Random(3), np.random.default_rng(3)
    ids = fill(indexes, dice, documents=12, longest=6)
    fill(indexes, dice, documents=8, longest=6)
    for index in indexes:
        index.remove(ids[9])
        index.remove(ids[10])
    for alpha in ALPHAS:
        vector = unit(numbers)
        assert_alike(*(index.search("exit fee Leeds", vector, k=20, alpha=alpha) for index in indexes))


def test_the_sample_documents_are_ranked_alike_for_real_questions(open_pair: tuple[OpenIndex, ...]) -> None:
    indexes = [open_one("samples") for open_one in open_pair]
    embedder = shared_embedder()
    for index in indexes:
        ensure_samples(index, embedder)
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    questions = questions[::2]
    assert len(questions) >= 12
    for question, vector in zip(questions, embedder.embed(questions), strict=True):
        for alpha in ALPHAS:
            for scope in (EVERYTHING, Scope("northgate")):
                assert_alike(
                    *(index.search(question, vector, k=10, alpha=alpha, scope=scope) for index in indexes)
                )
