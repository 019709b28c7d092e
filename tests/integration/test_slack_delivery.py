"""What reaches people in Slack, over real HTTP, and through every kind of failure: once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.presentation import File, Heading, Home, Message, Outgoing, Place, Speaker, Words
from bot.slack.client import SlackClient
from bot.slack.delivery import SlackSurface
from bot.slack.finding import EVENT_TYPE
from bot.slack.tokens import NotInstalled, OneToken
from bot.turns.incoming import Incoming, Kind
from bot.turns.ports import DeliverLater, Posting, Receipt, Undeliverable
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.server import FakeSlack
from tests.fakes.slack.state import ALL_SCOPES
from tests.fakes.slack.state import Message as Posted
from tests.proofs import FULL

ACME = "slack-T0ACME"
MAYA = "U0MAYA"
HELEN = Speaker(name="Helen Marsh", picture=":female-office-worker:")


@dataclass
class Desk:
    """A workspace with SalesMate in it, and Maya's direct messages with a thread."""

    slack: FakeSlack
    surface: SlackSurface
    client: SlackClient
    dm: str
    thread: str
    counted: list[tuple[str, str]] = field(default_factory=list)

    @property
    def place(self) -> Place:
        return Place(person=MAYA, channel=self.dm, thread=self.thread)

    def said(self) -> list[Posted]:
        """What is in the thread under its first message."""
        return [m for m in self.slack.thread(self.dm, self.thread) if m.ts != self.thread]

    def keys(self) -> list[str]:
        """The keys of everything visible that SalesMate has posted."""
        return [
            str(m.metadata["event_payload"]["key"])
            for m in self.slack.seen(self.dm)
            if m.metadata.get("event_type") == EVENT_TYPE
        ]


@asynccontextmanager
async def a_desk(*, newer: bool = True, scopes: frozenset[str] = ALL_SCOPES) -> AsyncIterator[Desk]:
    async with FakeSlack(newer=newer) as slack:
        token = slack.bot_token if scopes == ALL_SCOPES else slack.install("T0ACME", scopes).value
        slack.user(MAYA)
        dm = slack.dm("T0ACME", MAYA)
        root = slack.post(Posted(dm.id, slack.new_ts(), "T0ACME", MAYA, "Rehearse with Helen Marsh"))
        counted: list[tuple[str, str]] = []
        client = SlackClient(
            slack.api_url, timeout_s=0.4, observe=lambda method, outcome: counted.append((method, outcome))
        )
        tokens = OneToken(token, AsyncWebClient(base_url=slack.api_url))
        surface = SlackSurface(client, tokens)
        try:
            yield Desk(slack, surface, client, dm.id, root.ts, counted)
        finally:
            await surface.close()
            await client.close()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with a_desk() as desk:
        yield desk


@pytest.fixture
async def older() -> AsyncIterator[Desk]:
    """A workspace with the long-standing calls only."""
    async with a_desk(newer=False) as desk:
        yield desk


def line(text: str = "Who is this?", **more: Any) -> Message:
    return Message(summary=text, parts=(Words(text=text),), speaker=HELEN, **more)


def posting(place: Place, content: Any = None, *, key: str = "7:0", **more: Any) -> Posting:
    outgoing = Outgoing(place=place, content=content or line(), **more)
    return Posting(key=key, tenant=ACME, outgoing=outgoing, maybe_posted=False, since=time.time())


async def delivered(surface: SlackSurface, posting: Posting, *, most: int = 60) -> Receipt:
    """As the worker does it: again, until it is there; what may have been posted is looked for."""
    for _ in range(most):
        try:
            return await surface.deliver(posting)
        except DeliverLater as later:
            posting = replace(posting, maybe_posted=later.maybe_posted)
            await asyncio.sleep(min(later.after_s, 0.05))
    raise AssertionError("never delivered")


