"""The addresses that Slack and its people call: events, commands and all that is pressed; and installing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_internals import build_async_context
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.slack import install_pages
from bot.slack.manifest import EVENTS
from bot.slack.signature import SIGNATURE, STAMP, Signature, is_ssl_check

log = logging.getLogger(__name__)

BODY_LARGEST = 1_000_000
"""Bytes. Slack's own views are at most a quarter of that."""
BODY_S = 5.0
"""Seconds in which a body has to arrive. Slack itself waits for an answer no longer than three."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
READ = ("content-type", STAMP, SIGNATURE)
"""Headers that mean something. Bolt obeys others of its own, which Slack's signature does not cover."""


class Refused(Exception):
    """It is not worth reading. `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def slack_routes(app: AsyncApp, signing_secret: str) -> list[Route]:
    """`POST /slack/events`, for what is signed with this secret."""
    signature = Signature(signing_secret)

    async def events(request: Request) -> Response:
        response = await _answer(app, signature, request)
        if response.status_code == 401:
            log.warning(
                "signature refused: if it was Slack's, SALESMATE_SLACK_SIGNING_SECRET is of another app"
            )
        elif response.status_code >= 400:
            log.warning("slack request refused", extra={"status": response.status_code})
        return response

    return [Route(EVENTS, events, methods=["POST"])]


def install_routes(flow: AsyncOAuthFlow) -> list[Route]:
    """`GET /slack/install` and `GET /slack/oauth_redirect`, where a workspace allows SalesMate in."""

    async def install(request: Request) -> Response:
        return await _page(flow.handle_installation, request)

    async def redirected(request: Request) -> Response:
        return await _page(flow.handle_callback, request)

    return [
        Route("/slack/install", install, methods=["GET"]),
        Route("/slack/oauth_redirect", redirected, methods=["GET"]),
    ]


async def elsewhere(request: Request, _: Exception) -> Response:
    """What is not there. Slack calls it when an address in the app's settings is not whole."""
    if "x-slack-signature" in request.headers:
        log.warning("Slack called another address: those in the app's settings end with /slack/events")
    return PlainTextResponse("", 404)


async def _page(
    answered: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: Request
) -> Response:
    try:
        return to_starlette_response(await answered(to_async_bolt_request(request, b"")))
    except Exception as error:  # the border: a person's browser waits for a page
        log.error("installation broke", extra={"error": type(error).__name__})  # noqa: TRY400 - see `logs`
        headers = {name: ", ".join(values) for name, values in install_pages.HEADERS.items()}
        return HTMLResponse(install_pages.failed("storage_error"), 503, headers)


async def _answer(app: AsyncApp, signature: Signature, request: Request) -> Response:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in (JSON, FORM):
        return PlainTextResponse("", 400)
    try:
        body = await _body(request)
    except Refused as refused:
        return PlainTextResponse("", refused.status)
    if not signature.holds(body, request.headers):
        return PlainTextResponse("", 200 if kind == FORM and is_ssl_check(body) else 401)
    asked = _asked(body, request)
    if asked is None:
        return PlainTextResponse("", 400)
    try:
        return _response(await app.async_dispatch(asked))
    except Exception as error:  # the border: Bolt's own error handling relies on shapes, too
        log.error("slack request broke", extra={"error": type(error).__name__})  # noqa: TRY400 - see `logs`
        return PlainTextResponse("", 500)


async def _body(request: Request) -> bytes:
    """Raises Refused: it is larger than anything of Slack's, or does not come."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_LARGEST:
        raise Refused(413)
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                read += chunk
                if len(read) > BODY_LARGEST:
                    raise Refused(413)
    except (TimeoutError, ClientDisconnect):
        raise Refused(408) from None
    return bytes(read)


def _asked(body: bytes, request: Request) -> AsyncBoltRequest | None:
    """None for what is not in Slack's form, on which Bolt relies."""
    try:
        text = body.decode("utf-8")
        asked = AsyncBoltRequest(
            body=text, headers={name: request.headers[name] for name in READ if name in request.headers}
        )
        if not asked.body and "payload" in text:
            # Bolt takes a command for a press as soon as anybody types this word after it.
            asked.body = dict(parse_qsl(text, keep_blank_values=True))
            asked.context = build_async_context(AsyncBoltContext(), asked.body)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None
    read: Any = asked.body
    return asked if isinstance(read, dict) and isinstance(read.get("event"), dict | None) else None


def _response(answer: BoltResponse) -> Response:
    return Response(
        content=answer.body, status_code=answer.status, headers=answer.first_headers_without_set_cookie()
    )
