"""The double of Vertex AI refuses what the service refuses, with its statuses and error objects."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import httpx
import pytest

from tests.fakes import buckets
from tests.fakes.buckets import Buckets
from tests.fakes.google_tokens import TOKEN
from tests.fakes.vertex import (
    CANCELLED,
    CANCELLING,
    PENDING,
    RUNNING,
    SUCCEEDED,
    FakeVertex,
    Running,
    Trouble,
)
from tests.tuning_data import line

PROGRAM = httpx.Client(trust_env=False)
JOBS = "/v1beta1/projects/acme-sales/locations/us-central1/tuningJobs"
JOB: dict[str, Any] = {
    "baseModel": "gemini-2.5-flash-lite",
    "supervisedTuningSpec": {
        "trainingDatasetUri": "gs://b/train.jsonl",
        "hyperParameters": {"epochCount": 2, "adapterSize": "ADAPTER_SIZE_FOUR"},
    },
    "labels": {"a": "b"},
}


@pytest.fixture(scope="module")
def running() -> Iterator[FakeVertex]:
    with Running(Buckets("b")) as service:
        yield service


@pytest.fixture
def service(running: FakeVertex) -> FakeVertex:
    running.jobs.clear()
    running.troubles.clear()
    running.asked.clear()
    running.buckets.objects = {"b/train.jsonl": line().encode()}
    return running


def ask(
    service: FakeVertex, method: str, path: str, body: Any = None, token: str = TOKEN
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    answer = PROGRAM.request(method, service.url + path, json=body, headers=headers)
    return answer.status_code, answer.json()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The job with one field at another value."""
    job = copy.deepcopy(JOB)
    *above, last = path.split(".")
    place = job
    for name in above:
        place = place[name]
    place[last] = value
    return job


def test_a_job_goes_from_pending_to_an_endpoint_for_each_epoch(service: FakeVertex) -> None:
    status, made = ask(service, "POST", JOBS, JOB)
    assert status == 200
    assert made["state"] == PENDING
    assert made["name"] == "projects/4711/locations/us-central1/tuningJobs/1000000"
    looks = [ask(service, "GET", "/v1beta1/" + made["name"])[1] for _ in range(4)]
    assert [look["state"] for look in looks] == [PENDING, RUNNING, RUNNING, SUCCEEDED]
    tuned = looks[-1]["tunedModel"]
    assert tuned["endpoint"] == tuned["checkpoints"][-1]["endpoint"]
    assert [one["epoch"] for one in tuned["checkpoints"]] == ["1", "2"]


def test_a_job_is_cancelled_in_its_time_and_not_twice(service: FakeVertex) -> None:
    job = "/v1beta1/" + ask(service, "POST", JOBS, JOB)[1]["name"]
    assert ask(service, "POST", f"{job}:cancel") == (200, {})
    assert [ask(service, "GET", job)[1]["state"] for _ in range(2)] == [CANCELLING, CANCELLED]
    assert ask(service, "GET", job)[1]["error"]["code"] == 1
    status, refused = ask(service, "POST", f"{job}:cancel")
    assert (status, refused["error"]["status"]) == (400, "FAILED_PRECONDITION")


@pytest.mark.parametrize(
    "body",
    [
        changed("baseModel", "gemini-1.0-pro"),
        changed("seed", 1),
        changed("supervisedTuningSpec.epochs", 3),
        changed("supervisedTuningSpec.hyperParameters.rank", 4),
        changed("supervisedTuningSpec.hyperParameters.adapterSize", "ADAPTER_SIZE_THREE"),
        changed("supervisedTuningSpec.hyperParameters.epochCount", 0),
        changed("supervisedTuningSpec.trainingDatasetUri", "gs://b/other.jsonl"),
        changed("supervisedTuningSpec.trainingDatasetUri", "/train.jsonl"),
        changed("supervisedTuningSpec.validationDatasetUri", "gs://b/other.jsonl"),
        changed("supervisedTuningSpec", {}),
        changed("labels", {"Upper": "case"}),
        changed("tunedModelDisplayName", "n" * 129),
        ["a list"],
    ],
)
def test_a_wrong_job_is_refused(service: FakeVertex, body: Any) -> None:
    status, refused = ask(service, "POST", JOBS, body)
    assert status == 400
    assert refused["error"]["code"] == 400
    assert refused["error"]["status"] == "INVALID_ARGUMENT"
    assert service.jobs == {}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{",
        line(label="won"),
        line(systemInstruction={"parts": []}),
        line(contents=[{"role": "model", "parts": [{"text": "Hi"}]}]),
        line(contents=[{"role": "user", "parts": [{"text": "Hi"}]}]),
        line(" "),
        line("word " * 120_000),
    ],
)
def test_a_job_over_bad_data_is_refused(service: FakeVertex, written: str) -> None:
    service.buckets.objects["b/train.jsonl"] = written.encode()
    assert ask(service, "POST", JOBS, JOB)[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", JOBS, "another", 401),
        ("GET", JOBS.replace("acme-sales", "strangers"), TOKEN, 403),
        ("GET", JOBS.replace("us-central1", "mars-1"), TOKEN, 404),
        ("GET", f"{JOBS}/9", TOKEN, 404),
        ("POST", f"{JOBS}/9:cancel", TOKEN, 404),
        ("GET", "/v1beta1/tuningJobs", TOKEN, 404),
        ("GET", f"{JOBS}?orderBy=name", TOKEN, 400),
        ("POST", "/token", TOKEN, 400),
    ],
)
def test_strangers_and_other_places_are_refused(
    service: FakeVertex, method: str, path: str, token: str, status: int
) -> None:
    assert ask(service, method, path, token=token)[0] == status


def test_jobs_are_listed_in_pages_newest_first(service: FakeVertex) -> None:
    service.add_other_jobs(5)
    first = ask(service, "GET", f"{JOBS}?pageSize=3")[1]
    second = ask(service, "GET", f"{JOBS}?pageSize=3&pageToken={first['nextPageToken']}")[1]
    names = [job["name"][-1] for page in (first, second) for job in page["tuningJobs"]]
    assert names == ["4", "3", "2", "1", "0"]
    assert "nextPageToken" not in second


def test_buckets_are_as_gcsfs_shows_them(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("hello")
    with buckets.served("b") as stored:
        store, path = fsspec.core.url_to_fs("gs://b/folder/x")
        with pytest.raises(FileNotFoundError):
            store.info(path)
        store.put_file(str(file), path)
        assert store.info(path)["size"] == 5
        assert stored.at("gs://b/folder/x") == b"hello"
        with pytest.raises(FileNotFoundError):
            store.put_file(str(file), "other/x")
        stored.forbidden.add("b")
        with pytest.raises(OSError, match="Forbidden"):
            store.info(path)


def test_what_goes_wrong_is_scripted(service: FakeVertex) -> None:
    service.will("list", Trouble(429, "Quota exceeded."), Trouble(lost=True))
    status, refused = ask(service, "GET", JOBS)
    assert (status, refused["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(service, "GET", JOBS)
    assert ask(service, "GET", JOBS) == (200, {})
    assert json.dumps(service.asked) == '["list", "list", "list"]'
