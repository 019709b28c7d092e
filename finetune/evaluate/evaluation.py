"""What an evaluation says, and how it lies in `evaluation.json`."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

FILE = "evaluation.json"
Schema = Literal[2]
SCHEMA: Schema = 2
"""Of the file, and of what its figures mean. An older file is refused: it is not comparable."""

Speaker = Literal["base", "tuned", "scripted", "human"]
SPEAKERS: tuple[Speaker, ...] = ("base", "tuned", "scripted", "human")


class EvaluationError(Exception):
    """A model cannot be evaluated, or an evaluation cannot be read. A sentence for a person."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Part):
    """A figure with its 95 % interval; the ends are none where there are too few dialogues to tell."""

    value: float
    low: float | None = None
    high: float | None = None


class Figure(Part):
    """One figure for everybody it could be computed for. What it means stands in `figures.yaml`."""

    base: Estimate | None = None
    tuned: Estimate | None = None
    scripted: Estimate | None = Field(None, description="The persona's own lines, without a model.")
    human: Estimate | None = Field(None, description="The customers of the calls themselves.")
    change: Estimate | None = Field(
        None, description="Tuned less base on the same dialogues, or tuned over base for a ratio."
    )
    dialogues: int = 0
    items: int = Field(0, description="Turns or tokens of the tuned model that it rests on.")
    missing: str | None = Field(None, description="A sentence: why there is no figure.")


class ActRow(Part):
    """The next-token figures on the turns of one act."""

    act: str
    turns: int
    token_accuracy: Figure
    perplexity: Figure
    persona_use: Figure


class Classifier(Part):
    """Tells sellers' turns from customers'; learned from the training calls."""

    trained_on: int = Field(description="Turns.")
    held_out: int = Field(description="Turns of calls that it did not learn from.")
    auc: float = Field(description="On those, 0.5 is chance.")
    bar: float = Field(description="Log-odds above which a turn counts as a seller's.")
    people_above: float = Field(description="Share of held-out customers' turns above the bar.")


class Sample(Part):
    """One turn, side by side."""

    call: str
    n: int
    act: str
    history: tuple[tuple[Literal["seller", "customer"], str], ...] = Field(description="The last turns.")
    human: str
    base: str | None
    tuned: str | None
    scripted: str | None


class Data(Part):
    """What it was judged on."""

    file: str = Field(description="The file's name.")
    sha256: str
    calls: int
    examples: int
    train_sha256: str | None = Field(None, description="Of the split that the classifier learned from.")


class Evaluation(Part):
    """`evaluation.json`."""

    version: Schema = Field(SCHEMA, alias="schema")
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    model: str
    adapter_sha256: str | None = Field(None, description="Of the adapter that a local model spoke with.")
    against: str | None
    data: Data
    seed: int
    asked: dict[str, int] = Field(description="How much was asked for: `sizes.yaml`.")
    seconds: float
    figures: dict[str, Figure]
    acts: tuple[ActRow, ...] = ()
    classifier: Classifier | None = None
    words_per_turn: dict[Speaker, tuple[int, ...]] = Field(
        default_factory=dict, description="Of next turns at the same places of the calls."
    )
    rejected: dict[Speaker, dict[str, int]] = Field(
        default_factory=dict, description="Drafts refused inside the engine, by reason."
    )
    unanswered: dict[Speaker, int] = Field(default_factory=dict, description="Requests without a reply.")
    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()

    @field_validator("figures")
    @classmethod
    def _are_known(cls, figures: dict[str, Figure]) -> dict[str, Figure]:
        if unknown := figures.keys() - meanings().keys():
            raise ValueError(f"there is no figure '{min(unknown)}'")
        return figures

    @property
    def sha256(self) -> str:
        """Of all it says, however its file is laid out."""
        return hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()


class Meaning(Part):
    """An entry of `figures.yaml`."""

    title: str
    better: Literal["higher", "lower", "told"] = Field(description="`told`: for context, not judged.")
    change: Literal["difference", "ratio"] = "difference"
    shown: Literal["share", "number", "count"] = "number"
    means: str


@cache
def meanings() -> dict[str, Meaning]:
    """Every figure's title and meaning, in the order in which they are shown."""
    text = (Path(__file__).parent / "figures.yaml").read_text(encoding="utf-8")
    return {name: Meaning.model_validate(one) for name, one in yaml.safe_load(text).items()}


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in the file, or in `evaluation.json` of the folder. Raises EvaluationError."""
    file = path / FILE if path.is_dir() else path
    try:
        return Evaluation.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise EvaluationError(
            f"There is no {file}; run `salesmate finetune evaluate --out {file.parent}` first."
        ) from None
    except OSError as error:
        raise EvaluationError(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        wrong = first["msg"].removeprefix("Value error, ").lower()
        raise EvaluationError(
            f"{file} is not an evaluation that this version reads ({where}: {wrong}); evaluate again."
        ) from None
