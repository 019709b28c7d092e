"""Calls to Slack's Web API: one connection pool, the token given with each call, nothing tried again.

A post that may have arrived must not be repeated blindly, so the SDK's own retries are off and every failure
says what is known: Slack refused (nothing happened), is limiting (nothing happened), or did not say.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, TCPConnector
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.addresses import Addresses
from bot.slack.silence import silent

SLACK = "https://slack.com/api/"
TIMEOUT_S = 10.0
CONNECTIONS = 256
DEFAULT_RETRY_AFTER_S = 1.0
NOT_SLACKS = "not_an_address_of_slack"


class Refused(Exception):
    """Slack said no, and did nothing. `code` is its word for why; `needed` a scope that would have helped."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code
        self.needed = needed


class Limited(Exception):
    """Too many calls (429). Nothing was done; not before `after_s` seconds."""

    def __init__(self, method: str, after_s: float) -> None:
        super().__init__(f"{method}: limited for {after_s:g} s")
        self.method = method
        self.after_s = after_s


class Unclear(Exception):
    """No answer that says whether it was done. `sent` is false where the request cannot have left."""

    def __init__(self, method: str, reason: str, *, sent: bool = True) -> None:
        super().__init__(f"{method}: {reason}")
        self.method = method
        self.reason = reason
        self.sent = sent


# The SDK stumbles over bodies that are no JSON object: ValueError, AttributeError.
_BROKEN = (ClientError, SlackClientError, OSError, ValueError, AttributeError)

SlackTrouble = (Refused, Limited, Unclear)
"""Everything that a call may raise."""

Observe = Callable[[str, str], None]
"""Told each call's method and its outcome: "ok", Slack's error code, "ratelimited", or what broke."""


class SlackClient:
    """Slack's Web API at `api_url`. Close it when the process ends."""

    def __init__(
        self, api_url: str = SLACK, *, timeout_s: float = TIMEOUT_S, observe: Observe | None = None
    ) -> None:
        self._api_url = api_url
        self._addresses = Addresses(api_url)
        self._timeout_s = timeout_s
        self._observe = observe or (lambda method, outcome: None)
        self._session: ClientSession | None = None
        self._web: AsyncWebClient | None = None

    async def call(self, method: str, token: str, **arguments: Any) -> dict[str, Any]:
        """Slack's answer to `method` (its own name, such as chat.postMessage). Raises Refused, Limited,
        Unclear; none of them holds what was sent."""
        function = getattr(self._opened()[1], method.replace(".", "_"))
        outcome = "cancelled"
        try:
            answer = await function(token=token, **arguments)
            outcome = "ok"
            return dict(answer.data)
        except SlackApiError as error:
            trouble = _trouble(method, error)
            outcome = _outcome(trouble)
            raise trouble from None
        except _BROKEN as error:
            unclear = _unclear(method, error)
            outcome = unclear.reason
            raise unclear from None
        finally:
            self._observe(method, outcome)

    async def post(self, name: str, url: str, *, body: Mapping[str, Any] | bytes) -> None:
        """Send a JSON object or raw bytes to an address that Slack gave us; `name` stands for it in errors
        and counts, because the address is a secret. Nothing is sent anywhere but to Slack. Raises as `call`
        does."""
        if not self._addresses.belong(url):
            self._observe(name, NOT_SLACKS)
            raise Refused(name, NOT_SLACKS)
        session = self._opened()[0]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json; charset=utf-8"
        outcome = "cancelled"
        try:
            # Elsewhere it would be sent on to an address that nobody looked at.
            here = session.post(url, data=raw, headers={"Content-Type": kind}, allow_redirects=False)
            async with here as response:
                text = (await response.text())[:2000]
                trouble = _http_trouble(name, response.status, response.headers, text)
            outcome = _outcome(trouble) if trouble else "ok"
        except _BROKEN as error:
            trouble = _unclear(name, error)
            outcome = trouble.reason
        finally:
            self._observe(name, outcome)
        if trouble:
            raise trouble

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()
            # aiohttp closes TLS transports in the next turn of the loop.
            await asyncio.sleep(0)
            self._session = self._web = None

    def _opened(self) -> tuple[ClientSession, AsyncWebClient]:
        # A session belongs to a running loop, and there is none yet where the app is put together.
        if self._session is None or self._web is None:
            self._session = ClientSession(
                timeout=ClientTimeout(total=self._timeout_s), connector=TCPConnector(limit=CONNECTIONS)
            )
            self._web = AsyncWebClient(
                base_url=self._api_url, session=self._session, retry_handlers=[], logger=silent()
            )
        return self._session, self._web


def _trouble(method: str, error: SlackApiError) -> Refused | Limited | Unclear:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    data = getattr(response, "data", None)
    text = json.dumps(data) if isinstance(data, dict) else ""
    return _http_trouble(method, status, getattr(response, "headers", {}) or {}, text) or Unclear(
        method, "unreadable"
    )


def _http_trouble(
    method: str, status: int, headers: Mapping[str, str], text: str
) -> Refused | Limited | Unclear | None:
    """What an answer means; None if it was done."""
    told: Any = None
    if text.lstrip().startswith("{"):
        try:
            told = json.loads(text)
        except ValueError:
            told = None
    code = _code(told.get("error")) if isinstance(told, dict) and told.get("ok") is False else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Limited(method, _seconds(headers.get("Retry-After")))
    if status >= 500 or code in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        # "It's possible some aspect of the operation succeeded before the error was raised", says Slack.
        return Unclear(method, code or f"http_{status}")
    if code:
        return Refused(method, code, str(told.get("needed") or ""))
    if status >= 300:
        return Refused(method, _code(text.strip()) if text.strip() else f"http_{status}")
    return (
        None if 200 <= status < 300 and (told is None or told.get("ok", True)) else Unclear(method, "unread")
    )


def _unclear(method: str, error: Exception) -> Unclear:
    if isinstance(error, ClientConnectorError):
        return Unclear(method, "unreachable", sent=False)
    if isinstance(error, TimeoutError):
        return Unclear(method, "timeout")
    if isinstance(error, ClientError | OSError | SlackClientError):
        return Unclear(method, "connection")
    return Unclear(method, type(error).__name__)


def _outcome(trouble: Refused | Limited | Unclear) -> str:
    if isinstance(trouble, Refused):
        return trouble.code
    return "ratelimited" if isinstance(trouble, Limited) else trouble.reason


def _code(word: object) -> str:
    """Slack's word for an error, if it is one: nothing else gets into logs and counts."""
    return (
        word if isinstance(word, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_:\-]{0,63}", word) else "unknown"
    )


def _seconds(retry_after: str | None) -> float:
    try:
        return max(float(retry_after or DEFAULT_RETRY_AFTER_S), 0.0)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
