"""The real embedder, with the vectors of exemplars kept between tests of one machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ingestion.embed import CachedEmbedder, default_embedder


def shared_embedder() -> CachedEmbedder:
    """One embedder a process; exemplars are embedded once per machine."""
    return default_embedder(Path(tempfile.gettempdir()) / "salesmate-test-vectors")
