"""The address that Slack calls: one route for events, commands, interactions and options."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

log = logging.getLogger("salesmate.slack")

BODY_LARGEST = 1_000_000
"""Bytes. Slack's own views are at most a quarter of that."""
KINDS = ("application/json", "application/x-www-form-urlencoded")

Timed = Callable[[int, float], None]
"""Told each answer's status and how many seconds it took."""


def untimed(_status: int, _seconds: float) -> None:
    """For who counts nothing."""


class TooLarge(Exception):
    """More than Slack ever sends."""


def slack_routes(app: AsyncApp, timed: Timed = untimed) -> list[Route]:
    """`POST /slack/events`; open it only where there is a signing secret."""

    async def events(request: Request) -> Response:
        began = time.perf_counter()
        response = await _answer(app, request)
        if response.status_code >= 400:
            log.warning("slack_request_refused", extra={"status": response.status_code})
        timed(response.status_code, time.perf_counter() - began)
        return response

    return [Route("/slack/events", events, methods=["POST"])]


async def _answer(app: AsyncApp, request: Request) -> Response:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in KINDS:
        return PlainTextResponse("", 400)
    try:
        body = await _body(request)
    except TooLarge:
        return PlainTextResponse("", 413)
    asked = _asked(body, request)
    if asked is None:
        return PlainTextResponse("", 400)
    return _response(await app.async_dispatch(asked))


async def _body(request: Request) -> bytes:
    """Raises TooLarge, before all of it is read."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > BODY_LARGEST:
        raise TooLarge
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BODY_LARGEST:
            raise TooLarge
    return bytes(read)


def _asked(body: bytes, request: Request) -> AsyncBoltRequest | None:
    """None for what is not Slack's form. Bolt reads it before it knows whether Slack signed it, and relies
    on shapes that anybody could have sent otherwise."""
    headers: dict[str, str | Sequence[str]] = {**request.headers}
    try:
        asked = AsyncBoltRequest(body=body.decode("utf-8"), headers=headers)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None
    read: Any = asked.body
    return asked if isinstance(read, dict) and isinstance(read.get("event"), dict | None) else None


def _response(answer: BoltResponse) -> Response:
    return Response(
        content=answer.body, status_code=answer.status, headers=answer.first_headers_without_set_cookie()
    )
