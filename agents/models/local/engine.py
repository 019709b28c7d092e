"""One set of weights in memory, and the threads that generate with it.

A base is loaded once in a process, whoever speaks through it. Its adapters lie beside it in the same server
and each request says which one counts; an adapter that comes later gets a new server with all that are still
held, and the old one goes when its last reply is written. The weights are mapped from the file, so that two
servers share them and cost only their context twice.

xllamacpp holds Python's lock while it loads (a third of a second for 135M parameters): `warm` before people
are served. It does not hold it while it generates.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.models.faults import Failed, Fault
from agents.models.local.server import Refused, Server, ServerSettings

WAITING_FOR_EACH = 16
"""So many calls may wait for each that is generated at once; a rep behind them would wait for minutes."""
CHUNK = 1 << 20

Sink = Callable[[dict[str, Any]], None]
"""Takes llama.cpp's chunks, in the engine's thread. What it raises is lost."""


class Busy(Exception):
    """Too many calls wait already."""


@dataclass(frozen=True)
class File:
    """A file as it is now: one that is written anew under the same path is another."""

    path: Path
    size: int
    changed: int

    @classmethod
    def at(cls, path: Path) -> File:
        """Raises OSError."""
        state = path.stat()
        return cls(path.resolve(), state.st_size, state.st_mtime_ns)


class Adapter:
    """An adapter that somebody speaks with: it is kept loaded for as long as this is held."""

    def __init__(self, file: File) -> None:
        self.file = file


class Generation:
    """One reply on its way, or waiting for its turn."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self.future: Future[None] | None = None

    @property
    def stopped(self) -> bool:
        """Whether nobody listens any more."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End it: at once while it waits, else at llama.cpp's next token or batch of the prompt."""
        self._stopped.set()
        if self.future is not None:
            self.future.cancel()

    def when_over(self, tell: Callable[[Future[None]], None]) -> None:
        """Tell how it ended: in the engine's thread, or at once where it has."""
        if self.future is not None:
            self.future.add_done_callback(tell)


@dataclass(frozen=True)
class _Loaded:
    server: Server
    adapters: tuple[File, ...]


class Engine:
    """Loads when it is first needed, in one of its own threads."""

    def __init__(self, base: File, settings: ServerSettings) -> None:
        self._base = base
        self.settings = settings
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None
        self._held: weakref.WeakValueDictionary[File, Adapter] = weakref.WeakValueDictionary()
        self._pool = ThreadPoolExecutor(settings.parallel, thread_name_prefix="local-model")
        self._counting = threading.Lock()
        self._under_way = 0

    def adapter(self, path: Path) -> Adapter:
        """Keeps the adapter with this base while the answer is held. Raises OSError."""
        file = File.at(path)
        return self._held.setdefault(file, Adapter(file))

    def ready(self, adapter: Adapter | None) -> bool:
        """Whether a call would find everything loaded."""
        loaded = self._loaded
        return loaded is not None and (adapter is None or adapter.file in loaded.adapters)

    def warm(self, adapter: Adapter | None) -> None:
        """Load what is needed, in the caller's thread. Raises Failed."""
        self._with(adapter)

    def generate(self, request: dict[str, Any], adapter: Adapter | None, sink: Sink) -> Generation:
        """Write a reply in a thread of its own; `sink` gets an empty chunk when its turn has come, then
        llama.cpp's. Raises Busy."""
        with self._counting:
            if self._under_way >= self.settings.parallel * (1 + WAITING_FOR_EACH):
                raise Busy
            self._under_way += 1
        generation = Generation()
        generation.future = self._pool.submit(self._generate, request, adapter, sink, generation)
        generation.future.add_done_callback(self._ended)
        return generation

    def _generate(
        self, request: dict[str, Any], adapter: Adapter | None, sink: Sink, generation: Generation
    ) -> None:
        sink({})
        loaded = self._with(adapter)
        chosen = adapter.file if adapter else None
        scales = [
            {"id": number, "scale": float(file == chosen)} for number, file in enumerate(loaded.adapters)
        ]

        def heard(chunk: dict[str, Any]) -> bool:
            if not generation.stopped:
                sink(chunk)
            return generation.stopped

        if not generation.stopped:
            loaded.server.chat({**request, "lora": scales}, heard)

    def _ended(self, _: Future[None]) -> None:
        with self._counting:
            self._under_way -= 1

    def _with(self, adapter: Adapter | None) -> _Loaded:
        """The server that has the adapter. Raises Failed."""
        with self._loading:
            loaded = self._loaded
            if loaded is not None and self.ready(adapter):
                return loaded
            kept = [file for file in loaded.adapters if file in self._held] if loaded else []
            wanted = (*kept, adapter.file) if adapter else tuple(kept)
            _into_memory(self._base.path)
            try:
                server = Server(self._base.path, [file.path for file in wanted], self.settings)
            except Refused:
                raise Failed(Fault(_does_not_load(self._base, adapter))) from None
            self._loaded = _Loaded(server, wanted)
            return self._loaded

    def close(self) -> None:
        """Let go of the weights; replies on their way are still written."""
        with self._loading:
            self._loaded = None
        self._pool.shutdown(wait=False)


def _does_not_load(base: File, adapter: Adapter | None) -> str:
    if adapter is None:
        return f"cannot be loaded: {base.path} is damaged, or of a kind that this llama.cpp does not know"
    return f"cannot be loaded: {adapter.file.path} is damaged, or was made for another base"


def _into_memory(path: Path) -> None:
    """Read the file: llama.cpp stops all of Python while it loads, and is not to wait for the disk."""
    try:
        with path.open("rb") as file:
            while file.read(CHUNK):
                pass
    except OSError:
        return  # llama.cpp will not be able to either, and is asked next


_engines: weakref.WeakValueDictionary[tuple[File, ServerSettings], Engine] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def engine_for(base: Path, settings: ServerSettings) -> Engine:
    """The process's one engine for these weights; it goes with the last who holds it. Raises OSError."""
    key = (File.at(base), settings)
    with _opening:
        engine = _engines.get(key)
        if engine is None:
            engine = _engines[key] = Engine(*key)
        return engine


@atexit.register
def _close_all() -> None:
    # Before the interpreter takes modules apart: llama.cpp's own threads end with their server.
    for engine in list(_engines.values()):
        engine.close()
