"""From a run that passed its gate to the customer whom running bots speak with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agents.models.adapters import ADAPTER, CARD, Adapters
from agents.models.local.weights import LOCAL, weights
from agents.records.errors import NotFound
from agents.records.model_versions import CUSTOMER, ModelVersion, ModelVersions, NewModelVersion, Standing
from finetune.evaluate.evaluation import FILE as EVALUATION
from finetune.evaluate.evaluation import Evaluation
from finetune.gate import FILE as GATE
from finetune.gate import Verdict

TRAINING, TRAINED = "train/train.json", f"train/{ADAPTER}"
FOLDERS = ("", "evaluate/", "gate/")
"""Where a run may keep what its later stages wrote."""
UNKNOWN = "unknown"


class NotPromoted(Exception):
    """The alias was not moved. One sentence: why, and what to do."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Base(Part):
    """What was trained on."""

    name: str
    sha256: str | None = None
    licence: str | None = None


class Trained(Part):
    """What `train.json` says of the model; the rest of it is for other readers."""

    base: Base
    endpoint: str | None = Field(None, description="Of a model that was tuned on Vertex AI: its full name.")
    not_served: str | None = Field(None, description="Why there is no adapter.gguf.")

    @field_validator("base", mode="before")
    @classmethod
    def _by_name(cls, base: object) -> object:
        return {"name": base} if isinstance(base, str) else base


@dataclass(frozen=True)
class Candidate:
    """A run as it could be promoted: its files are not copied yet."""

    version: NewModelVersion
    adapter: bytes | None
    card: bytes | None
    verdict: Verdict | None


def read_run(folder: str, served_as: str | None = None) -> Candidate:
    """The run in the folder, here or at an address such as gs://…; `served_as` names the model where it is
    served by a server of yours (`server:NAME`). Raises NotPromoted.
    """
    run = _Run(folder)
    trained = _parsed(Trained, run.read(TRAINING), f"{folder}/{TRAINING}")
    if trained is None:
        raise NotPromoted(f"{folder} is no run of fine-tuning: there is no {TRAINING} in it.")
    verdict = _parsed(Verdict, run.first(GATE), f"{folder}/{GATE}")
    evaluation = _parsed(Evaluation, run.first(EVALUATION), f"{folder}/{EVALUATION}")
    adapter = run.read(TRAINED)
    version = NewModelVersion(
        model=served_as or _model_of(trained, folder, adapter),
        run=run.name,
        licence=_licence_of(trained),
        adapter_sha256=hashlib.sha256(adapter).hexdigest() if adapter else None,
        base_sha256=trained.base.sha256,
        figures={"figures": _figures(evaluation), "gate": _gate(verdict)},
    )
    if verdict:
        _refuse_another_verdict(folder, version, verdict, evaluation)
    return Candidate(version, adapter, run.first(CARD), verdict)


def _refuse_another_verdict(
    folder: str, version: NewModelVersion, verdict: Verdict, evaluation: Evaluation | None
) -> None:
    """A verdict counts for the very adapter that was evaluated; for a server's model, by the name."""
    loaded = version.adapter_sha256 if version.model.startswith(f"{LOCAL}:") else None
    if verdict.adapter_sha256 or loaded:
        same = verdict.adapter_sha256 == version.adapter_sha256
    else:
        same = verdict.model == version.model
    again = f"salesmate finetune gate {folder}"
    if not same:
        model = f"{version.model}+{folder}/{TRAINED}" if loaded else version.model
        raise NotPromoted(
            f"The verdict in {folder} is of another model ({verdict.model}), or of what it was before it was "
            f"trained again. Judge what is there now: salesmate finetune evaluate --model {model} --data "
            f"VALID.jsonl --out {folder}, then {again}"
        )
    if evaluation and verdict.evaluation_sha256 != evaluation.sha256:
        raise NotPromoted(f"{folder} was evaluated again after it was judged; run: {again}")


async def promote_run(
    registry: ModelVersions,
    candidate: Candidate,
    *,
    by: str,
    even_though: str | None = None,
    adapters: Adapters | None = None,
) -> Standing:
    """Register the run's model and let it speak for the customer. Its files are copied first, so that a
    version that is known can be loaded.

    Raises NotPromoted where the gate did not pass, unless `even_though` says why it is to speak all the same;
    AdapterUnusable, and what the registry raises. A version that is known takes the new verdict in any case.
    """
    version, place = candidate.version, adapters or Adapters()
    if candidate.verdict and (kept := await registered(registry, version.id)):
        await registry.register(replace(version, adapter=kept.adapter, card=kept.card))
    _refuse_what_failed(version.run, version.figures, even_though)
    if candidate.adapter:
        version = replace(version, adapter=place.keep(candidate.adapter, version.id, ADAPTER))
    if candidate.card:
        version = replace(version, card=place.keep(candidate.card, version.id, CARD))
    return await registry.promote(await registry.register(version), by, even_though)


