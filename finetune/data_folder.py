"""The folder that `prepare` writes: whole, or not taken for one.

`report.json` is taken away first and written last, and holds each file's digest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import fsspec

from finetune.runs import StoreFailed
from ingestion.extras import to_install

REPORT = "report.json"


class DataFolder:
    """A folder here or in a bucket. Raises StoreFailed where it cannot be written or read."""

    def __init__(self, place: str) -> None:
        self._place = place.rstrip("/") or place
        self.digests: dict[str, str] = {}
        try:
            self._store: Any
            self._store, self._root = fsspec.core.url_to_fs(self._place)
        except ImportError:
            raise StoreFailed(
                f"{self._place} needs a package that is not installed; {to_install('buckets')}."
            ) from None
        except ValueError:
            raise StoreFailed(f"{self._place} cannot be opened; is it the address of a folder?") from None

    def check(self) -> None:
        """Raise StoreFailed where it is plain that nothing can be put there; nothing is made for it."""
        if "://" in self._place:
            return
        there = Path(self._root)
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            raise StoreFailed(f"{self._place} cannot be a folder: {there} is a file. Name another place.")
        if not os.access(there, os.W_OK | os.X_OK):
            raise StoreFailed(f"{self._place} cannot be written; check its permissions.")

    def write(self, files: Mapping[str, Iterable[str]]) -> None:
        """Put the files there, each at once; until `finish` the folder is not whole."""
        try:
            self._store.makedirs(self._root, exist_ok=True)
            if self._store.exists(self._at(REPORT)):
                self._store.rm_file(self._at(REPORT))
            for name, lines in files.items():
                content = "".join(lines).encode()
                self.digests[name] = hashlib.sha256(content).hexdigest()
                self._put(name, content)
        except OSError as error:
            raise self._failed(error) from None

    def finish(self, report: str) -> None:
        """Write the report: from here on the folder is whole."""
        try:
            self._put(REPORT, report.encode())
        except OSError as error:
            raise self._failed(error) from None

    def is_whole(self) -> bool:
        """Whether the report is there and each file is the one it was written about."""
        try:
            files: dict[str, str] = json.loads(self._store.cat_file(self._at(REPORT)))["files"]
            return all(
                hashlib.sha256(self._store.cat_file(self._at(name))).hexdigest() == digest
                for name, digest in files.items()
            )
        except (OSError, ValueError, KeyError, AttributeError):
            return False

    def _put(self, name: str, content: bytes) -> None:
        if "://" in self._place:
            self._store.pipe_file(self._at(name), content)  # buckets show an object when it is whole
            return
        path = Path(self._at(name))
        half = path.with_name(f".{name}.half")
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _failed(self, error: OSError) -> StoreFailed:
        why = (error.strerror or type(error).__name__).lower()
        return StoreFailed(f"{self._place} cannot be written ({why}); check the path and its permissions.")
