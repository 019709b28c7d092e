"""`salesmate finetune promote|rollback|status`: what an operator does, and what she is told."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.models.adapters import Adapters
from agents.records.database import open_database
from agents.records.model_versions import ModelVersion, ModelVersions
from agents.records.settings import RecordsSettings
from bot.doctor import promoted
from finetune.cli import finetune
from finetune.evaluate.evaluation import Data, Evaluation

ENDPOINT = "projects/acme/locations/europe-west4/endpoints/77"
FAILED = "Token accuracy: 0.31; it must be above 0.4: the prototype's floor."


def an_evaluation(model: str, adapter: bytes = b"", *, seed: int = 0) -> Evaluation:
    return Evaluation(
        model=model,
        adapter_sha256=hashlib.sha256(adapter).hexdigest() if adapter else None,
        against=None,
        data=Data(file="valid.jsonl", sha256="ab", calls=40, examples=400),
        seed=seed,
        asked={},
        seconds=1,
        figures={},
    )


def a_run(
    folder: Path,
    *,
    passed: bool | None = True,
    adapter: bytes = b"GGUF",
    judged: Evaluation | None = None,
    **trained: Any,
) -> Path:
    """A run's folder as far as promoting reads it. What was `judged` is its adapter, unless told."""
    (folder / "train").mkdir(parents=True, exist_ok=True)
    said = {"base": {"name": "smollm2-135m", "sha256": "ab", "licence": None}, "steps": 40} | trained
    (folder / "train" / "train.json").write_text(json.dumps(said))
    if adapter:
        (folder / "train" / "adapter.gguf").write_bytes(adapter)
    if passed is not None:
        check = {"name": "token_accuracy above", "value": 0.31, "bound": 0.4, "passed": passed, "why": FAILED}
        of = judged or an_evaluation(f"vertexai:{ENDPOINT}", adapter)
        (folder / "evaluation.json").write_text(of.model_dump_json())
        verdict = {
            "schema": 1,
            "model": of.model,
            "adapter_sha256": of.adapter_sha256,
            "evaluation_sha256": of.sha256,
            "against": None,
            "passed": passed,
            "checks": [check],
        }
        (folder / "gate.json").write_text(json.dumps(verdict))
    (folder / "card.md").write_text("# Model card\n")
    return folder


def does(*args: object, ok: bool = True) -> Any:
    """The command's JSON; or, where it is refused, the sentence."""
    ran = CliRunner().invoke(finetune, [*map(str, args), "--json"])
    assert (ran.exception is None) == ok, ran.output
    return json.loads(ran.stdout) if ok else str(ran.exception)


def prints(*args: object) -> str:
    ran = CliRunner().invoke(finetune, [*map(str, args)])
    assert ran.exception is None
    return ran.stdout


def version_now() -> ModelVersion:
    async def look() -> ModelVersion:
        database = await open_database(RecordsSettings().database)
        standing = await ModelVersions(database).standing()
        await database.close()
        assert standing.version
        return standing.version

    return asyncio.run(look())


def test_a_run_that_passed_its_gate_is_promoted_with_its_files_where_bots_can_read_them(
    tmp_path: Path, home: Path
) -> None:
    said = does("promote", a_run(tmp_path / "run-1"), "--by", "sam")
    assert said["model"] == "local:smollm2-135m"
    assert (said["run"], said["licence"], said["by"]) == ("run-1", "Apache-2.0", "sam")
    version = version_now()
    assert said["version"] == version.name
    assert version.adapter == str(home / "models" / "versions" / version.id / "adapter.gguf")
    assert version.adapter_sha256
    assert Adapters().fetch(version.adapter, version.adapter_sha256).read_bytes() == b"GGUF"
    assert version.card
    assert Path(version.card).read_text() == "# Model card\n"
    assert version.figures["gate"] == {"passed": True, "failed": []}


def test_the_files_go_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_MODELS", "memory://firm/models")
    said = does("promote", a_run(tmp_path / "run-1"))
    assert said["adapter"].startswith("memory://firm/models/")


