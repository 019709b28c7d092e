"""The translateText method of Cloud Translation v3 over HTTP, as strict as the documentation.

POST /v3/projects/{project}/locations/{location}:translateText; limits and errors per
https://cloud.google.com/translate/docs/reference/rest/v3/projects/translateText and /translate/quotas.
It answers each string with itself in capitals between « », so that tests see order and batching.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOST_STRINGS = 1024
MOST_CODE_POINTS = 30_000
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_FIELDS = frozenset(
    ["contents", "mimeType", "sourceLanguageCode", "targetLanguageCode", "model", "glossaryConfig", "labels"]
)
_PATH = re.compile(r"/v3/projects/(?P<project>[a-z0-9-]+)/locations/(?P<location>[a-z0-9-]+):translateText")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class FakeGoogleTranslate:
    """A server on a free port of this machine; `fail_next(429)` makes the next request fail so."""

    def __init__(self, *, bearer: str, project: str) -> None:
        self.bearer, self.project = bearer, project
        self.requests: list[dict[str, Any]] = []
        """Bodies of those that were answered, in order."""
        self.refused: list[int] = []
        self.says: Callable[[str], str] = lambda text: f"«{text.upper()}»"
        self._failures: deque[int] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def fail_next(self, *codes: int) -> None:
        self._failures.extend(codes)

    def __enter__(self) -> FakeGoogleTranslate:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Leave the port; for one that was never started."""
        self._server.server_close()

    def answer(self, path: str, authorization: str | None, body: bytes) -> tuple[int, dict[str, Any]]:
        code, answer = self._answered(path, authorization, body)
        if code == 200:
            self.requests.append(json.loads(body))
        else:
            self.refused.append(code)
        return code, answer

    def _answered(self, path: str, authorization: str | None, body: bytes) -> tuple[int, dict[str, Any]]:
        if refusal := self._refusal(path, authorization):
            return refusal
        try:
            asked = json.loads(body)
        except ValueError:
            return _error(400, "Invalid JSON payload received.")
        if wrong := next(_wrong_with(asked), None):
            return _error(400, wrong)
        return 200, {"translations": [{"translatedText": self.says(text)} for text in asked["contents"]]}

    def _refusal(self, path: str, authorization: str | None) -> tuple[int, dict[str, Any]] | None:
        found = _PATH.fullmatch(path.partition("?")[0])
        if authorization != f"Bearer {self.bearer}":
            return _error(401, "Request had invalid authentication credentials.")
        if not found:
            return _error(404, "The requested URL was not found on this server.")
        if found["project"] != self.project:
            return _error(403, "Cloud Translation API has not been used in this project or it is disabled.")
        if self._failures:
            code = self._failures.popleft()
            return _error(code, "Quota exceeded." if code == 429 else "The service is unavailable.")
        return None


def _wrong_with(asked: dict[str, Any]) -> Iterator[str]:
    for unknown in sorted(set(asked) - _FIELDS):
        yield f'Invalid JSON payload received. Unknown name "{unknown}": Cannot find field.'
    contents = asked.get("contents")
    if not isinstance(contents, list) or not contents or not all(isinstance(text, str) for text in contents):
        yield "Field 'contents' is required."
        return
    if not all(contents):
        yield "Field 'contents' has an empty string."
    if len(contents) > MOST_STRINGS:
        yield f"The number of strings in contents is over {MOST_STRINGS}."
    if sum(map(len, contents)) > MOST_CODE_POINTS:
        yield "Text is too long."
    if asked.get("mimeType", "text/html") not in {"text/plain", "text/html"}:
        yield "Invalid MIME type."
    for field in ("sourceLanguageCode", "targetLanguageCode"):
        if not _LANGUAGE.fullmatch(asked.get(field, "")):
            yield f"Field '{field}' is invalid."


def _error(code: int, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"error": {"code": code, "message": message, "status": _STATUS[code]}}


def _handler(double: FakeGoogleTranslate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            code, answer = double.answer(self.path, self.headers.get("Authorization"), body)
            said = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Quiet: a test says what it needs."""

    return Handler
