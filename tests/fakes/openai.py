"""An OpenAI-compatible server, strict about what it is sent and scriptable in what it does. Real HTTP.

After the API reference of OpenAI's chat completions: what the real service refuses, this one refuses, with
the same status and error object. `tests/integration/test_fake_openai.py` holds it to that.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.openai_rules import Refused, check_request, words_of

KEY = "sk-fake-0123456789"
MODEL = "fake-1"

Says = str | Callable[[list[dict[str, Any]]], str]


@dataclass(frozen=True)
class Reply:
    """A reply, and all that can be wrong with it. Times in seconds."""

    says: Says = "Yes, speaking."
    before_first: float = 0.0
    between: float = 0.0
    endless: bool = False
    no_chunks: bool = False
    """Only the mark that ends the stream."""
    garbled: bool = False
    """An event that is no JSON after the first word."""
    stops_after: int | None = None
    """Words, after which the stream ends politely but without a finish reason."""
    breaks_after: int | None = None
    """Words, after which the connection is cut."""


@dataclass(frozen=True)
class Refusal:
    """An error instead of a reply."""

    status: int = 500
    retry_after: str | None = None


@dataclass(frozen=True)
class Reset:
    """The connection is reset before any answer."""


Behaviour = Reply | Refusal | Reset


@dataclass
class FakeOpenAI:
    """The server's script and its memory. `requests` holds every accepted request body, in order."""

    base_url: str = ""
    key: str = KEY
    models: list[str] = field(default_factory=lambda: [MODEL])
    json_schema: bool = True
    """Offers structured output; otherwise a response_format is refused as many servers do."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0
    """Requests to chat completions, refused ones too."""
    seen_headers: list[dict[str, str]] = field(default_factory=list)
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    script: deque[Behaviour] = field(default_factory=deque)
    usual: Behaviour = field(default_factory=Reply)

    def will(self, *behaviours: Behaviour) -> None:
        """What the next calls meet, one each; after them the usual again."""
        self.script.extend(behaviours)

    def says(self, says: Says) -> None:
        """From now on every reply."""
        self.usual = Reply(says)

    async def caller_hangs_up(self, within: float = 3.0) -> bool:
        """Whether a caller leaves in the middle of a reply, within so many seconds."""
        return await asyncio.to_thread(self.hung_up.acquire, timeout=within)

    def _next(self) -> Behaviour:
        return self.script.popleft() if self.script else self.usual


class Running:
    """The server in a thread of its own, on a port the system chose. Use it in a `with`."""

    def __init__(self) -> None:
        self.fake = FakeOpenAI()
        config = uvicorn.Config(
            _app(self.fake), host="127.0.0.1", port=0, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("The fake server did not start within ten seconds.")
            time.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.fake.base_url = f"http://127.0.0.1:{port}/v1"
        return self.fake

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)


def _app(fake: FakeOpenAI) -> Callable[..., Awaitable[None]]:
    async def models(request: Request) -> Response:
        try:
            _authorise(fake, request)
        except Refused as refused:
            return _error(refused)
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in fake.models]
        return JSONResponse({"object": "list", "data": data})

    async def chat(request: Request) -> Response:
        fake.tried += 1
        fake.seen_headers.append(dict(request.headers))
        try:
            _authorise(fake, request)
            body = check_request(await request.body(), fake.models, json_schema=fake.json_schema)
        except Refused as refused:
            return _error(refused)
        fake.requests.append(body)
        behaviour = fake._next()
        if isinstance(behaviour, Reset):
            _cut(request)
            raise ClientDisconnect
        if isinstance(behaviour, Refusal):
            return _refusal(behaviour)
        if body.get("stream"):
            return StreamingResponse(
                _events(fake, behaviour, body, request), media_type="text/event-stream; charset=utf-8"
            )
        return await _whole(fake, behaviour, body, request)

    routes = [Route("/v1/models", models), Route("/v1/chat/completions", chat, methods=["POST"])]
    inner = Starlette(routes=routes)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # uvicorn's `send` belongs to the connection: the only way to the socket that a reset must close.
        scope["fake_transport"] = send.__self__.transport
        try:
            await inner(scope, receive, send)
        except ClientDisconnect:
            return

    return app


def _authorise(fake: FakeOpenAI, request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not given.startswith("Bearer "):
        raise Refused(401, "You didn't provide an API key.", None, None)
    if given.removeprefix("Bearer ") != fake.key:
        raise Refused(401, "Incorrect API key provided.", "invalid_api_key", None)


async def _events(
    fake: FakeOpenAI, reply: Reply, body: dict[str, Any], request: Request
) -> AsyncIterator[bytes]:
    """The server-sent events of one reply."""
    try:
        await asyncio.sleep(reply.before_first)
        if not reply.no_chunks:
            yield _event(_chunk(body, {"role": "assistant", "content": ""}))
            async for event in _spoken(reply, body, request):
                yield event
            if reply.stops_after is not None:
                return
            yield _event(_chunk(body, {}, finish=_finish(reply, body)))
            if body.get("stream_options", {}).get("include_usage"):
                yield _event({**_chunk(body, {}), "choices": [], "usage": _usage(reply, body)})
        yield b"data: [DONE]\n\n"
    except asyncio.CancelledError:
        fake.hung_up.release()
        raise


async def _spoken(reply: Reply, body: dict[str, Any], request: Request) -> AsyncIterator[bytes]:
    for number, word in enumerate(_stream_of_words(reply, body)):
        if number == reply.stops_after:
            return
        if number == reply.breaks_after:
            _cut(request)
            return
        if reply.garbled and number == 1:
            yield b'data: {"choices": [{"delta": {"con\n\n'
        yield _event(_chunk(body, {"content": word}))
        await asyncio.sleep(reply.between)


def _stream_of_words(reply: Reply, body: dict[str, Any]) -> Any:
    words = words_of(_text(reply, body))
    if not reply.endless:
        limit = _most(body)
        return words if limit is None else words[:limit]

    def forever() -> Any:
        while True:
            yield from words

    return forever()


async def _whole(fake: FakeOpenAI, reply: Reply, body: dict[str, Any], request: Request) -> Response:
    waited = asyncio.ensure_future(asyncio.sleep(3600 if reply.endless else reply.before_first))
    while not waited.done():
        if await request.is_disconnected():
            fake.hung_up.release()
            waited.cancel()
            raise ClientDisconnect
        await asyncio.wait([waited], timeout=0.02)
    message = {"role": "assistant", "content": "".join(_stream_of_words(reply, body)), "refusal": None}
    return JSONResponse(
        {
            **_chunk(body, {}),
            "object": "chat.completion",
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply, body)}
            ],
            "usage": _usage(reply, body),
        }
    )


def _text(reply: Reply, body: dict[str, Any]) -> str:
    return reply.says(body["messages"]) if callable(reply.says) else reply.says


def _most(body: dict[str, Any]) -> int | None:
    """A word is a token here."""
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    return None if most is None else int(most)


def _finish(reply: Reply, body: dict[str, Any]) -> str:
    most = _most(body)
    return "length" if most is not None and len(words_of(_text(reply, body))) > most else "stop"


def _usage(reply: Reply, body: dict[str, Any]) -> dict[str, int]:
    prompt = sum(len(words_of(str(message.get("content")))) for message in body["messages"])
    spoken = len(words_of(_text(reply, body)))
    return {"prompt_tokens": prompt, "completion_tokens": spoken, "total_tokens": prompt + spoken}


def _chunk(body: dict[str, Any], delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body["model"],
        "system_fingerprint": None,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _cut(request: Request) -> None:
    """Reset the connection: a close with nothing left to linger for is sent as RST."""
    transport = request.scope["fake_transport"]
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _refusal(refusal: Refusal) -> Response:
    kinds = {
        429: ("rate_limit_exceeded", "requests"),
        503: ("service_unavailable", "server_error"),
    }
    code, kind = kinds.get(refusal.status, (None, "server_error"))
    headers = {"retry-after": refusal.retry_after} if refusal.retry_after else {}
    error = {"message": "The fake refuses.", "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=refusal.status, headers=headers)


def _error(refused: Refused) -> Response:
    error = {
        "message": refused.message,
        "type": "invalid_request_error",
        "param": refused.param,
        "code": refused.code,
    }
    return JSONResponse({"error": error}, status_code=refused.status)
