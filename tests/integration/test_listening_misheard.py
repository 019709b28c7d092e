"""What two trainers said in their own words and found misheard (`tests/data/misheard.jsonl`).

These sentences were read while the exemplars and cues were mended, so the share heard right below shows that
the mending holds and says nothing about new sentences; `test_listening_accuracy.py` comes nearer to that.
None stands among the exemplars word for word. `after` is what she
said just before, where that matters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.customer.acts import RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.listening.cues import read_data
from agents.customer.transcript import Turn
from tests.ears import listener, report

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "misheard.jsonl").read_text("utf-8").splitlines()
]
# Heard by mistake, these turn a call: an objection out of nowhere, "That's me", an early end.
HARMFUL = (RepAct.PRESSURE, RepAct.CLOSE, RepAct.IDENTITY_CHECK, RepAct.PERMISSION, RepAct.GOODBYE)
HEARD_RIGHT = 0.87  # measured: 0.90; int8 weights round a little differently on each CPU
GRAVELY_WRONG = 0  # decent sentences taken for an insult or a shove


def hear(text: str, after: str = "") -> Appraisal:
    return listener().hear(text, (Turn("customer", after),) if after else ())


def heard_right(row: dict[str, Any]) -> bool:
    """One of its acts is heard, or none is meant; and nothing harmful is heard that is not meant."""
    heard = hear(row["text"], row.get("after", ""))
    meant = {RepAct(act) for act in row["acts"]}
    amiss = any(heard.did(act) >= 0.5 for act in HARMFUL if act not in meant)
    hurt = heard.rude >= 0.5 and RepAct.RUDE not in meant
    return not amiss and not hurt and (not meant or any(heard.did(act) >= 0.5 for act in meant))


def test_most_of_what_the_trainers_found_misheard_is_heard_now() -> None:
    right = [heard_right(row) for row in ROWS]
    report(f"misheard by trainers, heard right now: {sum(right) / len(right):.3f} of {len(right)}")
    assert sum(right) / len(right) >= HEARD_RIGHT


def test_none_of_it_is_an_exemplar() -> None:
    exemplars = {text.lower() for texts in read_data("acts.yaml").values() for text in texts}
    assert not [row["text"] for row in ROWS if row["text"].lower() in exemplars]


def test_nothing_decent_among_it_is_taken_for_an_insult_or_a_shove() -> None:
    wrong = []
    for row in ROWS:
        heard = hear(row["text"], row.get("after", ""))
        if {"rude", "pressure"} & set(row["acts"]):
            continue
        if max(heard.rude, heard.pressure) >= 0.5:
            wrong.append(row["text"])
    assert len(wrong) <= GRAVELY_WRONG, wrong


def test_asking_whether_she_is_a_machine_puzzles_and_does_not_hurt() -> None:
    heard = hear("Am I talking to a real person or a robot?")
    assert heard.confusing
    assert heard.rude == 0


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Can I ask who your adviser is?", "adviser-firm"),
        ("Do you mind me asking what he charges?", "fees-unknown"),
    ],
)
def test_leave_asked_for_a_question_is_the_question(text: str, fact: str) -> None:
    heard = hear(text)
    assert fact in dict(heard.asked)
    assert heard.did(RepAct.PERMISSION) < 0.5


def test_a_short_courtesy_does_not_turn_a_statement_into_a_question() -> None:
    assert not hear("You came to our evening at the library. Is this a convenient time?").asked


def test_her_own_figures_given_back_are_comfort_and_no_evidence() -> None:
    after = "He charges 1,900 a year, and rang twice in a decade."
    heard = hear("Nineteen hundred a year, for two calls in a decade.", after)
    assert heard.did(RepAct.EVIDENCE) < 0.35
    assert heard.empathy >= 0.5


@pytest.mark.parametrize("text", ["What else worries you about it?", "Thank you."])
def test_a_question_or_a_courtesy_meets_no_objection(text: str) -> None:
    assert not hear(text).answered


def test_the_day_of_a_standing_proposal_is_the_next_step() -> None:
    proposed = Turn("rep", "Would you give me half an hour by video to review your statements?")
    earlier = (proposed, Turn("customer", "I'd want it in writing first."))
    assert listener().hear("Would the 12th at two be possible?", earlier).next_step >= 0.5


@pytest.mark.parametrize("text", ["It rained on Thursday.", "So say one lands on Monday."])
def test_a_weekday_alone_proposes_nothing(text: str) -> None:
    assert hear(text).did(RepAct.CLOSE) < 0.5


def test_what_was_typed_is_quoted_as_typed() -> None:
    assert hear("wot do u pay him").acts[0].sentence == "wot do u pay him"
