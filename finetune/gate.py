"""Whether a tuned model may be promoted: its figures against the thresholds of `gate.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.models.local.weights import LOCAL
from finetune.evaluate.evaluation import Estimate, Evaluation, Figure, meanings

SHIPPED = Path(__file__).parent / "gate.yaml"
SERVED = Path(__file__).parent / "gate-served.yaml"
"""For models behind an address, which do not tell how likely they find given words."""
FILE = "gate.json"
DIGITS = 9

Must = Literal["beat_base", "no_worse", "at_least", "above", "at_most"]


class GateError(Exception):
    """The thresholds, or a verdict, cannot be read. A sentence for a person."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(Part):
    """One demand on one figure; what the words of `must` mean stands in `gate.yaml`."""

    figure: str
    must: Must
    bound: float | None = None
    why: str = "no behaviour may be lost by tuning"
    may_be_missing: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Threshold:
        meaning = meanings().get(self.figure)
        if meaning is None:
            raise ValueError(f"there is no figure '{self.figure}'; figures: {', '.join(meanings())}")
        if (self.bound is None) != (self.must == "beat_base"):
            raise ValueError(f"'{self.must}' {'needs a' if self.bound is None else 'takes no'} bound")
        if meaning.better == "told" and self.must in ("beat_base", "no_worse"):
            raise ValueError(f"'{self.figure}' is told for context, neither way of it is better")
        if self.must == "no_worse" and meaning.change == "ratio":
            raise ValueError(f"'{self.figure}' is compared as a ratio; use beat_base or a bound of its own")
        return self


class Thresholds(Part):
    """A gate's file."""

    checks: tuple[Threshold, ...] = Field(min_length=1)


class Check(Part):
    """One demand, and whether it is met."""

    name: str
    value: float | None
    bound: float | None
    passed: bool
    why: str = Field(description="A sentence: what was found, and what was asked for.")


class Verdict(Part):
    """`gate.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    version: Literal[1] = Field(1, alias="schema")
    model: str
    adapter_sha256: str | None = Field(None, description="Of the adapter that was judged, as evaluated.")
    evaluation_sha256: str | None = Field(None, description="Of the evaluation that was judged.")
    against: str | None
    passed: bool
    checks: tuple[Check, ...]


def judge(evaluation: Evaluation, thresholds: Thresholds) -> Verdict:
    """Every demand against its figure. Passed when all are met."""
    checks = tuple(_check(evaluation, one) for one in thresholds.checks)
    passed = all(check.passed for check in checks)
    return Verdict(
        model=evaluation.model,
        adapter_sha256=evaluation.adapter_sha256,
        evaluation_sha256=evaluation.sha256,
        against=evaluation.against,
        passed=passed,
        checks=checks,
    )


def shipped_for(model: str) -> Path:
    """The thresholds that ship for a model of this name."""
    return SHIPPED if model.startswith(f"{LOCAL}:") else SERVED


def read_thresholds(path: Path = SHIPPED) -> Thresholds:
    """The thresholds in the file. Raises GateError."""
    try:
        return Thresholds.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise GateError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise GateError(f"{path} is not YAML; compare it with {SHIPPED.name}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise GateError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}.") from None


def read_verdict(path: Path) -> Verdict:
    """The verdict in `gate.json`, or in that file of a folder. Raises GateError."""
    file = path / FILE if path.is_dir() else path
    try:
        return Verdict.model_validate_json(file.read_bytes())
    except OSError:
        raise GateError(f"There is no {file}; run `salesmate finetune gate {file.parent}` first.") from None
    except ValidationError:
        raise GateError(f"{file} is not a verdict that this version reads; run the gate again.") from None


def _check(evaluation: Evaluation, asked: Threshold) -> Check:
    figure = evaluation.figures.get(asked.figure, Figure(missing="The evaluation does not hold it."))
    name = f"{asked.figure} {asked.must}"
    needed = figure.change if asked.must in ("beat_base", "no_worse") else figure.tuned
    if needed is None:
        return Check(
            name=name, value=None, bound=asked.bound, passed=asked.may_be_missing, why=_missing(figure, asked)
        )
    passed, bound = _met(needed, asked)
    return Check(name=name, value=needed.value, bound=bound, passed=passed, why=_why(needed, asked))


def _missing(figure: Figure, asked: Threshold) -> str:
    no_base = "There is no base to compare with; evaluate with --against."
    why = figure.missing or (no_base if figure.tuned and not figure.base else "It could not be computed.")
    return f"{why} (May be missing.)" if asked.may_be_missing else why


def _met(found: Estimate, asked: Threshold) -> tuple[bool, float]:
    """Whether the demand is met, and the bound that the figure, or its change, was held to."""
    if asked.must == "beat_base":
        return _beats(found, asked.figure)
    bound = asked.bound or 0.0
    value = round(found.value, DIGITS)  # 0.7 less 0.6 is a tenth, and not a little less
    if asked.must == "no_worse":
        higher = meanings()[asked.figure].better == "higher"
        return (value >= -bound, -bound) if higher else (value <= bound, bound)
    met = {"at_least": value >= bound, "above": value > bound, "at_most": value <= bound}
    return met[asked.must], bound


def _beats(change: Estimate, name: str) -> tuple[bool, float]:
    """The whole interval on the better side of no change."""
    meaning = meanings()[name]
    none = 1.0 if meaning.change == "ratio" else 0.0
    if change.low is None or change.high is None:
        return False, none
    return (change.low > none if meaning.better == "higher" else change.high < none), none


def _why(found: Estimate, asked: Threshold) -> str:
    meaning = meanings()[asked.figure]
    what = f"{meaning.title}: {found.value:.4g}"
    if asked.must == "beat_base":
        sort = "times the base's" if meaning.change == "ratio" else "more than the base"
        if found.low is None or found.high is None:
            return f"{what} {sort}, of too few calls for an interval; {asked.why}."
        return f"{what} {sort} (95 % interval {found.low:.4g} to {found.high:.4g}); {asked.why}."
    if asked.must == "no_worse":
        return f"{what} more than the base; it may be worse by {asked.bound:g}: {asked.why}."
    words = {"at_least": "at least", "above": "above", "at_most": "at most"}[asked.must]
    return f"{what}; it must be {words} {asked.bound:g}: {asked.why}."


def write_verdict(verdict: Verdict, folder: Path) -> Path:
    """Write gate.json there. Raises GateError."""
    file = folder / FILE
    try:
        file.write_text(verdict.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise GateError(f"{file} cannot be written: {error.strerror}.") from None
    return file
