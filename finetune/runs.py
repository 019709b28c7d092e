"""Where runs lie: a folder here in which stages work, and the same folder in a bucket when one is named.

A stage's folder is whole once its key is written into `stages.json`, which is written last and moved into
place: what a crash leaves behind is never taken for a result. A bucket gets a stage's files before its key.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.extras import to_install

STAGES = "stages.json"
_LOCK = ".at-work"


class RunBusy(Exception):
    """Another process works in this folder."""


class StoreFailed(Exception):
    """The place where runs are kept did not answer, or refused. The sentence names the place."""


class Done(BaseModel):
    """That a stage is done, and with what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(description="Of everything the stage depended on.")
    at: str = Field(description="When it ended, UTC.")
    seconds: float


class RunFolder:
    """One folder of stages, here and, where the runs are in a bucket, there."""

    def __init__(self, here: Path, there: str | None) -> None:
        self.here = here
        self._there = there

    @property
    def name(self) -> str:
        return self.here.name

    def done(self) -> dict[str, Done]:
        """The stages that are whole, by name. A file that cannot be read counts as none: they run again."""
        return _read(self.here / STAGES)

    def has(self, stage: str, key: str) -> bool:
        """Whether the stage is done with just this, here; it is fetched if only the bucket has it."""
        done = self.done().get(stage)
        if done is None or done.key != key:
            self._fetch(stage, key)
            done = self.done().get(stage)
        return done is not None and done.key == key

    def finish(self, stage: str, key: str, seconds: float, files: list[str]) -> None:
        """The stage is whole: `files` (names in this folder, folders included) are its results.

        Raises StoreFailed.
        """
        done = Done(key=key, at=datetime.now(UTC).isoformat(timespec="seconds"), seconds=round(seconds, 1))
        self._send(files)
        everything = {**self.done(), stage: done}
        text = json.dumps({name: one.model_dump() for name, one in everything.items()}, indent=1)
        replace_text(self.here / STAGES, text + "\n")
        self._send([STAGES])

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Nobody else works in this folder meanwhile. The system takes the lock back when the process ends.

        Raises RunBusy.
        """
        self.here.mkdir(parents=True, exist_ok=True)
        # An open transaction of SQLite's is a lock on every system, and it ends with the process.
        with closing(sqlite3.connect(self.here / _LOCK, timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise RunBusy(
                    f"Another process works in {self.here}; wait for it, or stop it and run this again."
                ) from None
            yield

    def _fetch(self, stage: str, key: str) -> None:
        if self._there is None:
            return
        with _told(self._there):
            store, root = fsspec.core.url_to_fs(self._there)
            marker = f"{root}/{STAGES}"
            if not store.exists(marker):
                return
            there = _parsed(store.cat_file(marker))
            if stage not in there or there[stage].key != key:
                return
            for found in store.find(root):
                name = str(PurePosixPath(found).relative_to(PurePosixPath(root)))
                if name != STAGES:
                    _get(store, found, self.here / name)
            replace_text(self.here / STAGES, store.cat_file(marker).decode())

    def _send(self, names: list[str]) -> None:
        if self._there is None:
            return
        with _told(self._there):
            store, root = fsspec.core.url_to_fs(self._there)
            for name in names:
                for file in _files(self.here / name):
                    target = f"{root}/{file.relative_to(self.here).as_posix()}"
                    store.makedirs(target.rpartition("/")[0], exist_ok=True)
                    store.put_file(str(file), target)


class Runs:
    """All runs of one place: a folder, or a bucket that is worked on through a folder of this machine."""

    def __init__(self, place: str, work: Path) -> None:
        remote = "://" in place and not place.startswith("file://")
        self._there = place.rstrip("/") if remote else None
        self._here = work if remote else Path(place.removeprefix("file://"))

    def folder(self, *parts: str) -> RunFolder:
        """The folder of that name, whether or not it exists yet."""
        there = "/".join([self._there, *parts]) if self._there else None
        return RunFolder(self._here.joinpath(*parts), there)


def replace_text(path: Path, text: str) -> None:
    """Write a file so that it has the old content or the new, and nothing in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _read(path: Path) -> dict[str, Done]:
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        return {}


def _parsed(content: bytes) -> dict[str, Done]:
    try:
        stages: Any = json.loads(content)
        return {name: Done.model_validate(one) for name, one in stages.items()}
    except (ValueError, AttributeError, ValidationError):
        return {}


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file())
    elif path.exists():
        yield path


def _get(store: Any, source: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.half")
    store.get_file(source, str(half))
    half.replace(target)


@contextmanager
def quiet_store() -> Iterator[None]:
    """gcsfs logs what it then raises, with a trace and Google's text; what it imports warns of the future."""
    logger = logging.getLogger("gcsfs")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Other libraries' errors as a sentence of ours; theirs may quote credentials."""
    try:
        with quiet_store():
            yield
    except ImportError:
        raise StoreFailed(
            f"{place} needs a package that is not installed; {to_install('buckets')}."
        ) from None
    except Exception as error:  # gcsfs, aiohttp and google-auth have kinds of their own
        kind = getattr(error, "strerror", None) or type(error).__name__
        raise StoreFailed(
            f"{place} cannot be read or written ({kind}); check the address and access."
        ) from None
