"""Response URLs: what an app may say back to a command or a press, five times in half an hour."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tests.fakes.slack import limits
from tests.fakes.slack.calls import Asked, Calls, Outcome
from tests.fakes.slack.state import RESPONSE_URL_LIFE_S, RESPONSE_URL_USES, Body, Message, ResponseUrl, State

TYPES = ("ephemeral", "in_channel")


def routes(state: State, calls: Calls) -> list[BaseRoute]:
    """The addresses, by command and by action. Their uses are logged as calls of `response_url`."""

    async def respond(request: Request) -> Response:
        key = request.path_params["key"]
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None

        async def act() -> Outcome:
            return _answered(state, state.response_urls.get(key), body)

        args = body if isinstance(body, dict) else {}
        return await calls.take(request, Asked("response_url", args, key), act)

    paths = ("/commands/{team}/{n}/{key}", "/actions/{team}/{n}/{key}")
    return [Route(path, respond, methods=["POST"]) for path in paths]


def _answered(state: State, url: ResponseUrl | None, body: Any) -> Outcome:
    if url is None:
        return _refused(404, "invalid_url")
    if state.clock() - url.made_at > RESPONSE_URL_LIFE_S:
        return _refused(404, "expired_url")
    if url.uses >= RESPONSE_URL_USES:
        return _refused(404, "used_url")
    if error := _wrong(state, body):
        return _refused(400, error)
    url.uses += 1
    _carry_out(state, url, body)
    return Outcome(PlainTextResponse("ok"))


def _refused(status: int, error: str) -> Outcome:
    return Outcome(JSONResponse({"ok": False, "error": error}, status_code=status), error)


def _wrong(state: State, body: Any) -> str:
    if not isinstance(body, dict):
        return "invalid_payload"
    if body.get("response_type", "ephemeral") not in TYPES:
        return "invalid_response_type"
    if body.get("delete_original"):
        return ""
    if not body.get("text") and not body.get("blocks"):
        return "no_text"
    if state.strict and limits.message_problems(body.get("blocks") or []):
        return "invalid_blocks"
    return ""


def _carry_out(state: State, url: ResponseUrl, body: Body) -> None:
    original = state.messages.get(url.channel, {}).get(url.message_ts)
    if body.get("delete_original") and original is not None:
        state.delete(original)
        return
    blocks = limits.with_ids(body.get("blocks") or [])
    if body.get("replace_original") and original is not None:
        state.edit(original, text=str(body.get("text") or ""), blocks=blocks)
        return
    workspace = state.workspace(url.team)
    message = Message(
        url.channel,
        state.new_ts(),
        url.team,
        workspace.bot_user,
        str(body.get("text") or "")[: limits.TEXT],
        blocks,
        thread_ts=str(body.get("thread_ts") or url.thread_ts),
        bot_id=workspace.bot_id,
        app_id=state.app.id,
    )
    if body.get("response_type", "ephemeral") == "ephemeral":
        message.ephemeral_to = url.user
    state.post(message)
    if not url.message_ts:
        url.message_ts = message.ts
