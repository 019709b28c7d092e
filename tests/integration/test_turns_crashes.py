"""A worker may die between any two commits: the turn is finished by another, and nothing is told twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.records.database import Database
from bot.presentation import Outgoing
from bot.turns.patience import Patience
from bot.turns.ports import Live, Posting, Turn
from bot.turns.worker import Worker
from tests.integration.turn_parts import House, echo, house_of, line, said, unreliable, until
from tests.proofs import FULL

SHORT_S = 0.25
ROUNDS = 40 if FULL else 4
UNDYING = Patience(
    attempts=1000, crashes=1000, deliveries=1000, retry_s=0.01, deliver_s=0.01, longest_deliver_s=0.05
)


@pytest.fixture
def house(database: Database) -> House:
    return house_of(database)


@asynccontextmanager
async def mortal(house: House, **more: object) -> AsyncIterator[Worker]:
    """A worker that dies at the end of the block: it puts nothing back. What it is committing just then is
    committed, as in a database that got the command."""
    worker = house.worker(**{"lease_s": SHORT_S, "patience": UNDYING, **more})

    async def die() -> None:
        for held in list(worker._held.values()):
            held.task.cancel()

    worker._put_all_back = die  # type: ignore[method-assign]
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await until(lambda: worker.running == 0)


async def forever(_posting: Posting) -> None:
    await asyncio.sleep(60)


async def two(turn: Turn, _live: Live) -> Sequence[Outgoing]:
    return [line(turn.incoming, "first"), line(turn.incoming, "second")]


async def test_it_dies_while_it_thinks(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(60)
        return []

    house.work.think = think
    async with mortal(house):
        await house.queue.put(said("hello"))
        await until(lambda: bool(house.work.begun))
    house.work.think = echo
    async with house.working():
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_it_dies_around_a_posting(house: House, moment: str) -> None:
    """After the turn is answered it is only told, and what may have been posted is looked for."""
    house.work.think = two
    setattr(house.platform, moment, forever)
    async with mortal(house):
        await house.queue.put(said("hello"))
        await until(lambda: bool(house.platform.postings))
        if moment == "after":
            await until(lambda: bool(house.platform.texts))
    setattr(house.platform, moment, None)
    async with house.working():
        await house.all_worked()
    assert house.platform.texts == ["first", "second"]
    assert house.work.begun == ["hello"]
    assert [posting.maybe_posted for posting in house.platform.postings] == [False, True, False]
    assert await house.statuses() == {"done": 1}


async def test_it_dies_between_two_messages_of_a_turn(house: House) -> None:
    async def hang(posting: Posting) -> None:
        if len(house.platform.keys) == 1:
            await forever(posting)

    house.work.think = two
    house.platform.before = hang
    async with mortal(house):
        await house.queue.put(said("hello"))
        await until(lambda: len(house.platform.postings) == 2)
    house.platform.before = None
    async with house.working():
        await house.all_worked()
    assert house.platform.texts == ["first", "second"]
    assert sorted(text for text, _ in house.work.told) == ["first", "second"]


async def test_a_turn_that_kills_every_worker_is_given_up(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(60)
        return []

    house.work.think = think
    await house.queue.put(said("poison"))
    for death in range(3):
        async with mortal(house):
            await until(lambda death=death: len(house.work.begun) == death + 1)  # type: ignore[misc]
    async with house.working(patience=Patience(crashes=3)):
        await house.all_worked()
    assert house.platform.texts == ["failed poison"]


@pytest.mark.prove
@settings(
    max_examples=ROUNDS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    lines=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=16),
    seed=st.integers(0, 1000),
    deaths=st.integers(0, 3),
    faults=st.sampled_from([0.0, 0.1, 0.4]),
)
async def test_exactly_once_and_in_order_whatever_happens(
    database: Database, lines: list[tuple[int, int]], seed: int, deaths: int, faults: float
) -> None:
    """Lines in a few conversations, each event sent 1 to 4 times, two workers of which one dies again and
    again, a work and a platform that fail: each line is answered once, in the order they came."""
    dice = Random(seed)
    house = house_of(database)
    run = uuid4().hex
    expected: dict[str, list[str]] = {}

    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(dice.uniform(0, 0.02))
        if dice.random() < faults / 2:
            raise RuntimeError
        return await echo(turn, live)

    house.work.think = think
    house.platform.before = house.platform.after = unreliable(lambda: dice.random() < faults)

    async def put_all() -> None:
        events = [
            said(str(n), f"{run}-{where}") for n, (where, times) in enumerate(lines) for _ in range(times)
        ]
        # Sent again at any later time, as platforms do; the first arrival is what counts.
        for at in range(len(events)):
            if dice.random() < 0.3:
                events.insert(dice.randint(at, len(events)), events[at])
        for event in events:
            if await house.queue.put(event):
                expected.setdefault(event.conversation, []).append(f"you said {event.data['text']}")

    async with house.working(lease_s=SHORT_S, patience=UNDYING):
        putting = asyncio.create_task(put_all())
        for _ in range(deaths):
            async with mortal(house):
                await asyncio.sleep(dice.uniform(0, 0.1))
        await putting
        await house.all_worked()
    assert dict(house.platform.threads) == expected
