"""The recipe: everything about training that a person may change, read from `recipe.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SHIPPED = Path(__file__).parent / "recipe.yaml"
Share = Annotated[float, Field(ge=0, lt=1)]


class RecipeError(Exception):
    """The recipe cannot be used; the sentence names the file and the field."""


class Lora(BaseModel):
    """Low-rank adaptation of every linear layer (Hu et al. 2021)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: Annotated[int, Field(ge=1, le=256)] = 16
    alpha: Annotated[int, Field(ge=1)] = 32
    dropout: Share = 0.0


class Vertex(BaseModel):
    """Supervised tuning of Gemini on Vertex AI."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: str = "gemini-2.5-flash-lite"
    epochs: Annotated[int, Field(ge=1, le=100)] = 3
    adapter_size: Literal[1, 2, 4, 8, 16] = 4
    learning_rate_multiplier: Annotated[float, Field(gt=0)] = 1.0
    project: str | None = None
    location: str = "us-central1"
    bucket: Annotated[str, Field(pattern=r"^gs://.+")] | None = None


class Recipe(BaseModel):
    """`recipe.yaml` tells what each means; what a file leaves out is as it is there (a test compares)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = "smollm2-135m"
    backend: Literal["lora", "vertex"] = "lora"
    seed: int = 0
    lora: Lora = Lora()
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 8e-4
    batch: Annotated[int, Field(ge=1)] = 1
    talk: Annotated[float, Field(ge=0, lt=1)] = 0.7
    epochs: Annotated[int, Field(ge=1)] = 2
    most_minutes: Annotated[float, Field(gt=0)] | None = None
    most_tokens: Annotated[int, Field(ge=256)] = 1024
    warm_up: Share = 0.06
    validate_every: Annotated[int, Field(ge=1)] = 100
    validate_on: Annotated[int, Field(ge=1)] = 60
    patience: Annotated[int, Field(ge=1)] = 4
    checkpoint_every: Annotated[int, Field(ge=1)] = 20
    vertex: Vertex = Vertex()


def read_recipe(path: Path = SHIPPED) -> Recipe:
    """The recipe in the file. Raises RecipeError."""
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise RecipeError(f"{path} is not YAML; compare it with {SHIPPED.name}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise RecipeError(f"{path}: {field}: {first['msg'].lower()}.") from None
