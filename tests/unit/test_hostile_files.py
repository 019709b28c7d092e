"""Files that are locked, cut short, blown up or called what they are not: a clear line each, no crash."""

from __future__ import annotations

import io
import struct
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import docx
import openpyxl
import pptx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ingestion import load as loading
from ingestion.chunk import chunks_of
from ingestion.errors import UnreadableDocumentError
from ingestion.kinds import COMPOUND
from ingestion.load import READABLE, load
from ingestion.readers import archive
from tests.proofs import FULL

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingestion.document import Document

EXAMPLES = 400 if FULL else 25


def read(content: bytes, name: str) -> Document:
    return load(content, name=name, uri=f"file:///{name}")


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(UnreadableDocumentError) as caught:
        read(content, name)
    said = str(caught.value)
    assert name in said
    assert "\n" not in said
    return said


@cache
def whole(ending: str) -> bytes:
    """A small proper file of each kind that is binary."""
    held = io.BytesIO()
    if ending == ".docx":
        word = docx.Document()
        word.add_heading("Fees", 1)
        word.add_table(1, 2).cell(0, 0).text = "Exit"
        word.save(held)
    elif ending == ".pptx":
        deck = pptx.Presentation()
        title = deck.slides.add_slide(deck.slide_layouts[5]).shapes.title
        assert title is not None
        title.text = "Fees"
        deck.save(held)
    elif ending == ".xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append(["Plan", "Fee"])
        book.save(held)
    elif ending == ".pdf":
        canvas = Canvas(held, invariant=1)
        canvas.drawString(50, 700, "The fee is 1 %.")
        canvas.save()
    elif ending == ".eml":
        held.write(b"Subject: Fees\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThe fee.\n")
        held.write(b'--b\nContent-Disposition: attachment; filename="a.csv"\n\nPlan,Fee\nGold,1\n--b--\n')
    elif ending == ".html":
        held.write(b"<html><body><h1>Fees</h1><table><tr><td rowspan=2>a<td>b<tr><td>c</table></body></html>")
    else:
        held.write(b"# Fees\n\nPlan,Fee\nGold,1\n")
    return held.getvalue()


def compound(*streams: str) -> bytes:
    """The container of old and of locked Office files, as far as its kind is told from it."""
    return COMPOUND + bytes(504) + b"".join(stream.encode("utf-16-le") + bytes(64) for stream in streams)


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return held.getvalue()


