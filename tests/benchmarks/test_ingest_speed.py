"""Figures of `make bench`: ingestion in pages a second, by stage, against the libraries it stands on, and how
it grows. Printed, never asserted."""

from __future__ import annotations

import io
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingestion.chunk import Chunk, chunks_of, document_id, terms_of, text_to_embed
from ingestion.document import Document
from ingestion.embed import BATCH, DIMENSIONS, MiniLM, Vectors
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import IndexedDocument
from ingestion.ledger import Ledger
from ingestion.load import load
from ingestion.sources import open_source
from ingestion.sync import SLICE, sync
from tests.fakes.embedder import HashingEmbedder

pytestmark = pytest.mark.bench

DOCUMENTS, PAGES = 10, 6
LINES = 34
WORDS = (Path(__file__).parents[2] / "ingestion" / "models" / "minilm-vocab.txt").read_text(encoding="utf-8")


@dataclass
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float]

    def add(self, stage: str, began: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began


def make_papers(folder: Path) -> Path:
    """PDFs of running text, some 2,300 characters a page: what a price list or a handbook has."""
    folder.mkdir()
    rng = Random(1)
    words = [word for word in WORDS.split()[2000:9000] if word.isalpha() and len(word) > 2]
    for number in range(DOCUMENTS):
        page = io.BytesIO()
        canvas = Canvas(page, pagesize=A4)
        for part in range(PAGES):
            canvas.setFont("Helvetica-Bold", 15)
            canvas.drawString(60, 780, f"Part {part + 1} of paper {number}")
            canvas.setFont("Helvetica", 11)
            for line in range(LINES):
                text = " ".join(rng.choices(words, k=10)).capitalize() + "."
                canvas.drawString(60, 750 - 20 * line, text)
            canvas.showPage()
        canvas.save()
        (folder / f"paper{number}.pdf").write_bytes(page.getvalue())
    return folder


def our_stages(
    number: int, content: bytes, index: EmbeddedIndex, embedder: MiniLM, watch: Stopwatch
) -> tuple[Document, list[str]]:
    """What sync does with a document, one stage after the other, on the clock."""
    began = time.perf_counter()
    document = load(content, name=f"paper{number}.pdf", uri=f"file:///paper{number}.pdf")
    watch.add("read", began)
    began = time.perf_counter()
    chunks = chunks_of(document)
    texts = [text_to_embed(document.title, chunk) for chunk in chunks]
    watch.add("chunk", began)
    began = time.perf_counter()
    vectors = np.concatenate([embedder.embed(texts[i : i + SLICE]) for i in range(0, len(texts), SLICE)])
    watch.add("embed", began)
    began = time.perf_counter()
    index.replace(record(number, document.title), chunks, vectors)
    watch.add("index", began)
    return document, texts


def plain_libraries(
    content: bytes,
    document: Document,
    texts: list[str],
    db: sqlite3.Connection,
    embedder: MiniLM,
    watch: Stopwatch,
) -> None:
    """The least that the libraries take: PDFium's text, tokenizer and model, an insert a row."""
    session, tokenizer = embedder._model()
    began = time.perf_counter()
    pdf = pypdfium2.PdfDocument(content)
    for page in pdf:
        page.get_textpage().get_text_range()
    pdf.close()
    watch.add("read", began)
    rows = sorted(texts, key=len)
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        encoded = tokenizer.encode_batch(rows[start : start + BATCH])
        ids = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
    watch.add("embed", began)
    stems = [" ".join(terms_of(document.title, chunk)) for chunk in chunks_of(document)]
    blob = np.zeros(DIMENSIONS, np.float32).tobytes()
    began = time.perf_counter()
    db.execute("BEGIN")
    db.executemany("INSERT INTO chunks VALUES (?, ?)", [(text, blob) for text in texts])
    db.executemany("INSERT INTO terms VALUES (?)", [(one,) for one in stems])
    db.execute("COMMIT")
    watch.add("index", began)


def plain_database(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE chunks (text TEXT, vector BLOB)")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5 (stems)")
    return db


def record(number: int, title: str) -> IndexedDocument:
    name = f"paper{number}.pdf"
    return IndexedDocument(document_id("firm", name), "firm", name, title, f"file:///{name}", "digest", None)


def test_pages_a_second_by_stage_and_against_the_libraries_alone(tmp_path: Path) -> None:
    folder = make_papers(tmp_path / "papers")
    contents = [path.read_bytes() for path in sorted(folder.iterdir())]
    pages, chunks = DOCUMENTS * PAGES, 0
    ours, plain, embedder = Stopwatch({}), Stopwatch({}), MiniLM()
    embedder.embed(["warm"])
    with (
        closing(EmbeddedIndex(tmp_path / "ours.sqlite")) as index,
        closing(plain_database(tmp_path / "plain.sqlite")) as db,
    ):
        for number, content in enumerate(contents):
            # In turns, so that a busy machine is busy for both.
            document, texts = our_stages(number, content, index, embedder, ours)
            plain_libraries(content, document, texts, db, embedder, plain)
            chunks += len(texts)
    with closing(EmbeddedIndex(tmp_path / "whole.sqlite")) as index:
        began = time.perf_counter()
        sync(open_source(str(folder)), "firm", index, embedder)
        whole = time.perf_counter() - began
        began = time.perf_counter()
        sync(open_source(str(folder)), "firm", index, embedder)
        again = time.perf_counter() - began
    print(f"ingestion of {DOCUMENTS} PDFs, {pages} pages, {chunks} chunks, by stage (alone in brackets):")
    total = sum(ours.seconds.values())
    for stage, seconds in ours.seconds.items():
        alone = plain.seconds.get(stage)
        beside = f" ({pages / alone:,.0f}; {seconds / alone:.2f} times)" if alone else ""
        print(f"  {stage:6} {pages / seconds:8,.0f} pages/s, {seconds / total:4.0%}{beside}")
    least = sum(plain.seconds.values())
    print(
        f"  the stages {pages / total:.2f} pages/s, {total / least:.2f} times the plain sum of the libraries;"
        f" a whole run, which reads ahead, {pages / whole:.2f} pages/s"
    )
    print(f"  again, nothing changed: {DOCUMENTS / again:,.0f} documents/s")


def test_how_writing_grows_with_the_index(tmp_path: Path) -> None:
    """A document of 20 chunks into an index of so many: written, replaced, and found unchanged."""
    rng = np.random.default_rng(1)
    dice = Random(1)
    words = WORDS.split()[2000:9000]

    def chunks() -> list[Chunk]:
        return [Chunk(1, "", " ".join(dice.choices(words, k=120))) for _ in range(20)]

    def vectors() -> Vectors:
        rows = rng.standard_normal((20, DIMENSIONS), np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    with closing(EmbeddedIndex(tmp_path / "knowledge.sqlite")) as index:
        written = 0
        for size in (1_000, 5_000, 20_000):
            while written * 20 < size:
                index.replace(record(written, "Paper"), chunks(), vectors())
                written += 1
            fresh, replaced = [], []
            for number in range(10):
                new, rows = chunks(), vectors()
                began = time.perf_counter()
                index.replace(record(written + number, "Paper"), new, rows)
                fresh.append(time.perf_counter() - began)
                began = time.perf_counter()
                index.replace(record(written + number, "Paper"), new, rows)
                replaced.append(time.perf_counter() - began)
            written += 10
            print(
                f"a document of 20 chunks into {size:,}: written in {1000 * sorted(fresh)[5]:.1f} ms,"
                f" replaced in {1000 * sorted(replaced)[5]:.1f} ms"
            )


def test_how_a_run_grows_with_the_folder(tmp_path: Path) -> None:
    """Small Markdown files and an embedder that costs next to nothing: what is left is our own."""
    for count in (100, 400, 1_600):
        folder = tmp_path / f"papers{count}"
        folder.mkdir()
        for number in range(count):
            text = f"# Paper {number}\n\nThe fee of paper {number} is £{number}."
            (folder / f"{number}.md").write_text(text, encoding="utf-8")
        with (
            closing(EmbeddedIndex(tmp_path / f"{count}.sqlite")) as index,
            closing(Ledger(tmp_path, "local", f"firm-{count}")) as ledger,
            ledger.held(),
        ):
            times = []
            for _ in range(2):
                began = time.perf_counter()
                sync(open_source(str(folder)), "firm", index, HashingEmbedder())
                times.append(time.perf_counter() - began)
        print(
            f"{count:5} small documents: {count / times[0]:,.0f} documents/s,"
            f" unchanged {count / times[1]:,.0f} documents/s"
        )
