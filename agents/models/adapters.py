"""The files of promoted models: kept under a name made of their content, where every bot can read them, and
checked by that content each time they are used."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.extras import to_install
from ingestion.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ADAPTER, CARD = "adapter.gguf", "card.md"


class AdapterUnusable(Exception):
    """A model's file cannot be kept, fetched or trusted. One sentence: which, why, and what to do."""


class AdapterSettings(BaseSettings):
    """Read from `SALESMATE_MODELS`."""

    model_config = SettingsConfigDict(
        env_prefix="SALESMATE_", env_ignore_empty=True, use_attribute_docstrings=True, frozen=True
    )

    models: str | None = None
    """Where promoted models are kept: a folder, or an address such as gs://bucket/models. Every bot must be
    able to read it. `models/versions` in the home folder when unset."""


class Adapters:
    """The place of promoted models' files, and this machine's copies of them."""

    def __init__(self, place: str | None = None, home: Path | None = None) -> None:
        """Without `place`, what the settings name."""
        folder = (home or Settings().home) / "models"
        named = place or AdapterSettings().models
        self.place = named.rstrip("/") if named else str(folder / "versions")
        self._copies = folder / "copies"

    def keep(self, content: bytes, version: str, name: str) -> str:
        """Put a file of the version there; its address. What is there already is written over by the same.

        Raises AdapterUnusable.
        """
        address = f"{self.place}/{version}/{name}"
        with _told(address, "written"):
            if not _elsewhere(address):
                file = Path(address).expanduser().absolute()
                file.parent.mkdir(parents=True, exist_ok=True)
                _replace(file, content)
                return str(file)
            store, path = _store(address)
            store.makedirs(path.rpartition("/")[0], exist_ok=True)
            store.pipe_file(path, content)
        return address

    def fetch(self, address: str, sha256: str) -> Path:
        """The file on this machine, with just that content. Blocks: reads it whole, and may download it.

        Raises AdapterUnusable.
        """
        if not _elsewhere(address):
            with _told(address, "read"):
                return _checked(Path(address), address, sha256)
        copy = self._copies / f"{sha256}.gguf"
        with _told(address, "read"):
            if copy.is_file() and sha256_of(copy) == sha256:
                return copy
            copy.parent.mkdir(parents=True, exist_ok=True)
            store, path = _store(address)
            _replace(copy, store.cat_file(path))
        try:
            return _checked(copy, address, sha256)
        except AdapterUnusable:
            copy.unlink(missing_ok=True)
            raise


def sha256_of(file: Path) -> str:
    """Of the file's content, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _checked(file: Path, address: str, sha256: str) -> Path:
    if sha256_of(file) != sha256:
        raise AdapterUnusable(
            f"{address} is not what was promoted: its SHA-256 is another. Promote the run again."
        )
    return file


def _elsewhere(address: str) -> bool:
    return "://" in address


def _store(address: str) -> tuple[Any, str]:
    import fsspec

    store, path = fsspec.core.url_to_fs(address)
    return store, str(path)


def _replace(file: Path, content: bytes) -> None:
    """In one step: a reader sees the old file or the new one, and never half of it."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
        shutil.copymode(file, name) if file.exists() else Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _told(address: str, done: str) -> Iterator[None]:
    """Stores raise kinds of their own, whose texts may hold tokens: only the kind is told."""
    try:
        yield
    except AdapterUnusable:
        raise
    except FileNotFoundError:
        raise AdapterUnusable(
            f"{address} is not there. Check SALESMATE_MODELS, which every bot must be able to read, and "
            "promote the run again."
        ) from None
    except ImportError:
        scheme = address.partition("://")[0]
        raise AdapterUnusable(
            f"{scheme}:// needs a package that is not installed; {to_install('buckets')}"
        ) from None
    except Exception as error:
        raise AdapterUnusable(
            f"{address} cannot be {done} ({type(error).__name__}). Check the address and who may use it."
        ) from None
