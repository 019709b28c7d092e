"""A platform delivers a message twice, lets people edit it, and has threads: the records stay true."""

from __future__ import annotations

import asyncio

import pytest

from agents.records.database import Database
from agents.records.errors import ConcurrentTurn, NotFound, RolePlayEnded
from agents.records.export import FORMATS
from agents.records.store import Records
from tests.integration.test_records import CARD, HUNG_UP, NEW_CALL, call_with, line


@pytest.fixture
def sam(database: Database) -> Records:
    return Records(database, tenant="northgate", person="sam")


async def test_a_message_delivered_again_is_the_same_turn(sam: Records) -> None:
    call = await call_with(sam, 1)
    first = await sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0")
    assert await sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0") == first
    await sam.add_customer_turn(call.id, 3, line())
    await sam.end(call.id, HUNG_UP)
    assert await sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0") == first
    assert len(await sam.turns(call.id)) == 3


async def test_a_message_delivered_many_times_at_once_is_one_turn(sam: Records) -> None:
    call = await call_with(sam, 1)
    told = await asyncio.gather(
        *(sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0") for _ in range(8))
    )
    assert {turn.n for turn in told} == {2}
    assert len(await sam.turns(call.id)) == 2


async def test_further_words_join_the_line_that_waits_for_an_answer_once(sam: Records) -> None:
    call = await call_with(sam, 1)
    await sam.add_rep_turn(call.id, None, "Hello,", message="D1:2.0")
    for _ in range(2):
        joined = await sam.extend_rep_turn(call.id, "are you there?", message="D1:3.0")
        assert (joined.n, joined.text) == (2, "Hello,\nare you there?")
    await sam.add_customer_turn(call.id, 3, line())
    with pytest.raises(ConcurrentTurn):
        await sam.extend_rep_turn(call.id, "Hello?", message="D1:4.0")
    await sam.end(call.id, HUNG_UP)
    with pytest.raises(RolePlayEnded):
        await sam.extend_rep_turn(call.id, "Hello?", message="D1:5.0")


async def test_a_reply_to_half_of_what_was_said_is_not_kept(sam: Records) -> None:
    call = await call_with(sam, 2)
    await sam.extend_rep_turn(call.id, "And another thing.")
    with pytest.raises(ConcurrentTurn):
        await sam.add_customer_turn(call.id, 3, line(), answers="rep 2")
    assert len(await sam.turns(call.id)) == 2


async def test_an_edit_and_a_deletion_are_revisions_and_the_transcript_stays(sam: Records) -> None:
    call = await call_with(sam, 1)
    await sam.add_rep_turn(call.id, None, "It costs 5.", message="D1:2.0")
    edited = await sam.revise("D1:2.0", "It costs <6>.")
    assert edited
    assert (edited.roleplay, edited.n, edited.text) == (call.id, 2, "It costs <6>.")
    assert await sam.revise("D1:2.0", "It costs <6>.") is None
    deleted = await sam.revise("D1:2.0", None)
    assert deleted
    assert deleted.text is None
    assert await sam.revise("D1:9.0", "No turn.") is None
    turn = (await sam.turns(call.id))[1]
    assert turn.text == "It costs 5."
    assert [one.text for one in turn.revisions] == ["It costs <6>.", None]
    roleplay = await sam.roleplay(call.id)
    for write in FORMATS.values():
        written = write(roleplay, await sam.turns(call.id), None)
        assert "It costs 5." in written
        assert "6" in written
    markdown = FORMATS["md"](roleplay, await sam.turns(call.id), None)
    assert "later edited to" in markdown
    assert "later deleted" in markdown
    assert "<6>" not in FORMATS["html"](roleplay, await sam.turns(call.id), None)


async def test_somebody_else_neither_repeats_nor_edits_a_message(database: Database, sam: Records) -> None:
    call = await call_with(sam, 1)
    await sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0")
    other = Records(database, tenant="northgate", person="kim")
    hers = await call_with(other, 1)
    assert await other.revise("D1:2.0", "Goodbye.") is None
    with pytest.raises(NotFound):
        await other.add_rep_turn(hers.id, None, "Goodbye.", message="D1:2.0")
    elsewhere = Records(database, tenant="southgate", person="sam")
    assert await elsewhere.revise("D1:2.0", "Goodbye.") is None
    assert not (await sam.turns(call.id))[1].revisions


async def test_a_thread_has_one_call_and_only_its_rep_finds_it_there(
    database: Database, sam: Records
) -> None:
    call, second = await call_with(sam, 1), await call_with(sam, 1)
    for _ in range(2):
        await sam.open_place("D1:1.0", call.id)
    await sam.open_place("D1:1.0", second.id)
    assert (await sam.roleplay_at("D1:1.0")) == call
    assert await sam.place_of(call.id) == "D1:1.0"
    assert await sam.place_of(second.id) is None
    assert await sam.roleplay_at("D1:9.0") is None
    assert not await sam.is_taken("D1:9.0")
    kim = Records(database, tenant="northgate", person="kim")
    assert await kim.roleplay_at("D1:1.0") is None
    assert await kim.is_taken("D1:1.0")
    elsewhere = Records(database, tenant="southgate", person="sam")
    assert not await elsewhere.is_taken("D1:1.0")


async def test_the_home_page_has_what_runs_and_what_was_scored(sam: Records) -> None:
    running, over = await call_with(sam, 3), await call_with(sam, 2)
    await sam.open_place("D1:1.0", running.id)
    await sam.end(over.id, HUNG_UP)
    assert [(one.roleplay.id, one.turns, one.place) for one in await sam.running()] == [
        (running.id, 3, "D1:1.0")
    ]
    assert await sam.scored() == []
    await sam.save_scorecard(over.id, CARD)
    assert [(one.roleplay.id, one.score) for one in await sam.scored()] == [(over.id, 61)]


async def test_who_may_read_a_call_is_the_reps_to_say(sam: Records) -> None:
    call = await call_with(sam, 1)
    assert (await sam.set_visibility(call.id, "manager")).visibility == "manager"
    assert (await sam.roleplay(call.id)).visibility == "manager"


async def test_another_attempt_knows_the_one_before(sam: Records) -> None:
    first = await call_with(sam, 1)
    second = await sam.start(NEW_CALL, after=first.id)
    third = await sam.start(NEW_CALL, after=second.id)
    assert (third.attempt, third.parent, third.from_turn) == (3, second.id, None)
    assert "Follows" in FORMATS["md"](third, [], None)


async def test_together_is_kept_or_undone_as_one(sam: Records) -> None:
    call = await call_with(sam, 1)

    async def break_off() -> None:
        async with sam.database.together(sam.tenant):
            await sam.add_rep_turn(call.id, None, "Hello.", message="D1:2.0")
            await sam.end(call.id, HUNG_UP)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    assert len(await sam.turns(call.id)) == 1
    assert (await sam.roleplay(call.id)).status == "running"
