"""Vertex AI's tuning jobs and Google's token endpoint over real HTTP, as strict as their documentation.

`tests/integration/test_fake_vertex.py` holds it to that. A job moves on one state each time it is asked for.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.buckets import Buckets
from tests.fakes.google_tokens import PROJECT, TOKEN, granted
from tests.fakes.vertex_rules import Refused, checked_job

NUMBER, LOCATION = "4711", "us-central1"
PENDING, RUNNING, SUCCEEDED = (f"JOB_STATE_{name}" for name in ("PENDING", "RUNNING", "SUCCEEDED"))
FAILED, CANCELLING, CANCELLED = (f"JOB_STATE_{name}" for name in ("FAILED", "CANCELLING", "CANCELLED"))
USUAL = (PENDING, RUNNING, RUNNING, SUCCEEDED)
_JOBS = re.compile(r"/v1beta1/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/tuningJobs")
_JOB = re.compile(_JOBS.pattern + r"/(?P<id>\d+)(?P<verb>:cancel)?")
_ENDED = {SUCCEEDED, FAILED, CANCELLED}


@dataclass
class Job:
    """A job as it is answered, and the states it still goes through."""

    said: dict[str, Any]
    ahead: deque[str]
    runs: int = 0


@dataclass(frozen=True)
class Trouble:
    """What happens to one request instead of its answer."""

    status: int = 503
    message: str = "The service is currently unavailable."
    lost: bool = False
    """It is done, and the connection closes before the answer."""
    slow: float = 0.0
    """Seconds before it is answered as usual."""

    @property
    def refuses(self) -> bool:
        return not self.lost and not self.slow


@dataclass
class FakeVertex:
    """The service's memory. `troubles` are by the request's kind: create, get, list, cancel, token."""

    buckets: Buckets
    url: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Of the jobs that were created."""
    page_most: int = 100
    lives: tuple[str, ...] = USUAL
    fails_with: tuple[int, str] = (13, "Internal error.")
    grants: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)
    troubles: dict[str, deque[Trouble]] = field(default_factory=dict)

    def will(self, kind: str, *troubles: Trouble) -> None:
        self.troubles.setdefault(kind, deque()).extend(troubles)

    def trouble_with(self, kind: str) -> Trouble | None:
        """What the request of that kind meets; it is noted as asked."""
        with self.lock:
            self.asked.append(kind)
            waiting = self.troubles.get(kind)
            return waiting.popleft() if waiting else None

    def add_other_jobs(self, count: int) -> None:
        """Of other programs in the same project."""
        for _ in range(count):
            self.create({"baseModel": "gemini-2.5-flash", "labels": {"team": "other"}})

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        job_id = str(1_000_000 + len(self.jobs))
        name = f"projects/{NUMBER}/locations/{LOCATION}/tuningJobs/{job_id}"
        said = {**body, "name": name, "state": PENDING, "createTime": "2026-01-05T10:00:00.123456Z"}
        self.jobs[job_id] = Job(said, deque(self.lives))
        return said

    def moved_on(self, job: Job) -> dict[str, Any]:
        if job.ahead:
            job.said["state"] = job.ahead.popleft()
        state = job.said["state"]
        if state == RUNNING:
            job.runs += 1
            job.said["startTime"] = "2026-01-05T10:10:00Z"
            job.said["tuningJobState"] = "TUNING_JOB_STATE_TUNING"
            job.said["tuningJobMetadata"] = {"completedEpochCount": job.runs - 1}
        if state in _ENDED:
            job.said["endTime"] = "2026-01-05T11:10:00.5Z"
            job.said.pop("tuningJobState", None)
        if state == SUCCEEDED:
            self._succeed(job)
        if state == FAILED:
            job.said["error"] = dict(zip(("code", "message"), self.fails_with, strict=True))
        if state == CANCELLED:
            job.said["error"] = {"code": 1, "message": "CANCELED"}
        return job.said

    def _succeed(self, job: Job) -> None:
        at = f"projects/{NUMBER}/locations/{LOCATION}"
        spec = job.said["supervisedTuningSpec"]
        epochs = int(spec["hyperParameters"]["epochCount"])
        checkpoints = [
            {
                "checkpointId": str(n),
                "epoch": str(n),
                "step": str(40 * n),
                "endpoint": f"{at}/endpoints/900{n}",
            }
            for n in range(1, epochs + 1)
        ]
        examples = len((self.buckets.at(spec["trainingDatasetUri"]) or b"").splitlines())
        job.said["tunedModel"] = {
            "model": f"{at}/models/800@1",
            "endpoint": checkpoints[-1]["endpoint"],
            "checkpoints": checkpoints,
        }
        job.said["experiment"] = f"{at}/metadataStores/default/contexts/tuning-experiment"
        # int64 fields are strings in Google's JSON.
        job.said["tuningDataStats"] = {
            "supervisedTuningDataStats": {
                "totalBillableTokenCount": "5150",
                "tuningDatasetExampleCount": str(examples),
                "tuningStepCount": str(40 * epochs),
                "totalTruncatedExampleCount": "1",
                "droppedExampleReasons": ["too long"],
            }
        }


