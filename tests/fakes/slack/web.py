"""How a call of the Web API is taken: its arguments, its token, its scopes, and the method that answers.

Arguments come in the query, in a form or as JSON, whatever the HTTP method; errors come with status 200 and
`ok` false, as Slack gives them. Methods register themselves with `method`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from tests.fakes.slack.state import Body, Channel, State, Token, Workspace

JSON_ARGUMENTS = (
    "blocks",
    "view",
    "metadata",
    "files",
    "prompts",
    "chunks",
    "loading_messages",
    "attachments",
)
"""Arguments that a form carries as JSON text."""


class Refused(Exception):
    """The method answers `ok` false with this error, and with what else is in `more`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


def invalid_arguments(*messages: str) -> Refused:
    """What Slack answers to arguments it does not understand, with its reasons."""
    return Refused(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}" for message in messages]}
    )


@dataclass(frozen=True)
class Ask:
    """One call as a method sees it. `credentials` is None only for methods that need no token."""

    state: State
    method: str
    args: Body
    credentials: Token | None
    authorization: str = ""

    @property
    def token(self) -> Token:
        """Whose call it is. Raises Refused (`not_authed`)."""
        if self.credentials is None:
            raise Refused("not_authed")
        return self.credentials

    @property
    def workspace(self) -> Workspace:
        """The workspace the token belongs to."""
        return self.state.workspace(self.token.team)

    def text(self, name: str) -> str:
        """An argument as text; empty where it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def needed(self, name: str) -> str:
        """An argument that has to be there. Raises Refused (`invalid_arguments`)."""
        if not (value := self.text(name)):
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """An argument that is true or false."""
        return self.text(name).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """An argument that is a whole number. Raises Refused (`invalid_arguments`)."""
        text = self.text(name)
        if text and not text.isdigit():
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]")
        return int(text) if text else default

    def channel(self, name: str = "channel") -> Channel:
        """The conversation meant: one of the token's workspace, or the direct messages of a user named.

        Raises Refused (`channel_not_found`).
        """
        wanted = self.needed(name)
        user = self.state.users.get(wanted)
        if user is not None and user.team == self.token.team and not user.is_bot:
            return self.state.dm(self.token.team, wanted)
        channel = self.state.channels.get(wanted)
        if channel is None or channel.team != self.token.team:
            raise Refused("channel_not_found")
        return channel

    def allow(self, *scopes: str) -> None:
        """Go on only if the token has one of these scopes. Raises Refused (`missing_scope`)."""
        if not self.token.scopes & set(scopes):
            provided = ",".join(sorted(self.token.scopes))
            raise Refused("missing_scope", needed=scopes[0], provided=provided)


Handler = Callable[[Ask], Awaitable[Body]]


@dataclass(frozen=True)
class Rule:
    """What a method asks of its caller. `tier` is calls a minute a workspace, 0 for none named."""

    answer: Handler
    scopes: tuple[str, ...] = ()
    tier: int = 0
    newer: bool = False
    signed_in: bool = True
    kinds: tuple[str, ...] = ("bot", "user")


METHODS: dict[str, Rule] = {}
TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100


def method(
    name: str,
    *scopes: str,
    tier: int = TIER_3,
    newer: bool = False,
    signed_in: bool = True,
    kinds: tuple[str, ...] = ("bot", "user"),
) -> Callable[[Handler], Handler]:
    """Register the answer to a method. Any one of `scopes` will do; none means none is asked for."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Rule(handler, scopes, tier, newer, signed_in, kinds)
        return handler

    return register


async def arguments(request: Request) -> Body:
    """What the caller passed, from wherever it was passed. Raises Refused for a body that cannot be read."""
    args: Body = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body() if request.method == "POST" else b""
    try:
        if kind == "application/json" and body:
            args |= json.loads(body)
        elif kind == "multipart/form-data":
            args |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        elif kind in {"application/x-www-form-urlencoded", ""}:
            args |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        elif body:
            raise Refused("invalid_post_type")
    except (ValueError, TypeError) as unreadable:
        raise Refused("invalid_json" if "json" in kind else "invalid_form_data") from unreadable
    return {name: _decoded(name, value) for name, value in args.items() if value is not None}


def _decoded(name: str, value: Any) -> Any:
    if name not in JSON_ARGUMENTS or not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except ValueError as unreadable:
        error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
        raise Refused(error) from unreadable


def credentials(state: State, authorization: str, args: Body) -> Token:
    """The token of a call. Raises Refused: `not_authed`, `invalid_auth`, `token_revoked` and the like."""
    scheme, _, value = authorization.partition(" ")
    value = value.strip() if scheme.lower() == "bearer" else str(args.get("token") or "")
    if not value:
        raise Refused("not_authed")
    if value == state.app.app_token:
        return Token(value, "app", "", "", frozenset({"connections:write"}))
    token = state.tokens.get(value)
    if token is None:
        raise Refused("invalid_auth")
    if token.revoked:
        raise Refused("account_inactive" if token.kind == "bot" else "token_revoked")
    if token.expires_at is not None and state.clock() >= token.expires_at:
        raise Refused("token_expired")
    return token


async def answer(state: State, name: str, args: Body, authorization: str) -> Body:
    """What Slack answers to a call, `ok` and all."""
    try:
        return {"ok": True, **await _answered(state, name, args, authorization)}
    except Refused as refused:
        return {"ok": False, "error": refused.error, **refused.more}


async def _answered(state: State, name: str, args: Body, authorization: str) -> Body:
    rule = METHODS.get(name)
    if rule is None or (rule.newer and not state.newer):
        raise Refused("unknown_method", req_method=name)
    token = credentials(state, authorization, args) if rule.signed_in else None
    ask = Ask(state, name, args, token, authorization)
    if token is not None and token.kind not in rule.kinds:
        raise Refused("not_allowed_token_type")
    if rule.scopes:
        ask.allow(*rule.scopes)
    return await rule.answer(ask)
