"""Whatever else fsspec can open: buckets, archives, memory."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from ingestion.errors import SourceUnavailableError, UnreadableDocumentError
from ingestion.extras import to_install
from ingestion.load import LARGEST_FILE_BYTES
from ingestion.sources.listing import Found, Listing, Skipped, listing, spelt, too_large

EXTRA_OF = {"gs": "buckets", "gcs": "buckets", "s3": "buckets", "s3a": "buckets"}
"""The extra of this package that brings what an address scheme needs."""


class BucketSource:
    """Whatever else fsspec can open: buckets, archives (`zip://::/path/a.zip`), `memory://`."""

    def __init__(self, address: str) -> None:
        # Chained addresses ("zip://inner::file:///a.zip") name the place of an archive behind "::".
        self.address = address.rstrip("/")
        self._behind = "".join(address.partition("::")[1:])
        self._files, self._root = _open_files(address)

    def files(self) -> tuple[Found, ...]:
        """As Source.files."""
        return self._listing.files

    def skipped(self) -> tuple[Skipped, ...]:
        """As Source.skipped."""
        return self._listing.skipped

    def read(self, found: Found) -> bytes:
        """As Source.read."""
        if found.size is not None and found.size > LARGEST_FILE_BYTES:
            raise too_large(found.name, found.size)
        path = found.uri.removesuffix(self._behind) if self._behind else found.uri
        try:
            with self._files.open(path, "rb") as file:
                content: bytes = file.read(LARGEST_FILE_BYTES + 1)
        except FileNotFoundError as error:
            raise UnreadableDocumentError(f"{found.name} has gone from {self.address}.") from error
        except Exception as error:
            raise _unavailable(found.uri, error) from error
        if len(content) > LARGEST_FILE_BYTES:
            raise too_large(found.name, len(content))
        return content

    def holds(self, uri: str) -> bool:
        """As Source.holds."""
        root = self._uri(self._root).removesuffix(self._behind).rstrip("/")
        inner = uri.removesuffix(self._behind)
        return uri.endswith(self._behind) and (inner == root or inner.startswith(f"{root}/"))

    @cached_property
    def _listing(self) -> Listing:
        try:
            listed: dict[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        except Exception as error:
            raise _unavailable(self.address, error) from error
        if not listed:
            raise SourceUnavailableError(f"{self.address} holds no files. Check its spelling.")
        root = self._root.strip("/")
        return listing(
            Found(
                spelt(path.strip("/").removeprefix(root).lstrip("/") or PurePosixPath(path).name),
                self._uri(path),
                info.get("size"),
            )
            for path, info in listed.items()
        )

    def _uri(self, path: str) -> str:
        return f"{self._files.unstrip_protocol(path)}{self._behind}"


def _open_files(address: str) -> tuple[Any, str]:
    import fsspec

    scheme = address.partition("://")[0].lower()
    try:
        files, root = fsspec.core.url_to_fs(address)
    except ImportError as error:
        extra = EXTRA_OF.get(scheme)
        way_out = f"; {to_install(extra)}." if extra else f". {error}."
        raise SourceUnavailableError(f"{scheme}:// needs a package that is not installed{way_out}") from error
    except ValueError as error:
        raise SourceUnavailableError(f"{scheme}:// is no kind of source known here ({address}).") from error
    except Exception as error:
        raise _unavailable(address, error) from error
    return files, str(root)


def _unavailable(address: str, error: Exception) -> SourceUnavailableError:
    if isinstance(error, FileNotFoundError):
        return SourceUnavailableError(f"{address} does not exist. Check its spelling.")
    if isinstance(error, PermissionError):
        return SourceUnavailableError(f"{address} may not be read with the credentials of this machine.")
    reason = (str(error).strip().splitlines() or [""])[0][:200]
    return SourceUnavailableError(
        f"{address} cannot be read: {type(error).__name__} {reason}".rstrip(" .") + "."
    )
