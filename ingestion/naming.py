"""What collections, workspaces, groups and documents may be called, and what they are called by default."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from ingestion.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingestion.index.protocol import IndexedDocument
    from ingestion.sources import Found

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
NAME_RULE = "small letters, digits, '-' and '_', at most 64, the first a letter or a digit"
LONGEST_GROUP = 100


class InvalidNameError(KnowledgeError):
    """A name breaks its rule; the sentence says the rule."""


def checked_name(name: str, what: str) -> str:
    """`name` if it may be a `what` ("collection", "workspace"). Raises InvalidNameError."""
    if NAME.fullmatch(name):
        return name
    suggestion = safe(name)
    hint = f" Try '{suggestion}'." if suggestion else ""
    raise InvalidNameError(f"'{name}' cannot be the name of a {what}: {NAME_RULE}.{hint}")


def checked_group(group: str) -> str:
    """`group` if it may be an audience: printable, without commas. Raises InvalidNameError."""
    group = group.strip()
    if group and len(group) <= LONGEST_GROUP and group.isprintable() and "," not in group:
        return group
    raise InvalidNameError(
        f"'{group}' cannot be the name of a group: up to {LONGEST_GROUP} printable characters, no comma."
        " Repeat --audience for several groups."
    )


def default_collection(address: str, *, one_file: bool) -> str:
    """The name of the folder at `address`, or of the one that holds the file there, made safe.

    Raises InvalidNameError where that has no letter or digit to make a name of.
    """
    folder = _folder(address, one_file=one_file)
    if name := safe(folder):
        return name
    raise InvalidNameError(
        f"'{folder}' gives no name for a collection ({NAME_RULE}). Choose one with --collection."
    )


def names_of(
    files: Sequence[Found], known: Mapping[str, IndexedDocument], address: str
) -> tuple[list[tuple[str, Found]], list[str]]:
    """The name of each file in its collection, and sentences about those that are not called as their file.

    A file keeps the name it is known by. A new one whose name another document has is told apart by
    its folder, unless that document's file has gone: then a folder was moved, and this is its successor.
    """
    by_uri = {document.uri: name for name, document in known.items()}
    names = {found.uri: by_uri[found.uri] for found in files if found.uri in by_uri}
    assigned, said = set(names.values()), list[str]()
    for found in files:
        if found.uri in names:
            continue
        name = next(
            name for name in _candidates(found, address) if name not in assigned and _is_free(known.get(name))
        )
        names[found.uri] = name
        assigned.add(name)
        if name != found.name:
            said.append(f"{found.name} is here already from another source; this one is called {name}.")
        elif (other := known.get(name)) is not None and other.source != address:
            said.append(f"{name} takes the place of the one from {other.source}, whose file has gone.")
    return [(names[found.uri], found) for found in files], said


def safe(text: str) -> str:
    """As much of `text` as a name may have; may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:64]


def _folder(address: str, *, one_file: bool) -> str:
    archive = "::" in address
    parts = urlsplit(address.rpartition("::")[2])
    path = PurePosixPath(unquote(parts.path))
    if one_file and not archive:
        path = path.parent
    return (path.stem if archive else path.name) or parts.netloc


def _candidates(found: Found, address: str) -> tuple[str, str, str]:
    folder = _folder(address, one_file=address == found.uri) or "other"
    mark = hashlib.sha256(address.encode()).hexdigest()[:8]
    return found.name, f"{folder}/{found.name}", f"{folder}-{mark}/{found.name}"


def _is_free(other: IndexedDocument | None) -> bool:
    return other is None or _has_gone(other.uri)


def _has_gone(uri: str) -> bool:
    """Only files of this machine can be looked for; what lies elsewhere is taken to be there."""
    parts = urlsplit(uri)
    return parts.scheme == "file" and not Path(url2pathname(parts.path)).exists()
