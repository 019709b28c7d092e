"""The real embedder for tests that listen; vectors are kept between runs, so only the first one waits."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from agents.customer.listen import Listener
from agents.customer.persona import Persona
from agents.customer.persona_files import Catalogue, built_in_folder
from ingestion.embed import CachedEmbedder, default_embedder

FULL = os.environ.get("SALESMATE_PROVE") == "full"
KEPT = Path(__file__).parents[1] / ".pytest_cache" / "embeddings"


def embedder() -> CachedEmbedder:
    return default_embedder(KEPT)


@cache
def persona(persona_id: str) -> Persona:
    return Catalogue(built_in_folder()).get(persona_id)


@cache
def listener(persona_id: str = "helen-marsh") -> Listener:
    """One a persona and test run: listeners keep nothing between messages but vectors."""
    return Listener(persona(persona_id), embedder())


def report(figures: str) -> None:
    """Shown by `make prove` and `pytest -s`."""
    sys.stdout.write(f"\n{figures}")
