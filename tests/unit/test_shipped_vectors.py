"""The vectors that ship with the sample documents are the ones an embedder would make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingestion.embed import DIMENSIONS, MiniLM, Vectors
from ingestion.sample_documents import texts_of_samples, vectors_file
from ingestion.shipped import ShippedVectors


class Forgetful:
    """An embedder of the same name that knows nothing."""

    name = MiniLM.name

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.ones((len(texts), DIMENSIONS), np.float32)


def test_every_sample_document_has_its_vectors() -> None:
    inner = Forgetful()
    ShippedVectors(inner, vectors_file()).embed(texts_of_samples())
    assert inner.asked == [], "the sample documents changed: make samples"


def test_they_are_what_the_model_makes() -> None:
    texts = texts_of_samples()[::40]
    shipped = ShippedVectors(Forgetful(), vectors_file()).embed(texts)
    assert (shipped * MiniLM().embed(texts)).sum(axis=1).min() > 0.999


def test_a_text_that_is_not_known_is_embedded() -> None:
    inner = Forgetful()
    known = texts_of_samples()[0]
    vectors = ShippedVectors(inner, vectors_file()).embed(["new", known])
    assert inner.asked == ["new"]
    assert vectors[0].tolist() == [1.0] * DIMENSIONS


def test_without_the_file_everything_is_embedded(tmp_path: Path) -> None:
    inner = Forgetful()
    ShippedVectors(inner, tmp_path / "absent.npz").embed(["a", "b"])
    assert inner.asked == ["a", "b"]


def test_vectors_of_another_model_are_not_used() -> None:
    inner = Forgetful()
    inner.name = "another"
    ShippedVectors(inner, vectors_file()).embed(texts_of_samples()[:1])
    assert len(inner.asked) == 1
