"""Office files are archives: what is inside is looked at before a parser may open it."""

from __future__ import annotations

import io
import zipfile
import zlib

from ingestion.errors import UnreadableDocumentError

MOST_MEMBERS = 10_000
MOST_BYTES = 500_000_000
"""Unpacked. A parser needs several times as much memory."""
MOST_TIMES = 200
"""How far contents may be compressed once they exceed SMALL_BYTES; XML of people's files reaches 40."""
SMALL_BYTES = 20_000_000
STEP = 1 << 20
ENCRYPTED = 0x1


def check_archive(content: bytes, name: str) -> None:
    """Unpack every member once, without keeping it.

    Raises UnreadableDocumentError for an archive that is cut short, locked, unpacks to far too much, or
    declares XML entities, which no office program writes and which can grow without end or fetch files.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _refuse_bombs(members, len(content), name)
            for member in members:
                _unpack(archive, member, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableDocumentError(f"{name} is damaged or cut short. Ask for a complete copy.") from error
    except RuntimeError as error:
        raise locked(name) from error


def locked(name: str) -> UnreadableDocumentError:
    """The refusal of a file that only a password opens."""
    return UnreadableDocumentError(f"{name} is locked with a password. Save an unlocked copy and run again.")


def _refuse_bombs(members: list[zipfile.ZipInfo], size: int, name: str) -> None:
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise locked(name)
    unpacked = sum(member.file_size for member in members)
    packed_well = unpacked > SMALL_BYTES and unpacked > MOST_TIMES * size
    if len(members) > MOST_MEMBERS or unpacked > MOST_BYTES or packed_well:
        raise UnreadableDocumentError(
            f"{name} unpacks to {unpacked / 1_000_000:,.0f} MB in {len(members):,} parts and is not opened. "
            "Save it again from its program, in smaller parts."
        )


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """zipfile stops at the declared size and checks the sum, so what is declared is what there is."""
    is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
    before = b""
    with archive.open(member) as file:
        while part := file.read(STEP):
            # As UTF-16 the letters stand apart by zeros.
            looked_at = (before + part).replace(b"\0", b"") if is_xml else b""
            if b"<!DOCTYPE" in looked_at or b"<!ENTITY" in looked_at:
                raise UnreadableDocumentError(
                    f"{name} declares XML entities, which no office program writes, and is not opened. "
                    "Save it again from its program."
                )
            before = part[-20:]
