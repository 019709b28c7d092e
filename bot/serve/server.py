"""The web server's own life: where it listens, and how it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import click
import uvicorn

from bot.serve.app import Serving, open_serving

ENDS = (signal.SIGINT, signal.SIGTERM)
REQUESTS_S = 5
"""How long requests under way may take, once no more are accepted."""
IDLE_S = 75
"""Longer than balancers keep a connection open, so that they close it first."""

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The address cannot be had. The message says which, and what to do."""


class WorkerDied(Exception):
    """Nothing would be answered any more, so the process ends and is started again by whoever runs it."""


async def run(host: str, port: int) -> None:
    """Serve until a signal comes. Raises CannotListen, WorkerDied, and what `open_serving` raises."""
    with contextlib.closing(_bound(host, port)) as listening:
        async with open_serving() as serving:
            server = _Server(serving, lambda: _tell(listening, serving))
            watching = asyncio.create_task(_watch(serving, server))
            try:
                with _signals(server.end):
                    await server.serve(sockets=[listening])
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
    if server.died:
        raise WorkerDied("The worker stopped by itself; the log says why. Start `salesmate serve` again.")


class _Server(uvicorn.Server):
    """uvicorn, which leaves the signals to us: its own way of ending skips what we close."""

    def __init__(self, serving: Serving, listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            serving.web,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=REQUESTS_S,
            timeout_keep_alive=IDLE_S,
        )
        super().__init__(config)
        self.died = False
        self._serving = serving
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see the class."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Also say so."""
        await super().startup(sockets)
        self._listening()

    def end(self) -> None:
        """Ask for no more people, then for no more requests; asked again, wait for nobody."""
        self._serving.health.drain()
        self.force_exit = self.should_exit
        self.should_exit = True


async def _watch(serving: Serving, server: _Server) -> None:
    await serving.failed()
    server.died = True
    server.end()


@contextlib.contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def ended(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)

    before = {number: signal.signal(number, ended) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bound(host: str, port: int) -> socket.socket:
    """At its address, so that one that is taken is said at once, but not listening yet: whoever came while
    everything is still being opened would wait, where a balancer could send her elsewhere."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        why = (error.strerror or "no such address").partition(" (while")[0]
        raise CannotListen(
            f"Cannot listen on {host} port {port}: {why}. Choose another --port, or end what has it."
        ) from None
    return bound


def _tell(listening: socket.socket, serving: Serving) -> None:
    host, port = listening.getsockname()[:2]
    at = f"[{host}]" if ":" in host else host
    click.echo(f"SalesMate listens on http://{at}:{port}. {serving.on}. Ctrl-C ends it.")
