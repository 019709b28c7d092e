"""Whether this process lives, and whether it can serve people."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import text
from starlette.responses import JSONResponse, PlainTextResponse

from ingestion.errors import KnowledgeError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agents.records.database import Database
    from ingestion.index.protocol import Index

FRESH_S = 2.0  # probes of several balancers cost one look
PATIENCE_S = 3.0  # a part that answers later cannot serve a person either
DRAINING = "this process is closing"

Check = Callable[[], Awaitable[None]]
"""Raises when its part cannot be used."""

log = logging.getLogger(__name__)


class Health:
    """Answers the probes of whatever runs this process."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        """`checks`: the parts it cannot serve without, by the name an operator knows them by."""
        self._checks = dict(checks)
        self._looking = asyncio.Lock()
        self._found: dict[str, str] = {}
        self._looked_at = float("-inf")
        self.draining = False

    def drain(self) -> None:
        """Ask for no more people: this process is about to close."""
        self.draining = True

    async def problems(self) -> dict[str, str]:
        """What is not ready, and why; empty when people can be served. At most two seconds old."""
        if self.draining:
            return {"process": DRAINING}
        async with self._looking:
            if time.monotonic() - self._looked_at > FRESH_S:
                found = await asyncio.gather(*(_look(check) for check in self._checks.values()))
                now = {name: why for name, why in zip(self._checks, found, strict=True) if why}
                if now.keys() != self._found.keys():
                    log.warning("readiness changed", extra={"count": len(now)})
                self._found, self._looked_at = now, time.monotonic()
            return self._found

    async def healthz(self, _: Request) -> Response:
        """GET /healthz: the loop turns, or nobody would answer."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """GET /readyz: 200, or 503 with what is not ready."""
        problems = await self.problems()
        return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


def database_answers(database: Database) -> Check:
    """The records can be read."""

    async def check() -> None:
        async with database.house(reading=True) as connection:
            await connection.execute(text("SELECT 1"))

    return check


class IndexAnswers:
    """The copilot's index can be read. Opened at the first look, and again after it failed; close it."""

    def __init__(self, open_it: Callable[[], Index]) -> None:
        self._open = open_it
        self._index: Index | None = None

    async def __call__(self) -> None:
        """Raises KnowledgeError."""
        await asyncio.to_thread(self._look)

    def close(self) -> None:
        """Give the index back."""
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def _look(self) -> None:
        if self._index is None:
            self._index = self._open()
        try:
            self._index.collections()
        except KnowledgeError:
            self.close()
            raise


async def _look(check: Check) -> str:
    """Why the part is not ready, by its kind: a probe is answered to whoever asks. Empty when all is well."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check()
    except Exception as error:
        # Whatever goes wrong in a part means that it is not ready.
        log.warning("check failed", extra={"error": type(error).__name__})
        return type(error).__name__
    return ""
