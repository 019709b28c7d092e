"""Sends signed events over connections that stay open, and prints how fast they were acknowledged, as JSON.

Requests are signed before the clock starts. With a `rate` they leave when they are due, whatever became of
those before, and a time counts from then: a server that falls behind cannot hide it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import quantiles
from urllib.parse import urlsplit

from tests.fakes.slack.events import event_callback, message_event
from tests.fakes.slack.payloads import JSON, as_json, rich_text, signed_headers
from tests.fakes.slack.state import App, Channel, Message, Workspace

CONNECTIONS = 32
CONVERSATIONS = 400
TEAM = "T0ACME"


@dataclass(frozen=True)
class Acks:
    """Times in milliseconds."""

    sent: int
    refused: int
    rate: float
    p50: float
    p99: float


def events(url: str, secret: str, count: int) -> list[bytes]:
    """Whole requests: lines of many people in their threads, each event its own."""
    where, made, present = urlsplit(url), [], time.time()
    app, workspace = App(), Workspace(TEAM, "Acme", "acme", "U0BOT", "B0BOT")
    for n in range(count):
        number = n % CONVERSATIONS
        channel = Channel(f"D{TEAM[1:]}{number:08}", TEAM, "im")
        ts = f"{present:.0f}.{n:06}"
        text = "Every client has a named adviser with at most ninety clients, and a call back within a day."
        message = Message(
            channel.id,
            ts,
            TEAM,
            f"U{number:08}",
            text=text,
            blocks=rich_text(text),
            thread_ts=f"{present - 60:.0f}.{number:06}",
            client_msg_id=f"c0ffee00-0000-4000-8000-{n:012}",
        )
        event = message_event(message, channel, workspace, app)
        body = as_json(event_callback(app, workspace, event, f"Ev{present:.0f}{n:08}", present))
        headers = signed_headers(secret, body, present, JSON)
        lines = [
            "POST /slack/events HTTP/1.1",
            f"Host: {where.netloc}",
            "Accept: */*",
            "Accept-Encoding: gzip,deflate",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        made.append("\r\n".join([*lines, "", ""]).encode() + body)
    return made


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[int] | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head) and self._answer:
            self._read = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(0)

    async def asks(self, request: bytes) -> int:
        """The status; 0 for a connection that was closed."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def measure(url: str, requests: list[bytes], rate: float) -> Acks:
    """All of them; as fast as the answers come, or so many a second."""
    where, loop = urlsplit(url), asyncio.get_running_loop()
    assert where.hostname
    assert where.port
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        pool.put_nowait((await loop.create_connection(Connection, where.hostname, where.port))[1])
    times: list[float] = []
    refused = 0

    async def one(request: bytes, due: float) -> None:
        nonlocal refused
        connection = await pool.get()
        status = await connection.asks(request)
        pool.put_nowait(connection)
        times.append(1000 * (time.perf_counter() - due))
        refused += status != 200

    start = time.perf_counter()
    if rate:
        tasks = []
        for n, request in enumerate(requests):
            due = start + n / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(request, due)))
        await asyncio.gather(*tasks)
    else:
        left: Iterator[bytes] = iter(requests)

        async def all_the_time() -> None:
            for request in left:
                await one(request, time.perf_counter())

        await asyncio.gather(*(all_the_time() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - start
    hundredths = quantiles(times, n=100)
    return Acks(len(requests), refused, len(requests) / took, hundredths[49], hundredths[98])


def main() -> None:
    url, secret, count, rate = sys.argv[1:]
    asked = events(url, secret, int(count))
    print(json.dumps(asdict(asyncio.run(measure(url, asked, float(rate))))))


if __name__ == "__main__":
    main()
