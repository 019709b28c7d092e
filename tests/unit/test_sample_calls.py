"""The sample calls are what their README says they are."""

from __future__ import annotations

import csv
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "finetune" / "samples" / "calls.csv"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_fifty_in_english_and_sixteen_in_portuguese(rows: list[dict[str, str]]) -> None:
    assert Counter(row["language"] for row in rows) == {"en": 50, "pt": 16}


def test_they_come_out_as_calls_do(rows: list[dict[str, str]]) -> None:
    outcomes = Counter(row["outcome"] for row in rows)
    assert outcomes == {"agreed": 18, "advance": 9, "continuation": 6, "no_sale": 21, "hung_up": 12}


def test_every_call_is_a_talk_of_two_that_take_turns(rows: list[dict[str, str]]) -> None:
    for row in rows:
        sides = [turn.partition(": ")[0] for turn in json.loads(row["transcription"])]
        assert len(sides) >= 6, row["call"]
        assert all(one != other for one, other in pairwise(sides)), row["call"]
        assert set(sides) == {"user", "bot"}, row["call"]


def test_no_two_calls_are_the_same(rows: list[dict[str, str]]) -> None:
    assert len({row["call"] for row in rows}) == len({row["transcription"] for row in rows}) == len(rows)
