"""Settings of this room, and the folder that every room keeps its state in."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from SALESMATE_… variables each time, so that a test or a shell can change them."""

    model_config = SettingsConfigDict(env_prefix="SALESMATE_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(
        default_factory=lambda: user_data_path("salesmate"),
        description="The folder all local state lies in: database, knowledge base, your own personas, caches.",
    )
    alpha: float = Field(
        0.5, ge=0, le=1, description="Hybrid search: 0 is words only (BM25), 1 is meaning only (vectors)."
    )


def settings() -> Settings:
    """The settings as they stand now."""
    return Settings()