async def test_a_customers_line_bears_her_name_and_its_key(desk: Desk) -> None:
    receipt = await desk.surface.deliver(posting(desk.place))
    (said,) = desk.said()
    assert receipt == Receipt(desk.dm, said.ts)
    assert (said.username, said.icons) == ("Helen Marsh", {"emoji": ":female-office-worker:"})
    assert "Who is this?" in said.text
    assert desk.keys() == ["7:0"]
    (call,) = desk.slack.called("chat.postMessage")
    assert (call.args["unfurl_links"], call.args["parse"]) == (False, "none")


async def test_a_call_begins_in_her_direct_messages_and_its_thread_is_named(desk: Desk) -> None:
    start = posting(Place(person=MAYA), opens=True, title="Call with Helen Marsh", session="running")
    receipt = await desk.surface.deliver(start)
    assert receipt.channel == desk.dm
    await desk.slack.until(lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
    args = desk.slack.called("agents.sessions.setStatus")[0].args
    assert (args["status"], args["title"], args["thread_ts"]) == (
        "active",
        "Call with Helen Marsh",
        receipt.message,
    )
    await desk.surface.deliver(posting(Place(person=MAYA), key="8:0"))
    assert len(desk.slack.called("conversations.open")) == 1, "the channel is known by then"


@pytest.mark.parametrize("fault", ["500_after", "503_after", "timeout_after", "reset_after"])
async def test_what_was_posted_in_spite_of_an_error_is_found_and_not_posted_again(
    desk: Desk, fault: str
) -> None:
    desk.slack.faults.next("chat.postMessage", fault)
    with pytest.raises(DeliverLater) as later:
        await desk.surface.deliver(posting(desk.place))
    assert later.value.maybe_posted
    receipt = await desk.surface.deliver(replace(posting(desk.place), maybe_posted=True))
    assert desk.keys() == ["7:0"]
    assert receipt.message == desk.said()[0].ts


@pytest.mark.parametrize("fault", ["500_before", "503_before", "timeout_before", "reset_before"])
async def test_what_was_not_posted_is_posted_the_next_time(desk: Desk, fault: str) -> None:
    desk.slack.faults.next("chat.postMessage", fault)
    with pytest.raises(DeliverLater):
        await desk.surface.deliver(posting(desk.place))
    await desk.surface.deliver(replace(posting(desk.place), maybe_posted=True))
    assert desk.keys() == ["7:0"]


async def test_a_limit_is_no_doubt_and_is_kept_to(desk: Desk) -> None:
    desk.slack.faults.retry_after_s = 20
    desk.slack.faults.next("chat.postMessage", "429")
    for _ in range(2):
        with pytest.raises(DeliverLater) as later:
            await desk.surface.deliver(posting(desk.place))
        assert not later.value.maybe_posted
        assert later.value.after_s == pytest.approx(20, abs=1)
    assert len(desk.slack.called("chat.postMessage")) == 1, "the second try did not reach Slack"


async def test_a_burst_in_one_channel_is_spread_before_slack_has_to_say_no(desk: Desk) -> None:
    desk.slack.rate_limits = True
    await asyncio.gather(*(desk.surface.deliver(posting(desk.place, key=f"{n}:0")) for n in range(6)))
    assert len(desk.keys()) == 6
    assert not [call for call in desk.slack.calls if call.status == 429]


async def test_while_it_cannot_look_it_waits(desk: Desk) -> None:
    """Found out by looking only: a post that may be there is not repeated blindly."""
    desk.slack.faults.next("conversations.replies", "429")
    with pytest.raises(DeliverLater) as later:
        await desk.surface.deliver(replace(posting(desk.place), maybe_posted=True))
    assert later.value.maybe_posted
    assert desk.keys() == []


async def test_where_it_may_not_look_it_posts() -> None:
    async with a_desk(scopes=ALL_SCOPES - {"im:history"}) as desk:
        await desk.surface.deliver(replace(posting(desk.place), maybe_posted=True))
        assert desk.keys() == ["7:0"]


async def test_a_key_forged_by_somebody_else_keeps_nothing_back(desk: Desk) -> None:
    forged = {"event_type": EVENT_TYPE, "event_payload": {"key": "7:0"}}
    desk.slack.post(
        Posted(desk.dm, desk.slack.new_ts(), "T0ACME", "U0EVE", "no", thread_ts=desk.thread, metadata=forged)
    )
    await desk.surface.deliver(replace(posting(desk.place), maybe_posted=True))
    assert [m.username for m in desk.said()] == ["", "Helen Marsh"]


async def test_a_long_message_goes_on_where_it_was_cut_off(desk: Desk) -> None:
    long = Message(summary="Long.", parts=tuple(Heading(text=f"Point {n}") for n in range(120)))
    desk.slack.faults.next("chat.postMessage", "")
    desk.slack.faults.next("chat.postMessage", "reset_after")
    with pytest.raises(DeliverLater):
        await desk.surface.deliver(posting(desk.place, long))
    receipt = await delivered(desk.surface, replace(posting(desk.place, long), maybe_posted=True))
    assert desk.keys() == ["7:0", "7:0.1", "7:0.2"]
    assert receipt.message == desk.said()[0].ts


async def test_a_limit_in_the_middle_of_a_long_message_is_a_doubt(desk: Desk) -> None:
    long = Message(summary="Long.", parts=tuple(Heading(text=f"Point {n}") for n in range(120)))
    desk.slack.faults.next("chat.postMessage", "")
    desk.slack.faults.next("chat.postMessage", "429")
    with pytest.raises(DeliverLater) as later:
        await desk.surface.deliver(posting(desk.place, long))
    assert later.value.maybe_posted
    await delivered(desk.surface, replace(posting(desk.place, long), maybe_posted=True))
    assert desk.keys() == ["7:0", "7:0.1", "7:0.2"]


async def test_a_message_takes_the_place_of_an_earlier_one(desk: Desk) -> None:
    first = await desk.surface.deliver(posting(desk.place))
    after = await desk.surface.deliver(
        posting(desk.place, line("It is me."), key="8:0", replaces=first.message)
    )
    assert after == first
    assert [("It is me." in m.text) for m in desk.said()] == [True]


async def test_what_was_to_be_replaced_but_is_gone_is_said_anew(desk: Desk) -> None:
    first = await desk.surface.deliver(posting(desk.place))
    desk.slack.delete(desk.said()[0])
    after = await desk.surface.deliver(
        posting(desk.place, line("It is me."), key="8:0", replaces=first.message)
    )
    assert after.message != first.message
    assert desk.keys() == ["8:0"]


async def test_a_private_answer_goes_to_the_commands_own_address(desk: Desk) -> None:
    channel = desk.slack.channel("C0SALES", members=(MAYA,))
    url = desk.slack.response_url("T0ACME", channel.id, MAYA, path="commands")
    place = Place(person=MAYA, channel=channel.id, reply_url=url)
    assert await desk.surface.deliver(posting(place, line(private=True))) == Receipt()
    (seen,) = desk.slack.ephemerals(MAYA)
    assert "Who is this?" in seen.text
    assert desk.slack.seen(channel.id) == []


async def test_when_the_address_is_used_up_the_answer_is_whispered_and_then_goes_to_her_dm(
    desk: Desk,
) -> None:
    workspace = desk.slack.workspace("T0ACME")
    channel = desk.slack.channel("C0SALES", members=(MAYA, workspace.bot_user))
    channel.kind = "group"
    url = desk.slack.response_url("T0ACME", channel.id, MAYA, path="commands")
    place = Place(person=MAYA, channel=channel.id, reply_url=url)
    for n in range(6):
        await desk.surface.deliver(posting(place, line(f"Answer {n}", private=True), key=f"{n}:0"))
    assert len(desk.slack.ephemerals(MAYA)) == 6
    assert len(desk.slack.called("chat.postEphemeral", ok=True)) == 1
    channel.members.discard(workspace.bot_user)
    receipt = await desk.surface.deliver(posting(place, line("Last", private=True), key="9:0"))
    assert receipt.channel == desk.dm
    assert desk.slack.seen(channel.id) == []


async def test_a_private_note_in_her_own_dm_is_an_ordinary_message(desk: Desk) -> None:
    await desk.surface.deliver(posting(desk.place, line(private=True)))
    assert desk.keys() == ["7:0"]


async def test_an_answer_shared_where_salesmate_is_no_member_goes_by_the_address(desk: Desk) -> None:
    channel = desk.slack.channel("G0DEAL", members=(MAYA,))
    channel.kind = "group"
    url = desk.slack.response_url("T0ACME", channel.id, MAYA)
    await desk.surface.deliver(posting(Place(person=MAYA, channel=channel.id, reply_url=url)))
    assert len(desk.slack.seen(channel.id)) == 1


async def test_her_own_page_is_published(desk: Desk) -> None:
    await desk.surface.deliver(posting(Place(person=MAYA), Home(parts=(Heading(text="Your calls"),))))
    (view,) = desk.slack.homes.values()
    assert "Your calls" in str(view.body)


async def test_a_file_is_shared_once_in_the_thread(desk: Desk) -> None:
    file = File(name="call.md", text="# Call\n\nRep: hello", summary="Your transcript.")
    await desk.surface.deliver(posting(desk.place, file))
    await desk.surface.deliver(replace(posting(desk.place, file), maybe_posted=True))
    (said,) = desk.said()
    assert said.files[0]["name"] == "call.md"


async def test_where_files_are_not_taken_the_words_come_as_messages() -> None:
    async with a_desk(scopes=ALL_SCOPES - {"files:write"}) as desk:
        file = File(name="call.md", text="Rep: hello\n" * 900, summary="Your transcript.")
        await desk.surface.deliver(posting(desk.place, file))
        assert len(desk.keys()) >= 1
        assert "call.md" in str(desk.said()[0].blocks)


async def test_without_leave_to_bear_a_name_the_line_comes_without() -> None:
    async with a_desk(scopes=ALL_SCOPES - {"chat:write.customize"}) as desk:
        await desk.surface.deliver(posting(desk.place))
        await desk.surface.deliver(posting(desk.place, key="8:0"))
        assert desk.keys() == ["7:0", "8:0"]
        assert len(desk.slack.called("chat.postMessage")) == 3, "it was tried once"


async def test_who_cannot_be_reached_is_told_nothing_again(desk: Desk) -> None:
    with pytest.raises(Undeliverable):
        await desk.surface.deliver(posting(Place(person=MAYA, channel="D0GONE")))
    with pytest.raises(Undeliverable):
        await desk.surface.deliver(replace(posting(desk.place), tenant="slack-T0OTHER"))
    with pytest.raises(Undeliverable):
        await desk.surface.deliver(posting(Place(person="U0NOBODY")))


async def test_a_revoked_token_is_no_installation(desk: Desk) -> None:
    client = AsyncWebClient(base_url=desk.slack.api_url)
    with pytest.raises(NotInstalled):
        await OneToken("xoxb-forged", client).bot(ACME)


# What is shown meanwhile


def said_by_maya(desk: Desk, key: str = "Ev1") -> Incoming:
    return Incoming(
        platform="slack",
        tenant=ACME,
        event_key=key,
        conversation=f"{ACME}:{desk.dm}:{desk.thread}",
        kind=Kind.SAID,
        person=MAYA,
        place=desk.place,
        data={"text": "Hello Helen", "message": desk.thread},
    )


@dataclass
class Row:
    """Keeps a placeholder, as the inbox does."""

    placeholder: str = ""

    async def remember(self, placeholder: str) -> None:
        self.placeholder = placeholder


async def shows(desk: Desk, holds: Callable[[], object]) -> None:
    await desk.slack.until(holds, timeout=3)


async def test_a_quick_reply_shows_nothing(desk: Desk) -> None:
    async with desk.surface.live(said_by_maya(desk), Row().remember) as live:
        live.thinking(HELEN)
    await asyncio.sleep(0.05)
    assert not desk.slack.called("agents.sessions.setStatus")


async def test_thinking_is_a_status_and_is_always_cleared(desk: Desk) -> None:
    async def turn() -> None:
        async with desk.surface.live(said_by_maya(desk), Row().remember) as live:
            live.thinking(HELEN)
            await shows(desk, lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
            raise RuntimeError("the model is down")

    with pytest.raises(RuntimeError):
        await turn()
    await desk.surface.close()
    statuses = [call.args["status"] for call in desk.slack.called("agents.sessions.setStatus", ok=True)]
    assert statuses == ["processing", "active"]
    assert desk.said() == []


async def test_an_older_workspace_sees_a_placeholder_with_a_stop_button_that_becomes_the_reply(
    older: Desk,
) -> None:
    row = Row()
    async with older.surface.live(said_by_maya(older), row.remember) as live:
        live.thinking(HELEN)
        await shows(older, lambda: row.placeholder)
        (placeholder,) = older.said()
        assert placeholder.username == "Helen Marsh"
        assert "thinking" in placeholder.text
        assert "salesmate_stop" in str(placeholder.blocks)
    receipt = await older.surface.deliver(replace(posting(older.place), placeholder=row.placeholder))
    assert receipt.message == placeholder.ts
    assert ["Who is this?" in m.text for m in older.said()] == [True]
    assert older.keys() == ["7:0"]
    async with older.surface.live(said_by_maya(older, "Ev2"), row.remember) as live:
        live.thinking(HELEN)
        await shows(older, lambda: len(older.said()) == 2)
    assert len(older.slack.called("agents.sessions.setStatus")) == 1, "asked once, then left alone"


async def test_a_stopped_turn_takes_its_placeholder_away(older: Desk) -> None:
    row = Row()

    async def turn() -> None:
        async with older.surface.live(said_by_maya(older), row.remember) as live:
            live.thinking(HELEN)
            await asyncio.sleep(30)

    task = asyncio.create_task(turn())
    await shows(older, lambda: row.placeholder)
    held = row.placeholder
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert row.placeholder == ""
    note = Message(summary="Stopped.", parts=(Words(text="Stopped."),))
    await older.surface.deliver(replace(posting(older.place, note), placeholder=held))
    await shows(older, lambda: ["Stopped." in m.text for m in older.said()] == [True])


async def test_a_placeholder_under_another_name_makes_way(older: Desk) -> None:
    row = Row()
    async with older.surface.live(said_by_maya(older), row.remember) as live:
        live.thinking(HELEN)
        await shows(older, lambda: row.placeholder)
    note = Message(summary="Try again.", parts=(Words(text="Try again."),))
    await older.surface.deliver(replace(posting(older.place, note), placeholder=row.placeholder))
    assert [(m.username, "Try again." in m.text) for m in older.said()] == [("", True)]


async def test_a_placeholder_that_came_too_late_goes_again(older: Desk) -> None:
    """Its post hangs until after the turn; nobody may be left reading that Helen is thinking."""
    older.slack.faults.next("chat.postMessage", "timeout_after")
    async with older.surface.live(said_by_maya(older), Row().remember) as live:
        live.thinking(HELEN)
        await shows(older, older.said)
    await older.surface.deliver(posting(older.place))
    await shows(older, lambda: ["Who is this?" in m.text for m in older.said()] == [True])


async def test_a_placeholder_left_by_a_dead_process_is_swept_up(older: Desk) -> None:
    async with a_second_surface(older) as dead:
        row = Row()
        async with dead.live(said_by_maya(older), row.remember) as live:
            live.thinking(HELEN)
            await shows(older, lambda: row.placeholder)
    row = Row()
    async with older.surface.live(said_by_maya(older), row.remember) as live:
        live.thinking(HELEN)
        await shows(older, lambda: row.placeholder)
    await older.surface.deliver(replace(posting(older.place), placeholder=row.placeholder))
    await shows(older, lambda: ["Who is this?" in m.text for m in older.said()] == [True])


@asynccontextmanager
async def a_second_surface(desk: Desk) -> AsyncIterator[SlackSurface]:
    client = SlackClient(desk.slack.api_url)
    surface = SlackSurface(
        client, OneToken(desk.slack.bot_token, AsyncWebClient(base_url=desk.slack.api_url))
    )
    yield surface
    await surface.close()
    await client.close()


async def test_pieces_are_streamed_and_the_reply_finishes_the_stream(desk: Desk) -> None:
    row = Row()
    async with desk.surface.live(said_by_maya(desk), row.remember) as live:
        live.thinking(HELEN)
        await shows(desk, lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
        live.piece("Who is ")
        await shows(desk, lambda: row.placeholder)
        live.piece("<!here> this?")
        await shows(desk, lambda: desk.slack.called("chat.appendStream", ok=True))
    receipt = await desk.surface.deliver(replace(posting(desk.place), placeholder=row.placeholder))
    (said,) = desk.said()
    assert receipt.message == said.ts
    assert said.username == "Helen Marsh"
    assert said.text == "Who is this?"
    assert desk.keys() == ["7:0"]
    assert not any("<!here>" in str(call.args) for call in desk.slack.calls)


async def test_a_stream_that_began_in_spite_of_an_error_makes_way(desk: Desk) -> None:
    row = Row()
    desk.slack.faults.next("chat.startStream", "reset_after")
    async with desk.surface.live(said_by_maya(desk), row.remember) as live:
        live.thinking(HELEN)
        await shows(desk, lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
        live.piece("Who is ")
        await shows(desk, desk.said)
    await desk.surface.deliver(replace(posting(desk.place), placeholder=row.placeholder))
    assert [m.text for m in desk.said()] == ["Who is this?"]


async def test_a_stream_that_died_is_finished_by_an_update(desk: Desk) -> None:
    row = Row()
    async with desk.surface.live(said_by_maya(desk), row.remember) as live:
        live.thinking(HELEN)
        await shows(desk, lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
        live.piece("Who is ")
        await shows(desk, lambda: row.placeholder)
        now = desk.slack.clock
        desk.slack.clock = lambda: now() + 400
        live.piece("this?")
        await shows(desk, lambda: desk.slack.called("chat.appendStream"))
    await desk.surface.deliver(replace(posting(desk.place), placeholder=row.placeholder))
    assert [m.text for m in desk.said()] == ["Who is this?"]


async def test_a_status_is_cleared_through_every_failure(desk: Desk) -> None:
    async with desk.surface.live(said_by_maya(desk), Row().remember) as live:
        live.thinking(HELEN)
        await shows(desk, lambda: desk.slack.called("agents.sessions.setStatus", ok=True))
        for fault in ("500_before", "reset_before", "429"):
            desk.slack.faults.next("agents.sessions.setStatus", fault)
    await desk.surface.close()
    assert desk.slack.called("agents.sessions.setStatus", ok=True)[-1].args["status"] == "active"


async def test_suggestions_are_offered_where_there_are_any(desk: Desk, older: Desk) -> None:
    await desk.surface.suggest(ACME, desk.dm)
    assert desk.slack.called("assistant.threads.setSuggestedPrompts", ok=True)
    for _ in range(2):
        await older.surface.suggest(ACME, older.dm)
    assert len(older.slack.called("assistant.threads.setSuggestedPrompts")) == 1


# Once


@pytest.mark.prove
@pytest.mark.parametrize("calls", ["newer", "older"])
@pytest.mark.parametrize("seed", range(8 if FULL else 1))
async def test_whatever_fails_every_message_is_there_once(calls: str, seed: int) -> None:
    async with a_desk(newer=calls == "newer") as desk:
        desk.slack.faults = Faults(rate=0.3, seed=seed, retry_after_s=0, hold_s=1)
        people = [f"U0REP{n}" for n in range(40 if FULL else 8)]
        for person in people:
            desk.slack.user(person)

        async def a_call(person: str) -> None:
            root = await delivered(desk.surface, posting(Place(person=person), key=f"{person}:root"))
            place = Place(person=person, channel=root.channel, thread=root.message)
            for n in range(3):
                await delivered(desk.surface, posting(place, line(f"{person} {n}"), key=f"{person}:{n}"))

        await asyncio.gather(*(a_call(person) for person in people))
        keys = sorted(
            str(m.metadata["event_payload"]["key"])
            for channel in desk.slack.messages
            for m in desk.slack.seen(channel)
            if m.metadata.get("event_type") == EVENT_TYPE
        )
        assert keys == sorted(f"{person}:{n}" for person in people for n in ("root", 0, 1, 2))


@pytest.mark.prove
@pytest.mark.parametrize("calls", ["newer", "older"])
@pytest.mark.parametrize("seed", range(6 if FULL else 1))
async def test_whatever_fails_nobody_is_left_thinking(calls: str, seed: int) -> None:
    """Slow turns with a display, a third of them stopped: in the end a thread holds the replies alone."""
    async with a_desk(newer=calls == "newer") as desk:
        people = [f"U0REP{n}" for n in range(16 if FULL else 6)]
        roots = {}
        for person in people:
            desk.slack.user(person)
            roots[person] = await desk.surface.deliver(posting(Place(person=person), key=f"{person}:root"))
        desk.slack.faults = Faults(rate=0.25, seed=seed, retry_after_s=0, hold_s=1)

        async def a_turn(person: str, n: int) -> None:
            at = roots[person]
            place = Place(person=person, channel=at.channel, thread=at.message)
            row = Row()
            said = replace(said_by_maya(desk, f"{person}:{n}"), place=place, person=person)
            content = line(f"Reply {n}")
            try:
                async with desk.surface.live(said, row.remember) as live, asyncio.timeout(1.2):
                    live.thinking(HELEN)
                    if n == 1:
                        await asyncio.sleep(30)
                    await asyncio.sleep(0.75)
                    live.piece("Rep")
                    await asyncio.sleep(0.3)
            except TimeoutError:
                content = Message(summary="Stopped.", parts=(Words(text="Stopped."),))
            told = posting(place, content, key=f"{person}:{n}")
            await delivered(desk.surface, replace(told, placeholder=row.placeholder))

        async def a_call(person: str) -> None:
            for n in range(3):
                await a_turn(person, n)

        await asyncio.gather(*(a_call(person) for person in people))

        def left() -> list[str]:
            return sorted(
                str(m.metadata.get("event_payload", {}).get("key", "no key"))
                for at in roots.values()
                for m in desk.slack.thread(at.channel, at.message)
                if m.ts != at.message
            )

        await desk.slack.until(
            lambda: left() == sorted(f"{person}:{n}" for person in people for n in range(3)), timeout=15
        )
        await desk.surface.close()
        statuses = desk.slack.called("agents.sessions.setStatus")
        latest = {call.args["thread_ts"]: call.args["status"] for call in statuses if call.effect}
        assert set(latest.values()) <= {"active"}


async def test_nothing_that_is_said_reaches_a_log_or_an_error(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.slack.faults.next("chat.postMessage", "500_after")
    with pytest.raises(DeliverLater) as later:
        await desk.surface.deliver(posting(desk.place, line("the price is 12,345")))
    await desk.surface.deliver(posting(desk.place, line("the price is 12,345")))
    heard = caplog.text + repr(later.value) + str(later.value.__cause__)
    assert "12,345" not in heard
    assert desk.slack.bot_token not in heard
    assert ("chat.postMessage", "ok") in desk.counted
