"""The model card: what a tuned model is, what it was made of, what it can and what it must not be used for.

After Mitchell et al. 2019 (Model Cards for Model Reporting). Counts and figures only: no word of any call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from agents.models.known import known
from agents.models.local.weights import LOCAL, weights
from finetune.evaluate.evaluation import Evaluation, meanings
from finetune.evaluate.report import plain, table
from finetune.evaluate.shown import about, row
from finetune.gate import GateError, Verdict

FILE = "card.md"
DATA_REPORTS = ("prepare/report.json", "data/report.json", "report.json")
"""Where the report of the data's preparation may lie in a run's folder."""
TRAINING = "train/train.json"
PACKAGES = ("salesmate", "torch", "transformers", "peft", "xllamacpp")
DEEPEST = 3
"""Levels of a stage's report that are told."""


class Said(BaseModel):
    """`card.yaml`: what is true of every model that this room makes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intended: str
    limits: tuple[str, ...]
    data: str
    licence_of_data: str
    no_data_report: str
    no_training_report: str
    unknown_licence: str


def card(evaluation: Evaluation, verdict: Verdict, prepared: object, trained: object) -> str:
    """The card in Markdown. `prepared` and `trained` are the stages' own reports, or None."""
    return "\n".join(_lines(evaluation, verdict, prepared, trained)) + "\n"


def write_card(folder: Path, evaluation: Evaluation, verdict: Verdict) -> Path:
    """Write card.md into a run's folder, from what lies there. Raises GateError."""
    prepared = next((found for name in DATA_REPORTS if (found := _read(folder / name)) is not None), None)
    file = folder / FILE
    try:
        file.write_text(card(evaluation, verdict, prepared, _read(folder / TRAINING)), encoding="utf-8")
    except OSError as error:
        raise GateError(f"{file} cannot be written: {error.strerror}.") from None
    return file


def _lines(evaluation: Evaluation, verdict: Verdict, prepared: object, trained: object) -> Iterator[str]:
    told = _said()
    yield f"# Model card: {plain(evaluation.model)}"
    passed = sum(check.passed for check in verdict.checks)
    gate = "passed" if verdict.passed else "did not pass"
    yield f"\nIt {gate} the gate: {passed} of {len(verdict.checks)} checks are met.\n"
    yield f"## Intended use\n\n{told.intended}\n"
    yield "## Limits\n"
    yield from (f"- {limit}" for limit in told.limits)
    yield f"\n## What it was trained on\n\n{told.data}\n"
    yield from _report(prepared, told.no_data_report)
    yield "\n## How it was trained\n"
    yield from _report(trained, told.no_training_report)
    yield "\n## Licences\n"
    yield f"- Base: {plain(licence_of(evaluation))}"
    yield f"- Data: {told.licence_of_data}\n"
    yield "## Figures\n"
    yield from (f"{plain(sentence)}\n" for sentence in about(evaluation))
    yield from table(["figure", "base", "tuned", "people", "tuned against base"], _figures(evaluation))
    yield "\n## The gate\n"
    yield from table(
        ["check", "met", "why"],
        [[one.name, "yes" if one.passed else "no", one.why] for one in verdict.checks],
    )
    yield "\n## Judged with\n"
    yield from (f"- {name} {found}" for name, found in _versions())


def _figures(evaluation: Evaluation) -> Iterator[list[str]]:
    for name, figure in evaluation.figures.items():
        one = row(meanings()[name], figure)
        base, tuned, _, people = one.cells
        yield [one.title, base, tuned, people, one.change]


def _report(found: object, otherwise: str) -> Iterator[str]:
    if not isinstance(found, Mapping):
        yield otherwise
        return
    yield from table(["what", "value"], _flat(found, "", DEEPEST))


def _flat(found: Mapping[str, object], above: str, levels: int) -> Iterator[list[str]]:
    """Numbers and words of a report, named by the path to them; of a list only how many it holds."""
    for name, value in found.items():
        title = f"{above}{str(name).replace('_', ' ')}"
        if isinstance(value, Mapping):
            if levels > 1:
                yield from _flat(value, f"{title}: ", levels - 1)
        elif isinstance(value, list):
            yield [title, f"{len(value)} of them"]
        elif value is not None:
            yield [
                title,
                f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value),
            ]


def licence_of(evaluation: Evaluation) -> str:
    """The base's licence as the catalogue tells it."""
    base = evaluation.against or evaluation.model.partition("+")[0]
    told = {model.id: model.licence for model in known().models}
    told |= {f"{LOCAL}:{model.name}": model.licence for model in weights().models}
    return f"{base}, {told.get(base, _said().unknown_licence)}"


def _versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _read(file: Path) -> object:
    """What a stage left, or None where there is nothing that can be read."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None


@cache
def _said() -> Said:
    text = (Path(__file__).parent / "card.yaml").read_text(encoding="utf-8")
    return Said.model_validate(yaml.safe_load(text))
