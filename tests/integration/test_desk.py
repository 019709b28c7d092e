"""What the desk does for each thing that a person does, from the queue to what she reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.models.chat import Message as Prompt
from agents.models.chat import Schema
from agents.models.voice import Voice
from agents.records.database import Database
from agents.records.errors import DatabaseUnavailable
from agents.records.store import Records
from bot.presentation import File, Home, Place
from bot.turns.incoming import Kind
from tests.integration.desk_parts import Office, Person, buttons, message, office_of, summary

pytest_plugins = ("tests.integration.sample_knowledge",)

HELLO = "Hello Mrs Marsh, it's Sam from Northgate Wealth. Is now a good moment?"


@pytest.fixture
async def office(database: Database, sample_index: Path, tmp_path: Path) -> AsyncIterator[Office]:
    async with office_of(database, sample_index, empty=tmp_path / "empty.sqlite").open() as opened:
        yield opened


@pytest.fixture
def sam(office: Office) -> Person:
    return Person(office)


# --- a call


async def test_a_call_begins_with_its_card_and_the_customers_first_words_beneath(sam: Person) -> None:
    card, opening = await sam.does(Kind.START, persona="helen-marsh", difficulty="hard", visibility="manager")
    assert (card.opens, card.session, card.under_first) == (True, "running", False)
    assert "manager" in summary(card)
    assert opening.under_first
    assert opening.turn == 1
    speaker = message(opening).speaker
    assert speaker
    assert speaker.name == "Helen Marsh"
    assert speaker.picture.startswith(":")
    roleplay = await sam.records.roleplay(card.roleplay)
    assert (roleplay.difficulty, roleplay.visibility) == ("hard", "manager")
    assert await sam.records.place_of(card.roleplay) == f"{sam.channel}:1000.0"


async def test_a_line_is_answered_by_the_customer_in_the_thread(sam: Person) -> None:
    call, thread = await sam.calls()
    (reply,) = await sam.says(HELLO, thread)
    assert (reply.roleplay, reply.turn, reply.place.thread) == (call, 3, thread)
    assert [turn.speaker for turn in await sam.records.turns(call)] == ["customer", "rep", "customer"]
    assert "Helen Marsh" in sam.office.platform.thinking_now


@pytest.mark.parametrize(
    "text", ["Rehearse with Helen Marsh", "helen marsh", "I want to practise: Helen, hard"]
)
async def test_a_call_is_asked_for_in_plain_words_and_is_in_that_thread(sam: Person, text: str) -> None:
    card, opening = await sam.says(text)
    assert card.place.thread == opening.place.thread != ""
    assert not opening.under_first
    (reply,) = await sam.says(HELLO, card.place.thread)
    assert reply.roleplay == card.roleplay


@pytest.mark.parametrize("text", ["hello", "start a call", "What a nice day", "?", "help"])
async def test_what_is_no_call_is_met_with_what_to_do(sam: Person, text: str) -> None:
    (told,) = await sam.says(text)
    assert "start" in buttons(told)


async def test_silence_is_not_answered_and_an_emoji_is_text(sam: Person) -> None:
    call, thread = await sam.calls()
    assert await sam.says("   ", thread) == []
    assert len(await sam.says("🙂", thread)) == 1
    assert len(await sam.records.turns(call)) == 3


async def test_an_unknown_customer_is_a_sentence(sam: Person) -> None:
    (told,) = await sam.does(Kind.START, persona="../../etc/passwd")
    assert "no customer" in summary(told)


async def test_she_hangs_up_and_reads_her_scorecard_then_nobody_hears_her(sam: Person) -> None:
    call, thread = await sam.calls()
    await sam.says(HELLO, thread)
    over, card = await sam.does(Kind.END, sam.at(thread), roleplay=call)
    assert over.session == "over"
    assert {"retry", "harder", "visibility", "export"} <= set(buttons(card))
    (told,) = await sam.says("Hello?", thread)
    assert "over" in summary(told)
    (told,) = await sam.does(Kind.END, sam.at(thread), roleplay=call)
    assert "over" in summary(told)
    (again,) = await sam.does(Kind.SCORECARD, roleplay=call)
    assert summary(again) == summary(card)


async def test_the_customer_hangs_up_and_the_scorecard_follows_at_once(sam: Person) -> None:
    call, thread = await sam.calls(difficulty="hard")
    for _ in range(12):
        told = await sam.says("You stupid old woman, shut up and buy it, you idiot.", thread)
        if len(told) > 1:
            break
    goodbye, over, card = told
    assert goodbye.turn
    assert "Helen Marsh ended the call" in summary(over)
    assert "retry" in buttons(card)
    assert (await sam.records.scorecard(call)) is not None


async def test_end_without_a_call_finds_the_only_one_or_asks_which(sam: Person) -> None:
    (told,) = await sam.does(Kind.END, roleplay="")
    assert "no running call" in summary(told)
    first, _ = await sam.calls()
    second, _ = await sam.calls("dana-whitfield")
    (told,) = await sam.does(Kind.END, roleplay="")
    assert "Which" in summary(told)
    await sam.does(Kind.END, roleplay=first)
    over, _ = await sam.does(Kind.END, roleplay="")
    assert over.roleplay == second
    assert over.place.thread


async def test_retry_goes_on_from_a_turn_in_a_new_thread(sam: Person) -> None:
    call, thread = await sam.calls()
    await sam.says(HELLO, thread)
    await sam.says("What made you come to the talk?", thread)
    card, recap, line, left = await sam.does(Kind.RETRY, roleplay=call, turn="4")
    assert (card.opens, recap.under_first, line.under_first, line.turn) == (True, True, True, 3)
    assert (left.place.thread, left.session) == (thread, "over")
    place = await sam.records.place_of(card.roleplay)
    assert place
    (reply,) = await sam.says("How often do you hear from your adviser?", place.partition(":")[2])
    assert (reply.roleplay, reply.turn) == (card.roleplay, 5)
    (told,) = await sam.does(Kind.RETRY, roleplay=call, turn="3")
    assert "2, 4" in summary(told)


async def test_harder_is_the_same_customer_one_up_until_there_is_no_more(sam: Person) -> None:
    call, _ = await sam.calls(visibility="manager")
    card, _ = await sam.does(Kind.HARDER, roleplay=call)
    harder = await sam.records.roleplay(card.roleplay)
    assert (harder.difficulty, harder.attempt, harder.parent) == ("hard", 2, call)
    assert harder.visibility == "manager"
    (told,) = await sam.does(Kind.HARDER, roleplay=card.roleplay)
    assert "highest" in summary(told)


async def test_an_edit_and_a_deletion_are_noted_and_the_call_goes_on_with_what_was_heard(sam: Person) -> None:
    call, thread = await sam.calls()
    await sam.does(Kind.SAID, sam.at(thread), text=HELLO, message="7.5")
    (note,) = await sam.does(Kind.EDITED, sam.at(thread), text="Good morning.", message="7.5")
    assert "edited turn 2" in summary(note)
    assert await sam.does(Kind.EDITED, sam.at(thread), text="Good evening.", message="7.5") == []
    (note,) = await sam.does(Kind.DELETED, sam.at(thread), message="7.5")
    assert "deleted turn 2" in summary(note)
    assert await sam.does(Kind.EDITED, sam.at(thread), text="No turn.", message="9.5") == []
    turns = await sam.records.turns(call)
    assert len(turns) == 3
    assert turns[1].text == HELLO
    (file,) = await sam.does(Kind.EXPORT, sam.at(thread), roleplay=call)
    assert isinstance(file.content, File)
    assert "later deleted" in file.content.text


# --- the copilot


async def test_a_question_in_a_call_is_the_copilots_and_the_customer_does_not_hear_it(sam: Person) -> None:
    call, thread = await sam.calls()
    (told,) = await sam.says("? How long does an ISA transfer take?", thread)
    assert "[1]" in summary(told)
    assert told.place.thread == thread
    assert not message(told).private
    assert len(await sam.records.turns(call)) == 1
    assert (await sam.records.questions(roleplay=call))[0].question == "How long does an ISA transfer take?"
    assert len(await sam.does(Kind.HINT, sam.at(thread), roleplay=call)) == 1
    assert len(await sam.says("?", thread)) == 1


async def test_a_command_is_answered_privately_and_can_be_shared_and_judged(sam: Person) -> None:
    place = Place(person=sam.id, channel="C1", reply_url="https://example.invalid/1")
    (told,) = await sam.does(Kind.ASK, place, text="How long does an ISA transfer take?", roleplay="")
    assert message(told).private
    assert told.place == place
    question = buttons(told)["share"]
    (shared,) = await sam.does(Kind.SHARE, place, question=question)
    assert not message(shared).private
    assert shared.place.channel == "C1"
    (thanks,) = await sam.does(Kind.FEEDBACK, place, question=question, verdict="helpful")
    assert message(thanks).private
    assert (await sam.records.question(question)).feedback == "helpful"


async def test_one_firms_papers_never_answer_anothers_rep(office: Office, sam: Person) -> None:
    elsewhere = Person(office, tenant="slack-T0OTHER")
    (told,) = await elsewhere.says("? How long does an ISA transfer take?")
    assert "[1]" not in summary(told)
    (told,) = await sam.says("? How long does an ISA transfer take?")
    assert "[1]" in summary(told)


async def test_documents_that_cannot_be_read_cost_an_answer_and_never_the_call(
    office: Office, tmp_path: Path
) -> None:
    broken = tmp_path / "empty.sqlite"
    broken.write_bytes(b"no database at all" * 100)
    pat = Person(office, tenant="slack-T0OTHER")
    call, thread = await pat.calls()
    (told,) = await pat.says("? How long does an ISA transfer take?", thread)
    assert "cannot be searched" in summary(told)
    assert str(tmp_path) not in summary(told)
    (reply,) = await pat.says(HELLO, thread)
    assert (reply.roleplay, reply.turn) == (call, 3)


# --- around a call


async def test_who_can_see_a_call_is_changed_by_its_rep_and_said(sam: Person) -> None:
    call, thread = await sam.calls()
    (told,) = await sam.does(Kind.VISIBILITY, sam.at(thread), roleplay=call, visibility="manager")
    assert "Your manager can read" in summary(told)
    assert buttons(told) == {"visibility": f"{call} private"}
    assert (await sam.records.roleplay(call)).visibility == "manager"


async def test_the_scorecard_that_says_who_can_see_the_call_is_changed_with_it(sam: Person) -> None:
    call, thread = await sam.calls()
    *_, card = await sam.does(Kind.END, sam.at(thread), roleplay=call)
    assert "Only you can see this call." in str(card.content)
    said = {"roleplay": call, "visibility": "manager", "card": "1234.5"}
    _, changed = await sam.does(Kind.VISIBILITY, sam.at(thread), **said)
    assert changed.replaces == "1234.5"
    assert "Your manager can read" in str(changed.content)
    assert buttons(changed)["visibility"] == f"{call} private card"


async def test_her_page_lists_what_runs_and_what_was_scored(sam: Person) -> None:
    running, _ = await sam.calls()
    over, thread = await sam.calls("dana-whitfield")
    await sam.does(Kind.END, sam.at(thread), roleplay=over)
    (page,) = await sam.does(Kind.HOME)
    assert isinstance(page.content, Home)
    told = page.content.model_dump_json()
    assert f"{sam.channel}:" in told
    assert running in told
    assert over in told


@pytest.mark.parametrize("about", ["roleplay", "copilot", "files", "nonsense"])
async def test_help_helps(sam: Person, about: str) -> None:
    (told,) = await sam.does(Kind.HELP, about=about)
    assert summary(told)


# --- other people


async def test_another_person_cannot_do_anything_with_her_calls(office: Office, sam: Person) -> None:
    call, thread = await sam.calls()
    await sam.says(HELLO, thread)
    await sam.says("? How long does an ISA transfer take?", thread)
    question = (await sam.records.questions())[0].id
    before = await sam.records.turns(call)
    for other in (Person(office, "U2KIM"), Person(office, sam.id, "slack-T0OTHER")):
        for kind, data in (
            (Kind.END, {"roleplay": call}),
            (Kind.HINT, {"roleplay": call}),
            (Kind.ANSWER, {"roleplay": call}),
            (Kind.ASK, {"roleplay": call, "text": "What is the fee?"}),
            (Kind.RETRY, {"roleplay": call, "turn": "2"}),
            (Kind.HARDER, {"roleplay": call}),
            (Kind.VISIBILITY, {"roleplay": call, "visibility": "manager"}),
            (Kind.EXPORT, {"roleplay": call}),
            (Kind.SCORECARD, {"roleplay": call}),
            (Kind.SHARE, {"question": question}),
            (Kind.FEEDBACK, {"question": question, "verdict": "unhelpful"}),
        ):
            (told,) = await other.does(
                kind, Place(person=other.id, channel=sam.channel, thread=thread), **data
            )
            assert "no such call of yours" in summary(told), kind
            assert "Helen" not in summary(told)
    assert await sam.records.turns(call) == before
    assert (await sam.records.roleplay(call)).visibility == "private"
    assert (await sam.records.question(question)).feedback is None


async def test_a_stranger_in_the_thread_is_not_heard_but_may_ask(office: Office, sam: Person) -> None:
    call, thread = await sam.calls()
    kim = Person(office, "U2KIM")
    assert await kim.says("Buy it, Helen!", thread, channel=sam.channel) == []
    (told,) = await kim.says("? How long does an ISA transfer take?", thread, channel=sam.channel)
    assert message(told).private
    assert len(await sam.records.turns(call)) == 1
    assert await sam.records.questions() == []


# --- again and again


async def test_done_again_nothing_is_doubled(sam: Person) -> None:
    call, thread = await sam.calls()
    for _ in range(3):
        await sam.puts(Kind.SAID, sam.at(thread), key="Ev1", text=HELLO, message="7.5")
        await sam.puts(Kind.START, key="Ev2", persona="dana-whitfield")
    await sam.office.settled()
    assert len(await sam.records.turns(call)) == 3
    assert len(await sam.records.running()) == 2


async def test_a_crash_after_the_line_was_kept_brings_one_line_and_one_answer(sam: Person) -> None:
    call, thread = await sam.calls()
    await sam.records.add_rep_turn(call, None, HELLO, message=f"{sam.channel}:7.5")
    (reply,) = await sam.does(Kind.SAID, sam.at(thread), text=HELLO, message="7.5")
    assert reply.turn == 3
    assert len(await sam.records.turns(call)) == 3


async def test_a_line_that_comes_before_the_call_has_its_thread_waits_for_it(
    office: Office, sam: Person
) -> None:
    """She writes under the card while we are not told yet that it was posted."""
    office.platform.answers.clear()
    await sam.puts(Kind.START, persona="helen-marsh")
    async with asyncio.timeout(20):
        while not office.platform.posted:  # noqa: ASYNC110  # a platform that does not answer gives no sign
            await asyncio.sleep(0.01)
    await sam.puts(Kind.SAID, sam.at("1000.0"), text=HELLO, message="77.5")
    await asyncio.sleep(0.2)
    office.platform.answers.set()
    await office.settled()
    assert [outgoing.turn for outgoing in office.platform.outgoing] == [0, 1, 3]


@pytest.mark.parametrize("step", ["add_rep_turn", "add_customer_turn"])
async def test_broken_off_before_or_after_the_line_is_kept_it_is_answered_once(
    database: Database, sample_index: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The database fails once, at each place where the turn writes: nothing is half written."""
    async with office_of(database, sample_index).open() as office:
        sam = Person(office)
        call, thread = await sam.calls()
        write, failures = getattr(Records, step), iter([DatabaseUnavailable("The disk is full.")])

        async def failing(self: Records, *args: Any, **named: Any) -> Any:
            written = await write(self, *args, **named)
            for failure in failures:
                raise failure
            return written

        monkeypatch.setattr(Records, step, failing)
        (reply,) = await sam.does(Kind.SAID, sam.at(thread), text=HELLO, message="7.5")
        assert reply.turn == 3
        assert [turn.speaker for turn in await sam.records.turns(call)] == ["customer", "rep", "customer"]


