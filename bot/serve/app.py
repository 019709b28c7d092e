"""One process that serves people: everything is opened in order, and closed the other way round."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import Route

from agents.records.database import open_database
from agents.records.settings import RecordsSettings
from bot.composition import open_house
from bot.desk.desk import Desk
from bot.house import House, own_workspace
from bot.serve.health import Health, IndexAnswers, database_answers
from bot.serve.metrics import Metrics
from bot.settings import ServeSettings
from bot.shown.customers import customers
from bot.slack.joined import join_slack, socket_mode
from bot.slack.settings import SlackSettings, Tenancy
from bot.slack.web import elsewhere
from bot.turns.queue import open_queue
from bot.turns.worker import Worker
from ingestion.index.choose import open_index
from ingestion.settings import Settings

DRAIN_S = 20.0
"""How long replies under way may take to end, once this process is told to."""
CONNECTIONS = 40
"""To the database at once: listeners, and turns that are being written."""
CLOSING_S, LOOK_EVERY_S = 2.0, 0.5
WARMING = "salesmate-warming"
NOBODY = "nobody"
"""Who warms up; reads and writes nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """A process that serves."""

    web: Starlette
    health: Health
    on: str
    """What is on, for people to read."""
    failed: Callable[[], Awaitable[None]]
    """Returns when the worker has died, which it does not do by itself."""


@asynccontextmanager
async def open_serving(
    slack: SlackSettings | None = None, serve: ServeSettings | None = None, *, drain_s: float = DRAIN_S
) -> AsyncIterator[Serving]:
    """Open everything that `salesmate serve` runs. Leaving it, what came in is worked for `drain_s` seconds,
    and the rest is left for the next process.

    Raises what the settings and opening the database raise, SlackNotSetUp and UnusableKey.
    """
    slack, serve = slack or SlackSettings(), serve or ServeSettings()
    tenancy = slack.tenancy()
    async with AsyncExitStack() as stack:
        database = await open_database(RecordsSettings().database, connections=CONNECTIONS)
        stack.push_async_callback(database.close)
        house = open_house(database, own_workspace) if tenancy is Tenancy.OAUTH else open_house(database)
        stack.callback(house.close)
        await stack.enter_async_context(house.following())
        queue = open_queue(database)
        metrics = Metrics(queue)
        joined = await stack.enter_async_context(
            join_slack(slack, serve, database=database, house=house, queue=queue, observe=metrics.slack_call)
        )
        worker = Worker(database, queue, Desk(house), {"slack": joined.surface}, on_event=metrics.turn_event)
        working = await stack.enter_async_context(_at_work(worker, drain_s))
        # Read before the first person comes: her window has to open within three seconds.
        await asyncio.to_thread(customers)
        # After the worker, so that it is closed first: what comes in is still taken while the rest drains.
        await stack.enter_async_context(socket_mode(slack, joined.app))
        index = IndexAnswers(lambda: open_index(Settings()))
        stack.callback(index.close)
        health = Health({"database": database_answers(database), "index": index})
        stack.enter_context(_Warming(house, worker))
        routes = [
            *joined.routes,
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", metrics.endpoint),
        ]

        async def failed() -> None:
            await asyncio.wait([working])

        stack.callback(health.drain)
        web = Starlette(routes=routes, exception_handlers={404: elsewhere})
        yield Serving(web, health, f"Slack, {joined.transport}", failed)


@asynccontextmanager
async def _at_work(worker: Worker, drain_s: float) -> AsyncIterator[asyncio.Task[None]]:
    working = asyncio.create_task(worker.run())
    try:
        yield working
    finally:
        if not working.done():
            await worker.drain(drain_s)
        await asyncio.gather(working, return_exceptions=True)
        if not working.cancelled() and (error := working.exception()):
            log.error("worker failed", extra={"error": type(error).__name__})


def still_warming() -> bool:
    """Whether the thread that warms up is deep in a library that cannot be interrupted. The interpreter must
    not be taken down around it: that aborts the process after all was closed in order."""
    return any(thread.name == WARMING for thread in threading.enumerate())


class _Warming:
    """Loads what the first replies would wait for, in a thread of its own, while nobody is served."""

    def __init__(self, house: House, worker: Worker) -> None:
        self._house = house
        self._worker = worker
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._warm, name=WARMING, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join(timeout=CLOSING_S)

    def _warm(self) -> None:
        nobody = self._house.salesmate(NOBODY, NOBODY)
        for card in customers():
            nobody.warm(card["id"])
            while self._worker.running and not self._enough.is_set():
                self._enough.wait(timeout=LOOK_EVERY_S)
            if self._enough.is_set():
                return
