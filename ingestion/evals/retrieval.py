"""A retrieval set, indexed and asked: by words, by meaning, and by both as `salesmate search` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.chunk import chunks_of, document_id, text_to_embed
from ingestion.document import Document, Page, digest_of
from ingestion.evals.metrics import hit, ndcg, recall
from ingestion.index.protocol import IndexedDocument
from ingestion.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingestion.alpha import Alpha
    from ingestion.embed import Embedder
    from ingestion.evals.retrieval_set import Passage, Question
    from ingestion.index.protocol import Hit, Index

    Ask = Callable[[str], tuple[Hit, ...]]

COLLECTION = "retrieval"
CHUNKS_READ = 100
"""Of one question; ten different documents are nearly always among them."""


@dataclass(frozen=True)
class Figures:
    """Means over the questions, 0 to 1."""

    ndcg: float
    recall: float
    hit: float

    def to_json(self) -> dict[str, float]:
        return {
            "ndcg@10": round(self.ndcg, 4),
            "recall@10": round(self.recall, 4),
            "hit@5": round(self.hit, 4),
        }


def put_in(passage: Passage, index: Index, embedder: Embedder) -> int:
    """Index one document of the corpus as any other; how many chunks it made."""
    digest = digest_of(passage.text.encode())
    document = Document(passage.id, passage.title, passage.id, digest, None, (Page(1, passage.text),))
    chunks = chunks_of(document)
    vectors = embedder.embed([text_to_embed(passage.title, chunk) for chunk in chunks])
    identity = document_id(COLLECTION, passage.id)
    index.replace(
        IndexedDocument(identity, COLLECTION, passage.id, passage.title, passage.id, digest, None),
        chunks,
        vectors,
    )
    return len(chunks)


def ways(index: Index, embedder: Embedder, alpha: Alpha) -> dict[str, Ask]:
    """The three ways to ask an index; `alpha` is for hybrid, which is the whole of `Search`."""
    search = Search(index, embedder, alpha)

    def alone(question: str, weight: float) -> tuple[Hit, ...]:
        return index.search(question, embedder.embed([question]), k=CHUNKS_READ, alpha=weight)

    return {
        "bm25": lambda question: alone(question, 0),
        "dense": lambda question: alone(question, 1),
        "hybrid": lambda question: search(question, COLLECTION, CHUNKS_READ),
    }


def documents_of(hits: Iterable[Hit]) -> list[str]:
    """Each document once, where its best chunk stands."""
    return list(dict.fromkeys(hit.document for hit in hits))


def figures_of(rankings: Sequence[tuple[Sequence[str], Question]]) -> Figures:
    """The means over questions, each with the documents found, best first. There must be one or more."""
    count = len(rankings)
    return Figures(
        sum(ndcg(ranked, question.relevant) for ranked, question in rankings) / count,
        sum(recall(ranked, question.relevant) for ranked, question in rankings) / count,
        sum(hit(ranked, question.relevant) for ranked, question in rankings) / count,
    )
