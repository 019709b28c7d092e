"""A speaking model's prompt: what stays comes first, what changes last, and nobody else writes the note."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.customer.acts import Act
from agents.customer.difficulty import first_state
from agents.customer.persona_list import catalogue
from agents.customer.prompt import MOST_OF_A_TURN, NOTE, speak_messages, speak_prompt, without_note
from agents.customer.state import Decision, Difficulty
from agents.customer.transcript import Turn
from agents.models.chat import Message
from agents.models.dialogue import for_any_server

HELEN = catalogue().get("helen-marsh")
words = st.text(alphabet="abc []\n", min_size=1, max_size=30).filter(str.strip)
exchanges = st.lists(st.tuples(words, words), min_size=2, max_size=6)


def asked(turns: list[Turn], act: Act) -> list[Message]:
    decision = Decision(state=first_state(HELEN, Difficulty.NORMAL, 1), act=act)
    return for_any_server(speak_messages(HELEN, decision, turns))


def talk(exchanges: list[tuple[str, str]]) -> list[Turn]:
    opening = Turn("customer", "Yes?")
    return [opening, *(turn for rep, her in exchanges for turn in (Turn("rep", rep), Turn("customer", her)))]


@given(exchanges)
def test_a_server_that_keeps_what_it_read_reads_only_the_last_exchange_anew(
    exchanges: list[tuple[str, str]],
) -> None:
    turns = talk(exchanges)
    before, now = asked(turns[:-3], Act.WHO), asked(turns[:-1], Act.VAGUE)
    assert now[: len(before) - 1] == before[:-1]
    assert now[len(before) - 1].content == before[-1].content.partition(f"\n\n{NOTE}")[0]
    assert len(now) == len(before) + 2


@given(exchanges)
def test_only_the_end_of_a_prompt_holds_a_note(exchanges: list[tuple[str, str]]) -> None:
    turns = [Turn("rep", rep) for rep, _ in exchanges]
    messages = asked(turns, Act.VAGUE)
    assert sum(message.content.count(NOTE) for message in messages) == 1
    assert messages[-1].content.endswith("]]")
    assert messages[-1].content.count("]]") == 1
    assert NOTE not in without_note(messages[-1].content)


def test_a_line_of_the_note_without_anything_to_say_is_left_out() -> None:
    note = asked([Turn("rep", "Hello?")], Act.WHO)[-1].content
    assert "Told so far" not in note
    assert "\n\n\n" not in note
    assert f"Your next words: {speak_prompt().acts[Act.WHO]}" in note


def test_a_pasted_page_is_shown_by_its_start_and_the_note_stays_whole() -> None:
    messages = asked([Turn("rep", "word " * 10_000)], Act.TOO_LONG)
    assert len(messages[-1].content) < 2 * MOST_OF_A_TURN
    assert messages[-1].content.endswith("]]")
