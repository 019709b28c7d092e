"""Vertex AI's tuning jobs over google-genai: each request tried with patience, each refusal a sentence.

Requests: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1beta1/projects.locations.tuningJobs.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, TypeVar

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from finetune.recipe import Vertex
from finetune.train.faults import TrainingFailed
from finetune.train.vertex_refusals import sentence_of
from ingestion.extras import to_install

T = TypeVar("T")
TRIES = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 32.0
"""Seconds before a further try; doubled each time, and shortened at random by up to a half."""
PASSING = (408, 429, 500, 502, 503, 504)
PAGE = 100
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LABEL = "salesmate-tuning"
"""By this a job is found again when the answer to its creation was lost."""
DISCARDED = ("JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_CANCELLING", "JOB_STATE_EXPIRED")
"""States of a job that nothing can come of any more."""

Wait = Callable[[float], None]


class VertexSettings(BaseSettings):
    """Read from `SALESMATE_VERTEX_…`; an empty value counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="SALESMATE_VERTEX_", env_ignore_empty=True, use_attribute_docstrings=True, frozen=True
    )

    url: str | None = None
    """Another address for Vertex AI: a private endpoint, a proxy, a test's."""
    request_seconds: float = Field(default=60, gt=0, le=600)
    """How long one request may take."""
    poll_seconds: float = Field(default=60, gt=0, le=3600)
    """How often a job under way is looked at, once it has run for some minutes."""


