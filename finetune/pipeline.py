"""The whole way in one go: prepare, train, evaluate, gate. What is done is not done again.

The prepared data lie under `data/NAME`, named by the calls and how they are prepared; a run under `NAME`,
named by the prepared examples and the recipe. So the same calls and recipe are the same run, a new recipe
trains on the data that are there, and other calls that come to the same examples change nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.models.local.gguf import NotGGUF, header_of
from agents.models.local.weights import weights
from finetune import card
from finetune.data_folder import REPORT, DataFolder
from finetune.evaluate import run as evaluating
from finetune.evaluate import written
from finetune.evaluate.evaluation import FILE as EVALUATION
from finetune.evaluate.evaluation import read_evaluation
from finetune.evaluate.sizes import sizes_of
from finetune.fingerprint import name_of, sha256_of, sha256_of_all
from finetune.gate import FILE as VERDICT
from finetune.gate import SERVED as SERVED_GATE
from finetune.gate import SHIPPED as SHIPPED_GATE
from finetune.gate import Thresholds, Verdict, judge, read_thresholds, read_verdict, write_verdict
from finetune.kept import Asked, Watch
from finetune.keys import data_key, evaluation_key
from finetune.prepare import prepare
from finetune.recipe import SHIPPED as SHIPPED_RECIPE
from finetune.recipe import Recipe, RecipeError, read_recipe
from finetune.report import Report
from finetune.reported import recounted
from finetune.runs import RunFolder, Runs, replace_text
from finetune.train import backends
from finetune.train.adapter_gguf import ARCHITECTURES
from ingestion.settings import Settings

if TYPE_CHECKING:
    from finetune.plan import Plan
    from finetune.train.loop import Watch as TrainingWatch

EXAMPLES = ("train.jsonl", "valid.jsonl")
DATA = (*EXAMPLES, "calls.jsonl", "train.gemini.jsonl", "valid.gemini.jsonl", REPORT)
GGUF = ".gguf"
REPORTS = (EVALUATION, "report.md", "report.html")


@dataclass(frozen=True)
class Told:
    """Where a run's progress goes: each is given to the stage that it is named after."""

    say: Callable[[str], None]
    preparing: Watch
    training: Callable[[], AbstractContextManager[TrainingWatch]]
    evaluating: evaluating.Watch


@dataclass
class Outcome:
    """What a run came to."""

    folder: Path
    verdict: Verdict
    did: list[str] = field(default_factory=list)
    """The stages that were not there yet."""
    model: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    """With these it was judged and is to be served; as a rule there are none."""

    @property
    def name(self) -> str:
        return self.folder.name


def run(plan: Plan, told: Told) -> Outcome:
    """Everything up to the gate. Raises what the stages raise, RunBusy and StoreFailed."""
    recipe = _recipe(plan)
    _refuse_what_is_not_served_here(recipe)
    thresholds = _thresholds(plan, recipe)
    runs = Runs(plan.runs, Settings().home / "finetune")
    did: list[str] = []
    stages = _Stages(did, told.say)
    data = _prepared(plan, recipe, runs, stages, told)
    examples = sha256_of_all(data.here, EXAMPLES)
    folder = runs.folder(name_of({"examples": examples, "recipe": recipe.model_dump(mode="json")}))
    told.say(f"Run {folder.name}, in {folder.here}")
    with folder.at_work():
        model = _trained(recipe, data, folder, stages, told)
        _evaluated(plan, data, folder, model, stages, told)
        demanded = thresholds.model_dump(mode="json")
        key = name_of({"evaluation": sha256_of(folder.here / EVALUATION), "thresholds": demanded})
        if stages.lacks(folder, "gate", key):
            evaluation = read_evaluation(folder.here)
            verdict = judge(evaluation, thresholds)
            write_verdict(verdict, folder.here)
            card.write_card(folder.here, evaluation, verdict)
            stages.finish(folder, "gate", key, (VERDICT, card.FILE))
        options = backends.options_of(folder.here / "train")
        return Outcome(folder.here, read_verdict(folder.here), did, model, options)


def _recipe(plan: Plan) -> Recipe:
    recipe = read_recipe(plan.recipe or SHIPPED_RECIPE)
    return recipe.model_copy(update={"most_minutes": plan.most_minutes}) if plan.most_minutes else recipe


