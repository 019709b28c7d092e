"""Storms over `salesmate serve`: processes are killed, ended and replaced while reps are on the phone. Each
line is answered once and in order, and what is read is what the records hold."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from agents.records.database import open_database
from tests.e2e.balancer import Balancer
from tests.e2e.machine import SALESMATE, VECTORS
from tests.e2e.test_serve import settings_for
from tests.ears import report
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.server import FakeSlack
from tests.integration.conftest import postgres_server, postgres_url, sqlite_url  # noqa: F401  # fixtures
from tests.proofs import only_in_full
from tests.slack_storms import (
    ACK_S,
    RETRY_SCALE,
    Rehearsal,
    Size,
    every_account_agrees,
    rehearse,
    several_times,
)

pytestmark = [*only_in_full]

SIZE = Size(calls=100, lines=10)
BETWEEN_KILLS_S = (2.0, 5.0)
RESTARTS = 4
START_S, END_S, LOOK_EVERY_S = 60.0, 40.0, 0.05
RATE, HOLD_S = 0.1, 1.0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@dataclass
class Served:
    """A place where one `salesmate serve` runs, and after it the next, always on the same port."""

    home: Path
    database_url: str
    slack: FakeSlack
    port: int = field(default_factory=_free_port)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it takes connections."""
        self.home.mkdir(exist_ok=True)
        VECTORS.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            (self.home / "embeddings").symlink_to(VECTORS)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SALESMATE_")}
        more = {"SALESMATE_HOME": str(self.home), "SALESMATE_DATABASE_URL": self.database_url}
        with (self.home / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(SALESMATE, "serve", "--port", str(self.port)),
                env=clean | settings_for(self.slack) | more,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(START_S):
            while not await self._takes_connections():
                assert self.process.returncode is None, (self.home / "log").read_text(encoding="utf-8")
                await asyncio.sleep(LOOK_EVERY_S)

    async def kill(self) -> None:
        """As the kernel does it: nothing is put back, nobody is told."""
        assert self.process
        self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """As an orchestrator does it."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(self.process.wait(), END_S) == 0

    async def close(self) -> None:
        """Whatever became of the test."""
        if self.process and self.process.returncode is None:
            await self.kill()

    async def _takes_connections(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as double:
        double.sender.copies = several_times(Random(7))
        double.sender.retry_scale, double.sender.ack_s = RETRY_SCALE, ACK_S
        yield double


@asynccontextmanager
async def serving(
    slack: FakeSlack, folder: Path, url: str, count: int, *, started: int | None = None
) -> AsyncIterator[list[Served]]:
    """So many places behind a balancer; in all of them, or the first few, a process runs."""
    places = [Served(folder / str(n), url, slack) for n in range(count)]
    async with Balancer([place.port for place in places]).open() as balancer:
        slack.events_url = f"{balancer.url}/slack/events"
        try:
            for place in places[:started]:  # one after the other: the first makes the tables
                await place.start()
            yield places
        finally:
            for place in places:
                await place.close()


async def agrees(slack: FakeSlack, url: str, rehearsals: list[Rehearsal]) -> None:
    """All accounts, and what the operator sees."""
    slack.faults.rate = 0.0
    database = await open_database(url)
    try:
        await every_account_agrees(slack, database, rehearsals)
    finally:
        await database.close()
    listing = await asyncio.create_subprocess_exec(
        *(SALESMATE, "turns", "list", "--db", url), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await listing.communicate()
    assert out.decode().strip() == "Nothing waits, and no turn was given up."


def told(storm: str, slack: FakeSlack, begun: float, times: int) -> None:
    """The figures, for `make prove`."""
    sent = slack.sender.deliveries
    events = len({delivery.event_id for delivery in sent})
    report(
        f"{storm} {times} times: {SIZE}, {events} events delivered {len(sent)} times, "
        f"{len(slack.faults.drawn)} of {len(slack.calls)} API calls failed: {time.monotonic() - begun:.0f} s"
    )


@pytest.mark.parametrize("rate", [0.0, RATE], ids=["calm", "failing calls"])
async def test_one_of_two_processes_is_killed_again_and_again(
    slack: FakeSlack,
    tmp_path: Path,
    postgres_url: str,  # noqa: F811
    rate: float,
) -> None:
    begun, dice, kills = time.monotonic(), Random(5), 0
    slack.faults = Faults(rate, hold_s=HOLD_S, seed=5)
    async with serving(slack, tmp_path, postgres_url, 2) as places:
        storm = asyncio.create_task(rehearse(slack, SIZE, dice))
        while not storm.done():
            await asyncio.wait({storm}, timeout=dice.uniform(*BETWEEN_KILLS_S))
            if not storm.done():
                place = places[kills % 2]
                await place.kill()
                await place.start()
                kills += 1
        await agrees(slack, postgres_url, await storm)
    told("killed", slack, begun, kills)


async def test_a_new_process_takes_over_while_the_old_one_ends(
    slack: FakeSlack,
    tmp_path: Path,
    postgres_url: str,  # noqa: F811
) -> None:
    """A rolling restart, under load: the new one is up before the old one is told to end."""
    begun, dice = time.monotonic(), Random(6)
    async with serving(slack, tmp_path, postgres_url, 2, started=1) as places:
        storm = asyncio.create_task(rehearse(slack, SIZE, dice))
        for _ in range(RESTARTS):
            await asyncio.wait({storm}, timeout=dice.uniform(1.0, 3.0))
            await places[1].start()
            await places[0].end()
            places.reverse()
        await agrees(slack, postgres_url, await storm)
    told("replaced", slack, begun, RESTARTS)


async def test_a_process_that_ends_in_mid_turn_and_is_started_again(
    slack: FakeSlack,
    tmp_path: Path,
    sqlite_url: str,  # noqa: F811
) -> None:
    """Alone on a SQLite file. Meanwhile Slack finds nobody, and comes again."""
    begun, dice = time.monotonic(), Random(7)
    async with serving(slack, tmp_path, sqlite_url, 1) as (place,):
        storm = asyncio.create_task(rehearse(slack, SIZE, dice))
        for _ in range(RESTARTS):
            await asyncio.wait({storm}, timeout=dice.uniform(1.0, 3.0))
            await place.end()
            await place.start()
        await agrees(slack, sqlite_url, await storm)
    told("ended and started", slack, begun, RESTARTS)