# --- stop


class Slow:
    """A chat model that thinks until it is cancelled, or until it is let go; then it is of no help."""

    name = "slow"

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.cancelled = False

    async def complete(self, messages: Sequence[Prompt], *, max_tokens: int) -> str:
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return "I see. Do go on."

    async def stream(self, messages: Sequence[Prompt], *, max_tokens: int) -> AsyncGenerator[str, None]:
        yield await self.complete(messages, max_tokens=max_tokens)

    async def structured(self, messages: Sequence[Prompt], schema: type[Schema]) -> Schema:
        raise NotImplementedError


async def test_stop_cancels_the_reply_and_the_next_words_join_the_line(
    database: Database, sample_index: Path
) -> None:
    model = Slow()
    async with office_of(database, sample_index, Voice("slow", "a test", model)).open() as office:
        sam = Person(office)
        call, thread = await sam.calls()
        first = await sam.puts(Kind.SAID, sam.at(thread), text=HELLO, message="7.5")
        await asyncio.wait_for(model.begun.wait(), 20)
        assert await office.queue.stop(first.conversation, first.person) == 1
        await office.settled()
        note = office.platform.outgoing[-1]
        assert buttons(note) == {"answer": call}
        assert model.cancelled
        assert [turn.text for turn in await sam.records.turns(call)][1:] == [HELLO]
        model.go.set()
        (reply,) = await sam.does(Kind.SAID, sam.at(thread), text="Are you there?", message="8.5")
        assert reply.turn == 3
        turns = await sam.records.turns(call)
        assert turns[1].text == f"{HELLO}\nAre you there?"


