"""The addresses that Slack and its people call: events, commands and all that is pressed; and installing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

log = logging.getLogger(__name__)

BODY_LARGEST = 1_000_000
"""Bytes. Slack's own views are at most a quarter of that."""
KINDS = ("application/json", "application/x-www-form-urlencoded")


class TooLarge(Exception):
    """More than Slack ever sends."""


def slack_routes(app: AsyncApp) -> list[Route]:
    """`POST /slack/events`; open it only where there is a signing secret."""

    async def events(request: Request) -> Response:
        response = await _answer(app, request)
        if response.status_code >= 400:
            log.warning("slack request refused", extra={"status": response.status_code})
        return response

    return [Route("/slack/events", events, methods=["POST"])]


def install_routes(flow: AsyncOAuthFlow) -> list[Route]:
    """`GET /slack/install` and `GET /slack/oauth_redirect`, where a workspace allows SalesMate in."""

    async def install(request: Request) -> Response:
        return to_starlette_response(await flow.handle_installation(to_async_bolt_request(request, b"")))

    async def redirected(request: Request) -> Response:
        return to_starlette_response(await flow.handle_callback(to_async_bolt_request(request, b"")))

    return [
        Route("/slack/install", install, methods=["GET"]),
        Route("/slack/oauth_redirect", redirected, methods=["GET"]),
    ]


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
    try:
        return _response(await app.async_dispatch(asked))
    except Exception as error:  # the border: Bolt's own error handling relies on shapes, too
        log.error("slack request broke", extra={"error": type(error).__name__})
        return PlainTextResponse("", 500)


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
