"""`kill -9` of one of two workers again and again: every line is answered once, in order, none is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from agents.records.database import open_database
from bot.presentation import Place
from bot.turns.incoming import Incoming, Kind
from bot.turns.queue import Queue, open_queue
from tests.integration.conftest import postgres_server, postgres_url  # noqa: F401  # fixtures
from tests.proofs import FULL

CONVERSATIONS, LINES = (100, 10) if FULL else (15, 6)
KILLS = 12 if FULL else 3
BETWEEN_KILLS_S = (0.5, 3.0) if FULL else (0.3, 0.9)
PATIENCE_S = 120 if FULL else 40
ROOT = Path(__file__).parents[2]


class Pair:
    """Two workers; whichever is killed is started again."""

    def __init__(self, url: str, file: Path) -> None:
        self._command = [sys.executable, "-m", "tests.e2e.turn_worker", url, str(file)]
        self._running = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill(self, which: int) -> None:
        self._running[which].kill()
        self._running[which].wait()
        self._running[which] = self._start()

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@contextmanager
def two_workers(url: str, file: Path) -> Iterator[Pair]:
    pair = Pair(url, file)
    try:
        yield pair
    finally:
        pair.close()


def line(conversation: int, n: int) -> Incoming:
    name = f"acme:D1:{conversation}"
    place = Place(person="sam", channel="D1", thread=name)
    return Incoming(
        platform="test",
        tenant="acme",
        event_key=f"{name} {n}",
        conversation=name,
        kind=Kind.SAID,
        person="sam",
        place=place,
        data={"text": str(n)},
    )


async def put_all(queue: Queue, dice: Random) -> None:
    """Each conversation's lines in order, each event one to four times, all conversations mixed."""
    left = dict.fromkeys(range(CONVERSATIONS), 0)
    while left:
        conversation = dice.choice(list(left))
        for _ in range(dice.randint(1, 4)):
            await queue.put(line(conversation, left[conversation]))
        left[conversation] += 1
        if left[conversation] == LINES:
            del left[conversation]
        await asyncio.sleep(0.002)


@pytest.mark.prove
async def test_killed_workers_lose_nothing_and_double_nothing(
    postgres_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    dice = Random(5)
    posted = tmp_path / "posted"
    posted.touch()
    database = await open_database(postgres_url)
    queue = open_queue(database)
    with two_workers(postgres_url, posted) as pair:
        putting = asyncio.create_task(put_all(queue, dice))
        for kill in range(KILLS):
            await asyncio.sleep(dice.uniform(*BETWEEN_KILLS_S))
            await asyncio.to_thread(pair.kill, kill % 2)
        await putting
        async with asyncio.timeout(PATIENCE_S):
            while await queue.oldest_waiting_s():  # noqa: ASYNC110  # other processes have no event
                await asyncio.sleep(0.1)
    await database.close()
    told: dict[str, list[str]] = {}
    for message in posted.read_text(encoding="utf-8").splitlines():
        _, where, words = message.split("\t")
        told.setdefault(where, []).append(words)
    expected = [str(n) for n in range(LINES)]
    assert told == {f"acme:D1:{conversation}": expected for conversation in range(CONVERSATIONS)}
