"""From `local:NAME`, `local:FILE.gguf` and `local:NAME+ADAPTER.gguf` to a model that speaks."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

from agents.models.errors import ModelNotUsable
from agents.models.guard import Guard
from agents.models.local.chat import LocalChat
from agents.models.local.engine import engine_for
from agents.models.local.gguf import Header, NotGGUF, header_of
from agents.models.local.marks import marks_of
from agents.models.local.server import ServerSettings
from agents.models.local.weights import LOCAL, pulled
from agents.models.settings import ModelSettings
from ingestion.extras import to_install

SUFFIX = ".gguf"
ADAPTER_MARK = "+"


def local_chat(named: str, settings: ModelSettings) -> LocalChat:
    """The model behind `local:…`; its files are looked at, and loaded by the first call or by `warm`.

    Raises ModelNotUsable.
    """
    base, mark, adapter = named.removeprefix(f"{LOCAL}:").partition(ADAPTER_MARK)
    if not base or (mark and not adapter):
        raise ModelNotUsable(f"'{named}' is not whole; give {LOCAL}:NAME or {LOCAL}:NAME+ADAPTER.gguf.")
    if find_spec("xllamacpp") is None:
        raise ModelNotUsable(f"'{named}' needs a package that is not installed; {to_install('local')}.")
    path = Path(base).expanduser() if base.endswith(SUFFIX) else pulled(base)
    header = _header(path, adapter=False)
    engine = engine_for(path, _server_settings(settings))
    held = None
    if mark:
        added = Path(adapter).expanduser()
        made_for = _header(added, adapter=True).architecture
        if made_for != header.architecture:
            raise ModelNotUsable(
                f"{added} was made for a {made_for} model; {base} is a {header.architecture}."
            )
        held = engine.adapter(added)
    return LocalChat(engine, held, Guard(named, settings), options=settings.model_options, marks=_marks(path))


def _header(path: Path, *, adapter: bool) -> Header:
    try:
        header = header_of(path)
    except NotGGUF as fault:
        raise ModelNotUsable(f"{path} {fault}.") from None
    if header.is_adapter != adapter:
        is_one = (
            "is an adapter and no whole model" if header.is_adapter else "is a whole model and no adapter"
        )
        raise ModelNotUsable(f"{path} {is_one}; write {LOCAL}:MODEL+ADAPTER.gguf.")
    return header


def _marks(path: Path) -> re.Pattern[str]:
    try:
        return marks_of(path)
    except NotGGUF as fault:
        raise ModelNotUsable(f"{path} {fault}.") from None


def _server_settings(settings: ModelSettings) -> ServerSettings:
    return ServerSettings(
        threads=settings.local_threads or half_the_cores(),
        parallel=settings.local_parallel,
        context=settings.local_context,
    )


def half_the_cores() -> int:
    """llama.cpp's threads wait for one another at every step: with all cores taken, any other work on the
    machine stops them all. On two busy cores one thread was nine times as quick as two."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // 2)
