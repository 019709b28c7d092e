"""`salesmate finetune run` on Vertex AI, from calls to who speaks: the night after, too."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result
from langchain_core.messages import AIMessageChunk

from agents.records.database import open_database
from agents.records.model_versions import ModelVersions
from agents.records.settings import RecordsSettings
from finetune.cli import finetune
from finetune.kept import Asked
from finetune.pipeline import _tell_of_data
from finetune.pipeline import run as run_plan
from finetune.plan import Plan
from finetune.prepare import prepare
from finetune.promote import read_run
from finetune.recipe import Recipe, RecipeError, Vertex
from finetune.report import Report
from finetune.run_cli import promote_once
from finetune.runs import Runs
from finetune.told import told
from tests.fakes.google_tokens import PROJECT
from tests.integration.test_promote_command import a_run
from tests.tuning_data import BUCKET, Tuning, tuning
from tests.unit.test_base_vocabulary import WHOLE, gguf, put

ENDPOINT = "projects/4711/locations/us-central1/endpoints/9003"
OPTIONS = "SALESMATE_MODEL_OPTIONS='{\"thinking_budget\": 0}'"
GATE = "checks:\n  - {figure: spoken, must: at_least, bound: 0}\n"
TRADES = ("roof", "piano", "lawn", "fish tank", "oven", "bicycle", "violin", "greenhouse")


class ChatVertexAI:
    """Stands for LangChain's class, whose package no test installs."""

    made: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, **arguments: Any) -> None:
        self.made.append(arguments)

    async def astream(self, *_: object, **__: object) -> AsyncIterator[AIMessageChunk]:
        yield AIMessageChunk(content="No, we are fine as we are.")


@dataclass(frozen=True)
class Nightly:
    """A plan that runs every night."""

    folder: Path
    tuning: Tuning

    def runs(self, *more: str, **recipe: Any) -> Result:
        vertex = {"project": PROJECT, "bucket": BUCKET, **recipe}
        (self.folder / "recipe.yaml").write_text(json.dumps({"backend": "vertex", "vertex": vertex}))
        given = (self.folder / "run.yaml", "--recipe", self.folder / "recipe.yaml", *more)
        return CliRunner().invoke(finetune, ["run", *map(str, given)])

    def tells(self, *more: str) -> dict[str, Any]:
        done = self.runs("--json", *more)
        assert done.exit_code == 0, (done.output, done.exception)
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def nightly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nightly]:
    module = ModuleType("langchain_google_vertexai")
    module.__dict__["ChatVertexAI"] = ChatVertexAI
    module.__spec__ = importlib.util.spec_from_loader(module.__name__, None)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(ChatVertexAI, "made", [])
    monkeypatch.setenv("SALESMATE_VERTEX_POLL_SECONDS", "0.01")
    (tmp_path / "gate.yaml").write_text(GATE)
    plan = {
        "calls": [str(recorded(tmp_path))],
        "seller": "seller",
        "translate": "none",
        "redact": False,
        "valid": 0.25,
    }
    plan |= {
        "runs": str(tmp_path / "runs"),
        "gate": str(tmp_path / "gate.yaml"),
        "quick": True,
        "promote": True,
    }
    (tmp_path / "run.yaml").write_text(json.dumps(plan))
    with tuning(tmp_path, monkeypatch) as begun:
        begun.service.lives = ("JOB_STATE_SUCCEEDED",)
        yield Nightly(tmp_path, begun)


def recorded(folder: Path) -> Path:
    file = folder / "calls.jsonl"
    file.write_text("".join(json.dumps({"id": trade, "turns": call(trade)}) + "\n" for trade in TRADES))
    return file


def call(trade: str) -> list[dict[str, str]]:
    said = (
        f"Hello, I ring about your {trade}, how is it keeping these days?",
        f"We have had that {trade} for years and it is fine.",
        f"Would a yearly check of the {trade} suit you?",
        f"No, we look after the {trade} ourselves. Goodbye.",
    )
    return [{"role": ("seller", "customer")[n % 2], "text": text} for n, text in enumerate(said)]