def with_member(ending: str, member: str, change: Callable[[bytes], bytes]) -> bytes:
    """A proper office file with one member changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole(ending))) as before, zipfile.ZipFile(held, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(content) if name == member else content)
    return held.getvalue()


@pytest.mark.parametrize("ending", sorted(READABLE))
def test_a_file_of_no_bytes_or_only_blanks_is_empty(ending: str) -> None:
    assert "is empty" in refusal(b"", f"a{ending}")
    assert "is empty" in refusal(b" \r\n\t", f"a{ending}")


@pytest.mark.parametrize(
    ("streams", "name", "says"),
    [
        (
            ["EncryptedPackage", "EncryptionInfo"],
            "a.docx",
            "a.docx is locked with a password. Save an unlocked",
        ),
        (["EncryptedPackage"], "a.xlsx", "a.xlsx is locked with a password"),
        (["WordDocument"], "a.docx", "a.docx is really an old Word document (.doc). Save it as .docx."),
        (["Workbook"], "a.xls", "a.xls is an old Excel workbook (.xls). Save it as .xlsx."),
        (["PowerPoint Document"], "a.ppt", "a.ppt is an old PowerPoint file (.ppt). Save it as .pptx."),
        (["__substg1.0_0037001F"], "a.msg", "a.msg is an Outlook message (.msg). Save it as .eml."),
    ],
)
def test_locked_and_old_office_files_are_told_apart(streams: list[str], name: str, says: str) -> None:
    assert says in refusal(compound(*streams), name)


def test_a_locked_zip_entry_is_a_password() -> None:
    content = bytearray(whole(".docx"))
    central = content.find(b"PK\x01\x02")
    struct.pack_into("<H", content, central + 8, 1)
    assert "locked with a password" in refusal(bytes(content), "a.docx")


@pytest.mark.parametrize("ending", [".docx", ".pptx", ".xlsx"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_an_office_file_cut_short_is_refused(ending: str, share: float) -> None:
    content = whole(ending)
    assert "complete copy" in refusal(content[: int(len(content) * share)], f"a{ending}")


@pytest.mark.parametrize(
    ("content", "name", "really"),
    [
        (whole(".pdf"), "a.docx", "PDF"),
        (whole(".docx"), "a.pdf", "Word"),
        (whole(".xlsx"), "a.docx", "Excel"),
        (whole(".pptx"), "a.txt", "PowerPoint"),
        (whole(".html"), "a.xls", "HTML"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<p>Fee</p>", "a.pdf", "HTML"),
    ],
)
def test_a_file_called_what_it_is_not_is_read_as_what_it_is(content: bytes, name: str, really: str) -> None:
    assert read(content, name).warnings[0] == f"{name} is really {really} and was read as such; rename it."


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.pdf", "is really a picture (PNG). Run text recognition"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "a.pdf", "is really a picture (JPEG)"),
        (zipped(a=b"text"), "a.docx", "is really an archive. Unpack it"),
        (b"{\\rtf1 text}", "a.docx", "is really an RTF document. Save it as .docx."),
        (b"SQLite format 3\x00" + bytes(50), "a.txt", "is really a database"),
        (b"plain words", "a.pdf", "is not a readable PDF file"),
        (b"plain words", "a.docx", "is not a readable Word file"),
        (bytes(range(256)) * 20, "a.txt", "is not text: it holds binary data"),
        (bytes(range(256)) * 20, "a.csv", "is not text: it holds binary data"),
        (b"no head at all", "a.eml", "is not an e-mail"),
        (b"MZ\x90\x00" + bytes(100), "a.exe", "is not a kind of file that can be read here"),
    ],
)
def test_a_file_that_is_nothing_readable_says_what_it_is(content: bytes, name: str, says: str) -> None:
    assert says in refusal(content, name)


def test_a_text_may_begin_like_a_sound_file() -> None:
    assert read(b"ID3 tags, and how we read them.", "a.txt").pages[0].text.startswith("ID3")
    assert read(b"A PDF begins with %PDF-1.7.", "a.md").warnings == ()


# Archives that unpack to far too much


def test_an_archive_that_blows_up_is_not_opened() -> None:
    bomb = with_member(".docx", "word/document.xml", lambda _: b" " * 30_000_000)
    packed = zipfile.ZipFile(io.BytesIO(bomb))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in packed.namelist():
            file.writestr(name, packed.read(name))
    assert "unpacks to 31 MB" in refusal(held.getvalue(), "bomb.docx")


def test_an_archive_that_lies_about_its_size_is_damaged() -> None:
    content = bytearray(zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"<a/>" * 5_000}))
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = content.find(b"word/document.xml", content.find(signature)) - (46 if at == 24 else 30)
        struct.pack_into("<I", content, place + at, 10)
    assert "complete copy" in refusal(bytes(content), "a.docx")


def test_an_archive_of_too_many_parts_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    assert "parts and is not opened" in refusal(whole(".docx"), "a.docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("ending", "member"),
    [(".docx", "word/document.xml"), (".pptx", "ppt/presentation.xml"), (".xlsx", "xl/workbook.xml")],
)
def test_entities_that_grow_or_fetch_are_not_opened(ending: str, member: str, encoding: str) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><x>&c;</x>'
    hostile = with_member(ending, member, lambda _: entities.encode(encoding))
    assert "declares XML entities" in refusal(hostile, f"a{ending}")


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGEST_FILE_BYTES", 10)
    assert "is larger than" in refusal(b"x" * 11, "a.md")


# Whatever comes


def survives(content: bytes, name: str) -> None:
    """The file is read, and then every chunk is part of its page; or it is refused."""
    try:
        document = read(content, name)
    except UnreadableDocumentError:
        return
    pages = {page.number: page for page in document.pages}
    assert len(pages) == len(document.pages)
    for page in document.pages:
        assert all(0 <= heading.start < len(page.text) for heading in page.headings)
    assert all(chunk.text in pages[chunk.page].text for chunk in chunks_of(document))


@pytest.mark.prove
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.sampled_from(sorted(READABLE)))
def test_any_bytes_are_read_or_refused(content: bytes, ending: str) -> None:
    survives(content, f"a{ending}")


@pytest.mark.prove
@pytest.mark.parametrize("ending", sorted(READABLE))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_file_with_bytes_changed_is_read_or_refused(ending: str, data: st.DataObject) -> None:
    content = bytearray(whole(ending))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    survives(bytes(content), f"a{ending}")


@pytest.mark.prove
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(
        [
            *(
                (".docx", "word/document.xml"),
                (".docx", "word/styles.xml"),
                (".pptx", "ppt/slides/slide1.xml"),
            ),
            *(
                (".xlsx", "xl/worksheets/sheet1.xml"),
                (".xlsx", "xl/styles.xml"),
                (".xlsx", "xl/workbook.xml"),
            ),
        ]
    ),
    st.data(),
)
def test_an_office_file_with_its_inside_changed_is_read_or_refused(
    part: tuple[str, str], data: st.DataObject
) -> None:
    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(changed)))
            changed[at : at + data.draw(st.integers(0, 6))] = data.draw(
                st.sampled_from([b"", b"9", b"-1", b"x", b"<", b'"'])
            )
        return bytes(changed)

    survives(with_member(*part, change), f"a{part[0]}")
