"""Folders and files of this machine."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ingestion.errors import SourceUnavailableError, UnreadableDocumentError
from ingestion.load import LARGEST_FILE_BYTES
from ingestion.sources.listing import Found, Listing, Skipped, is_left_out, listing, spelt, too_large


class FileSource:
    """One file of this machine, read whatever it is called."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.address = self._path.as_uri()

    def files(self) -> tuple[Found, ...]:
        """The file itself."""
        return (Found(spelt(self._path.name), self.address, _size(self._path)),)

    def skipped(self) -> tuple[Skipped, ...]:
        """Nothing: who names a file wants it read."""
        return ()

    def read(self, found: Found) -> bytes:
        """As Source.read."""
        return _read_local(self._path, found.name)

    def holds(self, uri: str) -> bool:
        """As Source.holds."""
        return uri == self.address


class FolderSource:
    """A folder of this machine with all that is below it.

    A link is followed only to a file inside the folder that is not listed anyway, so nothing outside it is
    read, nothing is read twice and no loop is walked.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path.absolute()
        self.address = self._folder.as_uri()

    def files(self) -> tuple[Found, ...]:
        """As Source.files."""
        return self._listing.files

    def skipped(self) -> tuple[Skipped, ...]:
        """As Source.skipped."""
        return self._listing.skipped

    def read(self, found: Found) -> bytes:
        """As Source.read."""
        return _read_local(Path(url2pathname(urlsplit(found.uri).path)), found.name)

    def holds(self, uri: str) -> bool:
        """As Source.holds."""
        return uri.startswith(self.address.rstrip("/") + "/")

    @cached_property
    def _listing(self) -> Listing:
        skipped: list[Skipped] = []

        def unlisted(error: OSError) -> None:
            folder = Path(str(error.filename))
            if folder == self._folder:
                raise SourceUnavailableError(f"{folder} cannot be listed: {error.strerror}.") from error
            reason = f"the folder cannot be listed: {error.strerror}"
            skipped.append(Skipped(self._below(folder), reason, failed=True))

        plain: list[Path] = []
        links: list[Path] = []
        for folder, names, files in os.walk(self._folder, onerror=unlisted):
            names[:] = [name for name in names if not is_left_out(name)]
            here = Path(folder)
            for path in (here / name for name in (*files, *names)):
                if path.is_symlink():
                    links.append(path)
                elif path.is_file():
                    plain.append(path)
        read_anyway = {path.resolve() for path in plain}
        for link in links:
            if reason := self._why_not_followed(link):
                skipped.append(Skipped(self._below(link), reason))
            elif link.is_file() and link.resolve() not in read_anyway:
                plain.append(link)
        return listing((Found(self._below(path), path.as_uri(), _size(path)) for path in plain), skipped)

    def _why_not_followed(self, link: Path) -> str:
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):
            return "a link that leads nowhere"
        inside = target.is_relative_to(self._folder.resolve())
        return "" if inside else "a link that leads out of the folder"

    def _below(self, path: Path) -> str:
        return spelt(path.relative_to(self._folder).as_posix())


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _read_local(path: Path, name: str) -> bytes:
    try:
        if (size := path.stat().st_size) > LARGEST_FILE_BYTES:
            raise too_large(name, size)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(f"{name} cannot be read: {error.strerror}.") from error
