"""A transcript can be kept, printed and loaded elsewhere, whatever was said in the call."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.records.entries import Check, Ending, RolePlay, Scorecard, Turn
from agents.records.export import FORMATS
from agents.records.export.html import to_html
from agents.records.export.markdown import to_markdown
from agents.records.export.plain import to_csv, to_json

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

CALL = RolePlay(
    id="rp_0a1b2c3d4e5f",
    person="sam",
    persona_id="dana-whitfield",
    persona_version=3,
    persona={"facts": [{"text": "She has an adviser already."}]},
    customer="Dana Whitfield",
    difficulty="normal",
    seed=7,
    speaker="scripted",
    initial_state={"trust": 0.2},
    visibility="private",
    attempt=2,
    parent="rp_0a1b2c000000",
    from_turn=2,
    started_at=NOON,
    ended_at=NOON,
    ending=Ending(by="customer", reason="busy", outcome="hung_up"),
)
CARD = Scorecard(
    score=61,
    passed=False,
    rubric="cold-call",
    rubric_version="2",
    judge="rules",
    measures={"talk_share": 0.64, "longest_monologue_words": 81, "next_step": False},
    facts={"opened": [], "hidden": ["adviser"]},
    feedback={"strength": "You said who you are.", "fixes": [{"say": "Ask what she has now."}]},
    checks=(
        Check(id="opens", text="Said name and company", met=True, turn=2, quote="it's Sam from Northgate"),
        Check(id="objection", text="Met an objection", met=None),
    ),
)


def said(*texts: str) -> list[Turn]:
    """A call in which the customer and the rep say these lines by turns."""
    return [
        Turn(
            n=n,
            speaker="customer" if n % 2 else "rep",
            text=text,
            state={"trust": 0.25},
            act="greet" if n % 2 else None,
            heard={"questions": 1} if n % 2 else None,
            model="scripted" if n % 2 else None,
            rejected=(),
            ms=12,
            created_at=NOON,
        )
        for n, text in enumerate(texts, start=1)
    ]


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("form", ["json", "md", "csv", "html"])
def test_every_format_holds_what_was_said_and_by_whom(form: str) -> None:
    text = FORMATS[form](CALL, said("Hello?", "Hi Dana, this is Sam from Northgate."), CARD)
    assert "Hi Dana, this is Sam from Northgate." in text
    assert "Dana Whitfield" in text


@pytest.mark.parametrize("form", ["json", "md", "csv", "html"])
def test_no_format_tells_what_the_customer_hides_or_feels(form: str) -> None:
    text = FORMATS[form](CALL, said("Hello?", "Hi."), None)
    assert "She has an adviser already." not in text
    assert "trust" not in text


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_readable_transcript_shows_the_scorecard_with_its_evidence(form: str) -> None:
    text = FORMATS[form](CALL, said("Hello?", "Hi, it's Sam from Northgate."), CARD)
    for told in ("61 of 100, not passed", "Said name and company", "(turn 2)", "no occasion", "talk share"):
        assert told in text
    assert "Scorecard" not in FORMATS[form](CALL, said("Hello?"), None)


def test_json_is_complete_and_loads_again() -> None:
    data = json.loads(to_json(CALL, said("Hello?", "Hi שלום 🙂"), CARD))
    assert data["roleplay"]["ending"] == {"by": "customer", "reason": "busy", "outcome": "hung_up"}
    assert data["roleplay"]["started_at"] == "2026-03-02T12:00:00+00:00"
    assert [turn["text"] for turn in data["turns"]] == ["Hello?", "Hi שלום 🙂"]
    assert data["scorecard"]["checks"][0]["quote"] == "it's Sam from Northgate"


@pytest.mark.parametrize(
    "hostile",
    ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", "  =1+1", "\x00=1", "＝1", "\n@x"],
)
def test_a_spreadsheet_never_takes_a_line_for_a_formula(hostile: str) -> None:
    _header, row = csv.reader(io.StringIO(to_csv(CALL, said(hostile))))
    assert row[5].startswith("'")


@given(st.text(), st.text())
def test_csv_keeps_one_row_a_turn_whatever_is_said(first: str, second: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(CALL, said(first, second)), newline="")))
    assert [row[1] for row in rows] == ["n", "1", "2"]
    assert all(len(row) == 8 for row in rows)


@given(st.text(alphabet=st.characters() | st.sampled_from("<>&\"'/=$!-"), max_size=60))
def test_nothing_said_becomes_markup_in_html(hostile: str) -> None:
    calm = Page(to_html(CALL, said("x", "x"), CARD))
    call = replace(CALL, customer=hostile)
    card = replace(CARD, checks=(replace(CARD.checks[0], quote=hostile or "x"), CARD.checks[1]))
    page = Page(to_html(call, said(f"x{hostile}", f"{hostile}x"), card))
    assert page.tags == calm.tags
    assert page.attributes == calm.attributes


def test_html_is_self_contained_and_runs_nothing() -> None:
    page = Page(to_html(CALL, said("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'), CARD))
    assert "<script>alert(1)</script>" in page.words
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert not {"src", "href", "onerror"} & set(page.attributes)


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("# heading", r"> \# heading"),
        ("<b>bold</b>", r"> \<b\>bold\</b\>"),
        ("[free](http://x)", r"> \[free\](http://x)"),
        ("![x](http://x)", r"> !\[x\](http://x)"),
        ("1. one", r"> 1\. one"),
        ("- item", r"> \- item"),
        ("===", r"> \==="),
        ("```", r"> \`\`\`"),
        ("a | b", r"> a \| b"),
        ("    code", "> code"),
        ("> quote", r"> \> quote"),
        ("one\r\ntwo", "> one\\\n> two"),
        ("one\n\n# two", "> one\n>\n> \\# two"),
        ("\x1b[31mred", r"> \[31mred"),
        ("   ", "> *(silence)*"),
    ],
)
def test_nothing_said_becomes_markup_in_markdown(hostile: str, safe: str) -> None:
    assert f"\n\n{safe}\n" in to_markdown(CALL, said(hostile), None)


@given(st.text())
def test_every_line_said_stays_inside_its_quote_in_markdown(hostile: str) -> None:
    before, after = to_markdown(CALL, said("x", "x"), None), to_markdown(CALL, said("x", hostile), None)
    outside = [line for line in after.split("\n") if not line.startswith(">")]
    assert outside == [line for line in before.split("\n") if not line.startswith(">")]


def test_a_megabyte_of_text_exports_in_every_format() -> None:
    long = "All work and no play. " * 50_000
    for export in FORMATS.values():
        assert len(export(CALL, said("Hello?", long), CARD)) > 1_000_000
