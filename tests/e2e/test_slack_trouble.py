"""When SalesMate itself cannot: a reply that is given up is told in plain words, and comes with one press."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest_asyncio

from tests.e2e.machine import Machine
from tests.e2e.slack_office import HELLO, THINKING_S, Office, begins_call, one_workspace, serving
from tests.fakes.slack.server import FakeSlack

NOTHING_MORE = """
    CREATE TRIGGER full BEFORE INSERT ON turns WHEN NEW.speaker = 'customer'
    BEGIN SELECT RAISE(ABORT, 'the disk is full: secret detail'); END
"""

NO_SCORECARD = """
    CREATE TRIGGER full BEFORE INSERT ON scorecards
    BEGIN SELECT RAISE(ABORT, 'the disk is full: secret detail'); END
"""


@pytest_asyncio.fixture
async def own_office(tmp_path: Path) -> AsyncIterator[Office]:
    """A SalesMate of this test alone."""
    async with FakeSlack() as slack, serving(slack, tmp_path, one_workspace(slack)) as served:
        yield served


async def test_a_reply_that_was_given_up_comes_after_try_again(own_office: Office, tmp_path: Path) -> None:
    sam = own_office.rep()
    call = await begins_call(sam)
    changed(tmp_path, NOTHING_MORE)
    line = await call.thread.says(HELLO)
    told = await call.thread.with_button("Try again", THINKING_S)
    assert told.words.startswith("The reply did not come, though it was tried several times.")
    assert "What you wrote is kept." in told.words
    assert "secret detail" not in told.words
    assert line.words not in own_office.logged

    # Whoever runs SalesMate sees that a turn was given up, and not what was said.
    operator = Machine(tmp_path).run("turns", "list")
    assert operator.code == 0
    assert "dead" in operator.text
    assert "Northgate" not in operator.text

    # Pressed too early it fails again, and asks again; then it works, once.
    await sam.presses(told, "Try again")
    await call.thread.until(lambda seen: sum("Try again" in one.buttons for one in seen) == 2, THINKING_S)
    changed(tmp_path, "DROP TRIGGER full")
    await call.thread.presses("Try again")
    await call.hears_customer(2)
    assert await call.says("Is this a bad moment, or may I take two minutes of your time?")
    assert len(call.customers_lines) == 3

    # The same with a scorecard that cannot be kept: the call is over, and the card comes with one press.
    changed(tmp_path, NO_SCORECARD)
    await call.thread.presses("End call")
    told = await call.hears("The scorecard did not come, though it was tried several times.")
    changed(tmp_path, "DROP TRIGGER full")
    await sam.presses(told, "Try again")
    await call.hears("Scorecard: Helen Marsh")


def changed(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "salesmate.sqlite", timeout=10)) as database:
        database.execute(statement)
        database.commit()
