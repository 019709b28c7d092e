"""`salesmate finetune promote|rollback|status`: what an operator does, and what she is told."""

from __future__ import annotations

import asyncio
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

ENDPOINT = "projects/acme/locations/europe-west4/endpoints/77"
FAILED = "Token accuracy: 0.31; it must be above 0.4: the prototype's floor."


def a_run(folder: Path, *, passed: bool | None = True, adapter: bytes = b"GGUF", **trained: Any) -> Path:
    """A run's folder as far as promoting reads it."""
    (folder / "train").mkdir(parents=True)
    said = {"base": {"name": "smollm2-135m", "sha256": "ab", "licence": None}, "steps": 40} | trained
    (folder / "train" / "train.json").write_text(json.dumps(said))
    if adapter:
        (folder / "train" / "adapter.gguf").write_bytes(adapter)
    if passed is not None:
        check = {"name": "token_accuracy above", "value": 0.31, "bound": 0.4, "passed": passed, "why": FAILED}
        verdict = {"schema": 1, "model": "m", "against": None, "passed": passed, "checks": [check]}
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
