"""What the figures on the copilot mean: each example can be counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.copilot.result import Citation, CopilotAnswer
from agents.evals.copilot_figures import figures_of, percentile
from agents.evals.copilot_outcome import Outcome, cited_sentences, outcome_of, says
from agents.evals.question_set import Case, UnusableSetError, load_set
from ingestion.document import Document, Page
from ingestion.index.protocol import Hit

FEES = Document(
    "fees.md",
    "Fees",
    "file:///fees.md",
    "",
    date(2026, 1, 5),
    (
        Page(1, "The exit fee is £30. It is charged once.\n"),
        Page(2, "| Fee | Flow |\n|---|---|\n| Exit | £30 |"),
    ),
)


def read(uri: str) -> Document | None:
    return FEES if uri == FEES.uri else None


def passage(page: int) -> Hit:
    text = FEES.pages[page - 1].text
    return Hit("fees.md", "Fees", page, "Exit", text, 1.0, FEES.uri, f"chunk {page}", "firm")


def cite(quote: str, page: int = 1) -> Citation:
    return Citation(1, "fees.md", "Fees", page, "Exit", quote, FEES.uri)


def said(text: str, *citations: Citation) -> CopilotAnswer:
    return CopilotAnswer(True, text, citations, ms={"search": 4, "answer": 10})


REFUSED = CopilotAnswer(False, reason="The documents do not say.")
RIGHT = said("The exit fee is £30 [1].", cite("The exit fee is £30."))


def case(**fields: object) -> Case:
    usual = {
        "question": "What is the exit fee?",
        "answerable": True,
        "gold": [{"document": "fees.md", "page": 1}],
        "must_contain": ["£30"],
    }
    return Case.model_validate(usual | fields)


def judged(asked: Case, answer: CopilotAnswer) -> Outcome:
    return outcome_of(asked, answer, [passage(2), passage(1)], read)


def test_an_answer_is_right_when_it_says_what_it_must_and_cites_a_gold_page() -> None:
    assert judged(case(), RIGHT).right
    assert judged(case(gold=[{"document": "fees.md"}]), RIGHT).right


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (case(must_contain=["£40"]), "lacks £40"),
        (case(must_contain=["£3"]), "lacks £3"),
        (case(since="1 June 2026"), "lacks 1 June 2026"),
        (case(must_not_contain=["exit"]), "says exit"),
        (case(gold=[{"document": "fees.md", "page": 2}]), "cites another page"),
        (
            case(gold=[{"document": "fees.md", "page": 1}, {"document": "b.md", "page": 1}], all_gold=True),
            "cites another page",
        ),
        (case(answerable=False, gold=[], must_contain=[]), "answered (untouched)"),
        (case(answerable=False, gold=[], must_contain=[], kind="near_miss"), "answered (near miss)"),
    ],
)
def test_a_wrong_answer_says_in_a_few_words_what_is_wrong(asked: Case, why: str) -> None:
    assert judged(asked, RIGHT).why_wrong == why


def test_a_refusal_is_wrong_where_there_is_an_answer_and_right_where_there_is_none() -> None:
    assert judged(case(), REFUSED).why_wrong == "refused"
    assert judged(case(answerable=False, gold=[]), REFUSED).right


@pytest.mark.parametrize(
    ("answer", "wanted", "there"),
    [
        ("It takes 15 working days [1].", "15 working day", True),
        ("It costs £1,500 [1].", "500", False),
        ("It costs 3.35 % [1].", "3.35%", True),
        ("It costs 13.35% [1].", "3.35%", False),
        ("Nobody knows [1].", "no", True),
        ("You know [1].", "no", False),
        ("It is the client’s own [1].", "client's own", True),
        ("Two months [1].", "60 days|two months", True),
    ],
)
def test_what_must_be_said_is_looked_for_as_whole_numbers_and_from_the_start_of_words(
    answer: str, wanted: str, *, there: bool
) -> None:
    assert says(answer, wanted) is there


def test_every_sentence_is_held_against_its_own_quotes() -> None:
    answer = said("The exit fee is £30 [1]. It is £40 for Flow [2].", cite("The exit fee is £30."))
    outcome = judged(case(), answer)
    assert (outcome.sentences, outcome.unsupported) == (2, ("It is £40 for Flow",))


def test_a_row_is_borne_by_its_cells_and_the_names_of_its_columns() -> None:
    row = said("Exit: Flow: £30 [1].", cite("| Exit | £30 |", page=2))
    assert judged(case(), row).unsupported == ()


@pytest.mark.parametrize("quote", ["The exit fee is £40.", "It is charged once."])
def test_a_quote_that_is_not_on_its_page_or_says_something_else_bears_nothing(quote: str) -> None:
    assert judged(case(), said("The exit fee is £30 [1].", cite(quote))).unsupported


def test_a_quote_from_a_document_that_cannot_be_read_bears_nothing() -> None:
    gone = Citation(1, "gone.md", "Gone", 1, "", "The exit fee is £30.", "file:///gone.md")
    assert judged(case(), said("The exit fee is £30 [1].", gone)).unsupported


def test_sentences_are_told_apart_by_their_marks() -> None:
    text = "Ask Dr. Hale at 9.30 [1][2]. It is free [3]."
    assert cited_sentences(text) == [("Ask Dr. Hale at 9.30", [1, 2]), ("It is free", [3])]


def test_retrieval_is_counted_by_page_and_each_gold_place_once() -> None:
    outcome = judged(case(), RIGHT)  # the gold page stands second
    assert (outcome.recall_at_10, outcome.hit_at_5) == (1.0, 1.0)
    assert outcome.ndcg_at_10 == pytest.approx(0.6309, abs=1e-4)
    whole = judged(case(gold=[{"document": "fees.md"}]), RIGHT)  # both pages are in that document
    assert (whole.ndcg_at_10, whole.recall_at_10) == (1.0, 1.0)


def test_refusals_are_weighed_against_the_questions_that_have_an_answer() -> None:
    nowhere = {"answerable": False, "gold": [], "must_contain": []}
    outcomes = [
        judged(case(kind="fact"), RIGHT),
        judged(case(kind="fact"), REFUSED),
        judged(case(kind="untouched", **nowhere), REFUSED),
        judged(case(kind="untouched", **nowhere), REFUSED),
        judged(case(kind="near_miss", **nowhere), REFUSED),
        judged(case(kind="near_miss", **nowhere), RIGHT),
    ]
    figures = figures_of(outcomes)
    assert figures.untouched.precision == pytest.approx(2 / 3)
    assert figures.untouched.recall == 1.0
    assert (figures.near_miss.precision, figures.near_miss.recall) == (0.5, 0.5)
    assert figures.untouched.f1 == pytest.approx(0.8)
    assert (figures.right, figures.refused) == (0.5, 0.5)
    assert [kind.right for kind in figures.kinds] == [0.5, 1.0, 0.5]
    assert figures.p50["search"] == 0
    assert figures.p95["all"] == 14


def test_a_set_in_which_nothing_has_an_answer_divides_by_nothing() -> None:
    figures = figures_of([judged(case(answerable=False, gold=[]), REFUSED)])
    assert (figures.right, figures.hit_at_5, figures.citation_precision) == (0.0, 0.0, 0.0)


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([7], 95) == 7


def test_a_set_is_read_in_both_its_forms(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(
        '{"firm": "a", "question": "Q?", "answerable": true, "document": "x.md", "page": 2}\n\n'
        '{"id": "q2", "question": "Q?", "answerable": false, "gold": [],'
        ' "history": [{"role": "seller", "text": "Hi"}]}\n',
        encoding="utf-8",
    )
    first, second = load_set(file)
    assert (first.id, first.collection, first.gold[0].page) == ("line 1", "a", 2)
    assert (second.id, second.history[0].role) == ("q2", "rep")


@pytest.mark.parametrize(
    ("line", "says_so"),
    [
        ("{", ":1: this is not JSON"),
        ("[]", ":1: the line"),
        ('{"question": "Q?"}', ":1: answerable"),
        ('{"question": "Q?", "answerable": true, "gold": [{"page": 1}]}', ":1: gold.0.document"),
        ("", "holds no questions"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says_so: str) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(UnusableSetError, match=says_so) as caught:
        load_set(file)
    assert "\n" not in str(caught.value)
