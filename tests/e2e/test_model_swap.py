"""A fine-tuned customer is promoted and taken back from the command line while people are in calls."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.customer.state import Difficulty
from agents.records.database import open_database
from agents.records.settings import RecordsSettings
from bot.composition import open_house
from tests.e2e.machine import Machine
from tests.e2e.slack_office import HELLO, begins_call, one_workspace, serving
from tests.fakes.openai import KEY, FakeOpenAI, Running
from tests.fakes.slack.server import FakeSlack
from tests.proofs import takes_long

SECONDS = 10.0
"""From the end of the command until a bot is ready to speak with the version."""
WITHIN_S = 20.0
"""A busy machine takes its time to start."""
LATER = "Would another day suit you better?"
WORDS = [f"{first}{second}" for first in ("ba", "do", "fi", "gu") for second in ("lam", "min", "nor", "pet")]


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with Running() as fake:
        fake.models = ["customer-v1", "customer-v2"]
        fresh = iter(WORDS)
        fake.says(lambda _: f"Mm, {next(fresh)}. Go on then.")
        yield fake


def a_run(folder: Path, *, passed: bool = True) -> str:
    """A run's folder as far as promoting reads it."""
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "train.json").write_text(json.dumps({"base": {"name": "smollm2-135m"}}))
    adapter = b"GGUF " + folder.name.encode()
    (folder / "train" / "adapter.gguf").write_bytes(adapter)
    why = "Token accuracy: 0.31; it must be above 0.4: too low."
    check = {"name": "token_accuracy above", "value": 0.31, "bound": 0.4, "passed": passed, "why": why}
    verdict = {"schema": 1, "model": "m", "against": None, "passed": passed, "checks": [check]}
    verdict["adapter_sha256"] = hashlib.sha256(adapter).hexdigest()
    (folder / "gate.json").write_text(json.dumps(verdict))
    (folder / "card.md").write_text("# Model card\n")
    return str(folder)


@dataclass
class Operator:
    """Works at the command line, in a process of its own."""

    machine: Machine

    async def does(self, *args: str) -> str:
        """The version that speaks then."""
        ran = await asyncio.to_thread(self.machine.run, "finetune", *args, "--json")
        assert ran.code == 0, ran.complaint
        return str(json.loads(ran.text)["version"])

    def models_of(self, number: int) -> list[str]:
        """Who put the customer's lines of the so-manieth call into words, as the records have it."""
        with closing(sqlite3.connect(self.machine.home / "salesmate.sqlite")) as records:
            asked = (
                "SELECT t.model FROM turns t JOIN roleplays r ON r.id = t.roleplay WHERE t.model IS NOT NULL"
                " AND r.id = (SELECT id FROM roleplays ORDER BY started_at LIMIT 1 OFFSET ?) ORDER BY t.n"
            )
            return [model for (model,) in records.execute(asked, (number - 1,))]


@pytest.fixture
def operator(home: Path, server: FakeOpenAI) -> Operator:
    settings = {
        "SALESMATE_MODEL_BASE_URL": server.base_url,
        "SALESMATE_MODEL_API_KEY": KEY,
        "SALESMATE_MODEL_NAME": "customer-v1",
        "SALESMATE_COPILOT_MODEL": "scripted",
        "SALESMATE_COACH_MODEL": "scripted",
    }
    return Operator(Machine(home, settings))


async def until(true: Callable[[], bool]) -> None:
    """Wait for it."""
    latest = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < latest
        await asyncio.sleep(0.05)


async def test_a_bot_takes_up_what_another_process_promotes_and_takes_back(
    tmp_path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in operator.machine.env.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.INFO, "agents.models.promoted")

    def told(event: str, version: str, times: int = 1) -> Callable[[], bool]:
        return lambda: sum(r.message == event and r.model == version for r in caplog.records) >= times  # type: ignore[attr-defined]

    async def starts() -> str:
        started, _ = await house.salesmate("acme", "sam").start("helen-marsh", Difficulty.NORMAL, seed=7)
        return started.roleplay

    async def says(call: str, line: str) -> None:
        sam = house.salesmate("acme", "sam")
        await sam.say(call, line)
        await sam.answer(call)

    first = await operator.does("promote", a_run(tmp_path / "run-1"), "--as", "server:customer-v1")
    database = await open_database(RecordsSettings().database)
    house = open_house(database)
    async with house.following():
        await until(told("model version loaded", first))
        old = await starts()
        await says(old, HELLO)

        second = await operator.does("promote", a_run(tmp_path / "run-2"), "--as", "server:customer-v2")
        promoted = time.monotonic()
        await until(told("model version loaded", second))
        assert time.monotonic() - promoted < SECONDS
        new = await starts()
        await says(new, HELLO)
        await says(old, LATER)
        assert operator.models_of(1) == ["scripted", first, first]

        assert await operator.does("rollback", "--because", "too chatty") == first
        await until(told("customer's voice moved", first, times=2))
        await says(await starts(), HELLO)
        await says(new, LATER)
        assert operator.models_of(2) == ["scripted", second, second]
        assert operator.models_of(3) == ["scripted", first]
    house.close()
    await database.close()


@pytest.mark.prove
@takes_long
async def test_people_in_slack_keep_the_customer_they_began_with(
    tmp_path: Path, operator: Operator, server: FakeOpenAI
) -> None:
    def told(event: str, version: str, times: int = 1) -> Callable[[], bool]:
        return lambda: sum(event in line and version in line for line in office.logged.splitlines()) >= times

    first = await operator.does("promote", a_run(tmp_path / "run-1"), "--as", "server:customer-v1")
    async with (
        FakeSlack() as slack,
        serving(slack, operator.machine.home, one_workspace(slack) | operator.machine.env) as office,
    ):
        await until(told("model version loaded", first))
        old = await begins_call(office.rep())
        await old.says(HELLO)

        second = await operator.does("promote", a_run(tmp_path / "run-2"), "--as", "server:customer-v2")
        await until(told("model version loaded", second))
        new = await begins_call(office.rep())
        await new.says(HELLO)
        assert server.requests[-1]["model"] == "customer-v2"
        await old.says(LATER)
        assert operator.models_of(1) == ["scripted", first, first]

        assert await operator.does("rollback") == first
        await until(told("voice moved", first, times=2))
        newest = await begins_call(office.rep())
        await newest.says(HELLO)
        await new.says(LATER)
        assert operator.models_of(2) == ["scripted", second, second]
        assert operator.models_of(3) == ["scripted", first]
