"""A question becomes up to three queries that stand alone; small talk becomes none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.copilot.queries import LONGEST_QUERY, MOST_QUERIES, plan_queries
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


@given(st.text(max_size=2_000), st.lists(st.text(max_size=200), max_size=3))
async def test_any_text_gives_at_most_three_bounded_queries(text: str, earlier: list[str]) -> None:
    queries = await plan_queries(text, [Turn("customer", said) for said in earlier])
    assert len(queries) <= MOST_QUERIES
    assert all(query.strip() and len(query) <= LONGEST_QUERY for query in queries)
