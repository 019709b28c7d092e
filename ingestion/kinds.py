"""What a file really is, whatever it is called: told from its first bytes."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

OFFICE_PARTS = {"word/": "Word", "ppt/": "PowerPoint", "xl/": "Excel"}
ARCHIVE = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Office before 2007, and of locked Office files since."""
COMPOUND_BYTES = 4_000_000
RTF = b"{\\rtf"
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
WEB_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.I | re.S
)


@dataclass(frozen=True)
class Foreign:
    """A file that is never read here: `what` it is, and the `way_out`."""

    what: str
    way_out: str


PICTURE = "Run text recognition on it, or save what it shows as text"
CONTAINER = Foreign("an archive", "Unpack it and ingest what is inside")
NOT_TEXT = "Leave it out"
LOCKED = Foreign("locked with a password", "Save an unlocked copy and run again")

STREAMS = {
    "EncryptedPackage": LOCKED,
    "WordDocument": Foreign("an old Word document (.doc)", "Save it as .docx"),
    "PowerPoint Document": Foreign("an old PowerPoint file (.ppt)", "Save it as .pptx"),
    "Workbook": Foreign("an old Excel workbook (.xls)", "Save it as .xlsx"),
    "Book": Foreign("an old Excel workbook (.xls)", "Save it as .xlsx"),
    "__substg1.0_": Foreign("an Outlook message (.msg)", "Save it as .eml"),
}
MAGIC = (
    (b"\x89PNG\r\n", Foreign("a picture (PNG)", PICTURE)),
    (b"\xff\xd8\xff", Foreign("a picture (JPEG)", PICTURE)),
    (b"GIF8", Foreign("a picture (GIF)", PICTURE)),
    (b"II*\x00", Foreign("a picture (TIFF)", PICTURE)),
    (b"MM\x00*", Foreign("a picture (TIFF)", PICTURE)),
    (b"RIFF", Foreign("a picture, a sound or a film", PICTURE)),
    (b"\x00\x00\x00\x18ftyp", Foreign("a film or a picture", PICTURE)),
    (b"\x00\x00\x00\x1cftyp", Foreign("a film or a picture", PICTURE)),
    (b"\x00\x00\x00\x20ftyp", Foreign("a film or a picture", PICTURE)),
    (b"OggS", Foreign("a sound or a film", NOT_TEXT)),
    (b"ID3", Foreign("a sound", NOT_TEXT)),
    (b"\x1f\x8b", CONTAINER),
    (b"7z\xbc\xaf\x27\x1c", CONTAINER),
    (b"Rar!\x1a\x07", CONTAINER),
    (b"BZh", CONTAINER),
    (b"\xfd7zXZ", CONTAINER),
    (b"\x7fELF", Foreign("a program", NOT_TEXT)),
    (b"SQLite format 3\x00", Foreign("a database", NOT_TEXT)),
    (RTF, Foreign("an RTF document", "Save it as .docx")),
)


def true_kind(content: bytes) -> str | Foreign | None:
    """A kind of `load.READABLE`, something foreign, or None where the first bytes say nothing (text)."""
    if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        return "PDF"
    if content.startswith((ARCHIVE, b"PK\x05\x06")):
        return _in_archive(content)
    if content.startswith(COMPOUND):
        return _in_compound(content)
    if WEB_PAGE.match(content[:4000].removeprefix(b"\xef\xbb\xbf")):
        return "HTML"
    # A text, too, may begin with "ID3" or "RIFF".
    is_text = not BINARY.search(content[:4096]) and not content.startswith(RTF)
    return None if is_text else next((foreign for magic, foreign in MAGIC if content.startswith(magic)), None)


def _in_archive(content: bytes) -> str | Foreign | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        # Cut short: what it was meant to be is for its name to say.
        return None
    if "xl/workbook.bin" in names:
        return Foreign("a binary Excel workbook (.xlsb)", "Save it as .xlsx")
    if "mimetype" in names and "content.xml" in names:
        return Foreign("an OpenDocument file", "Save it as .docx, .pptx or .xlsx")
    for folder, kind in OFFICE_PARTS.items():
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            return kind
    return CONTAINER


def _in_compound(content: bytes) -> Foreign:
    searched = content[:COMPOUND_BYTES] + content[-COMPOUND_BYTES:]
    for stream, foreign in STREAMS.items():
        if stream.encode("utf-16-le") in searched:
            return foreign
    return Foreign("a file of an old Office program", "Save it in today's format")
