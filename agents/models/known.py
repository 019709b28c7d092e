"""The catalogue file: known models, and what each provider needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agents.data_files import read_yaml
from agents.models.voice import Role

SERVER = "server"
VERTEX = "vertexai"


class KnownModel(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    provider: str
    good_for: tuple[Role, ...]
    licence: str
    context: int | None = Field(description="Tokens; none where it depends on what is served.")
    note: str
    options: dict[str, Any] = Field(default_factory=dict, description="Arguments for the LangChain class.")


class Provider(BaseModel):
    """Where a provider's LangChain class comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    package: str
    module: str
    key: str | None = None
    tokens: str = "max_tokens"


class Known(BaseModel):
    """`catalogue.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[KnownModel, ...]
    providers: dict[str, Provider]

    def options_of(self, model_id: str) -> dict[str, Any]:
        """What the catalogue advises for a model; nothing for one it does not list."""
        return next((dict(model.options) for model in self.models if model.id == model_id), {})


@cache
def known() -> Known:
    """The catalogue, read once."""
    text = (Path(__file__).parent / "catalogue.yaml").read_text(encoding="utf-8")
    return Known.model_validate(read_yaml(text))
