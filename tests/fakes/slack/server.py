"""The double itself: the state behind an HTTP server on a free port, in the loop of whoever starts it.

async with FakeSlack() as slack:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from uvicorn.protocols.http.h11_impl import H11Protocol

import tests.fakes.slack.methods  # noqa: F401 - registers what the Web API answers
from tests.fakes.slack import responding, uploading
from tests.fakes.slack.calls import Asked, Calls, Outcome
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.oauth import OAuth
from tests.fakes.slack.people import Person, Stage
from tests.fakes.slack.screen import Watch
from tests.fakes.slack.sending import Sender
from tests.fakes.slack.socket import Sockets
from tests.fakes.slack.state import Call, State
from tests.fakes.slack.web import Refused, answer, arguments

HOME_TEAM = "T0ACME"
UNTIL_S, LOOK_EVERY_S = 5.0, 0.005


class CutProtocol(H11Protocol):
    """HTTP whose connection an application can cut, as a network does."""

    def connection_made(self, transport: Any) -> None:
        """Put the connection where the application finds it: `slack.transport` of the scope."""
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["slack.transport"] = transport
            await inner(scope, receive, send)

        self.app = app


class Server(uvicorn.Server):
    """A server that leaves the process's signals alone, and ends as soon as it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end instead of looking for it ten times a second."""
        await self._ending.wait()

    def end(self) -> None:
        """Let it end."""
        self.should_exit = True
        self._ending.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: the test's process decides for itself."""
        yield


class FakeSlack(State):
    """A Slack with the app in one workspace, T0ACME; more are founded with `workspace` and `install`.

    newer: whether it has agent sessions, streams and suggested prompts, or answers `unknown_method`.
    strict: whether it refuses texts, blocks and views beyond the documented limits.
    clock: seconds since 1970; a test's own clock makes triggers, response URLs and streams die when it says.
    """

    def __init__(
        self, *, newer: bool = True, strict: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(clock, newer=newer, strict=strict)
        self._taking = Calls(self)
        self.sockets = Sockets(self)
        self.sender = Sender(self, self.sockets)
        self.new_socket_url = self.sockets.new_url
        self.oauth = OAuth(self)
        self._watch = Watch(self)
        self._people: dict[str, Person] = {}
        self.routes: list[BaseRoute] = [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            *uploading.routes(self),
            *responding.routes(self, self._taking),
            *self.sockets.routes(),
            *self.oauth.routes(),
        ]
        self.bot_token = self.install(HOME_TEAM).value

    @property
    def api_url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.base_url}/api/"

    @property
    def faults(self) -> Faults:
        """What goes wrong with calls of the Web API; ordered for response URLs as "response_url"."""
        return self._taking.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._taking.faults = faults

    @property
    def rate_limits(self) -> bool:
        """Whether it answers 429 to who calls too often."""
        return self._taking.limited

    @rate_limits.setter
    def rate_limits(self, enforced: bool) -> None:
        self._taking.limited = enforced

    @property
    def events_url(self) -> str:
        """Where it sends events, commands and interactions to, unless the app has opened a socket."""
        return self.sender.url

    @events_url.setter
    def events_url(self, url: str) -> None:
        self.sender.url = url

    @property
    def signing_secret(self) -> str:
        """What everything it sends is signed with."""
        return self.app.signing_secret

    async def __aenter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            Starlette(routes=self.routes),
            http=CutProtocol,
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        await self.until(lambda: self._server.started, what="the double listens")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.sender.close()
        self._taking.ended = True
        self._server.end()
        await self._serving

    def person(self, user: str, team: str = HOME_TEAM, name: str = "") -> Person:
        """A member of a workspace with Slack open before her; the same one every time."""
        if user not in self._people:
            self._people[user] = Person(Stage(self, self.sender, self._watch), user, team, name)
        return self._people[user]

    async def until(
        self,
        holds: Callable[[], object],
        timeout: float = UNTIL_S,  # noqa: ASYNC109 - a test says how long it is patient
        what: str = "the condition",
    ) -> None:
        """Wait until something holds. Raises AssertionError with the latest calls after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > end:
                latest = [(call.method, call.status, call.error) for call in self.calls[-10:]]
                raise AssertionError(f"After {timeout} s still not: {what}. Latest calls: {latest}")
            await asyncio.sleep(LOOK_EVERY_S)

    def called(self, method: str, *, ok: bool | None = None) -> list[Call]:
        """The calls of a method so far; with `ok` only those that were answered so."""
        calls = (call for call in self.calls if call.method == method)
        return [call for call in calls if ok is None or ok is (not call.error)]

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        authorization = request.headers.get("authorization", "")
        try:
            args = await arguments(request)
        except Refused as refused:
            return JSONResponse({"ok": False, "error": refused.error, **refused.more})

        async def act() -> Outcome:
            body = await answer(self, method, args, authorization)
            return Outcome(JSONResponse(body, headers=granted), str(body.get("error", "")))

        token = authorization.partition(" ")[2] or str(args.get("token") or "")
        known = self.tokens.get(token)
        granted = {"x-oauth-scopes": ",".join(sorted(known.scopes))} if known else {}
        return await self._taking.take(request, Asked(method, args, token), act)
