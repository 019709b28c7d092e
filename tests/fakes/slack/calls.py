"""What becomes of a call on its way: held up by rate limits, struck by a fault, carried out, logged."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.fakes.slack.faults import Faults
from tests.fakes.slack.rates import Rates
from tests.fakes.slack.state import Body, Call, State

LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Asked:
    """What was called, and with what; `token` is whatever the caller is known by."""

    method: str
    args: Body
    token: str


@dataclass(frozen=True)
class Outcome:
    """What carrying a call out came to; `error` is empty where it had its effect."""

    response: Response
    error: str = ""


class Calls:
    """Takes calls, one rule for all of them. `limited`: whether rate limits are enforced."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.faults = Faults()
        self.rates = Rates(state.clock)
        self.limited = False
        self.ended = False
        """No call is held any longer."""

    async def take(self, request: Request, asked: Asked, act: Callable[[], Awaitable[Outcome]]) -> Response:
        """Answer a call: as `act` does, or as its fault has it, before or after `act`."""
        fault = self.faults.draw(asked.method)
        wait = self.faults.retry_after_s if fault == "429" else self._must_wait(asked)
        if wait:
            self._log(asked, 429, "ratelimited", effect=False)
            limited = {"ok": False, "error": "ratelimited"}
            return JSONResponse(limited, status_code=429, headers={"Retry-After": str(wait)})
        if fault.endswith("_before"):
            return await self._failed(fault, request, asked, effect=False)
        outcome = await act()
        if fault:
            return await self._failed(fault, request, asked, effect=not outcome.error)
        self._log(asked, outcome.response.status_code, outcome.error, effect=not outcome.error)
        return outcome.response

    def _must_wait(self, asked: Asked) -> int:
        known = self.state.tokens.get(asked.token)
        if not self.limited or known is None:
            return 0
        return self.rates.wait(asked.method, known.team, str(asked.args.get("channel") or ""))

    async def _failed(self, fault: str, request: Request, asked: Asked, *, effect: bool) -> Response:
        kind = fault.partition("_")[0]
        if kind == "500":
            self._log(asked, 500, "fatal_error", effect=effect)
            return JSONResponse({"ok": False, "error": "fatal_error"}, status_code=500)
        if kind == "503":
            self._log(asked, 503, "service_unavailable", effect=effect)
            return PlainTextResponse("<html>Service Unavailable</html>", status_code=503)
        self._log(asked, 0, kind, effect=effect)
        if kind == "timeout":
            await self._held(request)
        cut(request)
        return Response()

    async def _held(self, request: Request) -> None:
        end = time.monotonic() + self.faults.hold_s
        while time.monotonic() < end and not self.ended:
            if await request.is_disconnected():
                return
            await asyncio.sleep(LOOK_EVERY_S)

    def _log(self, asked: Asked, status: int, error: str, *, effect: bool) -> None:
        now = self.state.clock()
        self.state.calls.append(Call(asked.method, asked.args, asked.token, status, error, now, effect))


def cut(request: Request) -> None:
    """Cut the connection with a reset instead of an answer."""
    transport = request.scope["slack.transport"]
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    transport.abort()
