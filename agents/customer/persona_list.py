"""Which personas there are: those that ship with SalesMate and the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.customer.persona import Persona
from agents.customer.persona_files import Catalogue, built_in_folder
from ingestion.settings import Settings


def own_folder() -> Path:
    """Where the user's own personas lie."""
    return Settings().home / "personas"


def catalogue() -> Catalogue:
    """All personas; one of the user's own replaces a shipped one of the same id."""
    return Catalogue(built_in_folder(), own_folder())


def public_card(persona: Persona) -> dict[str, Any]:
    """What a rep may see before the call, as data."""
    return {
        "id": persona.id,
        "name": persona.name,
        "role": persona.public.role,
        "company": persona.public.company,
        "call_type": persona.call_type.value,
        "industry": persona.industry,
        "summary": persona.public.summary,
        "picture": persona.public.picture,
    }
