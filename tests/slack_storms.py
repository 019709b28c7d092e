"""Storms over Slack: reps who rehearse while events come several times, calls fail and processes die, and the
accounts that have to agree when it is over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import select

from agents.records.database import Database
from agents.records.queue_tables import InboxRow, OutboxRow
from agents.records.store import Records
from agents.records.tables import RolePlayRow
from bot.slack.holding import THINKING
from bot.turns.backlog import OPEN
from bot.turns.queue import Queue, open_queue
from tests.fakes.slack.people import Person
from tests.fakes.slack.server import HOME_TEAM, FakeSlack
from tests.fakes.slack.state import Message
from tests.fakes.slack.threads import Thread
from tests.proofs import FULL

TENANT = f"slack-{HOME_TEAM}"
CUSTOMER = "Helen Marsh"
RETRY_SCALE = 0.05
"""Slack's minutes between deliveries become seconds: at once, after 3 and after 15."""
ACK_S = 15.0
"""Five times Slack's patience: that a test's machine is slow is not what a storm is about."""
MODAL_S, AGAIN_S, QUIET_S, TIDY_S = 5.0, 0.3, 60.0, 30.0
TAKEN_S = 600.0 if FULL else 60.0
"""How long a rep waits for what she was promised."""

# Said in this order she stays on the phone to the end, and no line is a stop, a hint or a question.
LINES = (
    "Good afternoon, have I reached Mrs Marsh? My name is Sam Carter, I'm with Northgate Wealth in Leeds.",
    "Is this a bad moment, or may I take two minutes of your time?",
    "The reason for my call is your reply card from the library. You asked how often clients hear from us.",
    "May I ask what persuaded you to spend an evening at our library talk?",
    "That was kind of you. And may I ask who your present adviser is?",
    "It sounds as though Mr Hollis was your husband's choice. How long is it since he was last in touch?",
    "That must be frustrating. Do you know what you pay for the arrangement each year?",
    "I can see that you would rather understand a thing properly. Would you choose otherwise today?",
    "Thank you for telling me that. What would you like these savings to pay for in the years to come?",
    "What would have to be true for you to look at another way of doing it?",
)


@dataclass(frozen=True)
class Size:
    """How much a storm brings. `hang_ups` is the share of calls that the rep ends in the end."""

    calls: int
    lines: int
    hang_ups: float = 0.2

    def __str__(self) -> str:
        return f"{self.calls * self.lines} lines in {self.calls} calls"


@dataclass
class Rehearsal:
    """A call as one rep has it."""

    rep: Person
    waits: bool
    """Whether she lets the customer finish before she goes on."""
    hangs_up: bool
    lines: tuple[str, ...]
    by_message: bool
    thread: Thread = field(init=False)

    async def takes_place(self) -> None:
        """From the first press to the last word."""
        self.thread = await (self._asks_in_words() if self.by_message else self._chooses_in_the_window())
        await self._has_heard(0)
        for n, line in enumerate(self.lines, 1):
            await self.thread.says(line)
            if self.waits:
                await self._has_heard(n)
        await self._has_heard(len(self.lines))
        if self.hangs_up:
            await self._hangs_up()

    def spoken(self) -> list[tuple[str, str]]:
        """Who said what, as it stands in the thread."""
        said = []
        for seen in self.thread.messages_now:
            if seen.message.user == self.rep.id and seen.ts != self.thread.ts:
                said.append(("rep", seen.text))
            elif seen.from_bot and seen.username == CUSTOMER:
                said.append(("customer", seen.words))
        return said

    async def _asks_in_words(self) -> Thread:
        return await self.rep.says(f"Rehearse with {CUSTOMER}")

    async def _chooses_in_the_window(self) -> Thread:
        """By the command, which nobody sends again: she does, until the window opens and is taken."""
        while True:
            if not self.rep.has_modal:
                await self.rep.types("/roleplay", CUSTOMER)
            try:
                window = await self.rep.modal(within_s=MODAL_S)
            except AssertionError:
                continue
            if await window.submit() is None:
                return await self.rep.newest_thread(within_s=TAKEN_S)
            await asyncio.sleep(AGAIN_S)

    async def _hangs_up(self) -> None:
        card = await self.thread.with_button("End call")
        while (await self.rep.presses(card, "End call")).error:  # noqa: ASYNC110  # until it is taken
            await asyncio.sleep(AGAIN_S)
        await self.thread.with_button("Try harder", within_s=TAKEN_S)

    async def _has_heard(self, replies: int) -> None:
        """Until the customer has opened the call and answered so many lines; a placeholder is no reply."""
        await self.thread.until(
            lambda seen: sum(_is_reply(one.message) for one in seen) > replies, within_s=TAKEN_S
        )


def _is_reply(message: Message) -> bool:
    key = _key(message)
    return message.username == CUSTOMER and bool(key) and not key.startswith(THINKING)


def _key(message: Message) -> str:
    payload: Mapping[str, Any] = message.metadata.get("event_payload") or {}
    return str(payload.get("key") or "")


def several_times(dice: Random) -> Any:
    """Each event one to four times, in random order and with the headers of a retry."""
    return lambda _event: dice.randint(1, 4)