def test_a_run_that_failed_is_refused_with_what_failed_unless_a_reason_is_given(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1", passed=False)
    refusal = does("promote", run, ok=False)
    assert FAILED in refusal
    assert "--even-though" in refusal
    assert does("status")["current"]["version"] is None
    assert does("promote", run, "--even-though", "a demo for the board")["reason"] == "a demo for the board"
    assert does("status")["history"][0]["reason"] == "a demo for the board"
    version = version_now()
    does("rollback")
    assert FAILED in does("promote", version.id, ok=False)  # what it failed is known of it


def test_a_verdict_counts_for_the_adapter_that_was_judged_and_for_no_other(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1")
    (run / "train" / "adapter.gguf").write_bytes(b"GGUF, trained again")
    refusal = does("promote", run, ok=False)
    assert "trained again" in refusal
    assert f"finetune evaluate --model local:smollm2-135m+{run}/train/adapter.gguf" in refusal
    assert f"finetune gate {run}" in refusal
    assert "trained again" in does("promote", run, "--as", "server:tuned", ok=False)
    of_its_base = a_run(tmp_path / "run-2", judged=an_evaluation("local:smollm2-135m"))
    assert "another model (local:smollm2-135m)" in does("promote", of_its_base, ok=False)
    assert does("status")["current"]["version"] is None


def test_a_newer_evaluation_is_to_be_judged_before_the_run_is_promoted(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1")
    newer = an_evaluation("local:smollm2-135m+adapter.gguf", b"GGUF", seed=1)
    (run / "evaluation.json").write_text(newer.model_dump_json(indent=1))
    assert f"evaluated again after it was judged; run: salesmate finetune gate {run}" in does(
        "promote", run, ok=False
    )


def test_what_was_judged_on_a_server_is_promoted_by_the_same_name_and_by_no_other(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1", judged=an_evaluation("server:acme-v2"))
    assert "another model (server:acme-v2)" in does("promote", run, ok=False)
    refusal = does("promote", run, "--as", "server:acme-v1", ok=False)
    assert "evaluate --model server:acme-v1" in refusal
    assert does("promote", run, "--as", "server:acme-v2")["model"] == "server:acme-v2"


def test_a_version_follows_the_newest_verdict_on_its_run(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1", passed=False)
    first = does("promote", run, "--even-though", "a demo for the board")
    assert does("promote", a_run(run))["version"] == first["version"]
    assert version_now().figures["gate"] == {"passed": True, "failed": []}
    does("rollback")
    assert does("promote", first["version"])["version"] == first["version"]
    does("rollback")
    assert FAILED in does("promote", a_run(run, passed=False), ok=False)
    assert FAILED in does("promote", first["version"], ok=False)


def test_a_version_that_bots_could_not_read_is_promoted_again_from_where_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(tmp_path / "run-1")
    first = does("promote", run)
    monkeypatch.setenv("SALESMATE_MODELS", "memory://firm/models")
    again = does("promote", run)
    assert (again["version"], again["since"]) == (first["version"], first["since"])
    assert again["adapter"].startswith("memory://firm/models/")
    assert again["card"].startswith("memory://firm/models/")


def test_a_run_that_was_never_judged_or_is_none_is_refused(tmp_path: Path) -> None:
    assert "was not judged" in does("promote", a_run(tmp_path / "run-1", passed=None), ok=False)
    assert "is no run of fine-tuning" in does("promote", tmp_path, ok=False)
    assert "train the run to its end" in does("promote", a_run(tmp_path / "run-2", adapter=b""), ok=False)
    spoilt = a_run(tmp_path / "run-3")
    (spoilt / "gate.json").write_text("{}")
    assert "cannot be read by this SalesMate" in does("promote", spoilt, ok=False)


def test_a_base_that_bots_do_not_know_is_promoted_as_it_is_served(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1", base={"name": "acme/large-8b", "licence": "MIT"})
    assert "--as server:NAME" in does("promote", run, ok=False)
    said = does("promote", run, "--as", "server:acme-customer")
    assert (said["model"], said["licence"]) == ("server:acme-customer", "MIT")


def test_a_tuned_endpoint_is_promoted_by_its_full_name(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run-1", adapter=b"", base="gemini-2.5-flash-lite", endpoint=ENDPOINT)
    said = does("promote", run)
    assert (said["model"], said["licence"]) == (f"vertexai:{ENDPOINT}", "Google Cloud terms")
    assert version_now().adapter is None


def test_status_tells_who_speaks_what_was_before_and_what_else_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No version of the customer is promoted." in prints("status")
    first = does("promote", a_run(tmp_path / "run-1"), "--by", "sam")["version"]
    second = does("promote", a_run(tmp_path / "run-2"), "--by", "kim")["version"]
    said = does("status")
    assert (said["current"]["version"], said["speaks"]["name"]) == (second, second)
    assert [move["by"] for move in said["history"]] == ["kim", "sam"]
    assert {one["name"] for one in said["versions"]} == {first, second}
    assert does("rollback", "--because", "too chatty")["version"] == first
    assert does("promote", second)["version"] == second
    told = prints("status")
    assert f"{second} speaks for the customer since" in told
    assert f"back to {first.partition('@')[2]}" in told
    assert "too chatty" in told
    monkeypatch.setenv("SALESMATE_CUSTOMER_MODEL", "scripted")
    assert does("status")["speaks"]["name"] == "scripted"
    assert "scripted speaks: SALESMATE_CUSTOMER_MODEL says so" in prints("promote", first)


def test_who_goes_back_to_nobody_promoted_is_told_who_speaks_then(tmp_path: Path) -> None:
    assert "New calls take it within seconds" in prints("promote", a_run(tmp_path / "run-1"))
    told = prints("rollback")
    assert "No version of the customer is promoted." in told
    assert "New calls with these settings, within seconds: scripted (" in told
    assert "take it" not in told


def test_going_back_from_nothing_is_a_sentence() -> None:
    assert "nothing to roll back" in does("rollback", ok=False)


def test_the_doctor_says_what_is_promoted_and_whether_it_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [finding.status for finding in promoted(None)] == ["ok"]
    said = does("promote", a_run(tmp_path / "run-1", adapter=b"no GGUF"), "--as", "server:away")
    (finding,) = promoted(None)
    assert finding.status == "fail"
    assert said["version"] in finding.sentence
    assert "SALESMATE_MODEL_BASE_URL" in finding.sentence
    assert "salesmate finetune rollback" in finding.do
    monkeypatch.setenv("SALESMATE_CUSTOMER_MODEL", "scripted")
    (finding,) = promoted(None)
    assert finding.status == "warn"
    assert "it does not speak" in finding.sentence
