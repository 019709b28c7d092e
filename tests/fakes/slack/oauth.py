"""Installing the app by OAuth v2: the consent page, the code, the tokens, their rotation.

A code is good for ten minutes and once, with the redirect_uri it was asked for. With rotation an access token
lives twelve hours; its refresh token dies the moment it is used. (Slack: Installing with OAuth, Rotation.)
"""

from __future__ import annotations

import base64
import html
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.fakes.slack.state import ALL_SCOPES, Body, State, Token
from tests.fakes.slack.web import TIER_4, Ask, Refused, method

CODE_LIFE_S = 10 * 60.0
TOKEN_LIFE_S = 12 * 60 * 60
ASKED = ("client_id", "scope", "user_scope", "redirect_uri", "state", "team")
_OF: WeakKeyDictionary[State, OAuth] = WeakKeyDictionary()
"""Whose codes a call of the Web API asks for."""


@dataclass
class Code:
    """What a consent is exchanged for."""

    team: str
    user: str
    scopes: frozenset[str]
    user_scopes: frozenset[str]
    redirect_uri: str
    """As it was asked for; empty where the app's only one was meant."""
    made_at: float
    used: bool = False


class OAuth:
    """The codes given out, and the redirect URLs on the app's settings page (none: any will do)."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.redirect_urls: list[str] = []
        self.codes: dict[str, Code] = {}
        _OF[state] = self

    def routes(self) -> list[Route]:
        """The consent page and the decision taken on it."""
        return [
            Route("/oauth/v2/authorize", self._page, methods=["GET"]),
            Route("/oauth/v2/authorize", self._decided, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        if wrong := self._wrong(asked):
            return HTMLResponse(f"<h1>Something went wrong</h1><p>{html.escape(wrong)}</p>", status_code=400)
        hidden = "".join(
            f'<input type="hidden" name="{n}" value="{html.escape(v)}">' for n, v in asked.items()
        )
        wants = "".join(f"<li>{html.escape(scope)}</li>" for scope in asked["scope"].split(",") if scope)
        return HTMLResponse(
            f"<h1>{html.escape(self.state.app.name)} is requesting permission</h1><ul>{wants}</ul>"
            f'<form method="post">{hidden}<button name="allow">Allow</button></form>'
        )

    async def _decided(self, request: Request) -> Response:
        """What a signed-in person (`user`, `team` beside the form's own fields) decided."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if wrong := self._wrong(form):
            return HTMLResponse(html.escape(wrong), status_code=400)
        back: dict[str, str] = {"error": "access_denied"}
        if form.get("decision") == "allow":
            back = {"code": self._new_code(form)}
        target = form["redirect_uri"] or self.redirect_urls[0]
        joint = "&" if "?" in target else "?"
        return RedirectResponse(f"{target}{joint}{urlencode(back | {'state': form['state']})}", 302)

    def _wrong(self, asked: dict[str, str]) -> str:
        scopes = {scope for scope in asked["scope"].split(",") if scope}
        if asked["client_id"] != self.state.app.client_id:
            return "Invalid client_id parameter"
        if scopes - ALL_SCOPES or not scopes:
            return f"Invalid permissions requested: {','.join(sorted(scopes - ALL_SCOPES)) or 'none'}"
        registered = self.redirect_urls
        if not asked["redirect_uri"]:
            return "" if registered else "redirect_uri did not match any configured URIs"
        fits = not registered or any(asked["redirect_uri"].startswith(url) for url in registered)
        return "" if fits else "redirect_uri did not match any configured URIs"

    def _new_code(self, form: dict[str, str]) -> str:
        code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.codes[code] = Code(
            form["team_id"],
            form["user_id"],
            frozenset(form["scope"].split(",")),
            frozenset(scope for scope in form["user_scope"].split(",") if scope),
            form["redirect_uri"],
            self.state.clock(),
        )
        return code

    def redeem(self, ask: Ask) -> Body:
        """Exchange a code for tokens. Raises Refused."""
        code = self.codes.get(ask.needed("code"))
        if code is None:
            raise Refused("invalid_code")
        if code.used:
            raise Refused("code_already_used")
        if self.state.clock() - code.made_at > CODE_LIFE_S:
            raise Refused("code_expired")
        if ask.text("redirect_uri") != code.redirect_uri:
            raise Refused("bad_redirect_uri")
        code.used = True
        token = self.state.install(code.team, code.scopes)
        if self.state.app.token_rotation:
            self._rotates(token)
        return self._granted(token) | {"authed_user": self._authed(code)}

    def refresh(self, ask: Ask) -> Body:
        """Exchange a refresh token, which is dead from then on; the old access token lives out its hours."""
        given = ask.needed("refresh_token")
        old = next(
            (t for t in self.state.tokens.values() if t.refresh_token == given and not t.revoked), None
        )
        if old is None:
            raise Refused("invalid_refresh_token")
        old.refresh_token = ""
        return self._granted(self._renewed(old))

    def exchange(self, ask: Ask) -> Body:
        """Exchange a token that never expires for one that rotates; the old one is dead from then on."""
        old = self.state.tokens.get(ask.token.value)
        if old is None or old.expires_at is not None:
            raise Refused("invalid_token")
        new = self._renewed(old)
        old.revoked = True
        return self._granted(new)

    def _renewed(self, old: Token) -> Token:
        value = f"xoxe.xoxb-1-{secrets.token_hex(24)}"
        new = self.state.tokens[value] = Token(value, old.kind, old.team, old.user, old.scopes)
        self._rotates(new)
        return new

    def _rotates(self, token: Token) -> None:
        token.expires_at = self.state.clock() + TOKEN_LIFE_S
        token.refresh_token = f"xoxe-1-{secrets.token_hex(24)}"

    def _authed(self, code: Code) -> Body:
        if not code.user_scopes:
            return {"id": code.user}
        value = f"xoxp-{code.team}-{secrets.token_hex(8)}"
        self.state.tokens[value] = Token(value, "user", code.team, code.user, code.user_scopes)
        scope = ",".join(sorted(code.user_scopes))
        return {"id": code.user, "scope": scope, "access_token": value, "token_type": "user"}

    def _granted(self, token: Token) -> Body:
        workspace = self.state.workspace(token.team)
        body: Body = {
            "access_token": token.value,
            "token_type": token.kind,
            "scope": ",".join(sorted(token.scopes)),
            "bot_user_id": workspace.bot_user,
            "app_id": self.state.app.id,
            "team": {"id": workspace.id, "name": workspace.name},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if token.expires_at is None:
            return body
        left = int(token.expires_at - self.state.clock())
        return body | {"refresh_token": token.refresh_token, "expires_in": left}


@method("oauth.v2.access", signed_in=False, tier=TIER_4)
async def oauth_v2_access(ask: Ask) -> Body:
    """Exchange a code, or with grant_type=refresh_token a refresh token, for tokens."""
    _known_client(ask)
    grant = ask.text("grant_type") or "authorization_code"
    if grant not in ("authorization_code", "refresh_token"):
        raise Refused("invalid_grant_type")
    oauth = _OF[ask.state]
    return oauth.refresh(ask) if grant == "refresh_token" else oauth.redeem(ask)


@method("oauth.v2.exchange", tier=TIER_4)
async def oauth_v2_exchange(ask: Ask) -> Body:
    """Exchange a token that never expires for one that rotates."""
    _known_client(ask)
    return _OF[ask.state].exchange(ask)


def _known_client(ask: Ask) -> None:
    """The app proves itself in a Basic header, or by arguments. Raises Refused."""
    client, secret = ask.text("client_id"), ask.text("client_secret")
    scheme, _, encoded = ask.authorization.partition(" ")
    if scheme.lower() == "basic":
        client, _, secret = base64.b64decode(encoded).decode().partition(":")
    if client != ask.state.app.client_id:
        raise Refused("invalid_client_id")
    if secret != ask.state.app.client_secret:
        raise Refused("bad_client_secret")
