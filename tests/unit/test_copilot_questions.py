"""The copilot's question set: what each line promises, held against the sample documents as they are read."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from ingestion.load import load

ROOT = Path(__file__).parents[2]
SETS = ROOT / "tests" / "data" / "copilot"
SAMPLES = ROOT / "ingestion" / "samples"

Firm = Literal["northgate", "loomstack"]
# The least a set must hold of each kind, both halves together, so that every share has some weight.
LEAST = {
    "fact": 25,
    "number": 20,
    "table": 20,
    "two_documents": 12,
    "replaced": 14,
    "lookalike": 16,
    "follow_up": 14,
    "yes_no": 10,
    "untouched": 22,
    "near_miss": 24,
}


class Line(BaseModel):
    """A line of a set: no field more, no field of another type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Place(Line):
    document: str
    page: int


class Said(Line):
    role: Literal["rep", "customer", "copilot"]
    text: str


class Question(Line):
    """`gold` is every page that supports the answer: any one will do, or all with `all_gold`.

    Each of `must_contain` stands in any right answer, `a|b` meaning either; `since` is the day a later
    document replaced the value.
    """

    id: str
    firm: Firm
    kind: str
    question: str
    answerable: bool
    gold: list[Place]
    must_contain: list[str]
    must_not_contain: list[str]
    history: list[Said]
    all_gold: bool = False
    since: str = ""


class Turn(Line):
    role: Literal["seller", "customer"]
    text: str


class RunningCall(Line):
    id: str
    firm: Firm
    turns: list[Turn]
    worth: bool
    gold: list[str]
    must_contain: list[str]


def lines_of(name: str) -> list[str]:
    return (SETS / name).read_text(encoding="utf-8").splitlines()


TUNE = [Question.model_validate_json(line) for line in lines_of("tune.jsonl")]
REPORT = [Question.model_validate_json(line) for line in lines_of("report.jsonl")]
CALLS = [RunningCall.model_validate_json(line) for line in lines_of("hints.jsonl")]
QUESTIONS = TUNE + REPORT
ANSWERABLE = [question for question in QUESTIONS if question.answerable]


@cache
def pages_of(firm: str, document: str) -> dict[int, str]:
    path = SAMPLES / firm / document
    read = load(path.read_bytes(), name=document, uri=path.as_uri())
    return {page.number: " ".join(page.text.split()) for page in read.pages}


def stands_in(wanted: str, text: str) -> bool:
    """Whole figures and words only: "5%" does not stand in "15%", nor "£1,000" in "£1,000,000"."""
    return any(
        re.search(rf"(?<![\w.,]){re.escape(either)}(?!\w|[.,]\d)", text, re.IGNORECASE)
        for either in wanted.split("|")
    )


def gold_texts(question: Question) -> list[str]:
    return [pages_of(question.firm, place.document)[place.page] for place in question.gold]


def test_every_id_and_every_question_is_there_once() -> None:
    ids = [question.id for question in QUESTIONS] + [call.id for call in CALLS]
    assert len(ids) == len(set(ids))
    asked = [(question.firm, question.question, str(question.history)) for question in QUESTIONS]
    assert len(asked) == len(set(asked))


def test_there_are_enough_of_each_kind() -> None:
    counts = Counter(question.kind for question in QUESTIONS)
    assert set(counts) == set(LEAST)
    assert {kind: counts[kind] for kind, least in LEAST.items() if counts[kind] < least} == {}


def test_the_halves_are_alike() -> None:
    for half in (TUNE, REPORT):
        assert {question.firm for question in half} == {"northgate", "loomstack"}
    kinds, firms = (
        [Counter(getattr(question, field) for question in half) for half in (TUNE, REPORT)]
        for field in ("kind", "firm")
    )
    assert all(abs(kinds[0][kind] - kinds[1][kind]) <= 1 for kind in LEAST)
    assert all(abs(firms[0][firm] - firms[1][firm]) <= len(LEAST) for firm in firms[0])


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_gold_pages_hold_the_answer(question: Question) -> None:
    assert question.must_contain
    texts = gold_texts(question)
    for wanted in question.must_contain:
        assert any(stands_in(wanted, text) for text in texts), wanted
    for place, text in zip(question.gold, texts, strict=True):
        held = [wanted for wanted in question.must_contain if stands_in(wanted, text)]
        assert held, f"{place.document} page {place.page} holds nothing of the answer"


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_one_page_is_enough_unless_all_are_asked_for(question: Question) -> None:
    texts = gold_texts(question)
    if question.all_gold:
        assert question.kind == "two_documents"
        assert len({place.document for place in question.gold}) == 2
        for text in texts:
            assert not all(stands_in(wanted, text) for wanted in question.must_contain)
    else:
        for text in texts:
            assert all(stands_in(wanted, text) for wanted in question.must_contain)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_has_what_its_kind_needs(question: Question) -> None:
    kind = question.kind
    assert question.answerable == (kind not in {"untouched", "near_miss"})
    assert question.all_gold == (kind == "two_documents")
    assert bool(question.since) == (kind == "replaced")
    assert bool(question.history) == (kind == "follow_up")
    assert bool(question.must_not_contain) == (kind == "lookalike")
    if not question.answerable:
        assert not question.gold
        assert not question.must_contain


@pytest.mark.parametrize(
    "question", [each for each in QUESTIONS if each.kind == "replaced"], ids=lambda question: question.id
)
def test_a_gold_page_says_since_when_the_new_value_holds(question: Question) -> None:
    assert any(stands_in(question.since, text) for text in gold_texts(question))


def test_what_an_answer_must_not_hold_is_not_what_it_must() -> None:
    for question in QUESTIONS:
        assert not any(
            stands_in(wanted, unwanted)
            for wanted in question.must_contain
            for unwanted in question.must_not_contain
        )


def test_half_of_the_running_calls_touch_something_documented() -> None:
    assert len(CALLS) >= 30
    assert sum(call.worth for call in CALLS) * 2 == len(CALLS)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_a_running_call_ends_with_the_customer_and_its_gold_holds_the_note(call: RunningCall) -> None:
    assert call.turns[-1].role == "customer"
    assert call.worth == bool(call.gold) == bool(call.must_contain)
    texts = [" ".join(pages_of(call.firm, document).values()) for document in call.gold]
    for wanted in call.must_contain:
        assert all(stands_in(wanted, text) for text in texts), wanted


def test_lines_are_written_as_they_are_read() -> None:
    for name in ("tune.jsonl", "report.jsonl", "hints.jsonl"):
        for line in lines_of(name):
            assert json.dumps(json.loads(line), ensure_ascii=False) == line
