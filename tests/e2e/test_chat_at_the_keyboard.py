"""`salesmate chat` at a terminal, typed at by a rep: a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pexpect
import pytest

from agents.records.entries import Turn
from bot.records import open_records
from tests.e2e.machine import PATIENCE_S, SALESMATE, Machine
from tests.fakes.openai import KEY, FakeOpenAI, Reply, Running

CTRL_C, CTRL_D, ENTER, TAB = "\x03", "\x04", "\r", "\t"
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7]|38;[0-9;]+)m")
NEXT = "Next (/retry N, /new, /quit): "
"""The whole of it: a scorecard has a "Next step", and what is typed before the prompt stands may be lost."""
HELEN = ("--persona", "helen-marsh", "--seed", "7")


class Typist:
    """Types, and waits for what the screen should show."""

    def __init__(self, machine: Machine, *args: str, **env: str) -> None:
        kept = {**machine.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **env}
        self.screen = pexpect.spawn(
            SALESMATE,
            ["chat", *args],
            env=kept,
            encoding="utf-8",
            codec_errors="replace",
            timeout=PATIENCE_S,
            dimensions=(50, 100),
        )
        self.seen = ""

    def sees(self, *texts: str) -> Typist:
        for text in texts:
            self.screen.expect_exact(text)
            self.seen += str(self.screen.before) + text
        return self

    def types(self, text: str, end: str = ENTER) -> Typist:
        self.screen.send(text + end)
        return self

    def is_asked(self, prompt: str = "You: ") -> Typist:
        return self.sees(prompt)

    def leaves(self) -> int:
        self.screen.expect(pexpect.EOF)
        self.seen += str(self.screen.before)
        code = int(self.screen.wait())
        self.screen.close()
        return code


def kept_turns(machine: Machine) -> list[Turn]:
    """The latest call's turns, as the records hold them."""

    async def read() -> list[Turn]:
        async with open_records(str(machine.home / "salesmate.sqlite")) as records:
            return await records.turns((await records.roleplays())[0].roleplay.id)

    return asyncio.run(read())


def test_a_call_from_the_card_to_the_scorecard_and_another_try(machine: Machine) -> None:
    rep = Typist(machine, *HELEN)
    rep.sees("Helen Marsh", "Retired headteacher", "Goal: ", "And you are?").is_asked()
    rep.types("Good afternoon, Mrs Marsh, it is Sam from Northgate.").sees("Helen Marsh: ").is_asked()
    rep.types("/help").sees("/retry N", "/quit").is_asked()
    rep.types("/hnt").sees("Did you mean /hint?").is_asked()
    rep.types("\x1b[200~I have two things.\nFirst, your card.\x1b[201~").sees("Helen Marsh: ").is_asked()
    rep.types("", end=CTRL_D).sees("You ended the call.", "Score ", "Talk share", "What stayed hidden")
    rep.is_asked(NEXT).types("/retry 2").sees("taken up after turn 1", "And you are?").is_asked()
    rep.types("/en", end=TAB).types("").sees("Score ").is_asked(NEXT)
    rep.types("", end=CTRL_D)
    assert rep.leaves() == 0
    assert [turn.n for turn in kept_turns(machine)] == [1]


def test_a_paste_is_one_message_and_the_history_is_kept(machine: Machine) -> None:
    rep = Typist(machine, *HELEN)
    rep.is_asked().types("\x1b[200~Two things.\nOne.\nTwo.\x1b[201~").sees("Helen Marsh: ").is_asked()
    rep.types("/quit")
    assert rep.leaves() == 0
    assert [turn.text for turn in kept_turns(machine)][1] == "Two things.\nOne.\nTwo."
    history = machine.home / "history"
    assert "Two things." in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0


def test_ctrl_c_at_the_prompt_asks_first_then_leaves_a_call_that_can_be_resumed(machine: Machine) -> None:
    rep = Typist(machine, *HELEN)
    rep.is_asked().types("It is Sam Carter from Northgate.").sees("Helen Marsh: ").is_asked()
    rep.types("Well, I", end=CTRL_C).sees("Leave the call?").is_asked()
    rep.types("", end=CTRL_C).sees("salesmate chat --resume rp_")
    assert rep.leaves() == 0
    again = Typist(machine, "--resume")
    again.sees("taken up after turn 3", "You: ", "It is Sam Carter", "Helen Marsh: ").is_asked()
    again.types("/end").sees("Score ").is_asked(NEXT).types("q")
    assert again.leaves() == 0


def test_a_customer_is_chosen_by_a_word_and_a_number(machine: Machine) -> None:
    rep = Typist(machine, "--difficulty", "easy")
    rep.sees("Dana Whitfield").is_asked("Whom do you call?")
    rep.types("zzz").sees("Nobody here matches").is_asked("Whom do you call?")
    rep.types("retired headteacher").sees("Goal: ", "Helen Marsh: ").is_asked()
    rep.types("/end").sees("Score ").is_asked(NEXT).types("/new").is_asked("Whom do you call?")
    rep.types("1").sees("Amina Yusuf", "Goal: ").is_asked().types("/quit")
    assert rep.leaves() == 0


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_stay_away_where_they_are_not_wanted(machine: Machine, env: dict[str, str]) -> None:
    rep = Typist(machine, *HELEN, **env)
    rep.sees("Goal: ", "Helen Marsh: ").is_asked().types("/end").sees("Score ").is_asked(NEXT).types("")
    assert rep.leaves() == 0
    assert not COLOUR.search(rep.seen)


def test_a_terminal_without_utf8_is_spared_what_it_cannot_show(machine: Machine) -> None:
    rep = Typist(machine, *HELEN, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    rep.sees("Goal: ", "Helen Marsh: ").is_asked().types("/end").sees("Score ").is_asked(NEXT).types("")
    assert rep.leaves() == 0
    assert rep.seen.isascii()


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with Running() as fake:
        yield fake


def test_ctrl_c_while_the_customer_thinks_stops_her_and_loses_nothing(
    machine: Machine, server: FakeOpenAI
) -> None:
    server.usual = Reply("Quite so.", before_first=9)
    rep = Typist(
        machine,
        *HELEN,
        SALESMATE_MODEL_BASE_URL=server.base_url,
        SALESMATE_MODEL_API_KEY=KEY,
        SALESMATE_COPILOT_MODEL="scripted",
        SALESMATE_COACH_MODEL="scripted",
    )
    rep.is_asked().types("Good afternoon, it is Sam from Northgate.")
    while not server.tried:
        rep.screen.expect(["Helen Marsh", pexpect.TIMEOUT], timeout=0.1)
    rep.types("", end=CTRL_C).sees("Stopped.").is_asked()
    assert [turn.speaker for turn in kept_turns(machine)] == ["customer", "rep"]
    server.usual = Reply("Quite so, do go on.")
    rep.types("").sees("Helen Marsh: ").is_asked()
    assert [turn.speaker for turn in kept_turns(machine)] == ["customer", "rep", "customer"]
    rep.types("Thank you, may I ask about your adviser?").sees("Helen Marsh: ").is_asked().types("/end")
    rep.sees("Score ").is_asked(NEXT).types("", end=CTRL_C)
    assert rep.leaves() == 0
    assert [turn.n for turn in kept_turns(machine)] == [1, 2, 3, 4, 5]
