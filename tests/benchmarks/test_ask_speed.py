"""Figures of `make bench`: what an answer without a model costs, and how that grows with the documents."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import median, quantiles

import pytest

from agents.copilot.desk import Desk
from ingestion.embed import CachedEmbedder, MiniLM
from ingestion.index.embedded import EmbeddedIndex
from ingestion.sample_documents import ensure_samples
from ingestion.search import Search
from tests.benchmarks.search_load import fill

pytestmark = pytest.mark.bench

QUESTIONS = Path(__file__).parents[1] / "data" / "copilot" / "tune.jsonl"
MOST = 40
STAGES = ("plan", "search", "answer", "ground")


@pytest.mark.parametrize("beside", [0, 20_000], ids=lambda chunks: f"{chunks} chunks beside the samples")
async def test_a_question_answered(tmp_path: Path, beside: int) -> None:
    embedder = CachedEmbedder(MiniLM())  # nothing remembered from another test
    index = EmbeddedIndex(tmp_path / "knowledge.sqlite")
    ensure_samples(index, embedder)
    if beside:
        fill(tmp_path / "knowledge.sqlite", 0, beside)
    desk = Desk(Search(index, embedder), embedder, None, index)
    cases = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()][:MOST]
    await desk.ask("How long does it take?")
    for again in (False, True):
        took, stages = [], []
        for case in cases:
            start = time.perf_counter()
            answer = await desk.ask(case["question"], collection=case["firm"])
            took.append(1000 * (time.perf_counter() - start))
            stages.append(answer.ms)
        named = ", ".join(f"{name} {median(ms.get(name, 0) for ms in stages):.0f}" for name in STAGES)
        print(
            f"\n{beside} chunks beside, {'asked again' if again else 'asked first'}:"
            f" p50 {median(took):.0f} ms, p99 {quantiles(took, n=100)[-1]:.0f} ms (p50 {named})"
        )
