"""How long the customer takes to hear a message of one to three sentences."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from statistics import median, quantiles

import pytest

from tests.ears import listener, report

SENTENCES = Path(__file__).parents[1] / "data" / "rep_sentences.jsonl"


@pytest.mark.bench
def test_hearing_is_quick() -> None:
    listener().warm()
    listener().hear("First words load the model.")
    texts = [json.loads(line)["text"] for line in SENTENCES.read_text("utf-8").splitlines()]
    rng = Random(7)
    # Joined anew, so that no whole message has been embedded before.
    messages = [" ".join(rng.sample(texts, rng.randint(1, 3))) for _ in range(120)]
    took = []
    for message in messages:
        began = time.perf_counter()
        listener().hear(message)
        took.append((time.perf_counter() - began) * 1000)
    report(f"hearing a message: p50 {median(took):.1f} ms, p95 {quantiles(took, n=20)[-1]:.1f} ms")
    assert len(took) == 120
