"""A turn passes once and in order: from what a person did to what she is told, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agents.records.database import Database
from agents.records.errors import DatabaseUnavailable, WriteRefused
from bot.presentation import Outgoing
from bot.turns.events import DeliveryTried, TurnWorked
from bot.turns.incoming import Kind
from bot.turns.ports import DeliverLater, Live, LostLease, Posting, TryLater, Turn, Undeliverable
from bot.turns.queue import open_queue
from tests.integration.turn_parts import PATIENCE_S, QUICK, Broken, House, echo, house_of, line, said, until


@pytest.fixture
def house(database: Database) -> House:
    return house_of(database)


async def test_a_line_is_answered(house: House) -> None:
    async with house.working():
        assert await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]
    assert [text for text, _ in house.work.told] == ["you said hello"]
    assert await house.statuses() == {"done": 1}
    assert [type(event) for event in house.events] == [DeliveryTried, TurnWorked]


async def test_what_comes_twice_is_answered_once_also_when_both_come_at_the_same_time(house: House) -> None:
    news = await asyncio.gather(*(house.queue.put(said("hello")) for _ in range(20)))
    assert sum(news) == 1
    async with house.working():
        await house.all_worked()
        assert not await house.queue.put(said("hello"))
    assert house.platform.texts == ["you said hello"]


async def test_two_processes_that_put_the_same_keep_it_once(house: House) -> None:
    other = open_queue(house.database)
    lines = [said(str(n)) for n in range(30)]
    news = await asyncio.gather(*(queue.put(one) for one in lines for queue in (house.queue, other)))
    assert sum(news) == 30


async def test_a_conversation_is_worked_in_order_and_conversations_side_by_side(house: House) -> None:
    at_once = most = 0

    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        return await echo(turn, live)

    house.work.think = think
    for n in range(5):
        for name in "abcd":
            await house.queue.put(said(str(n), name))
    async with house.working():
        await house.all_worked()
    for name in "abcd":
        assert house.platform.threads[name] == [f"you said {n}" for n in range(5)]
    assert most == 4


async def test_nul_and_half_surrogates_do_not_keep_a_line_from_being_kept(house: House) -> None:
    async with house.working():
        await house.queue.put(said("a\x00b\ud800c"))
        await house.all_worked()
    assert house.platform.texts == ["you said ab\ufffdc"]


async def test_what_belongs_under_the_first_message_goes_where_that_landed(house: House) -> None:
    async def think(turn: Turn, _live: Live) -> Sequence[Outgoing]:
        return [line(turn.incoming, "card"), line(turn.incoming, "opening", under_first=True)]

    house.work.think = think
    async with house.working():
        await house.queue.put(said("start"))
        await house.all_worked()
    first, second = house.platform.postings
    landed = house.platform.keys[first.key]
    assert (second.outgoing.place.channel, second.outgoing.place.thread) == (landed.channel, landed.message)
    assert first.key != second.key


# When thinking fails


async def test_a_turn_that_fails_is_tried_again_and_then_given_up_in_plain_words(house: House) -> None:
    async def think(turn: Turn, _live: Live) -> Sequence[Outgoing]:
        raise Broken(f"cannot answer {turn.incoming.data['text']}")

    house.work.think = think
    async with house.working():
        await house.queue.put(said("my secret"))
        await house.all_worked()
        house.work.think = echo
        await house.queue.put(said("next"))
        await house.all_worked()
    assert house.work.begun == ["my secret"] * QUICK.attempts + ["next"]
    assert house.platform.texts == ["failed my secret", "you said next"]
    (dead,) = await house.queue.entries(("dead",))
    assert (dead.error, dead.attempts) == ("Broken", QUICK.attempts)


async def test_a_dead_turn_is_worked_again_when_an_operator_says_so(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        raise Broken

    house.work.think = think
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
        (dead,) = await house.queue.entries(("dead",))
        house.work.think = echo
        again = await house.queue.retry([dead.id, 4711])
        assert list(again) == [dead.id]
        await house.all_worked()
    assert house.platform.texts == ["failed hello", "you said hello"]
    assert not await house.queue.put(said("hello")), "its event is still known"


async def test_dropped_turns_are_never_worked(house: House) -> None:
    await house.queue.put(said("one"))
    await house.queue.put(said("two"))
    one, _ = await house.queue.entries()
    assert await house.queue.drop([one.id, 4711]) == [one.id]
    async with house.working():
        await house.all_worked()
    assert house.work.begun == ["two"]


async def test_to_ask_for_later_is_no_failure_but_has_an_end(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        raise TryLater(0.02)

    house.work.think = think
    async with house.working():
        await house.queue.put(said("hello"))
        await until(lambda: len(house.work.begun) > QUICK.attempts)
        await house.all_worked()
    assert house.platform.texts == ["failed hello"]


async def test_a_database_that_is_away_for_a_moment_is_not_the_turn_s_fault(house: House) -> None:
    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        if len(house.work.begun) <= 2 * QUICK.attempts:
            raise DatabaseUnavailable("The database cannot be reached.")
        return await echo(turn, live)

    house.work.think = think
    async with house.working(patience=replace(QUICK, later_s=PATIENCE_S)):
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]


async def test_what_the_database_will_never_take_is_given_up(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        raise WriteRefused("The database refuses it.")

    house.work.think = think
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert len(house.work.begun) == QUICK.attempts
    assert house.platform.texts == ["failed hello"]


async def test_a_work_that_forgets_to_finish_is_a_failure(house: House) -> None:
    async def handle(_turn: Turn, _live: Live) -> None:
        return

    house.work.handle = handle  # type: ignore[method-assign,assignment]
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["failed hello"]


async def test_a_turn_with_nothing_to_say_is_over_at_once(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        return []

    house.work.think = think
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == []
    assert await house.statuses() == {"done": 1}


# Stop


async def test_stop_cancels_the_thinking_and_the_next_line_is_answered(house: House) -> None:
    cancelled = []

    async def think(turn: Turn, _live: Live) -> Sequence[Outgoing]:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(turn.incoming.data["text"])
            raise
        return []

    house.work.think = think
    async with house.working():
        await house.queue.put(said("one"))
        await until(lambda: house.work.begun == ["one"])
        await house.queue.put(said("two"))
        await house.queue.put(said("end", kind=Kind.END))
        await house.queue.put(said("elsewhere", "acme:D1:2"))
        await until(lambda: "elsewhere" in house.work.begun)
        house.work.think = echo
        assert await house.queue.stop("acme:D1:1", "somebody-else") == 0
        assert await house.queue.stop("acme:D1:1", "sam") == 2
        await until(lambda: len(house.platform.texts) == 3)
        assert house.work.begun == ["one", "elsewhere", "two", "end"]
        assert cancelled == ["one"]
    assert house.platform.texts == ["stopped one", "stopped two", "you said end"]
    assert (await house.statuses())["stopped"] == 2


async def test_stop_comes_too_late_for_what_is_answered(house: House) -> None:
    told = asyncio.Event()

    async def wait(_posting: Posting) -> None:
        await told.wait()

    house.platform.before = wait
    async with house.working():
        await house.queue.put(said("hello"))
        await until(lambda: bool(house.platform.postings))
        assert await house.queue.stop("acme:D1:1", "sam") == 0
        told.set()
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]
    assert await house.statuses() == {"done": 1}


# When the platform fails


async def test_the_platform_is_given_time_and_order_is_kept(house: House) -> None:
    async def busy(_posting: Posting) -> None:
        if len(house.platform.postings) < 4:
            raise DeliverLater("ratelimited", after_s=0.01)

    house.platform.before = busy
    async with house.working():
        await house.queue.put(said("one"))
        await house.queue.put(said("two"))
        await house.all_worked()
    assert house.platform.texts == ["you said one", "you said two"]
    assert not any(posting.maybe_posted for posting in house.platform.postings)


async def test_a_posting_that_may_have_arrived_is_looked_for(house: House) -> None:
    async def reset(_posting: Posting) -> None:
        if len(house.platform.postings) == 1:
            raise DeliverLater("reset", maybe_posted=True)

    house.platform.after = reset
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]
    assert [posting.maybe_posted for posting in house.platform.postings] == [False, True]


async def test_an_error_nobody_thought_of_counts_as_maybe_posted(house: House) -> None:
    async def broken(_posting: Posting) -> None:
        if len(house.platform.postings) == 1:
            raise Broken("my secret")

    house.platform.after = broken
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]


async def test_a_long_wait_lets_go_of_the_turn(house: House) -> None:
    async def later(_posting: Posting) -> None:
        if len(house.platform.postings) == 1:
            raise DeliverLater("ratelimited", after_s=0.5)

    house.platform.before = later
    patience = QUICK.__class__(hold_s=0.1)
    async with house.working(patience=patience) as worker:
        await house.queue.put(said("hello"))
        await until(lambda: bool(house.platform.postings))
        await until(lambda: worker.running == 0)
        assert await house.statuses() == {"answered": 1}
        await house.all_worked()
    assert house.platform.texts == ["you said hello"]
    assert house.work.begun == ["hello"]


@pytest.mark.parametrize("fault", [Undeliverable("channel_not_found"), DeliverLater("down")])
async def test_what_cannot_be_delivered_does_not_hold_up_the_rest(house: House, fault: Exception) -> None:
    async def think(turn: Turn, _live: Live) -> Sequence[Outgoing]:
        text = turn.incoming.data["text"]
        below = line(turn.incoming, f"{text}, below", under_first=True)
        return [line(turn.incoming, text), below, line(turn.incoming, f"{text}, beside")]

    async def never(posting: Posting) -> None:
        if posting.outgoing.content.model_dump()["summary"] == "one":
            raise fault

    house.work.think = think
    house.platform.before = never
    async with house.working():
        await house.queue.put(said("one"))
        await house.all_worked()
    assert house.platform.texts == ["one, beside"]
    assert await house.statuses() == {"done": 1}


# Whose turn it is


async def test_only_the_first_unfinished_turn_of_a_conversation_is_claimed(house: House) -> None:
    for name, text in (("a", "1"), ("a", "2"), ("b", "3")):
        await house.queue.put(said(text, name))
    claimed = await house.queue.claim("me", 15, ["test"], 10)
    assert [one.incoming.data["text"] for one in claimed] == ["1", "3"]
    assert await house.queue.claim("you", 15, ["test"], 10) == []
    assert await house.queue.requeue(claimed[0], counted=False)
    (again,) = await house.queue.claim("you", 15, ["test"], 10)
    assert (again.incoming.data["text"], again.attempts, again.fence) == ("1", 1, 2)
    assert await house.queue.claim("me", 15, ["other"], 10) == []


async def test_many_claimers_share_without_a_turn_taken_twice(house: House) -> None:
    for n in range(40):
        await house.queue.put(said("x", f"c{n}"))
    taken = await asyncio.gather(*(house.queue.claim(f"w{n}", 15, ["test"], 7) for n in range(8)))
    ids = [one.id for claimed in taken for one in claimed]
    assert len(ids) == len(set(ids))
    rest = await house.queue.claim("last", 15, ["test"], 40)
    assert len(ids) + len(rest) == 40


async def test_whoever_lost_the_lease_writes_nothing_and_posts_nothing(house: House) -> None:
    """A worker that stood still for longer than its lease, as under SIGSTOP, finds its turn taken over."""
    go_on = asyncio.Event()
    attempts: list[int] = []

    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        attempts.append(turn.attempt)
        if turn.attempt == 1:
            await go_on.wait()
        return await echo(turn, live)

    house.work.think = think
    frozen = house.worker(lease_s=0.1)

    async def asleep(_held: object) -> None:
        """The renewals that do not come."""

    frozen._renew = asleep  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(frozen.run())
    await house.queue.put(said("hello"))
    await until(lambda: attempts == [1])
    frozen._closing = True  # it claims nothing more, least of all its own turn
    async with house.working():
        await until(lambda: house.platform.texts == ["you said hello"])
        await house.all_worked()
        go_on.set()
        await frozen.drain(5)
        await running
    assert attempts == [1, 2]
    assert len(house.platform.postings) == 1
    assert [event.outcome for event in house.events if isinstance(event, TurnWorked)] == ["done", "lost"]


async def test_a_lost_lease_is_noticed_while_thinking(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(60)
        return []

    house.work.think = think
    async with house.working(lease_s=0.3) as worker:
        await house.queue.put(said("hello"))
        await until(lambda: house.work.begun == ["hello"])
        assert await house.queue.drop_tenant("test", "acme") == 1
        await until(lambda: worker.running == 0)
    assert house.platform.texts == []


async def test_a_lease_is_renewed_for_as_long_as_the_thinking_takes(house: House) -> None:
    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(2)
        return await echo(turn, live)

    house.work.think = think
    async with house.working(lease_s=0.8), house.working(lease_s=0.8):
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.work.begun == ["hello"]


async def test_finishing_twice_is_refused(house: House) -> None:
    async def handle(turn: Turn, _live: Live) -> None:
        await turn.finish([line(turn.incoming, "one")])
        with pytest.raises(LostLease):
            await turn.finish([line(turn.incoming, "two")])

    house.work.handle = handle  # type: ignore[method-assign,assignment]
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert house.platform.texts == ["one"]


# Closing down


async def test_drain_lets_running_turns_come_to_their_end(house: House) -> None:
    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(0.2)
        return await echo(turn, live)

    house.work.think = think
    worker = house.worker()
    running = asyncio.create_task(worker.run())
    await house.queue.put(said("hello"))
    await until(lambda: house.work.begun == ["hello"])
    await worker.drain(5)
    await running
    assert house.platform.texts == ["you said hello"]


async def test_drain_puts_back_at_once_what_does_not_end(house: House) -> None:
    async def think(_turn: Turn, _live: Live) -> Sequence[Outgoing]:
        await asyncio.sleep(60)
        return []

    house.work.think = think
    worker = house.worker()
    running = asyncio.create_task(worker.run())
    await house.queue.put(said("hello"))
    await until(lambda: house.work.begun == ["hello"])
    await worker.drain(0.05)
    await running
    (entry,) = await house.queue.entries()
    assert (entry.status, entry.attempts) == ("queued", 0)
    house.work.think = echo
    async with house.working():
        await house.all_worked(2)
    assert house.platform.texts == ["you said hello"]


# What is shown meanwhile


async def test_a_placeholder_is_found_by_whoever_finishes_the_turn(house: House) -> None:
    async def think(turn: Turn, live: Live) -> Sequence[Outgoing]:
        if turn.attempt == 1:
            live.piece("once")
            await house.platform.remember("m77")
            raise Broken
        live.piece("twice")
        return [line(turn.incoming, "reply"), line(turn.incoming, "more")]

    house.work.think = think
    async with house.working():
        await house.queue.put(said("hello"))
        await house.all_worked()
    assert [posting.placeholder for posting in house.platform.postings] == ["m77", ""]
    assert house.platform.pieces == ["once"], "the placeholder stands: no second one is made"


# What an operator sees


async def test_counts_and_age_say_how_much_waits(house: House) -> None:
    assert await house.queue.oldest_waiting_s() == 0
    await house.queue.put(said("one"))
    await house.queue.put(said("two"))
    await house.queue.claim("me", 15, ["test"], 1)
    assert await house.queue.counts() == {"queued": 1, "running": 1, "answered": 0, "dead": 0}
    assert 0 < await house.queue.oldest_waiting_s() < 60
