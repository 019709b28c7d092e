"""What tuning on Vertex AI leaves behind: the note of a job under way, and `train.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.recipe import Vertex
from finetune.runs import replace_text
from finetune.train.faults import TrainingFailed
from finetune.train.trained import REPORT

NOTE = "job.json"
LICENCE = "Google Cloud terms"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(Part):
    """`job.json`: written before anything is waited for, so that no second job is ever started."""

    name: str = Field(description="Of what is tuned: the data sets and the settings, by content.")
    job: str = Field(description="Full resource name.")
    project: str
    location: str


class TunedBase(Part):
    name: str
    licence: str = LICENCE


class TunedData(Part):
    sha256: dict[str, str]
    uris: dict[str, str] = Field(description="Where Vertex AI read them.")
    train: int = Field(description="Examples.")
    validated_on: int


class SavedCheckpoint(Part):
    """After an epoch; as a rule each is served by an endpoint of its own. None where the API did not tell."""

    id: str | None
    epoch: int | None
    step: int | None
    endpoint: str | None


class Measures(Part):
    """Of the data, by Vertex AI's count. None where it did not tell."""

    billable_tokens: int | None
    steps: int | None
    examples: int | None
    truncated: int | None = Field(description="Examples that it cut.")
    dropped: int = Field(description="Reasons that it gave for leaving examples out.")


class Tuned(Part):
    """`train.json` of the backend vertex."""

    version: Literal[1] = 1
    backend: Literal["vertex"] = "vertex"
    name: str
    base: TunedBase
    endpoint: str = Field(description="Full resource name of the default checkpoint's, which is the last.")
    model: str = Field(description="Resource name of the tuned model, with its version.")
    checkpoints: tuple[SavedCheckpoint, ...]
    job: str
    data: TunedData
    settings: Vertex
    options: dict[str, Any] = Field(
        description="What the catalogue advises for the base, such as not to think; an endpoint's name does "
        "not tell its base, so they are given by SALESMATE_MODEL_OPTIONS."
    )
    measures: Measures
    experiment: str | None = Field(
        description="In TensorBoard, whose /eval_fraction_of_correct_next_step_preds is token accuracy."
    )
    metrics_uri: str | None
    seconds: float | None = Field(description="From the job's start to its end.")


def read_tuned(folder: Path) -> Tuned:
    """The report in a folder of tuning. Raises TrainingFailed."""
    file = folder / REPORT
    try:
        return Tuned.model_validate_json(file.read_bytes())
    except OSError:
        raise TrainingFailed(f"There is no {file}; run `salesmate finetune train` first.") from None
    except ValidationError:
        raise TrainingFailed(f"{file} is not a report that this version reads; train again.") from None


def is_tuned(folder: Path) -> bool:
    """Whether the folder's report is one of Vertex AI's."""
    try:
        report = json.loads((folder / REPORT).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and report.get("backend") == "vertex"


def write_tuned(folder: Path, tuned: Tuned) -> None:
    replace_text(folder / REPORT, tuned.model_dump_json(indent=1) + "\n")


def read_note(folder: Path) -> Note | None:
    """The job that was started for this folder. Raises TrainingFailed where the note is damaged: without it a
    second job might be started and paid for."""
    file = folder / NOTE
    try:
        return Note.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise TrainingFailed(
            f"{file} cannot be read. If no job runs for it in the Google Cloud console, remove it and run "
            "this again."
        ) from None


def write_note(folder: Path, note: Note) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / NOTE, note.model_dump_json(indent=1) + "\n")