async def test_after_a_stop_the_answer_comes_when_it_is_asked_for(
    database: Database, sample_index: Path
) -> None:
    async with office_of(database, sample_index).open() as office:
        sam = Person(office)
        call, thread = await sam.calls()
        await sam.records.add_rep_turn(call, None, HELLO, message=f"{sam.channel}:7.5")
        (reply,) = await sam.does(Kind.ANSWER, sam.at(thread), roleplay=call)
        assert reply.turn == 3
        assert await sam.does(Kind.ANSWER, sam.at(thread), roleplay=call) == []


async def test_hung_up_from_her_page_while_the_customer_thinks_she_says_nothing_more(
    database: Database, sample_index: Path
) -> None:
    model = Slow()
    async with office_of(database, sample_index, Voice("slow", "a test", model)).open() as office:
        sam = Person(office)
        call, thread = await sam.calls()
        await sam.puts(Kind.SAID, sam.at(thread), text=HELLO, message="7.5")
        await asyncio.wait_for(model.begun.wait(), 20)
        await sam.puts(Kind.END, roleplay=call)
        async with asyncio.timeout(20):
            while (await sam.records.roleplay(call)).status == "running":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        model.go.set()
        await office.settled()
        assert [turn.speaker for turn in await sam.records.turns(call)] == ["customer", "rep"]
        assert any("nobody heard" in summary(told) for told in office.platform.outgoing)
