"""What counts for and against a sentence or row, and which part of a row is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.copilot.asked import Asked
from agents.copilot.evidence import Unit, units_of
from agents.copilot.likeness import Likeness
from agents.copilot.signs import NAMES, SPEAK_AGAINST, SPEAK_FOR, signs
from agents.copilot.subject import unheard_of
from agents.copilot.weights import BEST_ANYWHERE, GATE_NAMES, Weights, gate_signs, weights
from ingestion.index.protocol import Hit

ALIKE = Likeness(near=0.5, like=0.5, own=0.5, head=0.5)


def passage(text: str, title: str = "Delivery", heading: str = "") -> Hit:
    return Hit("delivery.md", title, 1, heading, text, 1.0, "file:///delivery.md", "delivery 1", "acme")


def told(question: str, text: str) -> dict[str, float]:
    """The signs of the first sentence or row of a text, by name."""
    units = units_of([passage(text)])
    return dict(zip(NAMES, signs(Asked.of(question, units), units[0], ALIKE, rank=1.0), strict=True))


# Weights


def test_every_sign_has_a_weight_and_no_other_has_one() -> None:
    assert set(weights().rank.weights) == set(NAMES)
    assert set(weights().gate.weights) == set(GATE_NAMES)


@pytest.mark.parametrize("name", SPEAK_FOR)
def test_what_speaks_for_an_answer_never_counts_against_it(name: str) -> None:
    assert weights().rank.weights[name] >= 0
    assert weights().gate.weights[name] >= 0


@pytest.mark.parametrize("name", SPEAK_AGAINST)
def test_what_speaks_against_an_answer_never_counts_for_it(name: str) -> None:
    assert weights().rank.weights[name] <= 0
    assert weights().gate.weights[name] <= 0


def test_weights_that_lack_a_sign_are_refused_and_say_what_to_run() -> None:
    given = weights().model_dump()
    del given["rank"]["weights"]["near"]
    with pytest.raises(ValidationError, match="disagree on near: run make weights"):
        Weights.model_validate(given)


@given(
    st.sampled_from(NAMES),
    st.floats(0.0, 1.0),
    st.lists(st.floats(0.0, 1.0), min_size=len(NAMES), max_size=len(NAMES)),
)
def test_a_stronger_sign_moves_the_score_its_own_way(
    name: str, more: float, given_signs: list[float]
) -> None:
    before = np.array(given_signs)
    after = before.copy()
    after[NAMES.index(name)] += more
    change = float(weights().rank(after, NAMES) - weights().rank(before, NAMES))
    assert change >= -1e-9 or name not in SPEAK_FOR
    assert change <= 1e-9 or name not in SPEAK_AGAINST


def test_the_gate_sees_the_best_unit_and_what_stands_nearest_anywhere() -> None:
    rows = np.zeros((3, len(NAMES)))
    rows[2, NAMES.index("near")] = 0.9
    seen = dict(zip(GATE_NAMES, gate_signs(rows, 0), strict=True))
    assert (seen["near"], seen["best_near"]) == (0.0, 0.9)
    assert all(seen[f"best_{name}"] == 0.0 for name in BEST_ANYWHERE if name != "near")


# The kind of answer


@pytest.mark.parametrize(
    ("question", "answers", "does_not"),
    [
        ("How much is a failed delivery?", "A failed delivery costs £14.", "A failed delivery is recorded."),
        ("How long may a driver wait?", "A driver may wait 20 minutes.", "A driver may wait outside."),
        ("Who runs the depot?", "The depot is run by Maud Ellingham.", "The depot is run with care."),
        ("When does the depot open?", "The depot opens on 4 May 2026.", "The depot opens to all."),
        ("How much is a second try?", "A second try is free.", "A second try is announced."),
    ],
)
def test_the_kind_of_answer_asked_for_must_stand_there(question: str, answers: str, does_not: str) -> None:
    there, lacking = told(question, answers), told(question, does_not)
    assert (there["kind_stands"], there["kind_lacks"]) == (1, 0)
    assert (lacking["kind_stands"], lacking["kind_lacks"]) == (0, 1)


@pytest.mark.parametrize(
    ("question", "text", "stands"),
    [
        ("How many clients does an adviser have at most?", "An adviser has at most 90 clients.", True),
        ("How many working days does it take?", "It takes 15 working days.", True),
        ("How many working days does it take?", "It takes 15 users.", False),
    ],
)
def test_how_many_is_answered_by_a_count_of_that_very_thing(question: str, text: str, stands: bool) -> None:  # noqa: FBT001
    assert bool(told(question, text)["kind_stands"]) is stands


def test_a_sentence_that_has_the_questions_words_covers_more_and_lacks_less() -> None:
    question = "What does storage on a Sunday cost?"
    has, lacks = told(question, "Storage on a Sunday costs £9."), told(question, "A pallet costs £9.")
    assert has["covered"] > lacks["covered"]
    assert has["missing"] < lacks["missing"]


def test_a_sentence_that_only_says_the_question_back_tells_nothing() -> None:
    question = "What is the exit fee?"
    assert told(question, "What the exit fee is.")["tells_nothing"]
    assert not told(question, "The exit fee is £45.")["tells_nothing"]


def test_another_day_than_the_one_asked_about_speaks_against() -> None:
    question = "What did it cost on 1 March 2026?"
    assert told(question, "From 1 July 2026 it costs £9.")["other_date"]
    assert not told(question, "From 1 March 2026 it costs £9.")["other_date"]


# Ranges

BY_WEIGHT = "| Weight | Price |\n|---|---|\n| up to 30 kg | £6 |\n| 31–70 kg | £11 |\n| over 70 kg | £25 |"


@pytest.mark.parametrize(("weight", "row"), [("20 kg", 0), ("45 kg", 1), ("31 kg", 1), ("90 kg", 2)])
def test_a_figure_speaks_against_every_row_whose_range_does_not_hold_it(weight: str, row: int) -> None:
    units = units_of([passage(BY_WEIGHT)])
    asked = Asked.of(f"What does a parcel of {weight} cost?", units)
    found = [signs(asked, unit, ALIKE, rank=1.0)[NAMES.index("other_range")] for unit in units]
    assert [number for number, other in enumerate(found) if not other] == [row]


# Columns

WIDE = Unit(
    passage=0,
    quote="Leeds | 1 | 2 | 3 | 4 | 5 | 6",
    text="",
    heading="",
    title="Depots",
    dated=None,
    collection="acme",
    headers=("Depot", "Doors", "Vans", "Gate closes", "Sunday hours", "Manager", "Forklifts"),
    cells=("Leeds", "12", "40", "8 pm", "none", "Maud Ellingham", "6"),
)


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("How many forklifts does Leeds have?", [6]),
        ("What are the Sunday hours in Leeds?", [4]),
        ("Tell me about Leeds", []),
    ],
)
def test_the_columns_of_a_row_that_the_question_names_are_the_ones_meant(
    question: str, columns: list[int]
) -> None:
    assert list(Asked.of(question, [WIDE]).columns(WIDE)) == columns


# Names


@pytest.mark.parametrize(
    ("question", "stands", "strange"),
    [
        ("What does Standard 72 cost?", "Standard 48 costs £12.", "Standard 72"),
        ("What does Standard 48 cost?", "Standard 48 costs £12.", ""),
        ("What does standard delivery cost?", "Standard 48 costs £12.", ""),
        ("What does Express Gold cost?", "Express Plus costs £12.", "Express Gold"),
        ("What is the Flow Price?", "Flow has a price of £24 a user.", ""),
        ("Who is Brunhilde Maier?", "Standard 48 costs £12.", ""),
        ("What does the Balanced Managed Portfolio cost?", "Managed Portfolio\n\n3 Balanced: 0.27%.", ""),
        ("What does Express Managed Storage cost?", "Managed Storage and Express Plus cost £9.", "Express"),
    ],
)
def test_a_product_that_the_papers_never_name_is_told_from_its_look_alikes(
    question: str, stands: str, strange: str
) -> None:
    found = unheard_of(question, [passage(stands)])
    assert found.startswith(strange)
    assert bool(found) == bool(strange)


def test_a_name_that_the_sentence_and_its_place_lack_speaks_against() -> None:
    question = "What does Express 14 cost?"
    assert told(question, "Express 12 costs £19.")["name_lacking"] == 1
    assert told(question, "Express 14 costs £19.")["name_lacking"] == 0