def _refuse_what_is_not_served_here(recipe: Recipe) -> None:
    """Now, and not after hours of training: the evaluation lets the model speak in this process."""
    known = [model.name for model in weights().models]
    if recipe.backend != "lora" or recipe.base in known:
        return
    if recipe.base.endswith(GGUF):
        why = _why_no_adapter_of_it_is_served(Path(recipe.base).expanduser())
    else:
        why = "`run` lets the model speak in this process"
    if why:
        kinds = " or ".join(ARCHITECTURES)
        raise RecipeError(
            f"base: '{recipe.base}' cannot be judged by `run`: {why}. Give {', '.join(known)} or the GGUF "
            f"file of a {kinds} model. Or train it with `salesmate finetune train`, serve it with vLLM and "
            "judge it with `salesmate finetune evaluate --model server:NAME`."
        )


def _why_no_adapter_of_it_is_served(base: Path) -> str:
    try:
        header = header_of(base)
    except NotGGUF as error:
        return f"the file {error}"
    if header.is_adapter:
        return "the file holds an adapter, no whole model"
    if header.architecture not in ARCHITECTURES:
        return f"no adapter of a {header.architecture} model can be written for llama.cpp here"
    return ""


def _thresholds(plan: Plan, recipe: Recipe) -> Thresholds:
    shipped = SERVED_GATE if recipe.backend == "vertex" else SHIPPED_GATE
    return read_thresholds(plan.gate or shipped)


class _Stages:
    """Says of each stage whether it is to be done, and notes when it was."""

    def __init__(self, did: list[str], say: Callable[[str], None]) -> None:
        self._did = did
        self._say = say
        self._began = 0.0

    def lacks(
        self, folder: RunFolder, stage: str, key: str, whole: Callable[[], bool] = lambda: True
    ) -> bool:
        if folder.has(stage, key) and whole():
            self._say(f"{stage}: done before")
            return False
        self._say(f"{stage} ...")
        self._began = time.monotonic()
        return True

    def finish(self, folder: RunFolder, stage: str, key: str, files: Iterable[str]) -> None:
        folder.finish(stage, key, time.monotonic() - self._began, list(files))
        self._did.append(stage)


def _prepared(plan: Plan, recipe: Recipe, runs: Runs, stages: _Stages, told: Told) -> RunFolder:
    key = data_key(plan)
    folder = runs.folder("data", key)
    with folder.at_work():
        if not stages.lacks(folder, "prepare", key, DataFolder(str(folder.here)).is_whole):
            return folder
        prepare(
            Asked(
                calls=plan.calls,
                seller=plan.seller,
                out=str(folder.here),
                valid_calls=plan.valid_calls,
                translate=plan.translate,
                language=plan.language,
                redact=plan.redact,
                valid=plan.valid,
                seed=plan.seed,
                rehearsed=plan.rehearsed,
                recipe=recipe,
            ),
            told.preparing,
        )
        stages.finish(folder, "prepare", key, DATA)
    return folder


def _trained(recipe: Recipe, data: RunFolder, folder: RunFolder, stages: _Stages, told: Told) -> str:
    """Train, where that was not done, and say under which name the model is to be had."""
    if stages.lacks(folder, "train", folder.name):
        _tell_of_data(recipe, data, folder)
        with told.training() as watch:
            backends.train(recipe, data.here, folder.here / "train", watch)
        stages.finish(folder, "train", folder.name, ("prepare", *backends.kept(folder.here)))
    return backends.model_of(folder.here / "train")


def _tell_of_data(recipe: Recipe, data: RunFolder, folder: RunFolder) -> None:
    """Beside the run, so that its card can tell what it was trained on, counted for this run's recipe."""
    report = Report.model_validate_json((data.here / REPORT).read_bytes())
    train, valid = (evaluating.read_split(data.here / name).examples for name in EXAMPLES)
    text = recounted(report, (train, valid), recipe).model_dump_json(indent=1)
    replace_text(folder.here / "prepare" / REPORT, text + "\n")


def _evaluated(
    plan: Plan, data: RunFolder, folder: RunFolder, model: str, stages: _Stages, told: Told
) -> None:
    sizes = sizes_of("quick" if plan.quick else "usual")
    key = evaluation_key(folder.name, sizes, plan.seed)
    if not stages.lacks(folder, "evaluate", key):
        return
    from finetune.evaluate.contestants import without_adapter

    evaluation = evaluating.evaluate(
        model,
        backends.base_of(folder.here / "train") or without_adapter(model),
        evaluating.read_split(data.here / "valid.jsonl"),
        evaluating.read_split(data.here / "train.jsonl"),
        sizes,
        seed=plan.seed,
        options=backends.options_of(folder.here / "train"),
        watch=told.evaluating,
    )
    written.write(evaluation, folder.here)
    stages.finish(folder, "evaluate", key, REPORTS)
