"""The copilot beside a rehearsal: what it is told, what is kept of it, and what it never sees."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue
from agents.customer.state import Difficulty
from agents.models.chat import Message, ModelUnavailable, Schema
from agents.models.voice import Voice
from agents.parts import Parts
from agents.records.database import Database, open_database
from agents.records.errors import DatabaseUnavailable, NotFound
from agents.records.store import Records
from bot.salesmate import SalesMate
from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Hit
from ingestion.search import Search
from tests.ears import listener

pytest_plugins = ("tests.integration.sample_knowledge",)

PERSONA = "helen-marsh"


@dataclass
class Overhearing:
    """A chat model and a search that remember all they were given. The model itself is of no help."""

    search: Search
    name: str = "overhearing"
    given: list[str] = field(default_factory=list)

    def __call__(self, query: str, collection: str | None = None) -> tuple[Hit, ...]:
        self.given.append(f"{query} {collection}")
        return self.search(query, collection)

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        self.given += [message.content for message in messages]
        raise ModelUnavailable(f"No {max_tokens} tokens today.")

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        yield await self.complete(messages, max_tokens=max_tokens)

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        self.given += [message.content for message in messages]
        raise ModelUnavailable(f"No {schema.__name__} today.")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(str(tmp_path / "records.sqlite"))
    yield opened
    await opened.close()


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


@pytest.fixture
def ear(sample_index: Path) -> Overhearing:
    return Overhearing(Search(EmbeddedIndex(sample_index), default_embedder()))


@pytest.fixture
def parts(ear: Overhearing) -> Parts:
    return Parts(lambda persona: listener(persona.id), ear, default_embedder())


@pytest.fixture
def salesmate(records: Records, parts: Parts) -> SalesMate:
    return SalesMate(records, parts, lambda _: None)


async def in_a_call(salesmate: SalesMate, *said: str) -> str:
    """The id of a call in which the rep has said this."""
    started, _ = await salesmate.start(PERSONA, Difficulty.NORMAL, 7)
    for text in said:
        await salesmate.say(started.roleplay, text)
        await salesmate.answer(started.roleplay)
    return started.roleplay


async def test_a_question_in_a_call_is_kept_with_its_answer_sources_and_times(
    salesmate: SalesMate, records: Records
) -> None:
    call = await in_a_call(salesmate)
    told = await salesmate.ask("How long does an ISA transfer take?", roleplay_id=call)
    assert told.answer.answered
    assert told.id
    kept = await records.question(told.id)
    assert (kept.question, kept.roleplay) == ("How long does an ISA transfer take?", call)
    assert (kept.answer, kept.answered) == (told.answer.answer, True)
    assert kept.citations[0]["document"] == told.answer.citations[0].document
    assert set(kept.ms) == {"plan", "search", "answer", "ground"}


async def test_a_hint_is_kept_too_with_what_was_looked_up(salesmate: SalesMate, records: Records) -> None:
    call = await in_a_call(salesmate, "Hello Helen, it's Sam from Northgate.")
    hinted = await salesmate.hint(call)
    assert hinted.id
    kept = await records.question(hinted.id)
    assert (kept.question, kept.roleplay) == ("?", call)
    assert kept.answered is bool(hinted.notes)


async def test_what_the_rep_thinks_of_an_answer_is_kept_and_may_change(
    salesmate: SalesMate, records: Records
) -> None:
    told = await salesmate.ask("How long does an ISA transfer take?", collection="northgate")
    assert told.id
    judged = await salesmate.feedback(told.id, "unhelpful")
    assert judged.to_json() == {"event": "feedback", "id": told.id, "verdict": "unhelpful"}
    await salesmate.feedback(told.id, "helpful")
    assert (await records.question(told.id)).feedback == "helpful"


async def test_nobody_judges_what_was_never_asked(salesmate: SalesMate) -> None:
    with pytest.raises(NotFound):
        await salesmate.feedback("q_nothing", "helpful")


async def test_a_follow_up_in_a_call_leans_on_the_question_before_it(salesmate: SalesMate) -> None:
    call = await in_a_call(salesmate)
    await salesmate.ask("How long does an ISA transfer take?", roleplay_id=call)
    told = await salesmate.ask("and what does it cost?", roleplay_id=call)
    assert told.answer.queries == ("what does the ISA transfer cost?",)


async def test_a_database_that_fails_does_not_cost_the_answer(
    salesmate: SalesMate, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise DatabaseUnavailable("The disk is full.")

    monkeypatch.setattr(records, "save_question", fail)
    told = await salesmate.ask("How long does an ISA transfer take?", collection="northgate")
    assert told.answer.answered
    assert told.id is None


@pytest.mark.parametrize("persona_id", ["helen-marsh", "priya-raman", "dana-whitfield"])
async def test_nothing_that_the_customer_hides_reaches_search_or_model(
    records: Records, parts: Parts, ear: Overhearing, persona_id: str
) -> None:
    salesmate = SalesMate(
        records, replace(parts, copilot=Voice("overhearing", "a test", ear)), lambda _: None
    )
    started, _ = await salesmate.start(persona_id, Difficulty.NORMAL, 7)
    await salesmate.say(
        started.roleplay, "Hello, it's Sam. What do you use today, and what does it cost you?"
    )
    await salesmate.answer(started.roleplay)
    await salesmate.hint(started.roleplay)
    await salesmate.ask("What should I offer her?", roleplay_id=started.roleplay)
    given = "\n".join(ear.given)
    talk = "\n".join(turn.text for turn in (await salesmate.call(started.roleplay)).turns)
    assert "What should I offer her?" in given
    for secret in secrets_of(catalogue().get(persona_id)):
        assert secret in talk or secret not in given


def secrets_of(persona: Persona) -> list[str]:
    """Every sentence of the persona's private half, its facts and its objections' keys."""
    private = json.loads(persona.model_dump_json())
    for public in ("id", "name", "version", "public", "seller", "call_type"):
        private.pop(public, None)
    return [text for text in _texts(private) if len(text) > 12]


def _texts(data: object) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    return [text for value in data for text in _texts(value)] if isinstance(data, list) else []
