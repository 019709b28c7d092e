"""Data sets are held to Vertex AI's rules before anything is sent; refusals are told without their words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune import gemini
from finetune.recipe import Vertex
from finetune.train.faults import TrainingFailed
from finetune.train.vertex_data import checked
from finetune.train.vertex_refusals import sentence_of, status_of
from tests.tuning_data import line, write_data

SECRET = "My card is 4711"  # noqa: S105 - a customer's


def content(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"text": text}]}


def test_what_prepare_writes_is_taken(tmp_path: Path) -> None:
    train, valid = checked(write_data(tmp_path))
    assert train.examples == 3
    assert valid is not None
    assert valid.examples == 1
    assert len(train.sha256) == 64


def test_a_validation_set_may_be_empty(tmp_path: Path) -> None:
    assert checked(write_data(tmp_path, valid=""))[1] is None


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (line() + "{broken " + SECRET, "line 2: it is no example"),
        (line() + json.dumps([SECRET]), "line 2: it is no example"),
        (line(contents=[content("model", SECRET)]), "line 1: the talk does not begin with the user"),
        (line(contents=[content("user", SECRET)]), "the talk does not end with the model"),
        (line(contents=[content("user", SECRET)] * 2), "user and model do not take turns"),
        (line(SECRET, label="won"), "there is a field that Vertex AI does not know"),
        (line(" "), "a part is empty"),
        (line(systemInstruction={}), "the system instruction is empty"),
        (line("word " * 120_000), "it has 150,"),
    ],
)
def test_an_example_that_breaks_a_rule_is_named_by_its_line(tmp_path: Path, written: str, why: str) -> None:
    with pytest.raises(TrainingFailed) as refused:
        checked(write_data(tmp_path, train=written))
    said = str(refused.value)
    assert why in said
    assert "train.gemini.jsonl" in said
    assert "nothing was sent" in said
    assert SECRET not in said


def test_only_the_first_problems_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"line 3: a part is empty and more like it"):
        checked(write_data(tmp_path, train=line(" ") * 50))


def test_more_examples_to_validate_on_than_vertex_takes_are_refused(tmp_path: Path) -> None:
    many = line() * (gemini.MOST_VALIDATION_EXAMPLES + 1)
    with pytest.raises(TrainingFailed, match=r"valid\.gemini\.jsonl .*5,001 examples, Vertex AI takes 5,000"):
        checked(write_data(tmp_path, valid=many))


def test_no_examples_and_no_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="has no examples"):
        checked(write_data(tmp_path / "empty", train=""))
    with pytest.raises(TrainingFailed, match="cannot be read; run `salesmate finetune prepare` first"):
        checked(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        ("PERMISSION_DENIED", "Vertex AI API has not been used in project 1", "API is off in project acme"),
        ("PERMISSION_DENIED", "lacks storage.objects.get", "may not read gs://b"),
        ("PERMISSION_DENIED", "no", "'Vertex AI User'"),
        (
            "INVALID_ARGUMENT",
            "Base model x is not supported.",
            "does not tune gemini-2.5-flash-lite in us-cen",
        ),
        ("INVALID_ARGUMENT", "Dataset file gs://b/x does not exist", "did not find the data sets in gs://b"),
        ("INVALID_ARGUMENT", "Dataset gs://b/x, line 3: my secret", "does not take the data set"),
        ("INVALID_ARGUMENT", "Adapter size ADAPTER_SIZE_X", "takes no adapter of size 4"),
        ("RESOURCE_EXHAUSTED", "", "'Global concurrent tuning jobs'"),
        ("UNAUTHENTICATED", "", "gcloud auth application-default login"),
        ("INTERNAL", "", "run the same command again later"),
        ("SOMETHING_NEW", "", "Google Cloud console"),
    ],
)
def test_each_refusal_says_what_to_do_in_our_words(status: str, message: str, told: str) -> None:
    said = sentence_of(status, message, Vertex(bucket="gs://b"), "acme")
    assert told in said
    assert said.endswith(f"({status})")
    assert "secret" not in said


def test_the_numbers_of_statuses_are_googles() -> None:
    assert [status_of(number) for number in (1, 3, 7, 8, 16)] == [
        "CANCELLED",
        "INVALID_ARGUMENT",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "UNAUTHENTICATED",
    ]
    assert status_of(99) == status_of(None) == "UNKNOWN"
