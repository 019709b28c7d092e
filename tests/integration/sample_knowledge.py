"""The sample documents and a carrier's papers, each indexed once for all tests of a run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.sample_documents import ensure_samples
from ingestion.sync import sync_folder

CARRIER = "meridian-freight"
PAPERS = Path(__file__).parents[1] / "data" / "kb"


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index file of the sample firms."""
    return _made_once(tmp_path_factory, "samples", lambda index: ensure_samples(index, default_embedder()))


@pytest.fixture(scope="session")
def carrier_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index file of a carrier, whose trade no rule was written for."""
    documents = PAPERS / CARRIER / "documents"
    return _made_once(
        tmp_path_factory, CARRIER, lambda index: sync_folder(documents, CARRIER, index, default_embedder())
    )


def _made_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, fill: Callable[[EmbeddedIndex], object]
) -> Path:
    """Parallel test processes share one file: the first fills it, the others wait and find nothing to do."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / f"{name}.sqlite"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        index = EmbeddedIndex(path)
        fill(index)
        index.close()
    return path
