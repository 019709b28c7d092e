"""Figures of `make bench`: what a search costs, and how that grows. Printed, never asserted."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ingestion.embed import MiniLM
from tests.benchmarks.search_load import Load, fill, measure

pytestmark = pytest.mark.bench

SIZES = (1_000, 20_000, 200_000)
QUESTIONS = 100


def test_search_at_three_sizes(tmp_path: Path) -> None:
    path, done = tmp_path / "knowledge.sqlite", 0
    for size in SIZES:
        seconds, done = fill(path, done, size), size
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            load: Load = alone.submit(measure, path, size, QUESTIONS).result()
        disk = path.stat().st_size / 2**20
        print(f"\n{size} chunks (filled up in {seconds:.0f} s, {disk:.0f} MB on disk)")
        print(f"  memory {load.memory_mb:.0f} MB, first search {load.first_ms:.0f} ms")
        for kind in load.p50:
            print(f"  {kind}: p50 {load.p50[kind]:.1f} ms, p99 {load.p99[kind]:.1f} ms")


def test_a_question_into_a_vector() -> None:
    embedder = MiniLM()
    embedder.embed(["warm"])
    start = time.perf_counter()
    for number in range(50):
        embedder.embed([f"How long does an ISA transfer of £{number} take?"])
    print(f"\na question embedded: {20 * (time.perf_counter() - start):.1f} ms (once; then it is remembered)")
