"""Whatever happens to a run, the next one ends in exactly the index that an undisturbed run gives."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from ingestion.index.embedded import EmbeddedIndex
from ingestion.search import Search
from tests.fakes.embedder import HashingEmbedder
from tests.integration.ingesting import (
    COLLECTION,
    everything_in,
    ingest,
    start_ingest,
    wait_for_first_document,
    write_papers,
)
from tests.proofs import FULL

ROUNDS = 20 if FULL else 3
PAPERS = 500


@pytest.mark.prove
def test_a_run_killed_at_any_moment_is_finished_by_the_next_one(tmp_path: Path) -> None:
    """Each round: kill -9 at a random moment of a run over 500 documents, then run again to the end."""
    folder = tmp_path / "papers"
    write_papers(folder, PAPERS)
    undisturbed = start_ingest(folder, tmp_path / "clean")
    wait_for_first_document(tmp_path / "clean")
    began = time.monotonic()
    assert undisturbed.wait() == 0
    at_work_s = time.monotonic() - began
    clean = everything_in(tmp_path / "clean")
    moments, done_before = random.Random(3), []
    for number in range(ROUNDS):
        home = tmp_path / f"home{number}"
        running = start_ingest(folder, home)
        wait_for_first_document(home)
        time.sleep(moments.uniform(0, 0.95) * at_work_s)
        running.kill()
        running.wait()
        report = ingest(folder, home)
        done_before.append(report.unchanged)
        assert (report.documents + report.unchanged, report.failed) == (PAPERS, [])
        assert everything_in(home) == clean
    print(f"documents that {ROUNDS} killed runs had done: {done_before}")
    assert any(0 < done < PAPERS for done in done_before), "no kill fell into the middle of a run"


def test_a_run_killed_again_and_again_gets_done(tmp_path: Path) -> None:
    folder, home = tmp_path / "papers", tmp_path / "home"
    write_papers(folder, 60)
    moments = random.Random(5)
    for _ in range(3):
        running = start_ingest(folder, home)
        time.sleep(moments.uniform(0.3, 0.9))
        running.kill()
        running.wait()
    ingest(folder, home)
    ingest(folder, tmp_path / "clean")
    assert everything_in(home) == everything_in(tmp_path / "clean")


def test_a_killed_update_leaves_old_or_new_documents_and_is_finished_by_the_next_run(tmp_path: Path) -> None:
    folder, home = tmp_path / "papers", tmp_path / "home"
    write_papers(folder, 80)
    ingest(folder, home)
    write_papers(folder, 80, edition="second")
    (folder / "paper005.md").rename(folder / "renamed.md")
    running = start_ingest(folder, home)
    time.sleep(0.7)
    running.kill()
    running.wait()
    ingest(folder, home, prune=True)
    ingest(folder, tmp_path / "clean")
    assert everything_in(home) == everything_in(tmp_path / "clean")


def test_two_runs_at_once_end_in_the_index_of_one(tmp_path: Path) -> None:
    folder, home = tmp_path / "papers", tmp_path / "home"
    write_papers(folder, 60)
    both = [start_ingest(folder, home) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    ingest(folder, tmp_path / "clean")
    assert everything_in(home) == everything_in(tmp_path / "clean")


def test_a_reader_sees_old_or_new_while_another_process_replaces_documents(tmp_path: Path) -> None:
    folder, home = tmp_path / "papers", tmp_path / "home"
    write_papers(folder, 40)
    ingest(folder, home)
    index = EmbeddedIndex(home / "knowledge.sqlite")
    sections = {name: document.chunks for name, document in index.documents(COLLECTION).items()}
    search = Search(index, HashingEmbedder())
    write_papers(folder, 40, edition="second")
    running = start_ingest(folder, home)
    seen = set()
    while True:
        over = running.poll() is not None
        found: dict[str, list[str]] = {}
        for hit in search("edition fee paper", COLLECTION, k=1000):
            found.setdefault(hit.document, []).append(hit.text)
        for name, texts in found.items():
            editions = {"second" if "second edition" in text else "first" for text in texts}
            assert len(editions) == 1, f"{name} is half replaced"
            assert len(texts) == sections[name]
            seen |= editions
        assert set(found) == set(sections)
        if over:
            break
    index.close()
    assert seen == {"first", "second"}
