"""What Vertex AI demands of a request for a supervised tuning job, and of the data sets it names.

https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1beta1/projects.locations.tuningJobs,
/docs/models/gemini-supervised-tuning-prepare. A reading of them apart from the product's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

BASE_MODELS = (
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.1-flash-lite",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
)
SIZES = [f"ADAPTER_SIZE_{size}" for size in ("ONE", "TWO", "FOUR", "EIGHT", "SIXTEEN")]
JOB_FIELDS = {"baseModel", "supervisedTuningSpec", "tunedModelDisplayName", "description", "labels"}
SPEC_FIELDS = {"trainingDatasetUri", "validationDatasetUri", "hyperParameters", "exportLastCheckpointOnly"}
HYPER_FIELDS = {"epochCount", "learningRateMultiplier", "adapterSize"}
LABEL_KEY, LABEL_VALUE = re.compile(r"[a-z][a-z0-9_-]{0,62}"), re.compile(r"[a-z0-9_-]{0,63}")
MOST_VALIDATION = 5_000

Read = Callable[[str], bytes | None]


class Refused(Exception):
    """An error as Google answers it."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.status, "message": self.message, "status": self.name}}


def invalid(message: str) -> Refused:
    return Refused(400, "INVALID_ARGUMENT", message)


def checked_job(raw: bytes, read: Read) -> dict[str, Any]:
    """The job that is asked for. Raises Refused."""
    try:
        job = json.loads(raw)
    except ValueError:
        raise invalid("Invalid JSON payload received.") from None
    if not isinstance(job, dict):
        raise invalid("Invalid JSON payload received.")
    _only("tuning_job", job, JOB_FIELDS)
    if job.get("baseModel") not in BASE_MODELS:
        raise invalid(f"Base model {job.get('baseModel')} is not supported.")
    if len(job.get("tunedModelDisplayName", "")) > 128:
        raise invalid("Tuned model display name is longer than 128 characters.")
    for key, value in job.get("labels", {}).items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise invalid(f"Label '{key}' is invalid.")
    spec = job.get("supervisedTuningSpec")
    if not isinstance(spec, dict) or "trainingDatasetUri" not in spec:
        raise invalid("supervised_tuning_spec.training_dataset_uri is required.")
    _only("supervised_tuning_spec", spec, SPEC_FIELDS)
    _check_hyper(spec.get("hyperParameters", {}))
    _check_data(spec["trainingDatasetUri"], read, 1_000_000)
    if "validationDatasetUri" in spec:
        _check_data(spec["validationDatasetUri"], read, MOST_VALIDATION)
    return job


def _check_hyper(hyper: dict[str, Any]) -> None:
    _only("hyper_parameters", hyper, HYPER_FIELDS)
    if "adapterSize" in hyper and hyper["adapterSize"] not in SIZES:
        raise invalid(f"Adapter size {hyper['adapterSize']} is not supported.")
    epochs = int(hyper.get("epochCount", 1))
    if not 1 <= epochs <= 100:
        raise invalid("epoch_count is out of range.")
    if not float(hyper.get("learningRateMultiplier", 1)) > 0:
        raise invalid("learning_rate_multiplier must be positive.")


def _check_data(uri: str, read: Read, most: int) -> None:
    content = read(uri) if uri.startswith("gs://") else None
    if content is None:
        raise invalid(f"Dataset file {uri} in Cloud Storage does not exist or cannot be accessed.")
    lines = content.decode().splitlines()
    if not 0 < len(lines) <= most:
        raise invalid(f"Dataset {uri} has {len(lines)} examples.")
    for number, line in enumerate(lines, start=1):
        if why := _wrong_with(line):
            raise invalid(f"Dataset {uri}, line {number}: {why}. Line: {line[:200]}")


def _wrong_with(line: str) -> str | None:
    try:
        example = json.loads(line)
    except ValueError:
        return "not JSON"
    if not isinstance(example, dict) or set(example) - {"systemInstruction", "contents"}:
        return "unknown field"
    if not _parts(example.get("systemInstruction", {"parts": [{"text": "none"}]})):
        return "empty system instruction"
    contents = example.get("contents") or []
    roles = [content.get("role") for content in contents]
    if roles != [("user", "model")[n % 2] for n in range(len(roles))] or len(roles) % 2 or not roles:
        return "roles must alternate, from user to model"
    if not all(_parts(content) for content in contents):
        return "empty part"
    return "too many tokens" if len(line) / 4 > 131_072 else None


def _parts(content: Any) -> bool:
    parts: Any = content.get("parts") if isinstance(content, dict) else []
    return bool(parts) and all(set(part) == {"text"} and part["text"].strip() for part in parts)


def _only(where: str, given: dict[str, Any], known: set[str]) -> None:
    for unknown in sorted(set(given) - known):
        raise invalid(
            f"Invalid JSON payload received. Unknown name \"{unknown}\" at '{where}': Cannot find field."
        )
