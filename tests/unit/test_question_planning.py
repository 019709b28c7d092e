"""A question becomes up to three queries that stand alone; small talk becomes none."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.copilot.proposed import LONGEST_QUERY, MOST_QUERIES
from agents.copilot.queries import plan_queries
from agents.copilot.result import Turn


@pytest.mark.parametrize(
    "text",
    ["", "   ", "Hi!", "Thanks a lot", "Good morning", "ok", "?!", "How are you today?", "copilot, thanks"],
)
async def test_there_is_nothing_to_look_up_in_small_talk(text: str) -> None:
    assert await plan_queries(text) == ()


async def test_words_that_only_call_the_copilot_are_not_searched_for() -> None:
    assert await plan_queries("Copilot, can you tell me what the exit fee is?") == ("what the exit fee is?",)


async def test_two_questions_in_one_are_looked_up_apart_and_each_stands_alone() -> None:
    first, second = await plan_queries("How often are backups made and how long are they kept?")
    assert first == "How often are backups made"
    assert "how long are they kept" in second
    assert "backups" in second


async def test_a_follow_up_borrows_what_it_leans_on_from_the_talk() -> None:
    talk = [Turn("rep", "How long does an ISA transfer take?"), Turn("copilot", "15 working days [1].")]
    (query,) = await plan_queries("And what does it cost?", talk)
    assert "ISA" in query
    assert "transfer" in query


async def test_a_follow_up_about_another_product_leaves_the_first_behind() -> None:
    (query,) = await plan_queries(
        "What about Flow Plus?", [Turn("rep", "What does implementation of Loomstack Insight cost?")]
    )
    assert query == "What does implementation of Flow Plus cost?"


async def test_a_second_question_that_only_begins_with_also_borrows_nothing() -> None:
    queries = await plan_queries("How long is the pilot? Also what does premium support cost?")
    assert queries == ("How long is the pilot?", "Also what does premium support cost?")


async def test_a_question_that_stands_alone_is_left_as_it_is() -> None:
    question = "What is the exit fee of the Managed Portfolio?"
    assert await plan_queries(question, [Turn("rep", "Tell me about complaints")]) == (question,)


REP, COPILOT = "rep", "copilot"


@pytest.mark.parametrize(
    ("talk", "follow_up", "query"),
    [
        (
            [(REP, "What is the early withdrawal penalty on the 12 month bond?")],
            "and for the 24 month one?",
            "What is the early withdrawal penalty on the 24 month bond?",
        ),
        (
            [(REP, "How much is Loomstack Flow per user?")],
            "how about loomstack flow plus?",
            "How much is loomstack flow plus per user?",
        ),
        (
            [(REP, "what does a pallet to Leeds cost")],
            "what about over 70 kg?",
            "what does a pallet over 70 kg cost?",
        ),
        (
            [(REP, "What does Flow Plus cost?")],
            "and if they pay monthly",
            "What does Flow Plus cost if they pay monthly?",
        ),
        (
            [(REP, "What is the warranty on the AquaHeat 300?")],
            "and the 500?",
            "What is the warranty on the AquaHeat 500?",
        ),
        (
            [(REP, "what is the minimum order for chairs")],
            "and tables",
            "what is the minimum order for tables?",
        ),
        (
            [(REP, "How long is the pilot?"), (COPILOT, "30 days [1].")],
            "and the price?",
            "the price of the pilot?",
        ),
        ([(REP, "What does early withdrawal cost?")], "since when?", "since when (early withdrawal cost)?"),
        (
            [(REP, "What is the largest discount on a new deal?"), (COPILOT, "20% [1].")],
            "who signs that off?",
            "who signs that off (largest discount new deal)?",
        ),
        (
            [(REP, "who looks after accounts in Kent"), (COPILOT, "Ada Hale looks after them [1].")],
            "what's her number?",
            "what's Ada Hale's number?",
        ),
        (
            [(REP, "who can settle a complaint at two grand"), (COPILOT, "The adviser, up to £2,500 [1].")],
            "over that?",
            "who can settle a complaint over £2,500?",
        ),
        (
            [
                (REP, "How long is the pilot?"),
                (COPILOT, "30 days [1]."),
                (REP, "and the price?"),
                (REP, "Thanks"),
            ],
            "who can join it?",
            "who can join the pilot?",
        ),
    ],
)
async def test_a_follow_up_stands_alone_with_what_the_talk_gives_it(
    talk: list[tuple[Literal["rep", "copilot"], str]], follow_up: str, query: str
) -> None:
    assert await plan_queries(follow_up, [Turn(role, text) for role, text in talk]) == (query,)


@given(st.text(max_size=2_000), st.lists(st.text(max_size=200), max_size=3))
async def test_any_text_gives_at_most_three_bounded_queries(text: str, earlier: list[str]) -> None:
    queries = await plan_queries(text, [Turn("customer", said) for said in earlier])
    assert len(queries) <= MOST_QUERIES
    assert all(query.strip() and len(query) <= LONGEST_QUERY for query in queries)
