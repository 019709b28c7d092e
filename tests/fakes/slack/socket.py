"""Socket Mode: what Slack sends over a WebSocket that the app opened, and the acks it waits for.

An envelope is acked by its envelope_id, with a payload where the app answers something. Unacked for three
seconds, or with its connection gone, an event comes again with retry_attempt and retry_reason. Slack renews
connections at will (disconnect: warning, refresh_requested) and allows ten to an app. (Slack: Socket Mode.)
"""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.fakes.slack.state import Body, State

if TYPE_CHECKING:
    from tests.fakes.slack.sending import Answer

MAX_CONNECTIONS = 10
Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(eq=False)
class Connection:
    """An open WebSocket. `muted`: the app's acks are lost on their way."""

    socket: WebSocket
    muted: bool = False
    leaving: bool = False
    """Told to go: nothing new is sent over it."""
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)


class Sockets:
    """The app's WebSockets. As soon as the app has asked for one, all that Slack sends goes over them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.wanted = False
        self.open: list[Connection] = []
        self.acks: list[str] = []
        """Envelope ids in the order of their acks."""
        self.unknown_acks: list[str] = []
        self._tickets: set[str] = set()
        self._next = 0

    def new_url(self) -> str:
        """What apps.connections.open answers with: an address that opens one connection, once."""
        self.wanted = True
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        host = self.state.base_url.replace("http://", "ws://")
        return f"{host}/link/?ticket={ticket}&app_id={self.state.app.id}"

    def routes(self) -> list[WebSocketRoute]:
        """Where the addresses lead."""
        return [WebSocketRoute("/link/", self._serve)]

    async def send(
        self, kind: Kind, payload: Any, ack_s: float, attempt: int = 0, reason: str = ""
    ) -> Answer:
        """Send an envelope over one of the connections in turn and wait for its ack."""
        from tests.fakes.slack.sending import Answer

        loop = asyncio.get_running_loop()
        begun = loop.time()
        connection = await self._one_of(ack_s)
        if connection is None:
            return Answer(0, None, "connection_failed", loop.time() - begun)
        envelope_id = str(uuid.uuid4())
        acked: asyncio.Future[Any] = loop.create_future()
        connection.waiting[envelope_id] = acked
        try:
            await connection.socket.send_text(
                json.dumps(self._envelope(kind, payload, envelope_id, attempt, reason))
            )
            async with asyncio.timeout(ack_s):
                answer = await acked
        except TimeoutError:
            return Answer(0, None, "timeout", loop.time() - begun)
        except (ConnectionError, RuntimeError, WebSocketDisconnect):
            return Answer(0, None, "connection_failed", loop.time() - begun)
        finally:
            connection.waiting.pop(envelope_id, None)
        return Answer(200, answer, "", loop.time() - begun)

    async def disconnect(self, reason: Literal["warning", "refresh_requested", "link_disabled"]) -> None:
        """Tell every connection that it will end; all but a warned one end now."""
        for connection in list(self.open):
            connection.leaving = True
            note = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-double"}}
            await connection.socket.send_text(json.dumps(note))
            if reason != "warning":
                await connection.socket.close()

    async def drop(self) -> None:
        """Break every connection without a word."""
        for connection in list(self.open):
            connection.leaving = True
            await connection.socket.close(1011)

    def _envelope(self, kind: Kind, payload: Any, envelope_id: str, attempt: int, reason: str) -> Body:
        answers = kind == "slash_commands" or (
            kind == "interactive" and payload.get("type") in ("view_submission", "block_suggestion")
        )
        envelope: Body = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answers,
        }
        return envelope | ({"retry_attempt": attempt, "retry_reason": reason} if kind == "events_api" else {})

    async def _one_of(self, within_s: float) -> Connection | None:
        """A connection, each in turn; waits a little for one that is just being renewed."""
        until = asyncio.get_running_loop().time() + within_s
        while not (usable := [c for c in self.open if not c.leaving]):
            if asyncio.get_running_loop().time() > until:
                return None
            await asyncio.sleep(0.01)
        self._next += 1
        return usable[self._next % len(usable)]

    async def _serve(self, socket: WebSocket) -> None:
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(4001)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if len(self.open) >= MAX_CONNECTIONS:
            await socket.send_text(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            await socket.close()
            return
        connection = Connection(socket)
        self.open.append(connection)
        try:
            await socket.send_text(json.dumps(self._hello()))
            while True:
                self._acked(connection, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self.open.remove(connection)
            for waiting in connection.waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError())

    def _hello(self) -> Body:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "connection_info": {"app_id": self.state.app.id},
            "debug_info": {"host": "applink-double", "approximate_connection_time": 18060},
        }

    def _acked(self, connection: Connection, ack: Body) -> None:
        envelope_id = str(ack.get("envelope_id", ""))
        if connection.muted:
            return
        waiting = connection.waiting.get(envelope_id)
        if waiting is None or waiting.done():
            self.unknown_acks.append(envelope_id)
            return
        self.acks.append(envelope_id)
        waiting.set_result(ack.get("payload"))