class Running:
    """The double on a free port of this machine. Use it in a `with`."""

    def __init__(self, buckets: Buckets) -> None:
        self.fake = FakeVertex(buckets)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.fake))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> FakeVertex:
        self._thread.start()
        self.fake.url = f"http://127.0.0.1:{self._server.server_port}"
        return self.fake

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _answer_to(
    fake: FakeVertex, method: str, target: str, token: str | None, body: bytes
) -> tuple[int, dict[str, Any]]:
    try:
        with fake.lock:
            return 200, _answered(fake, method, target, token, body)
    except Refused as refused:
        if target == "/token":
            return refused.status, {"error": refused.name, "error_description": refused.message}
        return refused.status, refused.body()


def _answered(fake: FakeVertex, method: str, target: str, token: str | None, body: bytes) -> dict[str, Any]:
    """The answer, which is always a 200. Raises Refused."""
    url = urlsplit(target)
    if (method, url.path) == ("POST", "/token"):
        return granted(body, willing=fake.grants)
    if token != f"Bearer {TOKEN}":
        raise Refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    one, many = _JOB.fullmatch(url.path), _JOBS.fullmatch(url.path)
    found = one or many
    if not found:
        raise Refused(404, "NOT_FOUND", "Requested entity was not found.")
    if found["project"] not in {PROJECT, NUMBER}:
        raise Refused(403, "PERMISSION_DENIED", f"Permission denied on resource project {found['project']}.")
    if found["location"] != LOCATION:
        raise Refused(404, "NOT_FOUND", "Requested entity was not found.")
    if one:
        return _one(fake, method, one, body)
    if method == "POST":
        made = checked_job(body, fake.buckets.at)
        fake.bodies.append(json.loads(body))
        return fake.create(made)
    return _page(fake, parse_qs(url.query))


def _one(fake: FakeVertex, method: str, found: re.Match[str], body: bytes) -> dict[str, Any]:
    job = fake.jobs.get(found["id"])
    if job is None or (method == "POST") != bool(found["verb"]):
        raise Refused(404, "NOT_FOUND", "Requested entity was not found.")
    if not found["verb"]:
        return fake.moved_on(job)
    if body not in (b"", b"{}"):
        raise Refused(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name.")
    if job.said["state"] in _ENDED:
        raise Refused(400, "FAILED_PRECONDITION", "The job has ended and cannot be cancelled.")
    job.ahead = deque([CANCELLING, CANCELLED])
    return {}


def _page(fake: FakeVertex, query: dict[str, list[str]]) -> dict[str, Any]:
    if set(query) - {"pageSize", "pageToken", "filter"}:
        raise Refused(400, "INVALID_ARGUMENT", "Invalid query parameter.")
    size = min(int(query.get("pageSize", ["100"])[0]), fake.page_most)
    start = int(query.get("pageToken", ["0"])[0])
    jobs = [job.said for job in reversed(fake.jobs.values())]
    page: dict[str, Any] = {"tuningJobs": jobs[start : start + size]} if jobs else {}
    if start + size < len(jobs):
        page["nextPageToken"] = str(start + size)
    return page


def _kind(method: str, target: str) -> str:
    if target == "/token":
        return "token"
    if target.endswith(":cancel"):
        return "cancel"
    if method == "POST":
        return "create"
    return "get" if _JOB.fullmatch(urlsplit(target).path) else "list"


def _handler(fake: FakeVertex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: the second of two would wait for an acknowledgement

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = _kind(self.command, self.path)
            trouble = fake.trouble_with(kind)
            if trouble and trouble.refuses:
                self._say(trouble.status, Refused(trouble.status, _named(trouble), trouble.message).body())
                return
            time.sleep(trouble.slow if trouble else 0)
            authorization = self.headers.get("Authorization")
            status, said = _answer_to(fake, self.command, self.path, authorization, body)
            if trouble and trouble.lost:
                self.close_connection = True
                return
            self._say(status, said)

        def _say(self, status: int, said: dict[str, Any]) -> None:
            text = json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except ConnectionError:  # who waited has left
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Quiet: a test says what it needs."""

    return Handler


def _named(trouble: Trouble) -> str:
    names = {403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
    return names.get(trouble.status, "UNAVAILABLE")