async def promote_version(
    registry: ModelVersions, name: str, *, by: str, even_though: str | None = None
) -> Standing:
    """Let a registered version speak for the customer. Raises as `promote_run`, and NotFound."""
    version = await registry.version(name)
    _refuse_what_failed(version.name, version.figures, even_though)
    return await registry.promote(version, by, even_though)


async def registered(registry: ModelVersions, name: str) -> ModelVersion | None:
    """The version with this id or name, if there is one."""
    try:
        return await registry.version(name)
    except NotFound:
        return None


def _refuse_what_failed(what: str, figures: dict[str, Any], even_though: str | None) -> None:
    gate = figures.get("gate")
    if even_though or (gate and gate["passed"]):
        return
    way_out = 'Promote it all the same with --even-though "REASON", which stays in the history.'
    if not gate:
        raise NotPromoted(f"{what} was not judged: there is no {GATE} in it. {way_out}")
    failed = " ".join(gate["failed"])
    raise NotPromoted(f"{what} did not pass its gate. {failed} {way_out}")


def _gate(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    failed = [f"{check.name}: {check.why}" for check in verdict.checks if not check.passed]
    return {"passed": verdict.passed, "failed": failed}


def _figures(evaluation: Evaluation | None) -> dict[str, Any]:
    """Of base and tuned model, with their intervals, as far as there are any."""
    if evaluation is None:
        return {}
    shown = {"base", "tuned", "change"}
    figures = {
        name: figure.model_dump(mode="json", include=shown, exclude_none=True)
        for name, figure in evaluation.figures.items()
    }
    return {name: figure for name, figure in figures.items() if figure}


def _model_of(trained: Trained, folder: str, adapter: bytes | None) -> str:
    """What SALESMATE_CUSTOMER_MODEL would be set to, less the adapter."""
    if trained.endpoint:
        return f"vertexai:{trained.endpoint}"
    if adapter is None:
        why = trained.not_served or f"{folder}/{TRAINED} is not there; train the run to its end."
        raise NotPromoted(f"{why} Or serve it yourself and say how: --as server:NAME")
    names = [model.name for model in weights().models]
    if trained.base.name not in names:
        raise NotPromoted(
            f"{folder} was trained over {trained.base.name}, which bots cannot load by name (they know "
            f"{', '.join(names)}). Serve it yourself and say how: --as server:NAME"
        )
    return f"{LOCAL}:{trained.base.name}"


def _licence_of(trained: Trained) -> str:
    if trained.base.licence:
        return trained.base.licence
    if trained.endpoint:
        return "Google Cloud terms"
    return next((model.licence for model in weights().models if model.name == trained.base.name), UNKNOWN)


def _parsed(form: Any, content: bytes | None, where: str) -> Any:
    if content is None:
        return None
    try:
        return form.model_validate_json(content)
    except ValidationError:
        raise NotPromoted(f"{where} cannot be read by this SalesMate; run that stage again.") from None


class _Run:
    """A run's folder, here or in a bucket."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/")
        self.name = self._folder.rpartition("/")[2] if "://" in folder else Path(folder).resolve().name

    def first(self, name: str) -> bytes | None:
        """The file, in whichever of the folders it is."""
        found = (self.read(f"{folder}{name}") for folder in FOLDERS)
        return next((content for content in found if content is not None), None)

    def read(self, name: str) -> bytes | None:
        """The file's content; None where there is none. Raises NotPromoted."""
        address = f"{self._folder}/{name}"
        try:
            if "://" not in address:
                return Path(address).read_bytes()
            import fsspec

            store, path = fsspec.core.url_to_fs(address)
            content: bytes = store.cat_file(path)
        except FileNotFoundError:
            return None
        except Exception as error:  # each store raises kinds of its own, whose texts may hold tokens
            raise NotPromoted(f"{address} cannot be read ({type(error).__name__}).") from None
        return content


def described(standing: Standing) -> dict[str, Any]:
    """Which version speaks, since when and by whose hand, for people's programs."""
    move, version = standing.promotion, standing.version
    return {
        "alias": CUSTOMER,
        "version": version.name if version else None,
        "model": version.model if version else None,
        "run": version.run if version else None,
        "licence": version.licence if version else None,
        "adapter": version.adapter if version else None,
        "card": version.card if version else None,
        "since": move.promoted_at.isoformat() if move else None,
        "by": move.by if move else None,
        "reason": move.reason if move else None,
    }
