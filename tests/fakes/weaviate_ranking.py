"""How the Weaviate double ranks: BM25F over the whole shard, cosine, relative score fusion, in 32 bits.

After the server's source: inverted/bm25_searcher.go and terms.go (idf, tf without the k1+1 factor, counts
over the shard whatever the filter), traverser/explorer_hybrid.go (each list at least 100 long) and
hybrid_fusion.go.
Written from it alone, not from SalesMate's index, so that a comparison says something.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from tests.fakes.weaviate_filters import tokens
from tests.fakes.weaviate_store import Kept, Refused, Stored

HYBRID_MAXIMUM_RESULTS = 100
"""The server's default for QUERY_HYBRID_MAXIMUM_RESULTS."""


def bm25(
    kept: Kept, shard: Collection[Stored], query: str, properties: list[str], allowed: set[str]
) -> dict[str, float]:
    """The score of every allowed object that has a word of the query."""
    settings = kept.definition["invertedIndexConfig"]["bm25"]
    k1, b = settings["k1"], settings["b"]
    if len(properties) != 1:
        raise Refused("the double scores one property at a time")
    known = kept.property(properties[0])
    if not known["indexSearchable"]:
        raise Refused(
            f"Searching by property '{properties[0]}' requires inverted index. Is `indexSearchable` option of"
            f" property '{properties[0]}' enabled? Set it to `true` or leave empty"
        )
    counts = {
        stored.id: _counted(stored.properties.get(properties[0]) or "", known["tokenization"])
        for stored in shard
    }
    lengths = {identity: words.total() for identity, words in counts.items()}
    average = sum(lengths.values()) / len(lengths) if lengths else 0.0
    scores: dict[str, float] = {}
    for term, repeated in Counter(tokens(query, known["tokenization"])).items():
        having = sum(1 for words in counts.values() if term in words)
        idf = math.log(1 + (len(lengths) - having + 0.5) / (having + 0.5)) * repeated
        for identity, words in counts.items():
            if identity in allowed and term in words:
                frequency = words[term]
                tf = frequency / (frequency + k1 * (1 - b + b * lengths[identity] / (average or 40.0)))
                scores[identity] = scores.get(identity, 0.0) + tf * idf
    return {identity: float(np.float32(score)) for identity, score in scores.items()}


@functools.lru_cache(maxsize=20_000)
def _counted(text: str, tokenization: str) -> Counter[str]:
    return Counter(tokens(text, tokenization))


def closeness(
    shard: Collection[Stored], name: str, vector: np.ndarray[Any, Any], allowed: set[str]
) -> dict[str, float]:
    """One minus the cosine distance of every allowed object that has the vector."""
    length = float(np.linalg.norm(vector)) or 1.0
    scores = {}
    for stored in shard:
        if stored.id in allowed and name in stored.vectors:
            if len(vector) != len(stored.vectors[name]):
                raise Refused(
                    f"vector search: vector lengths don't match: {len(stored.vectors[name])} vs {len(vector)}"
                )
            distance = np.float32(1) - np.float32(stored.vectors[name] @ (vector / length))
            scores[stored.id] = float(np.float32(1) - distance)
    return scores


def longest(scores: Mapping[str, float], shard: Collection[Stored], limit: int) -> list[tuple[str, float]]:
    """The best of a list, cut at the server's length; among equals the one written first."""
    numbers = {stored.id: stored.number for stored in shard}
    ordered = sorted(scores.items(), key=lambda item: (-item[1], numbers[item[0]]))
    return ordered[: max(HYBRID_MAXIMUM_RESULTS, limit)]


def relative_score(lists: list[tuple[list[tuple[str, float]], float]]) -> list[tuple[str, float]]:
    """Fused scores, best first. `lists` are (results, weight), the vectors' before the words'."""
    fused: dict[str, np.float32] = {}
    secondary: dict[str, float] = {}
    for results, weight in lists:
        raw = [np.float32(score) for _, score in results]
        for identity, score in results:
            share = np.float32(weight)
            if max(raw) != min(raw):
                share *= (np.float32(score) - min(raw)) / (max(raw) - min(raw))
            fused[identity] = fused.get(identity, np.float32(0)) + share
            secondary[identity] = score

    def compare(one: str, other: str) -> int:
        for mine, yours in ((fused[one], fused[other]), (secondary[one], secondary[other])):
            if (float(yours) - float(mine)) ** 2 >= 1e-14:
                return -1 if mine > yours else 1
        return -1 if one < other else 1

    return [(one, float(fused[one])) for one in sorted(fused, key=functools.cmp_to_key(compare))]