async def rehearse(slack: FakeSlack, size: Size, dice: Random) -> list[Rehearsal]:
    """All calls at once. Four reps of five have one, the others two at a time; half of the calls are asked
    for in words and half in the window; in half of them the rep waits for each reply."""
    reps = max(1, size.calls * 4 // 5)
    rehearsals = [
        Rehearsal(
            slack.person(f"U{n % reps:04}REP"),
            waits=n % 4 < 2,
            hangs_up=dice.random() < size.hang_ups,
            lines=LINES[: size.lines],
            # Somebody's second call is asked for the other way.
            by_message=bool(n % reps % 2) is (n < reps),
        )
        for n in range(size.calls)
    ]
    async with asyncio.TaskGroup() as group:
        for rehearsal in rehearsals:
            group.create_task(rehearsal.takes_place())
    return rehearsals


# --- the accounts -----------------------------------------------------------------------------------------


async def quiet(slack: FakeSlack, queue: Queue) -> None:
    """Until all that came in is worked and told."""
    await slack.sender.settled()
    async with asyncio.timeout(QUIET_S):
        while any([(await queue.counts())[status] for status in OPEN]):  # noqa: ASYNC110  # other processes
            await asyncio.sleep(0.05)


async def every_account_agrees(slack: FakeSlack, database: Database, rehearsals: list[Rehearsal]) -> None:
    """What people see, what the records hold and what the queue did are the same story."""
    await quiet(slack, open_queue(database))
    assert not slack.sender.lost, _fates(slack)
    await _nothing_is_left_over(slack)
    await _the_queue_is_done(database)
    await _what_was_told_is_what_is_seen(slack, database)
    await _calls_were_started_once(database, rehearsals)
    for rehearsal in rehearsals:
        await _thread_and_transcript_agree(database, rehearsal)


def _fates(slack: FakeSlack) -> list[str]:
    """How each attempt to deliver the events went that Slack gave up."""
    lost = {body["event_id"] for body in slack.sender.lost}
    told = [delivery for delivery in slack.sender.deliveries if delivery.event_id in lost]
    return [
        f"{d.event_id} {d.attempt}: {d.answer.status} {d.answer.error} {d.answer.seconds:.1f} s" for d in told
    ]


async def _the_queue_is_done(database: Database) -> None:
    """No unfinished row, nothing given up, nothing undeliverable."""
    async with database.house(reading=True) as connection:
        turns = Counter((await connection.execute(select(InboxRow.status))).scalars())
        errors = await connection.execute(select(InboxRow.kind, InboxRow.error).where(InboxRow.error != ""))
        assert set(turns) == {"done"}, (turns, errors.all())
        told = Counter((await connection.execute(select(OutboxRow.status, OutboxRow.error))).all())
    assert {status for status, _ in told} == {"delivered"}, told


async def _what_was_told_is_what_is_seen(slack: FakeSlack, database: Database) -> None:
    """Each message of the outbox stands in Slack once, and nothing else of SalesMate's does."""
    bot = slack.workspace(HOME_TEAM).bot_id
    seen = [m for channel in slack.channels for m in slack.seen(channel) if m.bot_id == bot]
    keys = Counter(_key(message) for message in seen)
    assert not keys[""], [m.text for m in seen if not _key(m)]
    assert max(keys.values()) == 1, [key for key, n in keys.items() if n > 1]
    async with database.house(reading=True) as connection:
        rows = await connection.execute(select(OutboxRow.channel, OutboxRow.message))
        told = Counter((row.channel, row.message) for row in rows if row.message)
    assert told == Counter((m.channel, m.ts) for m in seen if "." not in _key(m))


async def _nothing_is_left_over(slack: FakeSlack) -> None:
    """No placeholder, no open stream, no thread in which somebody seems to think."""

    def left() -> list[str]:
        seen = [m for channel in slack.channels for m in slack.seen(channel)]
        thinking = [m.text for m in seen if _key(m).startswith(THINKING) or m.streaming_since is not None]
        return thinking + [s.thread_ts for s in slack.sessions.values() if s.status == "processing"]

    try:
        await slack.until(lambda: not left(), timeout=TIDY_S)
    except AssertionError:
        raise AssertionError(f"Left over: {left()}") from None


async def _calls_were_started_once(database: Database, rehearsals: list[Rehearsal]) -> None:
    async with database.house(reading=True) as connection:
        started = Counter((await connection.execute(select(RolePlayRow.person))).scalars())
    assert started == Counter(rehearsal.rep.id for rehearsal in rehearsals)


async def _thread_and_transcript_agree(database: Database, rehearsal: Rehearsal) -> None:
    """Every line once, in order, each followed by its reply. A rep who does not wait reads the replies in
    the order of her lines."""
    records = Records(database, TENANT, rehearsal.rep.id)
    call = await records.roleplay_at(f"{rehearsal.thread.channel}:{rehearsal.thread.ts}")
    assert call is not None, "the call is not where it takes place"
    kept = [(turn.speaker, turn.text) for turn in await records.turns(call.id)]
    assert [speaker for speaker, _ in kept] == ["customer", *["rep", "customer"] * len(rehearsal.lines)]
    assert tuple(text for speaker, text in kept if speaker == "rep") == rehearsal.lines
    seen = rehearsal.spoken()
    if rehearsal.waits:
        assert seen == kept
    for who in ("rep", "customer"):
        assert [text for one, text in seen if one == who] == [text for one, text in kept if one == who]
    assert (call.status == "running") is not rehearsal.hangs_up
