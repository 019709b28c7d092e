"""What went wrong with a request, from the many exceptions of many clients, without a word of what was said.

Exceptions of clients and parsers quote the prompt or the reply, so none of their text is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_CONFLICT_OR_TOO_EARLY = (408, 409, 425)
_NOT_OFFERED = (400, 404, 405, 415, 422, 501)
_SAYS = {
    400: "refused the request as invalid (400); see its own log for why",
    401: "refused the key (401); check SALESMATE_MODEL_API_KEY or the provider's own",
    403: "does not let this key use it (403); check the account's permissions",
    404: "is not there (404); check the model's name and the server's address",
    413: "found the request too long (413); choose a model with a larger context",
    422: "refused the request as invalid (422); see its own log for why",
    429: "has too many requests to answer (429); wait, or raise its limit",
}
_TRANSPORT = ("httpx", "httpx2", "httpcore", "httpcore2", "h11", "aiohttp", "anyio", "grpc")


class CutShort(Exception):
    """A reply that ended without the mark that ends a reply."""


class WroteWithoutEnd(Exception):
    """A reply far beyond the length that was asked for."""


@dataclass(frozen=True)
class Fault:
    """A failed request: a clause for a person, and what may be done about it."""

    says: str
    retry: bool = False
    wait: float | None = None
    """Seconds the server asked to be left alone."""
    not_offered: bool = False
    """The server refused the way of asking (structured output), not the call as such."""


_OURS: dict[type[BaseException], str] = {
    CutShort: "broke off in the middle of a reply",
    WroteWithoutEnd: "wrote far more than it was asked for and was stopped",
}


class Failed(Exception):
    """Raised by our own clients, which know the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.says)
        self.fault = fault


def fault_of(error: BaseException) -> Fault:
    """The fault behind an exception of any client."""
    if isinstance(error, Failed):
        return error.fault
    status = _status(error)
    if status is not None:
        retry = status == 429 or status >= 500 or status in _CONFLICT_OR_TOO_EARLY
        says = _SAYS.get(status, f"answered with HTTP status {status}")
        return Fault(says, retry=retry, wait=_retry_after(error), not_offered=status in _NOT_OFFERED)
    if type(error) in _OURS:
        return Fault(_OURS[type(error)])
    if _timed_out(error):
        return Fault("did not answer in time; try a smaller model or raise SALESMATE_MODEL_REPLY_SECONDS")
    if isinstance(error, OSError) or _of_transport(error):
        return Fault("cannot be reached; check that it runs and the address is right", retry=True)
    not_offered = isinstance(error, NotImplementedError)
    return Fault(f"answered what cannot be read ({type(error).__name__})", not_offered=not_offered)


def _status(error: BaseException) -> int | None:
    """The HTTP status, where the OpenAI family calls it `status_code` and Google's clients `code`."""
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 400 <= value < 600:
            return int(value)
    return None


def _timed_out(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def _of_transport(error: BaseException) -> bool:
    kinds = type(error).__mro__
    return any(
        kind.__module__.split(".")[0] in _TRANSPORT or kind.__name__ == "APIConnectionError" for kind in kinds
    )


def _retry_after(error: BaseException) -> float | None:
    """Retry-After, in seconds or as a date (RFC 9110 §10.2.3)."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    text = str(headers.get("retry-after") or "") if isinstance(headers, Mapping) else ""
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
