"""Where documents come from: a folder, a file, bucket, archive or web address, listed and read alike."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ingestion.errors import SourceUnavailableError
from ingestion.sources.listing import Found, Skipped, Source
from ingestion.sources.local import FileSource, FolderSource

__all__ = ["Found", "Skipped", "Source", "open_source"]


def open_source(address: str) -> Source:
    """The source at `address`: a path, or an address (file, http, https, gs, s3, zip, memory …).

    Raises SourceUnavailableError for a path that does not exist, a scheme that nothing here can open, or one
    whose package is not installed.
    """
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if scheme in {"http", "https"}:
        from ingestion.sources.web import WebPage

        return WebPage(address)
    if scheme == "file" and "::" not in address:
        return _local(Path(url2pathname(urlsplit(address).path)))
    if scheme or "::" in address:
        from ingestion.sources.buckets import BucketSource

        return BucketSource(address)
    return _local(Path(address).expanduser())


def _local(path: Path) -> Source:
    try:
        if path.is_dir():
            return FolderSource(path)
        if path.is_file():
            return FileSource(path)
    except OSError as error:
        raise SourceUnavailableError(f"{path} cannot be opened: {error.strerror}.") from error
    raise SourceUnavailableError(f"{path} does not exist. Name a folder, a file or an address.")
