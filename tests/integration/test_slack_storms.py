"""Storms over Slack in one process: whatever Slack sends twice and whatever it fails to take, each line of a
rep is answered once and in order, and what she reads is what the records hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
import uvicorn
from starlette.applications import Starlette

from agents.parts import Parts
from agents.records.database import Database, open_database
from bot.desk.desk import Desk
from bot.house import House
from bot.knowledge import Documents
from bot.serve.app import CONNECTIONS
from bot.settings import ServeSettings
from bot.shown.customers import customers
from bot.slack.delivery import SlackSurface
from bot.slack.joined import join_slack
from bot.slack.settings import SlackSettings
from bot.turns.patience import Patience
from bot.turns.queue import Queue, open_queue
from bot.turns.worker import Worker
from tests.ears import embedder, listener, report
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.server import FakeSlack, Server
from tests.integration.desk_parts import Shelf
from tests.proofs import FULL, takes_long
from tests.slack_storms import ACK_S, RETRY_SCALE, Size, every_account_agrees, rehearse, several_times

pytest_plugins = ("tests.integration.sample_knowledge",)
pytestmark = pytest.mark.prove

SIZE = Size(calls=100, lines=10) if FULL else Size(calls=5, lines=3)
DEATHS = 30 if FULL else 3
OLDER, NEWER = ("older", "sqlite"), ("newer", "postgresql")
"""Both generations of workspaces and both databases: each every day, in one storm or another."""
EVERYWHERE = (OLDER, NEWER, ("older", "postgresql"), ("newer", "sqlite"))
LEASE_S = 1.0
UNDYING = Patience(crashes=1000)


@dataclass
class Office:
    """SalesMate in Slack, with as many workers as a test wants."""

    database: Database
    queue: Queue
    house: House
    surface: SlackSurface

    def worker(self) -> Worker:
        return Worker(
            self.database,
            self.queue,
            Desk(self.house),
            {"slack": self.surface},
            lease_s=LEASE_S,
            patience=UNDYING,
        )

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.worker().run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def die(self, after_s: float) -> None:
        """One more worker comes, takes what it can get, and is gone: it puts nothing back."""
        worker = self.worker()

        async def drop_everything() -> None:
            for held in list(worker._held.values()):
                held.task.cancel()

        worker._put_all_back = drop_everything  # type: ignore[method-assign]
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(after_s)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def an_office(slack: FakeSlack, database: Database, index: Path) -> AsyncIterator[Office]:
    """With its door open to Slack."""
    await asyncio.to_thread(customers)  # as a serving process does before anybody comes
    documents = Documents(lambda _workspace: Shelf(index))
    parts = Parts(lambda persona: listener(persona.id), documents.of("local"), embedder())
    house = House(database, parts, lambda _: None, documents, lambda _: "local")
    queue = open_queue(database)
    settings = SlackSettings(
        slack_bot_token=slack.bot_token,
        slack_signing_secret=slack.signing_secret,
        slack_api_url=slack.api_url,
    )
    async with (
        join_slack(settings, ServeSettings(), database=database, house=house, queue=queue) as joined,
        listening(Starlette(routes=joined.routes)) as url,
    ):
        slack.events_url = f"{url}/slack/events"
        yield Office(database, queue, house, joined.surface)
    house.close()


@asynccontextmanager
async def listening(web: Starlette) -> AsyncIterator[str]:
    """On a free port."""
    server = Server(
        uvicorn.Config(web, port=0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it tells in no other way
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.end()
        await serving


def every_day(here: tuple[str, str]) -> pytest.MarkDecorator:
    """A storm in this place every day, and in all four by `make prove`."""
    places = [pytest.param(place, marks=() if place == here else takes_long) for place in EVERYWHERE]
    return pytest.mark.parametrize("where", places, ids="-".join, indirect=True)


@pytest.fixture
def where(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Workspaces that show a placeholder, and those that show streams and a status; both databases."""
    generation, database = request.param
    return generation, database


@pytest.fixture
def database_url(where: tuple[str, str], request: pytest.FixtureRequest) -> str:
    """An empty database of the kind that is wanted."""
    url: str = request.getfixturevalue("sqlite_url" if where[1] == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """With as many connections as a serving process has."""
    opened = await open_database(database_url, connections=CONNECTIONS)
    yield opened
    await opened.close()


@pytest.fixture
async def slack(where: tuple[str, str]) -> AsyncIterator[FakeSlack]:
    """A Slack that sends everything several times."""
    async with FakeSlack(newer=where[0] == "newer") as double:
        double.sender.copies = several_times(Random(7))
        double.sender.retry_scale, double.sender.ack_s = RETRY_SCALE, ACK_S
        yield double


@pytest.fixture
async def office(slack: FakeSlack, database: Database, sample_index: Path) -> AsyncIterator[Office]:
    async with an_office(slack, database, sample_index) as opened:
        yield opened


def failing(seed: int) -> Faults:
    """One call in ten."""
    return Faults(rate=0.1, hold_s=0.3, seed=seed)


def told(storm: str, slack: FakeSlack, begun: float, **more: int) -> None:
    """The figures, for `make prove`."""
    sent, faults = slack.sender.deliveries, len(slack.faults.drawn)
    events = len({delivery.event_id for delivery in sent})
    extra = "".join(f", {count} {what}" for what, count in more.items())
    report(
        f"{storm}: {SIZE}, {events} events delivered {len(sent)} times, {faults} of {len(slack.calls)} API "
        f"calls failed{extra}: {time.monotonic() - begun:.0f} s"
    )


@every_day(NEWER)
async def test_events_that_come_again_and_again(slack: FakeSlack, office: Office) -> None:
    begun = time.monotonic()
    async with office.at_work():
        rehearsals = await rehearse(slack, SIZE, Random(1))
        await every_account_agrees(slack, office.database, rehearsals)
    told("events again", slack, begun)


@every_day(OLDER)
async def test_a_slack_that_fails_one_call_in_ten(slack: FakeSlack, office: Office) -> None:
    begun = time.monotonic()
    slack.faults = failing(seed=2)
    async with office.at_work():
        rehearsals = await rehearse(slack, SIZE, Random(2))
        slack.faults.rate = 0.0
        await every_account_agrees(slack, office.database, rehearsals)
    told("failing calls", slack, begun)


@every_day(NEWER)
async def test_workers_that_die_while_slack_fails(slack: FakeSlack, office: Office) -> None:
    begun, dice = time.monotonic(), Random(3)
    slack.faults = failing(seed=3)
    async with office.at_work():
        storm = asyncio.create_task(rehearse(slack, SIZE, dice))
        deaths = 0
        while not storm.done() and deaths < DEATHS:
            await office.die(dice.uniform(0.05, 0.6))
            deaths += 1
        rehearsals = await storm
        slack.faults.rate = 0.0
        await every_account_agrees(slack, office.database, rehearsals)
    told("dying workers", slack, begun, deaths=deaths)
