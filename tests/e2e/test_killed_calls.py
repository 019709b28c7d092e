"""`kill -9` in the middle of a call: what was said is kept, nothing is said twice, and the customer is who
she would have been."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.records.entries import RolePlaySummary
from bot.records import open_records
from tests.e2e.machine import Machine, written
from tests.proofs import FULL

ROUNDS = 50 if FULL else 1
MOST_KILLS = 3
LONGEST_WAIT_S = 0.06
"""A scripted turn takes about 0.02 s, so the blow falls in any part of one."""
CALL = ("chat", "--json", "--persona", "helen-marsh", "--difficulty", "easy", "--seed", "7")
LINES = written("good").splitlines()

Story = tuple[list[tuple[Any, ...]], tuple[Any, ...], int]


def story_of(database: Path) -> Story:
    """The latest call as it is kept: every turn with the state after it, how it ended, the score."""

    async def read() -> Story:
        async with open_records(str(database)) as records:
            (latest,) = await records.roleplays()
            turns = await records.turns(latest.roleplay.id)
            ending = latest.roleplay.ending
            assert ending
            assert latest.score is not None
            told = [(turn.n, turn.speaker, turn.text, turn.state) for turn in turns]
            return told, (ending.by, ending.reason, ending.outcome), latest.score

    return asyncio.run(read())


@pytest.fixture(scope="module")
def undisturbed(shared_machine: Machine) -> Story:
    """The same call when nobody interferes."""
    assert shared_machine.run(*CALL, lines="\n".join(LINES)).code == 0
    return story_of(shared_machine.home / "salesmate.sqlite")


@pytest.mark.prove
@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_killed_call_is_resumed_as_if_nothing_had_happened(
    machine: Machine, undisturbed: Story, round_number: int
) -> None:
    dice = Random(round_number)
    kills = dice.randint(1, MOST_KILLS)
    while (kept := _kept(machine)) is None or not kept["finished"]:
        remaining = LINES[kept["said"] :] if kept else LINES
        resume = ("--resume",) if kept else ()
        _run_and_kill(machine, [*CALL, *resume], remaining, dice if kills > 0 else None)
        kills -= 1
    assert story_of(machine.home / "salesmate.sqlite") == undisturbed


def _kept(machine: Machine) -> dict[str, Any] | None:
    """What the records hold of the call: how many of the rep's lines, and whether it is over and scored."""
    calls = asyncio.run(_calls(machine.home / "salesmate.sqlite"))
    if not calls:
        return None
    assert len(calls) == 1, "a call was begun twice"
    exported = json.loads(machine.run("transcripts", "export", calls[0].roleplay.id, "--format", "json").text)
    numbers = [turn["n"] for turn in exported["turns"]]
    assert numbers == list(range(1, len(numbers) + 1))
    said = sum(turn["speaker"] == "rep" for turn in exported["turns"])
    return {"said": said, "finished": calls[0].score is not None}


async def _calls(database: Path) -> list[RolePlaySummary]:
    async with open_records(str(database)) as records:
        return await records.roleplays()


def _run_and_kill(machine: Machine, command: list[str], lines: list[str], dice: Random | None) -> None:
    """Let it run to the end, or with dice until a random moment."""
    with machine.start(*command) as call:
        assert call.stdin
        assert call.stdout
        call.stdin.write("\n".join(lines).encode())
        call.stdin.close()
        if dice:
            for _ in range(dice.randint(0, 2 * len(lines) + 2)):
                call.stdout.readline()
            time.sleep(dice.uniform(0, LONGEST_WAIT_S))
            call.kill()
        call.stdout.read()
