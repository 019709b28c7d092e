"""A run of its own process, as `salesmate ingest` makes one, with an embedder that needs no model."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Hit, IndexedDocument
from ingestion.ledger import Ledger
from ingestion.report import SyncReport
from ingestion.search import Search
from ingestion.sources import open_source
from ingestion.sync import sync
from tests.fakes.embedder import HashingEmbedder

ROOT = Path(__file__).parents[2]
COLLECTION = "firm"
QUESTIONS = ("fee of paper 17", "which office handles complaints", "paper", "notice period in weeks")


def write_papers(folder: Path, count: int, edition: str = "first") -> None:
    """Papers of one to four sections, a few hundred characters each, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        sections = "\n\n".join(
            f"## Section {part}\n\nIn the {edition} edition the fee of paper {n} is £{n * 10 + part}. "
            f"Office {(n + part) % 7} handles complaints. " + "The notice period is four weeks. " * (n % 9)
            for part in range(n % 4 + 1)
        )
        (folder / f"paper{n:03}.md").write_text(f"# Paper {n}\n\n{sections}\n", encoding="utf-8")


def ingest(folder: Path, home: Path, *, prune: bool = False) -> SyncReport:
    """One locked run over the folder into the index of `home`."""
    with (
        closing(EmbeddedIndex(home / "knowledge.sqlite")) as index,
        closing(Ledger(home, "local", COLLECTION)) as ledger,
        ledger.held(patience_s=60),
    ):
        return sync(open_source(str(folder)), COLLECTION, index, HashingEmbedder(), prune=prune)


def start_ingest(folder: Path, home: Path) -> subprocess.Popen[bytes]:
    """The same in a process that can be killed."""
    script = (
        "import sys; from pathlib import Path; from tests.integration.ingesting import ingest;"
        "ingest(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder), str(home)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def wait_for_first_document(home: Path) -> None:
    """Until a run is at work: before that there is nothing to disturb."""
    path = home / "knowledge.sqlite"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists():
            with closing(sqlite3.connect(path, timeout=10)) as db:
                tables = db.execute("SELECT name FROM sqlite_master WHERE name = 'documents'").fetchall()
                if tables and db.execute("SELECT count(*) FROM documents").fetchone() > (0,):
                    return
        time.sleep(0.01)
    raise AssertionError("the run wrote nothing for a minute")


def everything_in(home: Path) -> dict[str, object]:
    """All that the index holds and answers, but for when it was written."""
    path = home / "knowledge.sqlite"
    with closing(EmbeddedIndex(path)) as index:
        search = Search(index, HashingEmbedder())
        documents: list[IndexedDocument] = [
            replace(document, indexed_at=None) for document in index.documents(COLLECTION).values()
        ]
        answers: dict[str, tuple[Hit, ...]] = {
            question: search(question, COLLECTION) for question in QUESTIONS
        }
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        chunks = [
            {name: row[name] for name in row.keys() if name not in {"number", "document"}}  # noqa: SIM118 - a Row iterates over values
            for row in db.execute(
                "SELECT chunks.*, terms.stems FROM chunks JOIN terms ON terms.rowid = chunks.number"
                " ORDER BY chunks.id"
            )
        ]
        (strays,) = db.execute(
            "SELECT count(*) FROM terms WHERE rowid NOT IN (SELECT number FROM chunks)"
        ).fetchone()
        (sound,) = db.execute("PRAGMA integrity_check").fetchone()
    return {"documents": documents, "chunks": chunks, "answers": answers, "strays": strays, "sound": sound}
