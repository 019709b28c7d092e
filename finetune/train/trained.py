"""What training leaves behind: the names in its folder, and `train.json`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.recipe import Recipe
from finetune.train.faults import TrainingFailed
from finetune.train.greedy import Agreement

REPORT = "train.json"
ADAPTER = "adapter"
SERVED = "adapter.gguf"
SCHEMA = 1


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BaseFacts(Part):
    """What was trained on."""

    name: str
    architecture: str
    sha256: str
    licence: str | None = Field(description="None where the catalogue does not know it: ask its maker.")
    parameters: int


class DataFacts(Part):
    """What was learnt from."""

    sha256: dict[str, str] = Field(description="Of train.jsonl and valid.jsonl.")
    train: int = Field(description="Examples.")
    validated_on: int
    left_out: int = Field(description="Longer than most_tokens even without their history.")
    shortened: int = Field(description="Whose oldest turns did not fit.")


class Figures(Part):
    """How it went. Losses are nats a customer's token."""

    steps: int
    epochs: float
    stopped_by: str = Field(description="epochs, minutes or patience.")
    best_step: int
    loss_before: float = Field(description="Of the untrained base on the validation sample.")
    loss: float = Field(description="Of the weights that are kept, on the same.")
    accuracy_before: float
    accuracy: float
    tokens: int = Field(
        description="That went through the model; what the turns of a call share counts once."
    )
    customer_tokens: int
    seconds: float
    training_seconds: float = Field(description="Without validation.")
    tokens_per_second: float


class Trained(Part):
    """`train.json`."""

    version: int = SCHEMA
    base: BaseFacts
    data: DataFacts
    recipe: Recipe
    figures: Figures
    trained_parameters: int
    adapter_bytes: int | None = Field(description="Of adapter.gguf; None where none could be made.")
    not_served: str | None = Field(description="Why there is no adapter.gguf.")
    served_agreement: Agreement | None
    machine: str = Field(description="The processor or the GPU, and how much of it.")
    packages: dict[str, str]
    losses: tuple[tuple[int, float, float], ...] = Field(description="Step, loss, token accuracy.")
    validations: tuple[tuple[int, float, float], ...]


def read_trained(folder: Path) -> Trained:
    """The report in a folder of training. Raises TrainingFailed."""
    file = folder / REPORT
    try:
        return Trained.model_validate_json(file.read_bytes())
    except OSError:
        raise TrainingFailed(f"There is no {file}; run `salesmate finetune train` first.") from None
    except ValidationError:
        raise TrainingFailed(f"{file} is not a report that this version reads; train again.") from None
