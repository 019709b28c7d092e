"""Who speaks for the customer while versions are promoted and taken back under a running process.

A call keeps the version it began with. A new call takes the promoted one; it is loaded beside the calls, and
until it is ready whoever spoke before speaks: a rep never waits for a model to load.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agents.models.version_voice import Load, VersionUnusable
from agents.models.voice import Voice
from agents.records.errors import DatabaseUnavailable, NotFound
from agents.records.model_versions import CUSTOMER, ModelVersion, ModelVersions, Standing

FRESH_S = 2.0
"""The registry is asked at most so often."""
RETRY_S = 30.0
"""Before a version that did not load is tried again."""
UNUSED_S = 1800.0
"""A version that has not spoken for so long is unloaded, unless new calls take it."""

Clock = Callable[[], float]
log = logging.getLogger(__name__)


@dataclass
class _Held:
    """A version in this process: loading, ready, or known not to load."""

    version: ModelVersion
    used: float
    voice: Voice | None = None
    loading: asyncio.Task[None] | None = None
    fault: str = ""
    tried: float = float("-inf")
    speaking: int = 0


class PromotedVoices:
    """The promoted versions of one process. It belongs to the event loop that first uses it."""

    def __init__(
        self, versions: ModelVersions, stand_in: Voice, load: Load, *, clock: Clock = time.monotonic
    ) -> None:
        """`stand_in` speaks where nothing is promoted, and while nothing that was promoted is ready."""
        self._versions = versions
        self._stand_in = stand_in
        self._load = load
        self._clock = clock
        self._standing = Standing()
        self._held: dict[str, _Held] = {}
        self._last: str | None = None
        """The version that was ready last while it was the promoted one."""
        self._tuned: frozenset[str] = frozenset()
        self._looking = asyncio.Lock()
        self._looked = float("-inf")
        self._registry_answers = True

    # --- who speaks ---------------------------------------------------------------------------------------

    async def for_new_call(self) -> Voice:
        """Who speaks in a call that begins now. Its model may be None while it is still loading: `speaking`
        says for each turn who does."""
        await self._look()
        version = self._standing.version
        if version is None:
            return self._stand_in
        held = self._hold(version)
        if held.voice is not None:
            return held.voice
        if (before := self._spoke_before()) is not None:
            return before
        return self._stand_in if held.fault else Voice(version.name, "promoted, and still loading")

    @asynccontextmanager
    async def speaking(self, speaker: str) -> AsyncIterator[Voice]:
        """Who speaks now in a call that began with `speaker`. It stays loaded for the length of the block."""
        held = await self._of(speaker)
        if held is None:
            yield self._stand_in
            return
        held.speaking += 1
        try:
            yield held.voice or self._stand_in
        finally:
            held.speaking -= 1
            held.used = self._clock()

    def known(self, speaker: str) -> Voice:
        """Who the call that began with `speaker` was given to, as people are told it; speaks not a word."""
        if _id_of(speaker) is None:
            return self._stand_in
        return Voice(speaker, "promoted" if self._is_standing(speaker) else "this call began with it")

    def is_tuned(self, model: str) -> bool:
        """Whether this id (such as `server:customer-v1`) is registered as a fine-tuned model."""
        return model in self._tuned

    # --- in the background --------------------------------------------------------------------------------

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Meanwhile the registry is watched, so that a promoted version is ready before the next call and one
        that nobody needs is unloaded. At the end everything is."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            for held in list(self._held.values()):
                await self._drop(held)

    async def _watch(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(FRESH_S)

    async def _look(self) -> None:
        async with self._looking:
            if self._clock() - self._looked < FRESH_S:
                return
            try:
                standing = await self._versions.standing()
                if standing.promotion != self._standing.promotion:
                    self._tuned = frozenset(one.model for one in await self._versions.versions())
                    self._move_to(standing)
                self._standing = standing  # also where the version's files are elsewhere now
            except DatabaseUnavailable as error:
                if self._registry_answers:
                    log.warning("model registry does not answer", extra={"error": type(error).__name__})
                self._registry_answers = False
            else:
                self._registry_answers = True
            self._looked = self._clock()
        if self._standing.version:
            self._hold(self._standing.version)
        await self._tidy()

    def _move_to(self, standing: Standing) -> None:
        self._standing = standing
        if standing.promotion is not None and standing.promotion.how == "rollback":
            self._last = None  # what was taken back begins no call, also while the one before it is loading
        self._note_ready()
        name = standing.version.name if standing.version else self._stand_in.name
        log.info("customer's voice moved", extra={"model": name})

    def _note_ready(self) -> None:
        if ready := self._ready_standing():
            self._last = ready.version.id

    async def _tidy(self) -> None:
        standing = self._standing.version
        kept = {self._last, standing.id if standing else None}
        for held in list(self._held.values()):
            idle = not held.speaking and self._clock() - held.used > UNUSED_S
            if idle and held.version.id not in kept:
                await self._drop(held)

    async def _drop(self, held: _Held) -> None:
        # A model's memory goes with the last who holds it.
        self._held.pop(held.version.id, None)
        if held.loading is not None:
            held.loading.cancel()
            await asyncio.gather(held.loading, return_exceptions=True)

    # --- versions -----------------------------------------------------------------------------------------

    def _spoke_before(self) -> Voice | None:
        held = self._held.get(self._last or "")
        return held.voice if held else None

    def _is_standing(self, speaker: str) -> bool:
        return self._standing.version is not None and self._standing.version.name == speaker

    async def _of(self, speaker: str) -> _Held | None:
        """The version of a call that began with `speaker`, or the one that steps in for it. None: neither."""
        version_id = _id_of(speaker)
        if version_id is None:
            return None
        own = self._held.get(version_id)
        if own is None:
            try:
                own = self._hold(await self._versions.version(speaker))
            except (NotFound, DatabaseUnavailable):
                return self._ready_standing()
        else:
            self._hold(own.version)
        return own if own.voice else self._ready_standing()

    def _ready_standing(self) -> _Held | None:
        version = self._standing.version
        held = self._held.get(version.id) if version else None
        return held if held and held.voice else None

    def _hold(self, version: ModelVersion) -> _Held:
        """The version, ready or on its way."""
        held = self._held.setdefault(version.id, _Held(version, self._clock()))
        held.used = self._clock()
        held.version = version
        if held.voice is None and held.loading is None and self._clock() - held.tried >= RETRY_S:
            held.tried = self._clock()
            held.loading = asyncio.create_task(self._fetch(held))
        return held

    async def _fetch(self, held: _Held) -> None:
        try:
            held.voice = await self._load(held.version)
        except VersionUnusable as unusable:
            self._failed(held, str(unusable), unusable)
        except Exception as error:  # whatever a model's library raises must not stop who speaks meanwhile
            self._failed(held, f"{held.version.name} does not load ({type(error).__name__}).", error)
        else:
            held.fault = ""
            self._note_ready()
            log.info("model version loaded", extra={"model": held.version.name})
        finally:
            held.loading = None

    def _failed(self, held: _Held, fault: str, error: Exception) -> None:
        if not held.fault:  # said once, not every half minute
            kind = {"model": held.version.name, "error": type(error).__name__}
            log.warning("model version does not load", extra=kind)
        held.fault = fault


def _id_of(speaker: str) -> str | None:
    alias, at, version_id = speaker.partition("@")
    return version_id if at and alias == CUSTOMER else None