class Lost(Exception):
    """No answer, or one that may be another a moment later: whether the request was done is not known."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TuningJobs:
    """The tuning jobs of a project in a location."""

    def __init__(self, recipe: Vertex, settings: VertexSettings, wait: Wait) -> None:
        """Raises TrainingFailed: a package, the credentials or the project is missing."""
        if find_spec("google") is None or find_spec("google.genai") is None:
            raise TrainingFailed(
                f"Tuning on Vertex AI needs a package that is not installed; {to_install('tuning')}"
            )
        import httpx
        from google import genai
        from google.genai import types

        credentials, found = _credentials()
        project = recipe.project or os.environ.get("GOOGLE_CLOUD_PROJECT") or found
        if not project:
            raise TrainingFailed(
                "Tuning on Vertex AI needs a project; name it in the recipe (vertex.project) or in "
                "GOOGLE_CLOUD_PROJECT."
            )
        self.project: str = project
        self.location = recipe.location
        self._recipe, self._wait = recipe, wait
        self._client = genai.Client(
            vertexai=True,
            project=project,
            location=recipe.location,
            credentials=credentials,
            http_options=types.HttpOptions(
                base_url=settings.url,
                timeout=int(settings.request_seconds * 1000),
                httpx_client=httpx.Client(follow_redirects=True),
            ),
        )

    def get(self, job: str) -> Any:
        """The job as it is now. Raises TrainingFailed."""
        return self._patiently(lambda: _whole(self._client.tunings.get(name=job)))

    def cancel(self, job: str) -> None:
        """Ask for the job's end; it comes some time later. Raises TrainingFailed."""
        self._patiently(lambda: self._client.tunings.cancel(name=job))

    def labelled(self, name: str) -> Any | None:
        """The job with that label which runs or has succeeded, or None. Raises TrainingFailed."""
        # Found by looking at all: the filter's language for labels is not documented for tuning jobs.
        jobs = self._patiently(lambda: list(self._client.tunings.list(config={"page_size": PAGE})))
        mine = [job for job in jobs if (job.labels or {}).get(LABEL) == name]
        return next((job for job in mine if job.state.name not in DISCARDED), None)

    def create(self, name: str, train_uri: str, valid_uri: str | None) -> Any:
        """Start the job, or find the one that was started though its answer was lost.

        Raises TrainingFailed.
        """
        for pause in self._pauses():
            try:
                return self._told(lambda: self._tune(name, train_uri, valid_uri))
            except Lost as lost:
                if pause is None:
                    raise TrainingFailed(lost.sentence) from None
                self._wait(pause)
            if found := self.labelled(name):
                return found
        raise AssertionError("the last try returns or raises")

    def _tune(self, name: str, train_uri: str, valid_uri: str | None) -> Any:
        from google.genai import types

        recipe = self._recipe
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "experimental", each time
            job = self._client.tunings.tune(
                base_model=recipe.base_model,
                training_dataset=types.TuningDataset(gcs_uri=train_uri),
                config=types.CreateTuningJobConfig(
                    validation_dataset=types.TuningValidationDataset(gcs_uri=valid_uri)
                    if valid_uri
                    else None,
                    tuned_model_display_name=f"salesmate-{name}",
                    epoch_count=recipe.epochs,
                    adapter_size=types.AdapterSize(f"ADAPTER_SIZE_{_SIZES[recipe.adapter_size]}"),
                    learning_rate_multiplier=recipe.learning_rate_multiplier,
                    labels={LABEL: name},
                ),
            )
        return _whole(job)

    def _patiently(self, ask: Callable[[], T]) -> T:
        for pause in self._pauses():
            try:
                return self._told(ask)
            except Lost as lost:
                if pause is None:
                    raise TrainingFailed(lost.sentence) from None
                self._wait(pause)
        raise AssertionError("the last try returns or raises")

    def _told(self, ask: Callable[[], T]) -> T:
        """Ask once. Raises Lost where it is worth asking again, else TrainingFailed."""
        import httpx
        from google.auth.exceptions import GoogleAuthError, TransportError
        from google.genai.errors import APIError

        try:
            return ask()
        except APIError as error:
            status = _status(error)
            sentence = sentence_of(status, str(error.message or ""), self._recipe, self.project)
            if error.code in PASSING:
                raise Lost(sentence) from None
            raise TrainingFailed(sentence) from None
        except (httpx.TransportError, TransportError):
            raise Lost(
                "Vertex AI cannot be reached; check the network, and run the same command again."
            ) from None
        except GoogleAuthError:
            raise TrainingFailed(sentence_of("UNAUTHENTICATED", "", self._recipe, self.project)) from None
        except ValueError:  # no JSON, or not of the form
            raise Lost(
                "What answers at Vertex AI's address is not Vertex AI; check the network, its proxy and "
                "SALESMATE_VERTEX_URL."
            ) from None

    def why(self, job: Any) -> str:
        """Why a job came to nothing, in a sentence."""
        from finetune.train.vertex_refusals import status_of

        error = job.error
        status = status_of(error.code) if error else "UNKNOWN"
        return sentence_of(status, str(error.message or "") if error else "", self._recipe, self.project)

    @staticmethod
    def _pauses() -> Iterator[float | None]:
        """Seconds to wait after each try that failed; None after the last."""
        longest = FIRST_WAIT
        for _ in range(TRIES - 1):
            yield longest * random.uniform(0.5, 1)
            longest = min(2 * longest, LONGEST_WAIT)
        yield None


_SIZES = {1: "ONE", 2: "TWO", 4: "FOUR", 8: "EIGHT", 16: "SIXTEEN"}
_BY_CODE = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


def _whole(job: Any) -> Any:
    """The job, if it is one. Raises ValueError."""
    if not job.name or not job.state:
        raise ValueError
    return job


def _status(error: Any) -> str:
    """Google's name for it; a proxy's page has none, or one of its own."""
    named = str(error.status or "")
    if named.isupper():
        return named
    return _BY_CODE.get(error.code, "UNAVAILABLE" if error.code >= 500 else "INVALID_ARGUMENT")


def _credentials() -> tuple[Any, str | None]:
    """The application default ones and their project. Raises TrainingFailed."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        credentials, project = google.auth.default(scopes=[SCOPE])
    except GoogleAuthError:
        raise TrainingFailed(
            "No Google credentials were found; run: gcloud auth application-default login, or name a key "
            "file in GOOGLE_APPLICATION_CREDENTIALS."
        ) from None
    return credentials, project
