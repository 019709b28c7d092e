"""Where a recipe is trained, and under which name what comes of it can be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.models.known import VERTEX
from finetune.recipe import Recipe
from finetune.train.trained import ADAPTER, REPORT, SERVED, read_trained
from finetune.train.tuned import is_tuned, read_tuned

if TYPE_CHECKING:
    from finetune.train.loop import Watch

FOLDER = "train"


def train(recipe: Recipe, data: Path, out: Path, watch: Watch) -> None:
    """Train as the recipe says; `out` holds the result, and what an interrupted training goes on from.

    Raises TrainingFailed, and what a base that was not pulled raises.
    """
    if recipe.backend == "vertex":
        from finetune.train import vertex

        vertex.train(data, out, recipe, watch)
        return
    from finetune.train import lora

    lora.train(data, out, recipe, watch)


def kept(run: Path) -> list[str]:
    """The names, in the run's folder, of what training left to be kept: its checkpoints are not."""
    names = [f"{FOLDER}/{name}" for name in (ADAPTER, SERVED, REPORT)]
    return [name for name in names if (run / name).exists()]


def model_of(folder: Path) -> str:
    """The trained model's name, for SALESMATE_CUSTOMER_MODEL and `evaluate`. Raises TrainingFailed."""
    if is_tuned(folder):
        return f"{VERTEX}:{read_tuned(folder).endpoint}"
    return f"local:{read_trained(folder).base.name}+{(folder / SERVED).absolute()}"


def options_of(folder: Path) -> dict[str, Any]:
    """SALESMATE_MODEL_OPTIONS for a tuned endpoint: its base's, which its own name does not tell.

    Raises TrainingFailed.
    """
    return read_tuned(folder).options if is_tuned(folder) else {}


def base_of(folder: Path) -> str | None:
    """The name of what a model on Vertex AI was tuned from, to compare it with; None for an adapter, whose
    own name tells it. Raises TrainingFailed."""
    return f"{VERTEX}:{read_tuned(folder).base.name}" if is_tuned(folder) else None
