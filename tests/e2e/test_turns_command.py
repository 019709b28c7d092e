"""`salesmate turns`: an operator sees what waits and what was given up, and never what was said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from agents.records.database import open_database
from bot.presentation import Place
from bot.turns.incoming import Incoming, Kind
from bot.turns.queue import open_queue
from tests.e2e.machine import Machine

WORDS = "a secret of the rep"


def given_up(file: Path) -> int:
    """One turn that was given up."""

    async def give_up() -> int:
        database = await open_database(str(file))
        queue = open_queue(database)
        place = Place(person="sam", channel="D1", thread="1")
        await queue.put(
            Incoming(
                platform="slack",
                tenant="slack-T1",
                event_key="Ev1",
                conversation="slack-T1:D1:1",
                kind=Kind.SAID,
                person="sam",
                place=place,
                data={"text": WORDS},
            )
        )
        (claimed,) = await queue.claim("me", 15, ["slack"])
        async with database.house() as connection:
            await connection.exec_driver_sql("UPDATE inbox SET status = 'dead', error = 'ModelDown'")
        await database.close()
        return claimed.id

    return asyncio.run(give_up())


def test_what_was_given_up_is_listed_without_its_words_and_put_back(machine: Machine) -> None:
    assert machine.run("turns", "list").text == "Nothing waits, and no turn was given up.\n"
    number = given_up(machine.home / "salesmate.sqlite")
    listed = machine.run("turns", "list", "--dead")
    assert listed.text.split()[0] == str(number)
    assert "slack-T1:D1:1" in listed.text
    assert "ModelDown" in listed.text
    as_json = machine.run("turns", "list", "--json")
    (entry,) = json.loads(as_json.text)
    assert (entry["status"], entry["kind"], entry["attempts"]) == ("dead", "said", 1)
    assert WORDS not in listed.text + as_json.text
    assert machine.run("turns", "retry", str(number)).code == 0
    (entry,) = json.loads(machine.run("turns", "list", "--json").text)
    assert (entry["status"], entry["attempts"]) == ("queued", 0)
    assert machine.run("turns", "drop", str(entry["id"])).code == 0
    assert json.loads(machine.run("turns", "list", "--json").text) == []


def test_a_turn_that_was_not_given_up_is_one_line_and_exit_1(machine: Machine) -> None:
    wrong = machine.run("turns", "retry", "4711")
    assert wrong.code == 1
    assert wrong.complaint == (
        "salesmate: Turn 4711 is not one that was given up. See: salesmate turns list\n"
    )
