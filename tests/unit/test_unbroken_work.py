"""Work on the database is finished before a cancelled caller goes."""

from __future__ import annotations

import asyncio

import pytest

from agents.records.unbroken import unbroken


@unbroken
async def add(done: list[str], what: str) -> str:
    """Take a moment to do something."""
    await asyncio.sleep(0.01)
    if what == "bad":
        raise LookupError(what)
    done.append(what)
    return what


async def test_it_returns_and_raises_as_usual() -> None:
    done: list[str] = []
    assert await add(done, "a") == "a"
    with pytest.raises(LookupError):
        await add(done, "bad")


@pytest.mark.parametrize("cancellations", [1, 3])
async def test_a_cancelled_caller_leaves_it_done(cancellations: int) -> None:
    done: list[str] = []
    caller = asyncio.create_task(add(done, "a"))
    for _ in range(cancellations):
        await asyncio.sleep(0)
        caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["a"]


async def test_a_failure_behind_a_cancellation_is_told_with_it() -> None:
    caller = asyncio.create_task(add([], "bad"))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await caller
    assert isinstance(cancelled.value.__cause__, LookupError)
