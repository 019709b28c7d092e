"""Database work that a cancelled caller does not break off."""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")


def unbroken(work: Callable[P, Coroutine[None, None, T]]) -> Callable[P, Coroutine[None, None, T]]:
    """Let the work finish before the caller is cancelled.

    Ctrl-C and Stop cancel tasks at any await. In the middle of a statement that would leave a SQLite
    connection behind with its transaction open, and every later write would wait for it in vain. Work takes
    milliseconds, and five seconds at the very worst, so it is finished first: what was being written is then
    written, or has failed, but is never half done.
    """

    @wraps(work)
    async def finish(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(work(*args, **kwargs))
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled from (None if task.cancelled() else task.exception())
        return task.result()

    return finish
