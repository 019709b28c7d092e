"""Web pages, plain text, tables of values and e-mail into pages."""

from __future__ import annotations

import csv
from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.document import Document, Page
from ingestion.errors import UnreadableDocumentError
from ingestion.load import load
from ingestion.readers.characters import seen
from ingestion.readers.tables import Cell
from ingestion.readers.writing import PageWriter
from ingestion.sentences import cells, pieces


def read(content: str | bytes, name: str) -> Document:
    return load(content if isinstance(content, bytes) else content.encode(), name=name, uri=f"file:///{name}")


def headings(page: Page) -> list[tuple[int, str]]:
    assert all(page.text[h.start :].startswith(h.text) for h in page.headings)
    return [(heading.level, heading.text) for heading in page.headings]


def rows(page: Page) -> list[tuple[str, ...]]:
    found = pieces(page.text, [heading.start for heading in page.headings])
    return [cells(page.text[piece.start : piece.end]) for piece in found if piece.kind == "row"]


# Web pages

PAGE = """<!doctype html><html><head><title>Fees | Northgate</title><style>p{}</style>
<meta property="article:published_time" content="2026-03-02T10:00:00Z"></head><body>
<header><h1>Northgate</h1><a href="/">Home</a></header><nav>Menu</nav>
<div style="display: none">Hidden</div><aside>Related</aside><script>alert(1)</script>
<article><header><h1>Fee <em>schedule</em></h1></header><p>The fee is
<a href="/x">1 %</a> a year.<br>No more.</p>
<h2>Exit</h2><ul><li>Free after<ul><li>5 years</li></ul></li><li>else <b>60</b> days</li></ul>
<table><caption>Plans</caption><thead><tr><th>Plan</th><th colspan=2>2026</th></tr></thead>
<tr><td></td><td>Fee</td><td>Term</td></tr>
<tr><td rowspan=2>Gold</td><td>1<br>%</td><td>5</td></tr><tr><td>2 %</td><td>9</td></tr></table>
</article><footer>Imprint</footer></body></html>"""


def test_a_web_page_is_what_one_came_for() -> None:
    paper = read(PAGE, "fees.html")
    assert (paper.title, paper.dated) == ("Fee schedule", date(2026, 3, 2))
    (page,) = paper.pages
    assert headings(page) == [(1, "Fee schedule"), (2, "Exit")]
    assert page.text.startswith("Fee schedule\n\nThe fee is 1 % a year.\nNo more.\n\nExit\n\n")
    assert "- Free after\n  - 5 years\n- else 60 days" in page.text
    assert "\n\nPlans\n\n" in page.text
    assert rows(page) == [("Plan", "2026 Fee", "2026 Term"), ("Gold", "1 %", "5"), ("Gold", "2 %", "9")]
    for gone in ("Menu", "Hidden", "Related", "alert", "Imprint", "Home", "p{}"):
        assert gone not in page.text


def test_a_table_that_lays_out_the_page_is_no_table() -> None:
    page = read("<table><tr><td><h2>Left</h2><p>A</p></td><td><p>B</p></td></tr></table>", "a.html").pages[0]
    assert rows(page) == []
    assert page.text == "Left\n\nA\n\nB"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_web_page_is_read_in_the_encoding_it_names(encoding: str) -> None:
    text = f'<html><head><meta charset="{encoding}"></head><body><p>Café à Genève</p></body></html>'
    assert read(text.encode(encoding), "a.html").pages[0].text == "Café à Genève"


@pytest.mark.parametrize("element", ["<div>", "<table><tr><td>", "<b><p>", '<font color="1"><p>'])
def test_elements_without_end_are_refused(element: str) -> None:
    with pytest.raises(UnreadableDocumentError, match="elements inside one another"):
        read("<html><body>" + element * 100_000, "a.html")


def test_elements_deep_inside_others_are_read_and_a_cell_may_claim_any_width() -> None:
    assert read("<html><body>" + "<div>" * 300 + "In", "a.html").pages[0].text == "In"
    wide = read("<table><tr><td colspan=99999>A</td><td>B</td></tr><tr><td>1</td></tr></table>", "a.html")
    assert "A" in wide.pages[0].text


# Plain text


def test_headings_of_plain_text_are_underlined_or_in_capitals() -> None:
    page = read(
        "Fee schedule\n============\n\nThe fee is 1 %.\n\nEXIT CHARGES\n\nNone.\n\n$12.00\n", "a.txt"
    ).pages[0]
    assert headings(page) == [(1, "Fee schedule"), (2, "EXIT CHARGES")]
    assert "===" not in page.text


