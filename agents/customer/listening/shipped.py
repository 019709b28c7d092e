"""Vectors of the exemplars that come with SalesMate, made beforehand: embedding them takes ten seconds, and
whoever calls her first customer should not wait for it. `make samples` makes them again after an edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.shipped import ShippedVectors, write

if TYPE_CHECKING:
    from ingestion.embed import CachedEmbedder, Vectors


def vectors_file() -> Path:
    """Where they lie."""
    return Path(str(files("agents.customer"))) / "listening" / "vectors.npz"


def exemplar_vectors(texts: Sequence[str], embedder: CachedEmbedder) -> Vectors:
    """The vectors of a fixed set of exemplars; one's own persona's are made once and kept."""
    return embedder.embed_kept(texts, _shipped(embedder))


def texts_of_exemplars() -> list[str]:
    """Every exemplar of every customer that ships, in a fixed order."""
    from agents.customer.listening.acts import exemplars
    from agents.customer.listening.topics import exemplars_of
    from agents.customer.persona_files import Catalogue, built_in_folder

    shipped = Catalogue(built_in_folder())
    texts = [*exemplars()[0], *(text for name in shipped.ids for text in exemplars_of(shipped.get(name)))]
    return list(dict.fromkeys(texts))


@cache
def _shipped(embedder: CachedEmbedder) -> ShippedVectors:
    return ShippedVectors(embedder, vectors_file())


if __name__ == "__main__":
    from ingestion.embed import MiniLM

    write(vectors_file(), texts_of_exemplars(), MiniLM())
