"""A firm whose reps have Slack and one real `salesmate serve`, and what they do all day in a few words."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.machine import SALESMATE, VECTORS
from tests.fakes.slack.people import Person, Thread
from tests.fakes.slack.screen import Seen
from tests.fakes.slack.server import HOME_TEAM, FakeSlack

START_S, END_S = 60.0, 20.0
THINKING_S = 60.0
"""The first words of a call wait for models to load; the documents are read on the first question."""
LOG = "serve.log"
HELEN = "Helen Marsh"
HELLO = "Good morning Mrs Marsh, it's Sam Carter from Northgate Wealth in Leeds. Is this a bad moment?"


@dataclass
class Office:
    """Slack, and the served SalesMate that its app belongs to."""

    slack: FakeSlack
    url: str
    home: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def rep(self, team: str = HOME_TEAM) -> Person:
        """Somebody who never used SalesMate before."""
        return self.slack.person(f"U{next(self._numbers):05}REP", team)

    @property
    def logged(self) -> str:
        """What the process wrote for its operator."""
        return (self.home / LOG).read_text(encoding="utf-8")


@dataclass
class Call:
    """A call in a thread, as its rep lives through it."""

    rep: Person
    thread: Thread
    customer: str = HELEN

    @property
    def customers_lines(self) -> list[str]:
        """What the customer has said so far."""
        return [seen.words for seen in self.thread.messages_now if self._is_hers(seen)]

    async def says(self, line: str) -> str:
        """Say a line; what the customer answers."""
        before = len(self.customers_lines)
        await self.thread.says(line)
        return await self.hears_customer(before + 1)

    async def hears_customer(self, at_least: int) -> str:
        """Wait until the customer has said so many lines; the newest."""
        await self.thread.until(lambda _: len(self.customers_lines) >= at_least, THINKING_S)
        return self.customers_lines[-1]

    async def hears(self, part: str) -> Seen:
        """SalesMate's own newest message with these words."""
        return await self.thread.hears(part, THINKING_S)

    async def ends(self) -> Seen:
        """Press End call; the scorecard."""
        await self.thread.presses("End call")
        return await self.hears("Scorecard: ")

    def _is_hers(self, seen: Seen) -> bool:
        still_thinking = seen.message.streaming_since is not None or "Stop" in seen.buttons
        return seen.from_bot and seen.username == self.customer and not still_thinking


async def begins_call(
    rep: Person, customer: str = HELEN, difficulty: str = "Normal", seen_by: str = "Private practice"
) -> Call:
    """Start a call from the Home page, by the window that it opens."""
    await rep.opens_home()
    await rep.presses(await rep.sees_home("Rehearse a sales call", THINKING_S), "Start a call")
    window = await rep.modal()
    await window.choose("Customer", customer)
    await window.choose("Difficulty", difficulty)
    await window.choose("Who can see it", seen_by)
    assert await window.submit() is None
    return await in_call(rep, customer)


async def in_call(rep: Person, customer: str = HELEN) -> Call:
    """The call that just began in a thread of its own, once the customer has answered the phone."""
    call = Call(rep, await rep.newest_thread(THINKING_S), customer)
    await call.hears_customer(1)
    return call


@contextlib.asynccontextmanager
async def serving(
    slack: FakeSlack, home: Path, settings: Mapping[str, str], *, port: int = 0
) -> AsyncIterator[Office]:
    """A real process that serves this Slack; it ends in peace, or the test fails."""
    log = _at_home(home)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SALESMATE_")}
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(SALESMATE, "serve", "--port", str(port)),
            env={**clean, "SALESMATE_HOME": str(home), **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), START_S)).decode()
        found = re.search(r"http://[\d.]+:\d+", line)
        assert found, line + log.read_text(encoding="utf-8")
        slack.events_url = f"{found[0]}/slack/events"
        yield Office(slack, found[0], home)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), END_S) == 0, log.read_text(encoding="utf-8")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _at_home(home: Path) -> Path:
    """Makes the folder ready; where the process is to write its log."""
    home.mkdir(parents=True, exist_ok=True)
    VECTORS.mkdir(exist_ok=True)
    if not (home / "embeddings").exists():
        (home / "embeddings").symlink_to(VECTORS)
    return home / LOG


def one_workspace(slack: FakeSlack, database_url: str = "") -> dict[str, str]:
    """The settings of a workspace that is served by its token."""
    return {
        "SALESMATE_SLACK_BOT_TOKEN": slack.bot_token,
        "SALESMATE_SLACK_SIGNING_SECRET": slack.signing_secret,
        "SALESMATE_SLACK_API_URL": slack.api_url,
        **in_database(database_url),
    }


def in_database(url: str) -> dict[str, str]:
    """Where the records are kept; empty for the file in the home folder."""
    return {"SALESMATE_DATABASE_URL": url} if url else {}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
