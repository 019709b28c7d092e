"""Loading what the first answer needs while the rep still reads the opening line."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

THREAD = "warm-up"


class WarmUp:
    """Runs `work` once in a thread. Await `done` before anything that needs what it loads: two threads that
    import the same packages at once can meet half-made modules."""

    def __init__(self, work: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._done = asyncio.Event()

        def run() -> None:
            try:
                work()
            except Exception as error:  # whatever it is, the answer meets it again and says so
                log.debug("warming up failed: %s", type(error).__name__)
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._done.set)

        # A daemon, so that leaving need not wait for it.
        threading.Thread(target=run, daemon=True, name=THREAD).start()

    async def done(self) -> None:
        """Returns when there is nothing left to wait for."""
        await self._done.wait()


def warming_up() -> bool:
    """Whether something is still being loaded. Python must then not tidy up on its way out: the libraries
    being loaded have threads of their own, and end the process with a crash when the ground is taken from
    under them."""
    return any(thread.name == THREAD for thread in threading.enumerate())