def test_a_form_feed_breaks_the_page_and_a_broken_word_is_joined() -> None:
    paper = read("One with-\ndrawal.\fTwo.", "a.txt")
    assert [page.text for page in paper.pages] == ["One withdrawal.", "Two."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_plain_text_is_read_in_any_encoding(encoding: str) -> None:
    text = "The café’s fee is 5 € a month, and the naïve reader pays £12 – or more."
    assert read(text.encode(encoding), "a.txt").pages[0].text == text
    assert read(f"# Fees\n\n{text}".encode(encoding), "a.md").pages[0].text.endswith(text)


def test_what_cannot_be_seen_is_not_there() -> None:
    assert seen("ef\ufb01cient\u00a0non\u200bbreak\u00ading\u202e x\r\ny") == "efficient nonbreaking x\ny"


# Tables of values


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_rows(separator: str) -> None:
    lines = [("Plan", "Fee"), ("Gold, long", "1.5"), ("Tin; short", "2"), ("A\nB", "3")]
    text = "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)
    assert rows(read(text, "a.csv").pages[0]) == [
        *(("Plan", "Fee"), ("Gold, long", "1.5")),
        *(("Tin; short", "2"), ("A B", "3")),
    ]


def test_a_table_of_values_may_say_its_separator_and_stand_below_a_caption() -> None:
    page = read("sep=;\r\nPrices in euro;\r\n\r\nPlan;Fee\r\nGold;1,50\r\n", "a.csv").pages[0]
    assert page.text == "Prices in euro\n\n| Plan | Fee |\n| Gold | 1,50 |"


def test_a_field_without_end_is_refused_whoever_read_tables_before() -> None:
    csv.field_size_limit(10_000_000)
    with pytest.raises(UnreadableDocumentError, match="not a readable table"):
        read('a,"' + "x" * 200_000, "a.csv")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=12)


@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n), min_size=1, max_size=6)
    )
)
def test_every_cell_of_a_table_survives_in_its_row(lines: list[list[str]]) -> None:
    writer = PageWriter()
    writer.table([[Cell(text) for text in line] for line in lines])
    page = writer.page(1)
    read_back = [cell for row in rows(page) for cell in row]
    for line in lines:
        for text in line:
            kept = " ".join(seen(text).split())
            assert kept in read_back or kept in page.text


# E-mail


def mail(body: str, **heads: str) -> EmailMessage:
    message = EmailMessage()
    for head, value in {"Subject": "New rates", "From": "Ann <ann@example.com>", **heads}.items():
        message[head] = value
    message.set_content(body)
    return message


def test_an_email_has_its_subject_for_title_and_its_own_date() -> None:
    paper = read(
        mail("From 1 June 2026 it is 2 %.", Date="Mon, 4 May 2026 10:00:00 +0200").as_bytes(), "a.eml"
    )
    assert (paper.title, paper.dated) == ("New rates", date(2026, 5, 4))
    assert "From: Ann <ann@example.com>" in paper.pages[0].text
    assert paper.pages[0].text.endswith("From 1 June 2026 it is 2 %.")


def test_what_a_reply_quotes_is_kept_once() -> None:
    body = "Yes.\n\n> Is the exit fee really 60 days?\n>> Is the exit fee really 60 days?\n"
    text = read(mail(body).as_bytes(), "a.eml").pages[0].text
    assert text.count("Is the exit fee really 60 days?") == 1


def test_attachments_are_pages_and_what_cannot_be_read_is_named() -> None:
    message = mail("See below.")
    message.add_alternative("<p>See <b>below</b>, in HTML.</p>", subtype="html")
    message.add_attachment(b"# Fees\n\nThe fee is 1 %.", "text", "markdown", filename="fees.md")
    message.add_attachment(b"\x89PNG\r\n\x1a\n\x00", "image", "png", filename="logo.png")
    message.add_attachment(mail("Inside.", Subject="Inner"))
    paper = read(message.as_bytes(), "a.eml")
    assert [page.number for page in paper.pages] == [1, 2, 3]
    assert "in HTML" not in paper.pages[0].text
    assert [heading.text for heading in paper.pages[1].headings] == ["Fees"]
    assert "Inside." in paper.pages[2].text
    assert paper.warnings == (
        "a.eml, attachment: logo.png is a picture (PNG). "
        "Run text recognition on it, or save what it shows as text.",
    )


def test_a_mail_of_html_alone_is_read_as_a_page() -> None:
    message = mail("x")
    message.set_content(
        "<h2>Rates</h2><table><tr><th>Plan<th>Rate<tr><td>Gold<td>1 %</table>", subtype="html"
    )
    assert rows(read(message.as_bytes(), "a.eml").pages[0]) == [("Plan", "Rate"), ("Gold", "1 %")]
