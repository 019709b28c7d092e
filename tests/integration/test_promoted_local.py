"""Adapters that are promoted over real weights inside this process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.models.adapters import ADAPTER, Adapters, sha256_of
from agents.models.chat import Message
from agents.models.local.voice import local_chat
from agents.models.promoted import FRESH_S, PromotedVoices
from agents.models.settings import ModelSettings
from agents.models.version_voice import loading
from agents.models.voice import SCRIPTED
from agents.records.database import open_database
from agents.records.model_versions import ModelVersion, ModelVersions, NewModelVersion
from tests.local_weights import NAME, an_adapter, put_in_place, the_weights
from tests.proofs import takes_long

PATIENT: dict[str, Any] = {
    "local_context": 512,
    "model_first_token_seconds": 120,
    "model_reply_seconds": 240,
    "model_options": {"temperature": 0},
}
PROMPT = [Message("system", "You are Dana."), Message("user", "Is the lighthouse yours?")]


def kept(file: Path) -> NewModelVersion:
    """As promoting keeps it."""
    new = NewModelVersion(f"local:{NAME}", file.stem, "Apache-2.0", adapter_sha256=sha256_of(file))
    return replace(new, adapter=Adapters().keep(file.read_bytes(), new.id, ADAPTER))


@pytest.mark.prove
@takes_long
async def test_two_calls_speak_at_once_each_with_the_adapter_it_began_with(
    tmp_path: Path, home: Path, sqlite_url: str, pytestconfig: pytest.Config
) -> None:
    assert pytestconfig.cache is not None
    put_in_place(the_weights(pytestconfig.cache.mkdir("models")), home)
    settings = ModelSettings(**PATIENT)
    files = [an_adapter(tmp_path / f"run-{seed}.gguf", seed=seed) for seed in (1, 2)]
    alone = [
        await local_chat(f"local:{NAME}+{file}", settings).complete(PROMPT, max_tokens=8) for file in files
    ]
    assert alone[0] != alone[1]

    database = await open_database(sqlite_url)
    registry = ModelVersions(database)
    passed_s = 0.0
    voices = PromotedVoices(registry, SCRIPTED, loading(settings), clock=lambda: passed_s)
    versions = [await registry.register(kept(file)) for file in files]
    for version in versions:
        await registry.promote(version, by="sam")
        passed_s += FRESH_S
        await voices.for_new_call()
        while held := voices._held[version.id].loading:
            await asyncio.wait([held])
    assert (await voices.for_new_call()).name == versions[1].name

    async def says(version: ModelVersion) -> str:
        async with voices.speaking(version.name) as voice:
            assert voice.model is not None
            assert voice.model.name == version.name
            return await voice.model.complete(PROMPT, max_tokens=8)

    assert await asyncio.gather(*(says(version) for version in versions)) == alone
    await database.close()
