"""An index of any size, filled fast with made-up text, and what a search in it costs."""

from __future__ import annotations

import resource
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from ingestion.chunk import Chunk
from ingestion.embed import DIMENSIONS, Vectors
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import IndexedDocument, Scope

WORDS_KNOWN, WORDS_A_CHUNK, WORDS_A_QUESTION = 30_000, 40, 8
CHUNKS_A_DOCUMENT = 500
KINDS = {"BM25 alone": 0.0, "dense alone": 1.0, "hybrid": 0.5}


@dataclass(frozen=True)
class Load:
    """Times in milliseconds, memory in MB. `first_ms` includes loading the vectors."""

    chunks: int
    first_ms: float
    p50: dict[str, float]
    p99: dict[str, float]
    memory_mb: float


class Made:
    """Text whose words are as unequally frequent as those of a language (Zipf), and vectors of no meaning."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._words = np.array([f"{'bcdfghjklm'[n % 10]}{n:x}o" for n in range(WORDS_KNOWN)])
        shares = 1 / (np.arange(WORDS_KNOWN) + 20.0)
        self._shares = shares / shares.sum()

    def texts(self, count: int, words: int) -> list[str]:
        chosen = self._words[self._rng.choice(WORDS_KNOWN, size=(count, words), p=self._shares)]
        return [" ".join(row) for row in chosen]

    def vectors(self, count: int) -> Vectors:
        rows = self._rng.standard_normal((count, DIMENSIONS), np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def fill(path: Path, first: int, last: int) -> float:
    """Index chunks number `first` to `last`; how many seconds it took."""
    start, made = time.perf_counter(), Made(first)
    index = EmbeddedIndex(path)
    for at in range(first, last, CHUNKS_A_DOCUMENT):
        count = min(CHUNKS_A_DOCUMENT, last - at)
        collection = f"c{at // CHUNKS_A_DOCUMENT % 10}"
        document = IndexedDocument(
            str(uuid.UUID(int=at)), collection, f"{at}.md", f"Paper {at}", "", "x", None
        )
        texts = made.texts(count, WORDS_A_CHUNK)
        index.replace(document, [Chunk(1, "", text) for text in texts], made.vectors(count))
    index.close()
    return time.perf_counter() - start


def measure(path: Path, chunks: int, questions: int) -> Load:
    """Ask. To be run in a process of its own, whose memory is the index's."""
    made = Made(65_535)
    before = memory_mb()
    index = EmbeddedIndex(path)
    asked = list(zip(made.texts(questions, WORDS_A_QUESTION), made.vectors(questions), strict=True))
    start = time.perf_counter()
    index.search(*asked[0], k=10, alpha=0.5)
    first = 1000 * (time.perf_counter() - start)
    kinds = {name: [timed(index, *one, alpha) for one in asked] for name, alpha in KINDS.items()}
    kinds["hybrid, one collection of ten"] = [timed(index, *one, 0.5, "c3") for one in asked]
    index.close()
    p50 = {name: median(times) for name, times in kinds.items()}
    p99 = {name: hundredth(times) for name, times in kinds.items()}
    return Load(chunks, first, p50, p99, memory_mb() - before)


def timed(
    index: EmbeddedIndex, words: str, vector: Vectors, alpha: float, collection: str | None = None
) -> float:
    """Milliseconds of one search."""
    start = time.perf_counter()
    index.search(words, vector, k=10, alpha=alpha, scope=Scope(collection))
    return 1000 * (time.perf_counter() - start)


def hundredth(times: Sequence[float]) -> float:
    return quantiles(times, n=100)[-1]


def memory_mb() -> float:
    """What this process holds now; where the system does not say, the most that it has held."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
