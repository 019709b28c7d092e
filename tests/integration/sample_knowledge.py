"""The sample documents, indexed once for all tests of a run, by the real embedder."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.sample_documents import ensure_samples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index file. Parallel test processes share one: the first makes it, the others wait."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / "sample-knowledge.sqlite"
    with (folder / "sample-knowledge.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_samples(EmbeddedIndex(path), default_embedder())
    return path
