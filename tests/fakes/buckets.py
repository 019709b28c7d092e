"""Buckets behind fsspec's `gs://`, with the answers of gcsfs: no HTTP, for gcsfs is no package of the suite.

A bucket must be made before it is written to; one may be forbidden; an object is there whole or not at all.
Errors are those of gcsfs/retry.py: FileNotFoundError, OSError("Forbidden: …"), HttpError with a `code`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
from fsspec.registry import _registry as implementations


class HttpError(Exception):
    """As gcsfs raises it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"gs said {code} about https://storage.googleapis.com/secret-looking-url")
        self.code = code


class Buckets:
    """What is stored, by `bucket/path`; `uploads` counts what was written."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.objects: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.forbidden: set[str] = set()
        self.fail_next: list[int] = []

    def reached(self, path: str) -> None:
        """Raises as gcsfs does where the bucket cannot be used, and logs as it does."""
        if self.fail_next:
            error = HttpError(self.fail_next.pop(0))
            logging.getLogger("gcsfs").error("_request non-retriable exception: %s", error, exc_info=error)
            raise error
        bucket = path.partition("/")[0]
        if bucket in self.forbidden:
            raise OSError(f"Forbidden: b/{bucket}/o\nservice-account@secret does not have storage access")
        if bucket not in self.names:
            raise FileNotFoundError(path)

    def at(self, uri: str) -> bytes | None:
        """The object with that gs:// address."""
        return self.objects.get(uri.removeprefix("gs://"))


@contextmanager
def served(*names: str) -> Iterator[Buckets]:
    """Buckets with those names, for as long as the context lasts."""
    buckets = Buckets(*names)

    class FakeGcs(fsspec.AbstractFileSystem):  # type: ignore[misc]
        protocol = ("gs", "gcs")
        cachable = False

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            path = self._strip_protocol(path)
            buckets.reached(path)
            if path not in buckets.objects:
                raise FileNotFoundError(path)
            return {"name": path, "size": len(buckets.objects[path]), "type": "file"}

        def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
            path = self._strip_protocol(rpath)
            buckets.reached(path)
            buckets.objects[path] = Path(lpath).read_bytes()
            buckets.uploads.append(path)

    before = implementations.get("gs")
    fsspec.register_implementation("gs", FakeGcs, clobber=True)
    try:
        yield buckets
    finally:
        implementations.pop("gs", None)
        if before is not None:
            implementations["gs"] = before
