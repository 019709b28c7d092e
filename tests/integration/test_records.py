"""What is said is kept: once, in order, with the customer's state, and for nobody else's eyes."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select

from agents.records.database import Database, open_database
from agents.records.entries import (
    Check,
    CustomerTurn,
    Ending,
    NewQuestion,
    NewRolePlay,
    RolePlay,
    Scorecard,
)
from agents.records.errors import ConcurrentTurn, NotARepTurn, NotFound, RolePlayEnded
from agents.records.store import Records
from agents.records.tables import TenantOwned

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW_CALL = NewRolePlay(
    persona_id="dana-whitfield",
    persona_version=3,
    persona={"name": "Dana Whitfield", "zeta": 1, "alpha": {"trust": 0.35}},
    customer="Dana Whitfield",
    difficulty="normal",
    seed=-(2**63),
    speaker="scripted",
    initial_state={"trust": 0.2, "opened": []},
)
HUNG_UP = Ending(by="customer", reason="rudeness", outcome="hung_up")
CARD = Scorecard(
    score=61,
    passed=False,
    rubric="cold-call",
    rubric_version="2",
    judge="rules",
    prompt_hash="9f",
    measures={"talk_share": 0.64},
    facts={"opened": [], "hidden": ["adviser"]},
    feedback={"strength": "You said who you are."},
    checks=(
        Check(id="opens", text="Said name and company", met=True, turn=2, quote="it's Sam"),
        Check(id="asks", text="Asked an open question", met=False),
        Check(id="objection", text="Met an objection", met=None),
    ),
)
ASKED = NewQuestion(question="What is the exit fee?", queries=(), answer="", answered=False)


@pytest.fixture
def sam(database: Database) -> Records:
    return Records(database, tenant="northgate", person="sam")


def line(text: str = "Go on.", trust: float = 0.3) -> CustomerTurn:
    return CustomerTurn(text=text, state={"trust": trust}, act="answer", model="scripted", heard={"asks": 1})


async def call_with(records: Records, turns: int) -> RolePlay:
    """A call with so many turns, the customer first; the state after turn n has trust n / 10."""
    call = await records.start(NEW_CALL)
    for n in range(1, turns + 1):
        if n % 2:
            await records.add_customer_turn(call.id, n, line(f"customer {n}", n / 10))
        else:
            await records.add_rep_turn(call.id, n, f"rep {n}", ms=n)
    return call


@contextmanager
def power_cut_at(statement: str) -> Iterator[None]:
    """The process loses the database just as it is about to run this statement."""

    def cut(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        if sql.startswith(statement):
            raise ConnectionAbortedError(statement)

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", cut)


async def test_a_call_is_kept_as_it_was_started(sam: Records) -> None:
    call = await sam.start(NEW_CALL)
    again = await sam.roleplay(call.id)
    assert again == call
    assert (again.persona, list(again.persona)) == (NEW_CALL.persona, list(NEW_CALL.persona))
    assert (again.seed, again.initial_state, again.visibility) == (
        -(2**63),
        NEW_CALL.initial_state,
        "private",
    )
    assert (again.status, again.attempt, again.parent) == ("running", 1, None)
    assert again.started_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - again.started_at) < timedelta(minutes=1)


def test_a_seed_that_no_database_holds_is_refused_before_the_call_starts() -> None:
    with pytest.raises(ValueError, match="whole number from"):
        replace(NEW_CALL, seed=2**63)


async def test_turns_come_back_in_order_with_the_state_after_each(sam: Records) -> None:
    call = await sam.start(NEW_CALL)
    said = [
        await sam.add_customer_turn(
            call.id, 1, replace(line("Hello?"), heard=None, rejected=("too-long",), ms=3)
        ),
        await sam.add_rep_turn(call.id, 2, "Hi Dana, it's Sam.", ms=4200),
        await sam.add_customer_turn(call.id, 3, line("What is it about?", trust=0.4)),
    ]
    turns = await sam.turns(call.id)
    assert turns == said
    assert [turn.n for turn in turns] == [1, 2, 3]
    assert [turn.state["trust"] for turn in turns] == [0.3, 0.3, 0.4]
    assert (turns[0].rejected, turns[0].heard, turns[0].ms) == (("too-long",), None, 3)
    assert (turns[1].speaker, turns[1].act, turns[1].model, turns[1].ms) == ("rep", None, None, 4200)


async def test_a_rep_who_speaks_first_meets_the_customer_as_he_is(sam: Records) -> None:
    call = await sam.start(NEW_CALL)
    first = await sam.add_rep_turn(call.id, 1, "Good morning.")
    assert first.state == NEW_CALL.initial_state


async def test_the_customer_hangs_up_with_his_last_words(sam: Records) -> None:
    call = await call_with(sam, 2)
    await sam.add_customer_turn(call.id, 3, line("Goodbye."), HUNG_UP)
    ended = await sam.roleplay(call.id)
    assert (ended.status, ended.ending) == ("ended", HUNG_UP)
    assert ended.ended_at is not None
    assert ended.ended_at >= ended.started_at


@pytest.mark.parametrize("moment", ["UPDATE roleplays", "INSERT INTO turns"])
async def test_a_crash_in_the_middle_leaves_neither_the_turn_nor_the_ending(
    sam: Records, moment: str
) -> None:
    call = await call_with(sam, 2)
    before = await sam.turns(call.id)
    with power_cut_at(moment), pytest.raises(Exception, match=r"cannot be (reached|written)"):
        await sam.add_customer_turn(call.id, 3, line("Goodbye."), HUNG_UP)
    assert await sam.turns(call.id) == before
    assert (await sam.roleplay(call.id)).status == "running"
    await sam.add_customer_turn(call.id, 3, line("Goodbye."), HUNG_UP)
    assert (await sam.roleplay(call.id)).status == "ended"


async def test_one_line_said_in_two_windows_at_once_is_kept_once(database_url: str) -> None:
    windows = [await open_database(database_url) for _ in range(3)]
    call = await call_with(Records(windows[0]), 1)
    tries = [Records(window).add_rep_turn(call.id, 2, f"window {i}") for i, window in enumerate(windows * 3)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, ConcurrentTurn) for result in results) == len(tries) - 1
    assert [turn.n for turn in await Records(windows[0]).turns(call.id)] == [1, 2]
    for window in windows:
        await window.close()


async def test_ctrl_c_at_any_moment_leaves_the_turn_whole_or_absent_and_the_database_free(
    sam: Records,
) -> None:
    call = await sam.start(NEW_CALL)
    for moment_ms in range(16):
        kept = len(await sam.turns(call.id))
        saying = asyncio.create_task(sam.add_rep_turn(call.id, kept + 1, "Hello?"))
        await asyncio.sleep(moment_ms / 2000)
        saying.cancel()
        await asyncio.wait([saying])
        async with asyncio.timeout(2):
            assert len(await sam.turns(call.id)) in (kept, kept + 1)
            await sam.add_rep_turn(call.id, len(await sam.turns(call.id)) + 1, "Still here.")


def test_no_method_can_be_broken_off_by_ctrl_c() -> None:
    methods = [method for name, method in inspect.getmembers(Records, callable) if not name.startswith("_")]
    assert methods
    assert all(inspect.unwrap(method) is not method for method in methods)


@pytest.mark.parametrize("n", [0, 1, 2, 4])
async def test_a_turn_that_is_not_the_next_is_refused(sam: Records, n: int) -> None:
    call = await call_with(sam, 2)
    with pytest.raises(ConcurrentTurn, match=f"next turn is 3, not {n}"):
        await sam.add_customer_turn(call.id, n, line())


async def test_nothing_can_be_said_after_the_end(sam: Records) -> None:
    call = await call_with(sam, 2)
    await sam.end(call.id, HUNG_UP)
    for too_late in (
        sam.add_rep_turn(call.id, 3, "Wait!"),
        sam.add_customer_turn(call.id, 3, line()),
        sam.end(call.id, Ending(by="rep", reason="stop", outcome="no_sale")),
    ):
        with pytest.raises(RolePlayEnded, match=r"is over \(hung_up\)"):
            await too_late
    assert (await sam.roleplay(call.id)).ending == HUNG_UP


async def test_the_last_running_call_is_the_one_to_resume(sam: Records) -> None:
    assert await sam.last_running() is None
    first = await sam.start(NEW_CALL)
    second = await sam.start(NEW_CALL)
    assert await sam.last_running() == second
    await sam.end(second.id, HUNG_UP)
    assert await sam.last_running() == first


async def test_a_retry_shares_everything_before_the_turn_exactly(sam: Records) -> None:
    parent = await call_with(sam, 7)
    child = await sam.retry(parent.id, 4)
    before = await sam.turns(parent.id)
    assert await sam.turns(child.id) == before[:3]
    assert (child.parent, child.from_turn, child.attempt, child.status) == (parent.id, 4, 2, "running")
    assert (child.persona, child.seed, child.difficulty) == (parent.persona, parent.seed, parent.difficulty)
    again = await sam.add_rep_turn(child.id, 4, "Let me put that differently.")
    assert again.state == before[2].state
    assert await sam.turns(parent.id) == before


async def test_a_retry_of_a_retry_counts_on(sam: Records) -> None:
    first = await call_with(sam, 4)
    second = await sam.retry(first.id, 2)
    await sam.add_rep_turn(second.id, 2, "Hello again.")
    third = await sam.retry(second.id, 2)
    assert (third.attempt, third.parent) == (3, second.id)


async def test_a_running_call_left_for_its_retry_is_not_resumed_later(sam: Records) -> None:
    parent = await call_with(sam, 3)
    child = await sam.retry(parent.id, 2)
    assert (await sam.roleplay(parent.id)).status == "ended"
    await sam.end(child.id, HUNG_UP)
    assert await sam.last_running() is None


async def test_a_finished_call_keeps_its_ending_when_it_is_retried(sam: Records) -> None:
    parent = await call_with(sam, 2)
    await sam.end(parent.id, HUNG_UP)
    await sam.retry(parent.id, 2)
    assert (await sam.roleplay(parent.id)).ending == HUNG_UP


@pytest.mark.parametrize("turn", [-1, 0, 3, 99])
async def test_a_retry_from_elsewhere_names_the_turns_to_choose_from(sam: Records, turn: int) -> None:
    call = await call_with(sam, 5)
    with pytest.raises(NotARepTurn, match=r"You can retry from: 2, 4\."):
        await sam.retry(call.id, turn)
    assert (await sam.roleplay(call.id)).status == "running"


async def test_a_call_in_which_the_rep_said_nothing_has_nothing_to_retry(sam: Records) -> None:
    call = await call_with(sam, 1)
    with pytest.raises(NotARepTurn, match="nothing to retry"):
        await sam.retry(call.id, 1)


async def test_the_list_shows_the_latest_first_with_its_score(sam: Records) -> None:
    scored = await call_with(sam, 3)
    await sam.save_scorecard(scored.id, CARD)
    running = await call_with(sam, 1)
    await sam.start(NEW_CALL)
    latest = await sam.roleplays()
    assert [(item.turns, item.score, item.passed) for item in latest] == [
        (0, None, None),
        (1, None, None),
        (3, 61, False),
    ]
    assert [item.roleplay.id for item in await sam.roleplays(limit=2)][1] == running.id


async def test_a_scorecard_comes_back_whole_and_scoring_again_replaces_it(sam: Records) -> None:
    call = await call_with(sam, 3)
    assert await sam.scorecard(call.id) is None
    await sam.save_scorecard(call.id, CARD)
    assert await sam.scorecard(call.id) == CARD
    better = replace(CARD, score=70, passed=True, checks=CARD.checks[:1])
    await sam.save_scorecard(call.id, better)
    assert await sam.scorecard(call.id) == better


async def test_a_question_is_kept_with_its_sources_and_the_askers_verdict(sam: Records) -> None:
    call = await sam.start(NEW_CALL)
    new = NewQuestion(
        question="What is the exit fee?",
        queries=("early withdrawal fee",),
        answer="1 % in the first year.",
        answered=True,
        citations=({"document": "fees.md", "heading": "Leaving"},),
        ms={"search": 4},
        roleplay=call.id,
    )
    asked = await sam.save_question(new)
    assert {name: getattr(asked, name) for name in vars(new)} == vars(new)
    assert await sam.question(asked.id) == asked
    assert (await sam.question_feedback(asked.id, "unhelpful")).feedback == "unhelpful"
    assert (await sam.question(asked.id)).feedback == "unhelpful"
    assert (await sam.question_feedback(asked.id, None)).feedback is None


async def test_an_unknown_call_suggests_the_nearest_or_where_to_look(sam: Records) -> None:
    with pytest.raises(NotFound, match="start one with: salesmate chat"):
        await sam.roleplay("rp_x")
    call = await sam.start(NEW_CALL)
    with pytest.raises(NotFound, match=f"Did you mean '{call.id}'"):
        await sam.roleplay(call.id[:-1] + "u")
    with pytest.raises(NotFound, match="salesmate transcripts list"):
        await sam.turns("\x00" + "?" * 5000)


@pytest.mark.parametrize("stranger", [("elsewhere", "sam"), ("northgate", "alex")])
async def test_nobody_else_can_reach_a_call(
    database: Database, sam: Records, stranger: tuple[str, str]
) -> None:
    call = await call_with(sam, 3)
    await sam.save_scorecard(call.id, CARD)
    asked = await sam.save_question(ASKED)
    other = Records(database, *stranger)
    for attempt in (
        other.roleplay(call.id),
        other.turns(call.id),
        other.add_rep_turn(call.id, 4, "Hi."),
        other.add_customer_turn(call.id, 4, line()),
        other.extend_rep_turn(call.id, "Hi."),
        other.end(call.id, HUNG_UP),
        other.retry(call.id, 2),
        other.start(NEW_CALL, after=call.id),
        other.set_visibility(call.id, "manager"),
        other.open_place("D1:1.0", call.id),
        other.place_of(call.id),
        other.scorecard(call.id),
        other.save_scorecard(call.id, CARD),
        other.question(asked.id),
        other.question_feedback(asked.id, "helpful"),
        other.save_question(replace(ASKED, roleplay=call.id)),
    ):
        with pytest.raises(NotFound) as refusal:
            await attempt
        assert "Did you mean" not in str(refusal.value)
    assert await other.roleplays() == []
    assert await other.last_running() is None
    assert len(await sam.turns(call.id)) == 3
    assert (await sam.roleplay(call.id)).status == "running"
    assert await sam.scorecard(call.id) == CARD


async def test_a_session_sees_its_own_tenant_in_every_table_without_asking(
    database: Database, sam: Records
) -> None:
    call = await call_with(sam, 3)
    await sam.add_rep_turn(call.id, 4, "Hello.", message="D1:4.0")
    await sam.revise("D1:4.0", "Good morning.")
    await sam.open_place("D1:1.0", call.id)
    await sam.save_scorecard(call.id, CARD)
    await sam.save_question(ASKED)
    for table in TenantOwned.__subclasses__():
        counts = []
        for tenant in ("northgate", "elsewhere"):
            async with database.reading(tenant) as session:
                counts.append(await session.scalar(select(func.count()).select_from(table)))
        assert counts[0], table
        assert counts[1] == 0, table


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="silence"),
        pytest.param("\x1b[31m\x07\b\t\r\n", id="control characters"),
        pytest.param("שלום עולם \u202e مرحبا", id="right to left"),
        pytest.param("👩🏽‍💼🙂 e\u0301 \ufeff", id="emoji and combining"),
        pytest.param("'; DROP TABLE turns; --", id="SQL"),
        pytest.param("x" * 1_000_000, id="a megabyte"),
    ],
)
async def test_whatever_is_said_is_kept_unchanged(sam: Records, text: str) -> None:
    call = await sam.start(NEW_CALL)
    await sam.add_rep_turn(call.id, 1, text)
    heard = replace(line(text), heard={"said": [text]}, state={text[:50]: text})
    await sam.add_customer_turn(call.id, 2, heard)
    rep, customer = await sam.turns(call.id)
    assert (rep.text, customer.text) == (text, text)
    assert (customer.heard, customer.state) == ({"said": [text]}, {text[:50]: text})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
async def test_only_what_no_database_holds_is_changed(sam: Records, text: str) -> None:
    call = await sam.start(NEW_CALL)
    kept = await sam.add_rep_turn(call.id, 1, text)
    expected = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text if c != "\x00")
    assert kept.text == expected
    assert await sam.turns(call.id) == [kept]


async def test_the_rep_does_not_speak_twice_before_she_is_answered(sam: Records) -> None:
    call = await call_with(sam, 1)
    await sam.add_rep_turn(call.id, None, "Good morning.")
    with pytest.raises(ConcurrentTurn, match="has not answered yet"):
        await sam.add_rep_turn(call.id, None, "Are you there?")
    _, turns = await sam.call(call.id)
    assert [turn.n for turn in turns] == [1, 2]
