"""How well the customer hears words that are not her exemplars: the figures behind "understands".

`tests/data/rep_sentences.jsonl` holds sentences with the one or two acts they do. The misses of one half
("development") were read while the cues were written; the other half ("held_out") was only counted, but the
same hand wrote it and the exemplars.

The written sellers of `agents/evals/scripts` are by others, but are no held-out set: thresholds and weights
were fitted on them, and exemplars and cues were widened after reading what was missed, at times close to
their words. Two sellers counted before anyone had read their misses: 7 of 16 insults, 6 of 12 shoves and 7 of
12 comforts heard. Expect that of a stranger's subtler lines, rather than the nine in ten below.

Floors lie two or three points below what is measured: int8 weights round a little differently on each CPU.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agents.customer.acts import RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.listening.cues import read_data
from agents.evals.scripts import script_for, scripted_ids
from tests.ears import FULL, listener, report

SENTENCES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "rep_sentences.jsonl").read_text("utf-8").splitlines()
]
SCRIPTED = scripted_ids() if FULL else scripted_ids()[::4]  # `make prove` hears every written seller


def hear(text: str, persona_id: str = "helen-marsh") -> Appraisal:
    return listener(persona_id).hear(text)


def top_act(heard: Appraisal) -> RepAct | None:
    return max(heard.acts, key=lambda act: act.confidence).act if heard.acts else None


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_the_sentences_are_new_and_cover_every_act() -> None:
    exemplars = {text.lower() for texts in read_data("acts.yaml").values() for text in texts}
    assert not [row["text"] for row in SENTENCES if row["text"].lower() in exemplars]
    counts = Counter(act for row in SENTENCES for act in row["acts"])
    assert all(counts[act] >= 15 for act in RepAct)
    assert sum(row["hard"] for row in SENTENCES) >= 60


@pytest.mark.parametrize(("split", "floor"), [("development", 0.9), ("held_out", 0.86)])
def test_the_surest_act_is_right(split: str, floor: float) -> None:
    rows = [row for row in SENTENCES if row["split"] == split]
    right = [top_act(hear(row["text"])) in row["acts"] for row in rows]
    report(f"surest act right, {split}: {share(right):.3f} of {len(rows)}")
    assert share(right) >= floor


@pytest.mark.parametrize(("manner", "precision", "recall"), [("rude", 0.95, 0.85), ("pressure", 0.87, 0.95)])
def test_insults_and_pressure_are_told_from_the_rest(manner: str, precision: float, recall: float) -> None:
    found = [(getattr(hear(row["text"]), manner) >= 0.5, manner in row["acts"]) for row in SENTENCES]
    true = sum(heard and is_so for heard, is_so in found)
    measured = true / sum(heard for heard, _ in found), true / sum(is_so for _, is_so in found)
    report(f"{manner}: precision {measured[0]:.3f}, recall {measured[1]:.3f}")
    assert measured[0] >= precision
    assert measured[1] >= recall


def test_questions_reach_their_facts_and_other_talk_does_not() -> None:
    """With weights fitted on the other personas only: 0.87 found, 0.10 false, leaving one out at a time."""
    hits: list[bool] = []
    false: list[bool] = []
    for name in SCRIPTED:
        script = script_for(name)
        for fact, questions in script.questions.items():
            for text in questions:
                asked = hear(text, name).asked
                hits.append(bool(asked) and asked[0][0] == fact and asked[0][1] >= 0.5)
        other = (*script.open_questions, *script.pitch, *script.small_talk)
        false += [any(sure >= 0.5 for _, sure in hear(text, name).asked) for text in other]
    report(f"facts: {share(hits):.3f} of {len(hits)} found, {share(false):.3f} of {len(false)} false")
    assert share(hits) >= 0.85
    assert share(false) <= 0.12


def test_strong_answers_meet_objections_and_weak_ones_do_not() -> None:
    well: dict[str, list[float]] = {"strong": [], "weak": []}
    for name in SCRIPTED:
        for objection, answers in script_for(name).answers.items():
            for kind, levels in well.items():
                met = [dict(hear(text, name).answered) for text in getattr(answers, kind)]
                levels += [found.get(objection, 0.0) for found in met]
    mean = {kind: sum(values) / len(values) for kind, values in well.items()}
    report(f"answers: strong {mean['strong']:.2f}, weak {mean['weak']:.2f}")
    assert mean["strong"] >= 0.75
    assert mean["weak"] <= 0.15


pytestmark = pytest.mark.prove

EXPECTED: dict[str, tuple[str, float, float]] = {
    # what written sellers say -> (field or act it must show, in how many lines of the few, and of all)
    "greeting": ("introduced", 0.95, 0.95),
    "empathy": ("empathy", 0.75, 0.85),
    "evidence": (RepAct.EVIDENCE, 0.85, 0.9),
    "pitch": (RepAct.PITCH, 0.85, 0.88),
    "pressure": ("pressure", 0.8, 0.9),
    "rude": ("rude", 0.68, 0.87),
    "goodbye": (RepAct.GOODBYE, 0.95, 0.95),
}


@pytest.mark.parametrize("said", EXPECTED)
def test_written_sellers_are_heard_as_meant(said: str) -> None:
    sign, of_few, of_all = EXPECTED[said]
    heard = [hear(text, name) for name in SCRIPTED for text in getattr(script_for(name), said)]
    shown = [_level(appraisal, sign) >= 0.5 for appraisal in heard]
    report(f"{said}: {share(shown):.3f} of {len(shown)}")
    assert share(shown) >= (of_all if FULL else of_few)


def test_decent_sellers_are_not_taken_for_rude_or_pushy_or_mad() -> None:
    wrong: list[str] = []
    total = 0
    for name in SCRIPTED:
        script = script_for(name)
        decent = (*script.greeting, *script.permission, *script.reason, *script.empathy, *script.evidence)
        decent += (*script.open_questions, *script.small_talk, *script.close.specific, *script.goodbye)
        for text in decent:
            total += 1
            heard = hear(text, name)
            if max(heard.rude, heard.pressure) >= 0.5 or heard.confusing or heard.foreign or heard.too_long:
                wrong.append(text)
    report(f"decent lines taken amiss: {len(wrong)} of {total}")
    assert len(wrong) <= 0.015 * total, wrong


def test_only_a_real_proposal_is_the_next_step() -> None:
    levels: dict[str, list[bool]] = {"specific": [], "vague": []}
    for name in SCRIPTED:
        for kind, hits in levels.items():
            hits += [hear(text, name).next_step >= 0.5 for text in getattr(script_for(name).close, kind)]
    report(f"next step: specific {share(levels['specific']):.3f}, vague {share(levels['vague']):.3f}")
    assert share(levels["specific"]) >= 0.9
    assert share(levels["vague"]) <= 0.2


def _level(heard: Appraisal, sign: str) -> float:
    value: Any = heard.did(RepAct(sign)) if sign in set(RepAct) else getattr(heard, sign)
    return float(value)
