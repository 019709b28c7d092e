"""Examples for Vertex AI: in its form, and refused here before it refuses them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from agents.customer.acts import Act
from finetune.calls import RecordedCall
from finetune.example import Example, Said
from finetune.examples import examples_of
from finetune.gemini import (
    MOST_TOKENS,
    MOST_VALIDATION_EXAMPLES,
    as_gemini,
    broken_limits,
    gemini_lines,
    problems_of,
    within_validation_limit,
)
from tests.unit.made_recordings import recorded_calls, vectors_without_model


def example(n: int = 1, target: str = "Who is this?") -> Example:
    messages = (Said(role="system", content="You are she."), Said(role="user", content="Hi."))
    return Example(call="c", n=n, messages=messages, target=target, act=Act.WHO)


def test_the_form_is_the_documented_one() -> None:
    assert as_gemini(example()) == {
        "systemInstruction": {"role": "system", "parts": [{"text": "You are she."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi."}]},
            {"role": "model", "parts": [{"text": "Who is this?"}]},
        ],
    }


@given(recorded_calls())
def test_every_call_gives_lines_that_vertex_takes(call: RecordedCall) -> None:
    for one in examples_of(call, vectors_without_model(call)):
        assert problems_of(as_gemini(one), tokens=100) == []


def broken(**changes: Any) -> dict[str, Any]:
    return {**as_gemini(example()), **changes}


def parts(role: str, text: str = "x") -> dict[str, Any]:
    return {"role": role, "parts": [{"text": text}]}


@pytest.mark.parametrize(
    ("line", "tokens", "why"),
    [
        (broken(systemInstruction=parts("system", " ")), 9, "system instruction is empty"),
        (broken(contents=[]), 9, "no contents"),
        (broken(contents=[parts("model")]), 9, "does not begin with the user"),
        (broken(contents=[parts("user")]), 9, "does not end with the model"),
        (broken(contents=[parts("user"), parts("user"), parts("model")]), 9, "take turns"),
        (broken(contents=[parts("user"), parts("bot"), parts("model")]), 9, "other than user and model"),
        (broken(contents=[parts("user", ""), parts("model")]), 9, "a part is empty"),
        (broken(), MOST_TOKENS + 1, "131,073 tokens; Vertex AI takes 131,072"),
    ],
)
def test_what_is_wrong_is_said(line: dict[str, Any], tokens: int, why: str) -> None:
    assert any(why in problem for problem in problems_of(line, tokens))


def test_the_example_that_breaks_a_limit_is_named() -> None:
    found = broken_limits(
        "train.gemini.jsonl", [example(), example(7, "x" * 600_000)], lambda text: len(text) // 4
    )
    assert found == [
        "train.gemini.jsonl, line 2 (call c, turn 7): it has 150,045 tokens; Vertex AI takes 131,072."
    ]


def test_no_more_is_validated_on_than_vertex_takes() -> None:
    many = [example(n) for n in range(MOST_VALIDATION_EXAMPLES + 50)]
    cut = within_validation_limit(many, seed=3)
    assert len(cut) == MOST_VALIDATION_EXAMPLES
    assert [one.n for one in cut] == sorted(one.n for one in cut)
    assert cut == within_validation_limit(many, seed=3) != within_validation_limit(many, seed=4)
    assert within_validation_limit(many[:10], seed=3) == many[:10]


def test_lines_are_utf8_json() -> None:
    (line,) = gemini_lines([example(target="Não, obrigado.")])
    assert "Não" in line
    assert json.loads(line)["contents"][-1]["parts"][0]["text"] == "Não, obrigado."
