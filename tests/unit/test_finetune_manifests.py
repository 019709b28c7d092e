"""What a cluster is told to run is what the command takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from agents.models.adapters import AdapterSettings
from agents.models.cli import models
from agents.models.local.weights import weights
from finetune.gate import SERVED as SERVED_GATE
from finetune.gate import SHIPPED as GATE
from finetune.keys import makers
from finetune.plan import Plan
from finetune.recipe import SHIPPED, read_recipe

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k8s" / "finetune"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


@pytest.fixture
def job() -> dict[str, Any]:
    return documents("job.yaml")[0]


def test_the_nightly_run_is_the_run_by_hand(job: dict[str, Any]) -> None:
    cron = documents("cronjob.yaml")[0]
    assert cron["spec"]["jobTemplate"]["spec"] == job["spec"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_plan_in_the_config_map_can_be_read() -> None:
    config = next(one for one in documents("config.yaml") if one["kind"] == "ConfigMap")
    plan = Plan.model_validate(yaml.safe_load(config["data"]["run.yaml"]))
    assert plan.promote
    assert plan.runs.startswith("gs://")


def test_the_pod_may_do_nothing_but_its_work(job: dict[str, Any]) -> None:
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "limits" in container["resources"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {"/var/lib/salesmate", "/tmp"} <= mounts  # noqa: S108  # in the pod: all that it writes


def test_the_base_is_on_the_volume_before_it_is_trained_on(job: dict[str, Any]) -> None:
    pod = job["spec"]["template"]["spec"]
    (first,), (container,) = pod["initContainers"], pod["containers"]
    base = read_recipe().base
    assert first["args"] == ["models", "pull", base]
    assert weights().named(base).name == base
    assert first["args"][1] in models.commands
    for same in ("image", "env", "volumeMounts", "securityContext"):
        assert first[same] == container[same]


def test_what_is_promoted_lies_where_a_bot_can_read_it(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    for one in container["env"]:
        monkeypatch.setenv(one["name"], one["value"])
    assert (AdapterSettings().models or "").startswith("gs://")


def test_the_image_is_said_to_hold_every_extra_that_a_run_needs() -> None:
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    for extra in ("calls", "train", "local", "buckets", "tuning", "vertex"):
        assert f"`{extra}`" in readme
    for name in ("job.yaml", "cronjob.yaml"):
        assert "extras calls, train, local and buckets" in (FOLDER / name).read_text(encoding="utf-8")


def test_secrets_come_by_reference(job: dict[str, Any]) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    values = {one["name"]: one["value"] for one in container["env"]}
    assert values["SALESMATE_DATABASE_URL_FILE"].startswith("/secrets/")


def test_everything_named_is_there(job: dict[str, Any]) -> None:
    kinds = {(one["kind"], one["metadata"]["name"]) for one in documents("config.yaml")}
    pod = job["spec"]["template"]["spec"]
    assert ("ServiceAccount", pod["serviceAccountName"]) in kinds
    for volume in pod["volumes"]:
        if "persistentVolumeClaim" in volume:
            assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in kinds
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in kinds
    for name in documents("kustomization.yaml")[0]["resources"]:
        assert (FOLDER / name).exists()


@pytest.fixture
def workflow() -> dict[Any, Any]:
    text = (ROOT / ".github/workflows/finetune.yml").read_text(encoding="utf-8")
    return cast("dict[Any, Any]", yaml.safe_load(text))


def test_the_workflow_runs_when_calls_recipe_demands_or_makers_change(workflow: dict[Any, Any]) -> None:
    paths = workflow[True]["push"]["paths"]  # YAML reads `on` as a truth value
    found = {path: set(ROOT.glob(f"{path}/*" if path.endswith("**") else path)) for path in paths}
    assert all(found.values())
    asked = {*makers(rehearsed=False), SHIPPED, GATE, SERVED_GATE, ROOT / "finetune/samples/calls.csv"}
    assert not asked - set().union(*found.values())


def test_the_workflow_hands_out_nothing_that_quotes_a_call(workflow: dict[Any, Any]) -> None:
    steps = workflow["jobs"]["finetune"]["steps"]
    (upload,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    files = {path.rpartition("/")[2] for path in upload["with"]["path"].split()}
    assert files == {"gate.json", "card.md", "train.json"}
