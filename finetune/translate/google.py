"""Google Cloud Translation v3 (Advanced): any pair of languages, for money, over the network.

Limits of a request: 1024 strings and 30,000 code points
(https://cloud.google.com/translate/quotas). Credentials are the application default ones
(https://cloud.google.com/docs/authentication/application-default-credentials).
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from finetune.translate.engine import TranslationError
from ingestion.extras import to_install

MOST_STRINGS = 1024
MOST_CODE_POINTS = 30_000
_LOCATION = "global"
_TRIES = 6
_FIRST_WAIT = 1.0
"""Seconds; doubled for each further try, and shortened at random by up to a half."""
_LONGEST_WAIT = 32.0
_SECONDS_A_REQUEST = 60.0
_MISSING = f"Translating with Google needs a package that is not installed; {to_install('tuning')}."


class GoogleEngine:
    """`client` is a `TranslationServiceClient`; it may be shared by threads."""

    name = "google"
    version = "v3/nmt"

    def __init__(self, client: Any, project: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._project = project
        self._wait = wait

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        said: list[str] = []
        for batch in batches([text for text in texts if text.strip()]):
            answer = self._asked(
                {
                    "parent": f"projects/{self._project}/locations/{_LOCATION}",
                    "contents": batch,
                    "mime_type": "text/plain",
                    "source_language_code": source,
                    "target_language_code": target,
                }
            )
            if len(answer.translations) != len(batch):
                raise TranslationError(
                    "Google's translation answered with another number of sentences than it was sent. "
                    "Try again later."
                )
            said += [each.translated_text for each in answer.translations]
        answers = iter(said)
        return [next(answers) if text.strip() else text for text in texts]

    def _asked(self, request: dict[str, Any]) -> Any:
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError, TransportError
        from requests.exceptions import RequestException

        longest = _FIRST_WAIT
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._client.translate_text(request=request, retry=None, timeout=_SECONDS_A_REQUEST)
            except (
                exceptions.TooManyRequests,
                exceptions.ServiceUnavailable,
                TransportError,
                RequestException,
            ) as error:
                if not tries_left:
                    raise TranslationError(self._given_up(getattr(error, "code", None))) from None
            except exceptions.GoogleAPICallError as error:
                raise TranslationError(self._refused(int(error.code or 0))) from None
            except GoogleAuthError:
                raise TranslationError(
                    "Google did not accept the credentials; run: gcloud auth application-default login."
                ) from None
            self._wait(longest * random.uniform(0.5, 1))
            longest = min(2 * longest, _LONGEST_WAIT)
        raise AssertionError("the last try returns or raises")

    def _given_up(self, code: int | None) -> str:
        if code == 429:
            return (
                f"The translation quota of project {self._project} is used up. Raise it in the Google Cloud "
                "console under Cloud Translation API, or run again later: what is translated is kept."
            )
        return (
            "Google's translation cannot be reached or is not available. "
            "Run again later: what is translated is kept."
        )

    def _refused(self, code: int) -> str:
        match code:
            case 401:
                return "Google did not accept the credentials; run: gcloud auth application-default login."
            case 403:
                return (
                    f"Google refuses to translate for project {self._project}: enable the Cloud Translation "
                    "API there and give this account the role 'Cloud Translation API User'."
                )
            case 400:
                return "Google refuses the request: check the language given by --from."
            case 404:
                return f"Google knows no project {self._project}."
        return f"Google's translation failed (status {code}). Run again later: what is translated is kept."


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """As few requests as the limits allow. Raises TranslationError for a single text beyond them."""
    batch: list[str] = []
    points = 0
    for text in texts:
        if len(text) > MOST_CODE_POINTS:
            raise TranslationError(
                f"A sentence is longer than Google translates ({MOST_CODE_POINTS:,} characters). "
                "Check that the file's turns are turns and not whole calls."
            )
        if batch and (len(batch) == MOST_STRINGS or points + len(text) > MOST_CODE_POINTS):
            yield batch
            batch, points = [], 0
        batch.append(text)
        points += len(text)
    if batch:
        yield batch


def open_google(project: str | None = None) -> GoogleEngine:
    """With the application default credentials.

    Raises TranslationError: the package, the credentials or the project is missing.
    """
    with warnings.catch_warnings():
        # The package speaks at import of versions of others that it would like better.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            import google.auth
            from google.auth.exceptions import DefaultCredentialsError
            from google.cloud.translate_v3 import TranslationServiceClient
        except ImportError:
            raise TranslationError(_MISSING) from None
    try:
        credentials, found = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-translation"])
    except DefaultCredentialsError:
        raise TranslationError(
            "No Google credentials were found; run: gcloud auth application-default login, "
            "or name a key file in GOOGLE_APPLICATION_CREDENTIALS."
        ) from None
    paying = project or found
    if not paying:
        raise TranslationError("Google's translation needs a project; name it in GOOGLE_CLOUD_PROJECT.")
    return GoogleEngine(TranslationServiceClient(credentials=credentials, transport="rest"), paying)
