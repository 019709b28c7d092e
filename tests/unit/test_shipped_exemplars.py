"""The vectors that ship with the exemplars are the ones an embedder would make, so the first call is heard at
once."""

from __future__ import annotations

import numpy as np

from agents.customer.listening.shipped import exemplar_vectors, texts_of_exemplars, vectors_file
from ingestion.embed import CachedEmbedder, MiniLM
from ingestion.shipped import ShippedVectors
from tests.unit.test_shipped_vectors import Forgetful


def test_every_exemplar_has_its_vector() -> None:
    inner = Forgetful()
    ShippedVectors(inner, vectors_file()).embed(texts_of_exemplars())
    assert inner.asked == [], "exemplars changed: make samples"


def test_they_are_what_the_model_makes() -> None:
    texts = texts_of_exemplars()[::100]
    embedder = CachedEmbedder(MiniLM())
    shipped = exemplar_vectors(texts, embedder)
    assert (shipped * MiniLM().embed(texts)).sum(axis=1).min() > 0.999
    assert np.allclose(np.linalg.norm(shipped, axis=1), 1, atol=1e-3)


def test_a_persona_of_ones_own_is_embedded() -> None:
    own = ["Nobody has ever written this sentence about zeppelins."]
    assert np.allclose(exemplar_vectors(own, CachedEmbedder(MiniLM())), MiniLM().embed(own), atol=1e-5)
