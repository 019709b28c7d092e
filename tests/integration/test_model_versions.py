"""The registry of fine-tuned models: what was promoted, taken back and may be taken back again."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from agents.records.database import Database, open_database
from agents.records.errors import NotFound
from agents.records.model_versions import ModelVersion, ModelVersions, NewModelVersion, NothingToRollBack


def new(run: str, adapter: str | None = None, adapter_sha256: str | None = None) -> NewModelVersion:
    return NewModelVersion("server:customer-v1", run, "Apache-2.0", adapter, adapter_sha256)


async def three(registry: ModelVersions) -> list[ModelVersion]:
    return [await registry.register(new(run)) for run in ("r1", "r2", "r3")]


async def speaks(registry: ModelVersions) -> str | None:
    standing = await registry.standing()
    return standing.version.id if standing.version else None


async def test_at_first_nothing_is_promoted(database: Database) -> None:
    registry = ModelVersions(database)
    standing = await registry.standing()
    assert (standing.promotion, standing.version) == (None, None)
    assert (await registry.history(), await registry.versions()) == ([], [])
    with pytest.raises(NothingToRollBack, match="nothing to roll back"):
        await registry.rollback(by="sam")


async def test_a_version_is_named_by_its_content_and_registered_once(database: Database) -> None:
    registry = ModelVersions(database)
    version = await registry.register(new("r1", adapter="gs://firm/a.gguf", adapter_sha256="ab"))
    assert await registry.register(new("r1", adapter="gs://firm/a.gguf", adapter_sha256="ab")) == version
    assert (await registry.register(new("r1", adapter_sha256="cd"))).id != version.id
    assert await registry.version(version.id) == await registry.version(version.name) == version
    for unknown in ("00000000", f"copilot@{version.id}", "", "customer@"):
        with pytest.raises(NotFound, match="salesmate finetune status"):
            await registry.version(unknown)


async def test_registered_again_a_version_keeps_its_name_and_takes_what_is_newer_of_it(
    database: Database,
) -> None:
    registry = ModelVersions(database)
    first = await registry.register(new("r1", adapter="/home/sam/a.gguf", adapter_sha256="ab"))
    other = await registry.register(new("r2"))
    later = NewModelVersion(
        "server:customer-v1",
        "r1",
        "MIT",
        "gs://firm/a.gguf",
        "ab",
        figures={"gate": {"passed": True, "failed": []}, "figures": {"perplexity": {"tuned": 0.1 + 0.2}}},
        card="gs://firm/card\x00.md",
    )
    again = await registry.register(later)
    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert (again.adapter, again.card, again.licence) == ("gs://firm/a.gguf", "gs://firm/card.md", "MIT")
    assert again.figures == later.figures
    assert await registry.version(first.id) == again
    assert await registry.version(other.id) == other


async def test_the_newest_promotion_speaks_and_says_who_moved_it_and_why(database: Database) -> None:
    registry = ModelVersions(database)
    first, second, _ = await three(registry)
    await registry.promote(first, by="sam")
    standing = await registry.promote(second, by="kim", reason="the gate's\x00 floor is wrong")
    assert standing == await registry.standing()
    assert standing.version == second
    assert standing.promotion is not None
    assert (standing.promotion.how, standing.promotion.by) == ("promote", "kim")
    assert standing.promotion.reason == "the gate's floor is wrong"
    assert [move.version for move in await registry.history()] == [second.id, first.id]


async def test_promoted_again_what_speaks_already_leaves_no_trace(database: Database) -> None:
    registry = ModelVersions(database)
    first, _, _ = await three(registry)
    assert await registry.promote(first, by="sam") == await registry.promote(first, by="kim")
    assert len(await registry.history()) == 1


async def test_going_back_goes_further_each_time_until_nothing_is_promoted(database: Database) -> None:
    registry = ModelVersions(database)
    first, second, third = await three(registry)
    for version in (first, second, third):
        await registry.promote(version, by="sam")
    seen = []
    for _ in range(3):
        left, now = await registry.rollback(by="kim")
        assert left.version is not None
        seen.append((left.version.id, now.version.id if now.version else None))
    assert seen == [(third.id, second.id), (second.id, first.id), (first.id, None)]
    with pytest.raises(NothingToRollBack):
        await registry.rollback(by="kim")
    assert [move.how for move in await registry.history()] == ["rollback"] * 3 + ["promote"] * 3


async def test_going_back_after_a_new_promotion_skips_what_was_taken_back(database: Database) -> None:
    registry = ModelVersions(database)
    first, second, third = await three(registry)
    await registry.promote(first, by="sam")
    await registry.promote(second, by="sam")
    await registry.rollback(by="sam")
    await registry.promote(third, by="sam")
    _, now = await registry.rollback(by="sam")
    assert now.version == first


async def test_any_course_of_moves_is_an_undo_list(database: Database) -> None:
    registry = ModelVersions(database)
    versions, rng = await three(registry), Random(5)
    expected: list[str | None] = [None]
    for _ in range(30):
        if rng.random() < 0.5:
            version = rng.choice(versions)
            await registry.promote(version, by="sam")
            if expected[-1] != version.id:
                expected.append(version.id)
        elif len(expected) > 1:
            await registry.rollback(by="sam")
            expected.pop()
        assert await speaks(registry) == expected[-1]


async def test_moves_at_the_same_moment_from_several_processes_leave_one_history(database_url: str) -> None:
    opened = [await open_database(database_url) for _ in range(3)]
    registries = [ModelVersions(one) for one in opened]
    versions = await three(registries[0])
    await asyncio.gather(
        *(registry.register(new("r4")) for registry in registries),
        *(registry.promote(one, by="sam") for registry, one in zip(registries, versions, strict=True)),
    )
    history = await registries[0].history()
    assert sorted(move.version or "" for move in history) == sorted(one.id for one in versions)
    await asyncio.gather(*(registry.rollback(by="sam") for registry in registries))
    assert await speaks(registries[0]) is None
    back = [move.version for move in (await registries[0].history())[:3]]
    assert back == [history[1].version, history[2].version, None][::-1]
    for one in opened:
        await one.close()
