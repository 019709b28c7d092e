"""Who speaks while models are promoted and taken back under a running process, on a real server's double."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessageChunk
from sqlalchemy import text

from agents.customer.model_listener import ModelListener
from agents.customer.persona_list import catalogue
from agents.customer.state import Difficulty
from agents.models.adapters import Adapters, AdapterUnusable
from agents.models.backends import server_backend
from agents.models.chat import ModelUnavailable
from agents.models.guard import Guard
from agents.models.promoted import FRESH_S, RETRY_S, UNUSED_S, PromotedVoices
from agents.models.provider import LangChainChat
from agents.models.settings import ModelSettings
from agents.models.version_voice import VersionUnusable, loading
from agents.models.voice import SCRIPTED, Voice
from agents.parts import Parts
from agents.records.database import Database, open_database
from agents.records.model_versions import ModelVersion, ModelVersions, NewModelVersion
from agents.records.store import Records
from bot.composition import Ears, open_salesmate
from bot.salesmate import SalesMate
from tests.ears import embedder, listener
from tests.fakes.openai import KEY, FakeOpenAI, Refusal, Reply, Running

WORDS = [f"{first}{second}" for first in ("ba", "do", "fi", "gu") for second in ("lam", "min", "nor", "pet")]
LINE = "Good morning Mrs Marsh, it's Sam Carter from Northgate Wealth. Is this a bad moment?"


@pytest.fixture(scope="module")
def shared_server() -> Iterator[FakeOpenAI]:
    with Running() as fake:
        yield fake


@pytest.fixture
def server(shared_server: FakeOpenAI) -> FakeOpenAI:
    shared_server.models = ["base-1", "customer-v1", "customer-v2"]
    fresh = iter(WORDS)
    shared_server.says(lambda _: f"Mm, {next(fresh)}. Go on then.")
    shared_server.script.clear()
    return shared_server


@pytest.fixture
async def opened(sqlite_url: str) -> AsyncIterator[Database]:
    database = await open_database(sqlite_url)
    yield database
    await database.close()


@dataclass
class Process:
    """One process that serves calls from this database with this server; its clock goes as the test says."""

    database: Database
    server: FakeOpenAI
    passed_s: float = 0.0
    voices: PromotedVoices = field(init=False)

    def __post_init__(self) -> None:
        settings = ModelSettings(model_base_url=self.server.base_url, model_api_key=KEY, model_retries=0)
        registry = ModelVersions(self.database)
        load = loading(settings)
        self.voices = PromotedVoices(registry, SCRIPTED, load, clock=lambda: self.passed_s)

    @property
    def salesmate(self) -> SalesMate:
        parts = Parts(lambda persona: listener(persona.id), lambda *_: (), embedder(), promoted=self.voices)
        return SalesMate(Records(self.database), parts, lambda _: None)

    async def passes(self, seconds: float = FRESH_S) -> None:
        """Time goes by, and whatever was to be loaded was, or failed."""
        self.passed_s += seconds
        await self.voices.for_new_call()
        await self.loaded()

    async def loaded(self) -> None:
        async with asyncio.timeout(10):
            while under_way := [held.loading for held in self.voices._held.values() if held.loading]:
                await asyncio.wait(under_way)

    async def calls(self) -> str:
        started, _ = await self.salesmate.start("helen-marsh", Difficulty.NORMAL, seed=7)
        return started.roleplay

    async def speaker_in(self, roleplay: str) -> str | None:
        """Say something; who put the answer into words."""
        await self.salesmate.say(roleplay, LINE)
        await self.salesmate.answer(roleplay)
        return (await self.salesmate.call(roleplay)).turns[-1].model


@pytest.fixture
def registry(opened: Database) -> ModelVersions:
    return ModelVersions(opened)


@pytest.fixture
def process(opened: Database, server: FakeOpenAI) -> Process:
    return Process(opened, server)


async def version(registry: ModelVersions, model: str, run: str = "r") -> ModelVersion:
    return await registry.register(NewModelVersion(f"server:{model}", run, "Apache-2.0"))


async def test_with_nothing_promoted_all_is_as_it_was(process: Process) -> None:
    call = await process.calls()
    assert await process.speaker_in(call) == "scripted"
    assert (await process.salesmate.call(call)).roleplay.speaker == "scripted"


async def test_each_call_speaks_with_the_version_it_began_with(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    before = await process.calls()
    await registry.promote(first, by="sam")
    await process.passes()
    with_first = await process.calls()
    await registry.promote(second, by="sam")
    await process.passes()
    with_second = await process.calls()
    assert await process.speaker_in(with_first) == first.name
    assert process.server.requests[-1]["model"] == "customer-v1"
    assert await process.speaker_in(with_second) == second.name
    assert process.server.requests[-1]["model"] == "customer-v2"
    assert await process.speaker_in(before) == "scripted"
    await registry.rollback(by="sam")
    await process.passes()
    assert await process.speaker_in(await process.calls()) == first.name
    assert await process.speaker_in(with_second) == second.name


async def test_after_a_restart_a_call_goes_on_with_its_own_version(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    await registry.promote(first, by="sam")
    await process.passes()
    call = await process.calls()
    await registry.promote(second, by="sam")
    restarted = Process(process.database, process.server)
    resumed, _ = await restarted.salesmate.resume(call)
    assert resumed.speaker == first.name
    assert await restarted.speaker_in(call) == "scripted"  # it is loading, and she does not wait for it
    await restarted.loaded()
    assert await restarted.speaker_in(call) == first.name


async def test_the_old_version_speaks_until_the_new_one_is_ready(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    await registry.promote(first, by="sam")
    await process.passes()
    await registry.promote(second, by="sam")
    process.server.will(Reply("Yes?", before_first=0.3))
    process.passed_s += FRESH_S
    call = await process.calls()
    assert (await process.salesmate.call(call)).roleplay.speaker == first.name
    await process.loaded()
    assert await process.speaker_in(await process.calls()) == second.name


async def test_a_call_that_begins_while_the_first_version_loads_gets_it_as_soon_as_it_is_there(
    process: Process, registry: ModelVersions
) -> None:
    first = await version(registry, "customer-v1")
    await registry.promote(first, by="sam")
    process.server.will(Reply("Yes?", before_first=0.3))
    call = await process.calls()
    assert await process.speaker_in(call) == "scripted"
    await process.loaded()
    assert await process.speaker_in(call) == first.name


async def test_a_version_that_does_not_load_leaves_the_old_one_speaking_and_is_tried_again_later(
    process: Process, registry: ModelVersions, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    await registry.promote(first, by="sam")
    await process.passes()
    await registry.promote(second, by="sam")
    with caplog.at_level(logging.WARNING):
        for seconds in (FRESH_S, RETRY_S):
            process.server.will(Refusal(500))
            await process.passes(seconds)
            assert await process.speaker_in(await process.calls()) == first.name
    told = [record for record in caplog.records if "does not load" in record.message]
    assert [(record.model, record.error) for record in told] == [(second.name, "VersionUnusable")]  # type: ignore[attr-defined]
    assert KEY not in caplog.text
    await process.passes(RETRY_S)
    assert await process.speaker_in(await process.calls()) == second.name


async def test_what_was_taken_back_begins_no_call_also_while_the_one_before_it_loads(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    for promoted in (first, second):
        await registry.promote(promoted, by="sam")
    await process.passes()
    await registry.rollback(by="sam")
    process.server.will(Refusal(500))
    await process.passes()
    assert await process.speaker_in(await process.calls()) == "scripted"
    await registry.rollback(by="sam")
    await process.passes()
    call = await process.calls()
    assert (await process.salesmate.call(call)).roleplay.speaker == "scripted"


async def test_a_call_whose_version_cannot_be_loaded_any_more_is_not_lost(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    await registry.promote(first, by="sam")
    await process.passes()
    call = await process.calls()
    process.server.models.remove("customer-v1")
    restarted = Process(process.database, process.server)
    assert await restarted.speaker_in(call) == "scripted"
    await registry.promote(second, by="sam")
    await restarted.passes()
    assert await restarted.speaker_in(call) == second.name


async def test_a_call_of_a_version_that_nobody_registered_goes_on(process: Process) -> None:
    async with process.voices.speaking("customer@00000000") as voice:
        assert voice == SCRIPTED


async def test_a_running_process_loads_a_version_from_where_its_files_are_now(
    process: Process, registry: ModelVersions, tmp_path: Path
) -> None:
    content = b"GGUF"
    sha256 = hashlib.sha256(content).hexdigest()
    new = NewModelVersion("server:customer-v1", "r", "Apache-2.0", "/another machine/a.gguf", sha256)

    async def load(one: ModelVersion) -> Voice:
        try:
            Adapters().fetch(one.adapter or "", sha256)
        except AdapterUnusable as error:
            raise VersionUnusable(str(error)) from None
        return Voice(one.name, "promoted")

    process.voices = PromotedVoices(registry, SCRIPTED, load, clock=lambda: process.passed_s)
    first = await registry.register(new)
    await registry.promote(first, by="sam")
    await process.passes()
    assert await process.voices.for_new_call() == SCRIPTED
    address = Adapters(str(tmp_path)).keep(content, first.id, "adapter.gguf")
    await registry.promote(await registry.register(replace(new, adapter=address)), by="sam")
    await process.passes(RETRY_S)
    assert (await process.voices.for_new_call()).name == first.name


async def test_a_retry_is_a_new_call_and_gets_who_speaks_now(
    process: Process, registry: ModelVersions
) -> None:
    first = await version(registry, "customer-v1")
    call = await process.calls()
    await process.speaker_in(call)
    await registry.promote(first, by="sam")
    await process.passes()
    started, _ = await process.salesmate.retry(call, 2)
    assert started.speaker == first.name
    assert await process.speaker_in(started.roleplay) == first.name


async def test_a_version_that_nobody_needs_is_unloaded_and_comes_back_when_its_call_does(
    process: Process, registry: ModelVersions
) -> None:
    first, second = [await version(registry, name) for name in ("customer-v1", "customer-v2")]
    await registry.promote(first, by="sam")
    await process.passes()
    call = await process.calls()
    await registry.promote(second, by="sam")
    await process.passes()
    async with process.voices.speaking(first.name):
        await process.passes(UNUSED_S + 1)
        assert set(process.voices._held) == {first.id, second.id}
    await process.passes(UNUSED_S + 1)
    assert set(process.voices._held) == {second.id}
    assert await process.speaker_in(call) == second.name
    await process.loaded()
    assert await process.speaker_in(call) == first.name


async def test_a_registry_that_does_not_answer_leaves_who_speaks_speaking(
    process: Process, registry: ModelVersions, caplog: pytest.LogCaptureFixture
) -> None:
    first = await version(registry, "customer-v1")
    await registry.promote(first, by="sam")
    await process.passes()
    async with process.database.house() as connection:
        await connection.execute(text("DROP TABLE model_promotions"))
    for _ in range(2):
        await process.passes()
        assert await process.speaker_in(await process.calls()) == first.name
    assert caplog.text.count("registry does not answer") == 1


async def test_versions_only_speak(process: Process, registry: ModelVersions) -> None:
    await registry.promote(await version(registry, "customer-v1"), by="sam")
    await process.passes()
    async with process.voices.speaking((await process.voices.for_new_call()).name) as voice:
        assert voice.model is not None
        with pytest.raises(ModelUnavailable, match="to speak"):
            await voice.model.structured([], ModelSettings)


async def test_nobody_listens_with_a_model_that_was_tuned_to_speak(
    process: Process, registry: ModelVersions
) -> None:
    helen = catalogue().get("helen-marsh")

    def hears(model: str) -> bool:
        settings = ModelSettings(model_base_url=process.server.base_url, model_api_key=KEY)
        chat = LangChainChat(server_backend("base-1", settings), Guard(model, settings))
        return isinstance(Ears(embedder(), chat, process.voices.is_tuned)(helen), ModelListener)

    assert hears("server:base-1")
    assert hears("server:customer-v1")  # nobody has said yet that it is tuned
    await registry.promote(await version(registry, "customer-v1"), by="sam")
    await process.passes()
    assert hears("server:base-1")
    for speaks in ("server:customer-v1", "local:smollm2-135m", "vertexai:projects/p/locations/l/endpoints/1"):
        assert not hears(speaks)


async def test_a_customer_whom_the_settings_name_wins_and_says_so(
    process: Process, registry: ModelVersions, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registry.promote(await version(registry, "customer-v1"), by="sam")
    await process.passes()
    begun = await process.calls()
    monkeypatch.setenv("SALESMATE_CUSTOMER_MODEL", "scripted")
    async with open_salesmate(sqlite_url) as salesmate:
        started, _ = await salesmate.start("helen-marsh", Difficulty.NORMAL, seed=7)
        assert (started.speaker, started.why) == ("scripted", "SALESMATE_CUSTOMER_MODEL says so")
        for call in (started.roleplay, begun):
            await salesmate.say(call, LINE)
            await salesmate.answer(call)
            assert (await salesmate.call(call)).turns[-1].model == "scripted"


async def test_left_to_itself_a_process_takes_the_promoted_customer(
    registry: ModelVersions, server: FakeOpenAI, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await version(registry, "customer-v1")
    await registry.promote(first, by="sam")
    monkeypatch.setenv("SALESMATE_MODEL_BASE_URL", server.base_url)
    monkeypatch.setenv("SALESMATE_MODEL_API_KEY", KEY)
    async with open_salesmate(sqlite_url) as salesmate:
        started, _ = await salesmate.start("helen-marsh", Difficulty.NORMAL, seed=7)
        assert started.speaker == first.name
        assert started.why.startswith("promoted")


class ChatVertexAI:
    """Remembers which endpoint it was made for, and answers."""

    made_for: ClassVar[list[str]] = []

    def __init__(self, **arguments: Any) -> None:
        self.made_for.append(arguments["model"])

    async def astream(self, *_: object, **__: object) -> AsyncIterator[AIMessageChunk]:
        yield AIMessageChunk(content="No, go on.")


async def test_a_tuned_endpoint_speaks_by_its_full_resource_name(
    registry: ModelVersions, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("langchain_google_vertexai")
    module.__dict__["ChatVertexAI"] = ChatVertexAI
    module.__spec__ = importlib.util.spec_from_loader(module.__name__, None)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    endpoint = "projects/acme/locations/europe-west4/endpoints/77"
    new = NewModelVersion(f"vertexai:{endpoint}", "r", "Google Cloud terms")
    voice = await loading(ModelSettings())(await registry.register(new))
    assert ChatVertexAI.made_for == [endpoint]
    assert voice.model is not None
    assert await voice.model.complete([], max_tokens=9) == "No, go on."


# --- adapters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["", "folder", "memory://firm/models"])
def test_an_adapter_is_kept_by_its_content_and_checked_whenever_it_is_used(
    tmp_path: Path, place: str
) -> None:
    there = str(tmp_path / place) if place == "folder" else place
    adapters = Adapters(there or None, home=tmp_path / "home")
    content = b"GGUF and more"
    sha256 = hashlib.sha256(content).hexdigest()
    address = adapters.keep(content, "3f2a9c01", "adapter.gguf")
    for _ in range(2):
        assert adapters.fetch(address, sha256).read_bytes() == content
    adapters.keep(b"something else", "3f2a9c01", "adapter.gguf")
    if "://" in place:
        adapters = Adapters(there, home=tmp_path / "another machine")
    with pytest.raises(AdapterUnusable, match="is not what was promoted"):
        adapters.fetch(address, sha256)
    assert not list(tmp_path.rglob(".part-*"))


def test_an_adapter_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    for place in (str(tmp_path), "memory://nothing"):
        with pytest.raises(AdapterUnusable, match=r"is not there\. Check SALESMATE_MODELS"):
            Adapters(place, tmp_path).fetch(f"{place}/x/adapter.gguf", "ab")
    (tmp_path / "file").touch()
    with pytest.raises(AdapterUnusable, match="cannot be written"):
        Adapters(str(tmp_path / "file")).keep(b"", "x", "adapter.gguf")
    with pytest.raises(AdapterUnusable, match="cannot be read"):
        Adapters("nonsense://x").fetch("nonsense://x/y", "ab")


async def test_a_version_with_a_spoilt_adapter_does_not_speak(
    registry: ModelVersions, home: Path, server: FakeOpenAI
) -> None:
    address = Adapters().keep(b"GGUF", "x", "adapter.gguf")
    assert address.startswith(str(home))
    spoilt = await registry.register(
        NewModelVersion("local:smollm2-135m", "r", "Apache-2.0", address, "0" * 64)
    )
    load = loading(ModelSettings(model_base_url=server.base_url))
    with pytest.raises(VersionUnusable, match=rf"{spoilt.name} .* is not what was promoted"):
        await load(spoilt)


async def test_an_adapter_does_not_speak_over_other_weights_than_its_own(registry: ModelVersions) -> None:
    new = NewModelVersion("local:smollm2-135m", "r", "Apache-2.0", "/a.gguf", "0" * 64, base_sha256="1" * 64)
    with pytest.raises(VersionUnusable, match="trained over other weights"):
        await loading(ModelSettings())(await registry.register(new))
