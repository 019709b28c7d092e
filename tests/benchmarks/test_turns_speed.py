"""Figures of `make bench`: putting turns, working them, and how long one waits to be begun. Printed only."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Sequence
from statistics import median, quantiles

import pytest

from agents.records.database import Database
from bot.presentation import Outgoing
from bot.turns.ports import Live, Turn
from tests.integration.conftest import (  # noqa: F401  # fixtures
    database,
    database_url,
    postgres_server,
    postgres_url,
    sqlite_url,
)
from tests.integration.turn_parts import echo, house_of, said

pytestmark = pytest.mark.bench
TURNS, CONVERSATIONS, AT_ONCE, THINKS_S = 500, 50, 200, 2.0


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def test_turns(database: Database) -> None:  # noqa: F811
    house, kind = house_of(database), database.engine.dialect.name
    lines = [said(str(n), f"c{n % CONVERSATIONS}") for n in range(TURNS)]
    start = time.perf_counter()
    for one in lines[:200]:
        await house.queue.put(one)
    alone = 200 / (time.perf_counter() - start)
    start = time.perf_counter()
    await asyncio.gather(*(house.queue.put(one) for one in lines[200:]))
    together = (TURNS - 200) / (time.perf_counter() - start)
    start = time.perf_counter()
    async with house.working():
        await house.all_worked(120)
    print(
        f"{kind}: put {alone:.0f}/s one after the other, {together:.0f}/s at once; "
        f"worked {TURNS / (time.perf_counter() - start):.0f} turns/s"
    )


async def test_how_long_a_turn_waits_to_be_begun(database: Database) -> None:  # noqa: F811
    house, waits = house_of(database), []

    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        waits.append(1000 * (time.perf_counter() - put))
        return await echo(turn, live)

    house.work.think = think
    async with house.working():
        await asyncio.sleep(0.3)
        for n in range(100):
            put = time.perf_counter()
            await house.queue.put(said(str(n), f"c{n}"))
            await asyncio.sleep(0.03)
        before = cpu_s()
        await asyncio.sleep(3)
        idle = 100 * (cpu_s() - before) / 3
    print(
        f"{database.engine.dialect.name}: begun {median(waits):.1f} ms after it came, "
        f"p90 {quantiles(waits, n=10)[-1]:.1f} ms; idle {idle:.1f} % of a core"
    )


async def test_many_conversations_with_a_slow_model(database: Database) -> None:  # noqa: F811
    house = house_of(database)

    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(THINKS_S)
        return await echo(turn, live)

    house.work.think = think
    async with house.working():
        start = time.perf_counter()
        await asyncio.gather(*(house.queue.put(said("hello", f"c{n}")) for n in range(AT_ONCE)))
        await house.all_worked(120)
        took = time.perf_counter() - start
    print(f"{database.engine.dialect.name}: {AT_ONCE} conversations of {THINKS_S:g} s each in {took:.2f} s")
