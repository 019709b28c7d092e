"""The prototype drew train and test from the same list, put the effect before the cause in its pairs, and
trained without history or persona while it served with both. None of the three may come back."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agents.customer.prompt import END_OF_CALL, speak_messages
from agents.customer.transcript import Turn
from agents.models.dialogue import UNHEARD, for_any_server
from finetune.calls import RecordedCall
from finetune.casting import cast
from finetune.example import Example
from finetune.examples import examples_of
from finetune.labels import decisions_of
from finetune.split import Member, held_out
from tests.unit.made_recordings import recorded_calls, vectors_without_model


def examples(call: RecordedCall) -> list[Example]:
    return list(examples_of(call, vectors_without_model(call)))


def said(example: Example) -> list[str]:
    """The talk in an example's input, as it was spoken."""
    return [one.content for one in example.talk if one.content != UNHEARD]


@given(st.lists(st.uuids().map(str), min_size=2, max_size=60, unique=True), st.integers(0, 9))
def test_no_call_is_in_two_splits(ids: list[str], seed: int) -> None:
    out = held_out([Member(call, None, "en", translated=False) for call in ids], 0.2, seed)
    assert out < set(ids)
    assert out


@given(recorded_calls())
def test_the_target_is_what_came_next_and_is_not_in_its_input(call: RecordedCall) -> None:
    for example in examples(call):
        assert call.turns[example.n].speaker == "customer"
        assert example.target.removesuffix(END_OF_CALL) == call.turns[example.n].text
        later = [turn.text for turn in call.turns[example.n :]]
        assert not any(text in message.content for text in later for message in example.messages)


@given(recorded_calls())
def test_the_whole_history_is_there_in_order(call: RecordedCall) -> None:
    for example in examples(call):
        assert said(example) == [turn.text for turn in call.turns[: example.n]]
        roles = [message.role for message in example.messages[1:]]
        assert all(one != other for one, other in pairwise(roles))
        assert roles[0] == "user"
        assert roles[-1] == "user"


@given(recorded_calls(), st.integers(0, 3))
def test_the_input_is_what_serving_would_send_for_this_persona(call: RecordedCall, seed: int) -> None:
    vectors, persona = vectors_without_model(call), cast(call, seed=seed)
    decided = dict(decisions_of(call, persona, vectors, seed=seed))
    for example in examples_of(call, vectors, seed=seed):
        before = [
            Turn("customer" if turn.speaker == "customer" else "rep", turn.text)
            for turn in call.turns[: example.n]
        ]
        served = for_any_server(speak_messages(persona, decided[example.n], before))
        assert [(one.role, one.content) for one in example.messages] == [(m.role, m.content) for m in served]
        system = example.messages[0]
        assert system.role == "system"
        for part in (persona.name, persona.private.situation, persona.private.style):
            assert part in system.content


@given(recorded_calls())
def test_each_customer_turn_is_an_example_and_only_the_last_ends_the_call(call: RecordedCall) -> None:
    found = examples(call)
    assert [one.n for one in found] == [n for n, t in enumerate(call.turns) if t.speaker == "customer"]
    assert [one.target.endswith(END_OF_CALL) for one in found] == [False] * (len(found) - 1) + [True]


def test_in_written_files_too(tmp_path: Path) -> None:
    from finetune.kept import Asked
    from finetune.prepare import prepare

    calls = tmp_path / "calls.jsonl"
    with calls.open("w", encoding="utf-8") as file:
        for number in range(14):
            turns = [
                {"role": "seller", "text": f"Hello, this is the {number}th call about our tea, how are you?"},
                {"role": "customer", "text": f"Fine, I drink {number + 3} cups of green tea each morning."},
                {"role": "seller", "text": f"May I send you sample box {number}?"},
                {"role": "customer", "text": f"Send it to house {number * 7} then, goodbye."},
            ]
            file.write(json.dumps({"id": f"call-{number}", "turns": turns}) + "\n")
    prepare(Asked((str(calls),), "seller", str(tmp_path / "out"), translate="none", redact=False, valid=0.3))
    sides = {}
    recorded = {
        row["call"]: row["turns"]
        for row in map(json.loads, (tmp_path / "out" / "calls.jsonl").open(encoding="utf-8"))
    }
    for side in ("train", "valid"):
        rows = [json.loads(line) for line in (tmp_path / "out" / f"{side}.jsonl").open(encoding="utf-8")]
        sides[side] = {row["call"] for row in rows}
        for row in rows:
            turns = recorded[row["call"]]
            assert row["messages"][0]["role"] == "system"
            assert said(Example.model_validate(row)) == [turn["text"] for turn in turns[: row["n"]]]
            assert row["target"].removesuffix(END_OF_CALL) == turns[row["n"]]["text"]
    assert sides["train"]
    assert sides["valid"]
    assert not sides["train"] & sides["valid"]
