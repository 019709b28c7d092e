"""The sample knowledge base: whole, readable, and consistent with itself."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from ingestion.samples.build_pdfs import SourceError, build

SAMPLES = Path(__file__).parents[2] / "ingestion" / "samples"
SOURCES = sorted((SAMPLES / "sources").glob("*/*.md"))
DOCUMENTS = sorted(
    path for firm in ("northgate", "loomstack") for path in (SAMPLES / firm).iterdir() if path.is_file()
)
PAGE_MARK = "<!-- page -->"
STAMP = re.compile(r"Document (?P<number>(?:NG|LS)-\S+) · Issued (?P<date>\d{1,2} \w+ 20\d\d)")
SMOKE = Path(__file__).parents[2] / "agents" / "evals" / "questions.jsonl"
QUESTIONS: list[dict[str, Any]] = [json.loads(line) for line in SMOKE.read_text("utf-8").splitlines()]

REPLACED = [
    ("northgate", date(2026, 6, 1), "90 days' interest", "60 days' interest"),
    ("northgate", date(2026, 6, 1), "3.60% AER", "3.35% AER"),
    ("loomstack", date(2026, 7, 1), "£12,500", "£14,000"),
    ("loomstack", date(2026, 7, 1), "15% of the licence", "12% of the licence"),
]


def pages_of(path: Path) -> list[str]:
    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8").split(PAGE_MARK)
    with pypdfium2.PdfDocument(path) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def text_of(path: Path) -> str:
    """The whole document on one line, so that a phrase is found wherever its line breaks fall."""
    return " ".join(" ".join(pages_of(path)).split())


def bare(text: str) -> str:
    """Text without white space and without what only lays it out, in Markdown or in a PDF."""
    text = re.sub(r"^\|(\s*:?-+:?\s*\|)+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(#+|-) ", "", text, flags=re.MULTILINE)
    return re.sub(r"[\s|•]|\*\*", "", text)


def issued(path: Path) -> date:
    stamp = STAMP.search(text_of(path))
    assert stamp, f"{path.name} does not say when it was issued"
    return datetime.strptime(stamp["date"], "%d %B %Y").replace(tzinfo=UTC).date()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_each_page_of_a_pdf_holds_the_text_of_that_page_of_its_source(source: Path) -> None:
    built = pages_of(SAMPLES / source.parent.name / f"{source.stem}.pdf")
    written = pages_of(source)
    assert len(built) == len(written)
    for shown, meant in zip(built, written, strict=True):
        assert bare(meant) in bare(shown)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_building_a_pdf_again_changes_no_word_of_it(source: Path, tmp_path: Path) -> None:
    build(source, tmp_path / "again.pdf")
    assert pages_of(tmp_path / "again.pdf") == pages_of(SAMPLES / source.parent.name / f"{source.stem}.pdf")


def test_every_pdf_has_a_source() -> None:
    pdfs = {(path.parent.name, path.stem) for path in DOCUMENTS if path.suffix == ".pdf"}
    assert pdfs == {(source.parent.name, source.stem) for source in SOURCES}


def test_there_is_enough_to_search() -> None:
    pdfs = [path for path in DOCUMENTS if path.suffix == ".pdf"]
    assert sum(len(pages_of(path)) for path in DOCUMENTS) >= 30
    assert len(pdfs) >= 6
    assert sum(len(pages_of(path)) for path in pdfs) >= 14


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_page_is_empty_and_every_document_says_its_number_and_date(path: Path) -> None:
    assert all(len(page.split()) >= 80 for page in pages_of(path))
    assert issued(path) <= date(2026, 11, 1)


def test_document_numbers_are_unique() -> None:
    stamps = [STAMP.search(text_of(path)) for path in DOCUMENTS]
    numbers = [stamp["number"] for stamp in stamps if stamp]
    assert len(set(numbers)) == len(DOCUMENTS)


@pytest.mark.parametrize(("firm", "since", "old", "new"), REPLACED)
def test_a_replaced_value_stands_only_in_earlier_papers_or_beside_the_new_one(
    firm: str, since: date, old: str, new: str
) -> None:
    holding = [path for path in DOCUMENTS if path.parent.name == firm and old in text_of(path)]
    assert any(issued(path) < since and new not in text_of(path) for path in holding)
    for path in holding:
        assert issued(path) < since or new in text_of(path), f"{path.name} still says {old}"


def test_the_smoke_questions_cover_what_a_copilot_gets_wrong() -> None:
    assert len(QUESTIONS) == 24
    assert sum(not question["answerable"] for question in QUESTIONS) == 4


@pytest.mark.parametrize(
    "question",
    [each for each in QUESTIONS if each["answerable"]],
    ids=lambda each: str(each["question"])[:40],
)
def test_the_answer_to_a_smoke_question_stands_where_it_says(question: dict[str, Any]) -> None:
    path = SAMPLES / question["firm"] / question["document"]
    text = text_of(path) if question["page"] is None else pages_of(path)[question["page"] - 1]
    assert (question["page"] is None) == (path.suffix == ".md")
    for phrase in question["must_contain"]:
        assert phrase in " ".join(text.split())


class TestASourceThatCannotBecomeAPdf:
    STAMP = "Document NG-1 · Issued 5 January 2026 · Owner: Someone · Staff only"

    def refused(self, folder: Path, text: str, firm: str = "northgate") -> str:
        source = folder / firm / "paper.md"
        source.parent.mkdir()
        source.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError) as refusal:
            build(source, folder / "paper.pdf")
        assert "paper.md" in str(refusal.value)
        return str(refusal.value)

    def test_without_a_date_is_told_what_the_top_must_say(self, tmp_path: Path) -> None:
        assert "Issued DATE" in self.refused(tmp_path, "# Paper\n\nSome text.\n")

    def test_with_a_page_too_long_is_told_which(self, tmp_path: Path) -> None:
        text = f"# Paper\n\n{self.STAMP}\n\n" + "A line.\n\n" * 100
        assert "page 1: too long" in self.refused(tmp_path, text)

    def test_with_a_crooked_table_is_told_which(self, tmp_path: Path) -> None:
        text = f"# Paper\n\n{self.STAMP}\n\n| Fee | Rate |\n|---|---|\n| One |\n"
        assert "| Fee | Rate |" in self.refused(tmp_path, text)

    def test_of_an_unknown_firm_is_told_where_to_name_it(self, tmp_path: Path) -> None:
        assert "FIRM_NAMES" in self.refused(tmp_path, f"# Paper\n\n{self.STAMP}\n\nText.\n", firm="acme")
