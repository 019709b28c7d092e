"""A folder into the index: only what changed, whole documents or none, safe to stop and to share."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ingestion.errors import IndexUnavailableError
from ingestion.index.embedded import EmbeddedIndex
from ingestion.search import Search
from ingestion.sync import Progress, sync_folder
from tests.fakes.embedder import HashingEmbedder

EMBEDDER = HashingEmbedder()


def write(folder: Path, **papers: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in papers.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    write(folder, fees="# Fees\n\nThe exit fee is £10.", staff="# Staff\n\nAda sits in Leeds.")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> EmbeddedIndex:
    return EmbeddedIndex(tmp_path / "knowledge.sqlite")


def found(index: EmbeddedIndex, query: str, collection: str | None = "firm") -> list[str]:
    return [hit.text for hit in Search(index, EMBEDDER)(query, collection, k=3)]


def test_a_second_sync_reads_and_embeds_nothing_anew(folder: Path, index: EmbeddedIndex) -> None:
    first = sync_folder(folder, "firm", index, EMBEDDER)
    embedder = HashingEmbedder()
    second = sync_folder(folder, "firm", index, embedder)
    assert (first.documents, first.unchanged) == (2, 0)
    assert (second.documents, second.unchanged, embedder.texts) == (0, 2, 0)


def test_answers_follow_a_document_that_is_changed_renamed_and_removed(
    folder: Path, index: EmbeddedIndex
) -> None:
    sync_folder(folder, "firm", index, EMBEDDER)
    write(folder, fees="# Fees\n\nThe exit fee is £25.")
    sync_folder(folder, "firm", index, EMBEDDER)
    assert "£25" in found(index, "exit fee")[0]
    assert not any("£10" in text for text in found(index, "exit fee"))

    (folder / "fees.md").rename(folder / "charges.md")
    report = sync_folder(folder, "firm", index, EMBEDDER, prune=True)
    assert report.removed == 1
    assert set(index.documents("firm")) == {"charges.md", "staff.md"}

    (folder / "charges.md").unlink()
    sync_folder(folder, "firm", index, EMBEDDER, prune=True)
    assert not any("£25" in text for text in found(index, "exit fee"))


def test_a_bad_file_is_reported_and_the_rest_is_indexed(folder: Path, index: EmbeddedIndex) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    seen: list[Progress] = []
    report = sync_folder(folder, "firm", index, EMBEDDER, progress=seen.append)
    assert report.documents == 2
    assert [failure.file for failure in report.failed] == ["broken.pdf"]
    assert [step.done for step in seen] == [1, 2, 3]
    assert report.to_json()["failed"] == [
        {"file": "broken.pdf", "reason": report.failed[0].reason},
    ]


def test_a_collection_is_searched_alone(folder: Path, tmp_path: Path, index: EmbeddedIndex) -> None:
    write(tmp_path / "other", fees="# Fees\n\nThe exit fee is £99 at the other firm.")
    sync_folder(folder, "firm", index, EMBEDDER)
    sync_folder(tmp_path / "other", "other", index, EMBEDDER)
    assert not any("£99" in text for text in found(index, "exit fee"))
    assert any("£99" in text for text in found(index, "exit fee", None))
    assert index.collections() == ("firm", "other")


def test_ids_are_the_same_in_every_index_that_reads_the_same_documents(folder: Path, tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        index = EmbeddedIndex(tmp_path / f"{name}.sqlite")
        sync_folder(folder, "firm", index, EMBEDDER)
        ids.append([hit.chunk for hit in Search(index, EMBEDDER)("exit fee in Leeds", "firm")])
    assert ids[0] == ids[1]
    assert ids[0]


def test_a_query_of_operators_and_quotes_is_only_words(folder: Path, index: EmbeddedIndex) -> None:
    sync_folder(folder, "firm", index, EMBEDDER)
    assert "£10" in found(index, 'exit" OR (NEAR * fee^ -- "; DROP TABLE chunks')[0]
    assert found(index, "???") == found(index, "???")


def test_another_embedder_indexes_everything_again(folder: Path, index: EmbeddedIndex) -> None:
    sync_folder(folder, "firm", index, EMBEDDER)
    assert sync_folder(folder, "firm", index, HashingEmbedder("another")).documents == 2


def test_a_reader_never_sees_half_a_document(tmp_path: Path) -> None:
    folder, path = tmp_path / "papers", tmp_path / "knowledge.sqlite"
    sections = 12

    def paper(edition: str) -> str:
        parts = [
            f"## Part {n}\n\nEdition {edition} says that " + "the fee is due. " * 20 for n in range(sections)
        ]
        return "# Fees\n\n" + "\n\n".join(parts)

    write(folder, fees=paper("zero"))
    sync_folder(folder, "firm", EmbeddedIndex(path), EMBEDDER)
    done = threading.Event()
    seen: list[set[str]] = []

    def read() -> None:
        search = Search(EmbeddedIndex(path), EMBEDDER)
        while not done.is_set():
            hits = search("edition fee due", "firm", k=50)
            seen.append({hit.text.split("Edition ")[1].split()[0] for hit in hits})
            assert len(hits) == sections

    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            read()
        except BaseException as error:  # a thread's failure is the test's failure
            errors.append(error)

    reader = threading.Thread(target=guarded)
    reader.start()
    for edition in ("one", "two", "three", "four"):
        write(folder, fees=paper(edition))
        sync_folder(folder, "firm", EmbeddedIndex(path), EMBEDDER)
    done.set()
    reader.join()
    assert not errors
    assert seen
    assert all(len(editions) == 1 for editions in seen)


SLOW_SYNC = """
import sys, time
from pathlib import Path
from ingestion.index.embedded import EmbeddedIndex
from ingestion.sync import sync_folder
from tests.fakes.embedder import HashingEmbedder
sync_folder(Path(sys.argv[1]), "firm", EmbeddedIndex(Path(sys.argv[2])), HashingEmbedder(),
            progress=lambda step: (print(step.done, flush=True), time.sleep(0.01)))
"""


def contents(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as database:
        return database.execute(
            "SELECT chunks.id, chunks.text, terms.stems FROM chunks JOIN terms ON terms.rowid = chunks.number"
            " ORDER BY chunks.id"
        ).fetchall()


def test_a_killed_sync_resumes_into_exactly_the_index_of_a_clean_run(tmp_path: Path) -> None:
    folder, path, clean = tmp_path / "papers", tmp_path / "knowledge.sqlite", tmp_path / "clean.sqlite"
    write(folder, **{f"paper{n:02}": f"# Paper {n}\n\nThe fee of paper {n} is £{n}." for n in range(60)})
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SLOW_SYNC, str(folder), str(path)]
    for killed_after in (3, 10, 25):
        running = subprocess.Popen(
            command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        while int(running.stdout.readline()) < killed_after:
            time.sleep(0)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
    report = sync_folder(folder, "firm", EmbeddedIndex(path), EMBEDDER)
    sync_folder(folder, "firm", EmbeddedIndex(clean), EMBEDDER)
    assert report.unchanged >= 24
    assert report.documents + report.unchanged == 60
    assert contents(path) == contents(clean)


def test_a_file_that_is_no_index_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "knowledge.sqlite").write_bytes(
        b"this is not a database, and it is long enough to be read" * 50
    )
    with pytest.raises(IndexUnavailableError, match=r"knowledge\.sqlite cannot be used .*move it away"):
        EmbeddedIndex(tmp_path / "knowledge.sqlite")


def test_an_index_of_a_newer_salesmate_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.sqlite"
    EmbeddedIndex(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexUnavailableError, match="newer SalesMate"):
        EmbeddedIndex(path)
