"""What recorded turns are taken to do, held to turns that a person labelled.

tests/data/customer_turns.jsonl was written before the cues were; only every other line was looked at while
they were tuned. What counts here is the other half.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.customer.acts import Act, ExitReason, Mood
from agents.customer.difficulty import first_state
from agents.customer.state import CustomerState, Decision, Difficulty, Standing
from finetune.act_weights import act_weights
from finetune.calls import CallTurn, RecordedCall
from finetune.casting import cast, template
from finetune.labels import Heard, decide, decisions_of, label_rules, vectors_of
from ingestion.embed import CachedEmbedder, default_embedder

TURNS = Path(__file__).parents[1] / "data" / "customer_turns.jsonl"
LEAST_RIGHT = 0.85
SOME_WAY_IN = 3
BEFORE: dict[str, dict[str, Any]] = {
    "insist": {"objections": {"price": Standing.RAISED}},
    "concede": {"objections": {"price": Standing.RAISED}},
    "wrap_up": {"agreed": True},
}


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return default_embedder()


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in TURNS.open(encoding="utf-8")]


def decided(row: dict[str, Any], embedder: CachedEmbedder) -> Decision:
    where = row.get("where", "middle")
    state: CustomerState = first_state(template(), Difficulty.NORMAL, 0)
    heard = Heard(
        text=row["turn"],
        seller="" if where == "first" else row["seller"] or "…",
        vector=embedder.embed([row["turn"]])[0],
        nth=0 if where == "first" else SOME_WAY_IN,
        last=where == "last",
    )
    return decide(template(), state.model_copy(update=BEFORE.get(row["act"], {})), heard)


@pytest.mark.parametrize("half", [0, 1], ids=["tuned on", "untouched"])
def test_turns_are_read_as_a_person_reads_them(half: int, embedder: CachedEmbedder) -> None:
    some = rows()[half::2]
    right = [decided(row, embedder).act.value in (row["act"], *row.get("also", ())) for row in some]
    assert sum(right) / len(right) >= LEAST_RIGHT


def test_the_kind_of_objection_is_mostly_right(embedder: CachedEmbedder) -> None:
    found = [
        (row["objection"], decision.objection)
        for row in rows()
        if "objection" in row and (decision := decided(row, embedder)).act is Act.OBJECT
    ]
    assert sum(one == other for one, other in found) / len(found) >= LEAST_RIGHT


def a_call(*texts: str) -> RecordedCall:
    turns = tuple(
        CallTurn(speaker="customer" if n % 2 else "seller", text=text) for n, text in enumerate(texts)
    )
    return RecordedCall(call="one", turns=turns)


def run_of(call: RecordedCall, embedder: CachedEmbedder) -> list[Decision]:
    (vectors,) = vectors_of([call], embedder)
    return [decision for _, decision in decisions_of(call, cast(call), vectors)]


def test_a_sale_ends_in_an_agreement_and_a_satisfied_goodbye(embedder: CachedEmbedder) -> None:
    run = run_of(
        a_call(
            "Hello, how are you today?", "I'm good, thanks. And you?",
            "It keeps bread fresh for a week. Would you like one?", "Sure, put me down for one.",
            "Wonderful, it comes on Friday. Have a nice day!", "You too, thanks, bye!",
        ),
        embedder,
    )  # fmt: skip
    assert [one.act for one in run] == [Act.SMALL_TALK, Act.AGREE, Act.LEAVE]
    assert run[-1].exit is ExitReason.SATISFIED
    assert run[-1].state.agreed


def test_a_pushy_call_sours(embedder: CachedEmbedder) -> None:
    run = run_of(
        a_call(
            "You must decide today.", "Don't pressure me.",
            "It is in your own interest!", "Stop pushing me, I decide when I decide.",
            "Only a fool would wait.", "Excuse me? Don't talk to me like that.",
            "So, shall I book it?", "No. Do not call again.",
        ),
        embedder,
    )  # fmt: skip
    assert run[-1].state.mood in (Mood.IRRITATED, Mood.ANGRY)
    assert run[-1].act is Act.LEAVE
    assert run[-1].exit is not ExitReason.SATISFIED
    assert run[0].state.trust > run[2].state.trust


def test_what_was_told_stays_told(embedder: CachedEmbedder) -> None:
    run = run_of(
        a_call(
            "What do you pay for your line now?", "About 42 pounds a month since last spring.",
            "And who uses it?", "Me, my wife and our two boys, all day long.",
            "I see.", "ok",
        ),
        embedder,
    )  # fmt: skip
    assert [one.fact for one in run[:2]] == ["own-figures", "own-people"]
    assert run[1].state.opened == ("own-figures", "own-people")


def test_the_weights_know_every_act_and_objection_they_may_name() -> None:
    weights = act_weights()
    assert set(weights.acts) == set(Act)
    assert set(label_rules().effects) == set(Act)
    known = {objection.id for objection in template().objections}
    assert set(weights.objections) == known == set(label_rules().objections)
    assert {fact.id for fact in template().facts} == {*label_rules().facts, label_rules().otherwise}