def test_a_tuned_endpoint_is_judged_with_its_bases_options_and_taken_back_for_good(nightly: Nightly) -> None:
    done = nightly.runs()
    assert done.exit_code == 0, (done.output, done.exception)
    made = {one["model"]: one for one in ChatVertexAI.made}
    assert made.keys() == {"gemini-2.5-flash-lite", ENDPOINT}
    assert [one["thinking_budget"] for one in made.values()] == [0, 0]
    assert f"The model is vertexai:{ENDPOINT}\nServe it with {OPTIONS}\n" in done.stdout

    version = current()
    night = nightly.tells()
    assert (night["did"], night["promoted"], night["taken_back"]) == ([], version, None)
    assert CliRunner().invoke(finetune, ["rollback"]).exit_code == 0
    done = nightly.runs()
    assert (done.exit_code, current()) == (0, None)
    [command] = re.findall("promoted before and taken back.*: salesmate finetune (promote .*)", done.stdout)
    assert CliRunner().invoke(finetune, command.split()).exit_code == 0
    assert current() == version


def current() -> Any:
    return json.loads(CliRunner().invoke(finetune, ["status", "--json"]).stdout)["current"]["version"]


async def test_a_promotion_that_a_crash_lost_is_made_up_for(tmp_path: Path) -> None:
    database = await open_database(RecordsSettings().database)
    registry, candidate = ModelVersions(database), read_run(str(a_run(tmp_path / "run-1")))
    await registry.register(candidate.version)  # and then the power went
    assert (await promote_once(registry, candidate)).speaks
    assert (await registry.standing()).version
    await registry.rollback("sam")
    assert not (await promote_once(registry, candidate)).speaks
    assert (await registry.standing()).version is None
    await database.close()


def test_a_run_tells_what_its_own_recipe_costs_though_the_data_were_there(tmp_path: Path) -> None:
    data, found = Runs(str(tmp_path), tmp_path).folder("data"), []
    asked = Asked((str(recorded(tmp_path)),), "seller", str(data.here), translate="none", redact=False)
    put(gguf(WHOLE))  # a base whose vocabulary is known
    prepare(asked)
    for recipe in (Recipe(vertex=Vertex(epochs=3)), Recipe(base="acme/large-8b", vertex=Vertex(epochs=1))):
        folder = Runs(str(tmp_path), tmp_path).folder("run")
        _tell_of_data(recipe, data, folder)
        found.append(Report.model_validate_json((folder.here / "prepare" / "report.json").read_bytes()))
        again = prepare(replace(asked, recipe=recipe))
        assert found[-1] == again
    assert found[0].cost.billable_tokens == 3 * found[1].cost.billable_tokens
    assert [one.train.tokens.counted_by.partition(" ")[0] for one in found] == ["the", "estimate:"]


def test_a_base_that_this_process_cannot_serve_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    plan = Plan(calls=("calls.csv",), seller="user", recipe=recipe, runs=str(tmp_path / "runs"))
    for base in ("acme/large-8b", str(tmp_path)):
        recipe.write_text(f"base: {base}\n")
        with pytest.raises(RecipeError, match=r"finetune train.*vLLM.*evaluate --model server:NAME"):
            run_plan(plan, told(quiet=True))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"general.architecture": "gemma3"}, "no adapter of a gemma3 model can be written"),
        ({"general.architecture": "llama", "general.type": "adapter"}, "holds an adapter"),
        (None, "is not there"),
    ],
)
def test_a_gguf_base_whose_adapter_would_not_be_served_is_refused_too(
    tmp_path: Path, header: dict[str, str] | None, why: str
) -> None:
    base, recipe = tmp_path / "base.gguf", tmp_path / "recipe.yaml"
    if header is not None:
        base.write_bytes(gguf(header))
    recipe.write_text(f"base: {base}\n")
    plan = Plan(calls=("calls.csv",), seller="user", recipe=recipe, runs=str(tmp_path / "runs"))
    with pytest.raises(RecipeError, match=rf"{why}.*finetune train"):
        run_plan(plan, told(quiet=True))
    assert not (tmp_path / "runs").exists()
