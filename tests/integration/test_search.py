"""Search over real documents: what is named is lifted and nothing lost, readers see what they may."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunk import Chunk, document_id
from ingestion.evals.cli import retrieval
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import Hit, IndexedDocument
from ingestion.search import Search, lifted
from ingestion.search_cli import search as search_command
from tests.fakes.embedder import HashingEmbedder

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ("tests.integration.sample_knowledge",)

EMBEDDER = HashingEmbedder()
FLOWS = {
    "flow.md": ("Flow: product sheet", "One approval path. The licence is paid yearly. Fee of entry 10."),
    "flow-plus.md": ("Flow Plus: product sheet", "The licence is paid yearly in advance. Fee of entry 12."),
    "faq.md": ("Questions", "Is the licence paid yearly? The licence is paid yearly. The licence is."),
    "board.md": ("Board paper", "The licence is paid yearly, and margins are thin."),
}


@pytest.fixture
def index(tmp_path: Path) -> EmbeddedIndex:
    opened = EmbeddedIndex(tmp_path / "knowledge.sqlite")
    for name, (title, text) in FLOWS.items():
        put(opened, name, title, text)
    return opened


def put(index: EmbeddedIndex, name: str, title: str, *texts: str) -> None:
    audience = ("board",) if name == "board.md" else ()
    document = IndexedDocument(document_id("firm", name), "firm", name, title, "", "x", None, audience)
    chunks = [Chunk(1, "Terms", text) for text in texts]
    index.replace(document, chunks, EMBEDDER.embed(texts))


def test_the_document_that_a_question_names_comes_first_and_no_other_is_lost(index: EmbeddedIndex) -> None:
    search = Search(index, EMBEDDER)
    without = {hit.document for hit in search("how is the licence paid", "firm")}
    assert search("how is the flow plus licence paid", "firm")[0].document == "flow-plus.md"
    assert {hit.document for hit in search("how is the flow plus licence paid", "firm")} == without


def test_the_order_follows_the_score_which_lies_between_0_and_1(index: EmbeddedIndex) -> None:
    scores = [hit.score for hit in Search(index, EMBEDDER)("is the Flow licence paid yearly", "firm")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_naming_a_document_opens_it_to_nobody(index: EmbeddedIndex) -> None:
    everyone = Search(index, EMBEDDER, audiences=())
    board = Search(index, EMBEDDER, audiences={"board"})
    assert "board.md" not in {hit.document for hit in everyone("the board paper on licence", "firm")}
    assert board("the board paper on licence", "firm")[0].document == "board.md"


def test_a_document_that_came_later_is_found_by_its_words_at_once(index: EmbeddedIndex) -> None:
    search = Search(index, EMBEDDER)
    search("anything about flow", "firm")
    put(index, "new.md", "Insight", "Insight reckons spending.")
    assert search("who reckons spending", "firm")[0].document == "new.md"


def test_a_hit_is_read_with_what_goes_on_with_it(index: EmbeddedIndex) -> None:
    put(index, "long.md", "Long", "Alpha begins.", "Beta is in the middle.", "Gamma ends.")
    search = Search(index, EMBEDDER)
    hits = search("beta middle", "firm", k=1)
    (passage,) = search.with_context(hits)
    assert passage.text == "Alpha begins.\n\nBeta is in the middle.\n\nGamma ends."
    assert not search.with_context(())


def test_neighbours_of_an_edition_that_is_gone_are_not_mixed_in(index: EmbeddedIndex) -> None:
    put(index, "long.md", "Long", "Alpha begins.", "Beta is in the middle.")
    search = Search(index, EMBEDDER)
    hits = search("beta middle", "firm", k=1)
    put(index, "long.md", "Long", "Alpha is new.", "Beta is new.")
    assert search.with_context(hits) == hits


def hits_of(scores: dict[str, float]) -> list[Hit]:
    """A hit's document is the first letter of its chunk."""
    return sorted(
        (
            Hit(name[0], "", 1, "", name, score, "", name, "c", document_id=name[0])
            for name, score in scores.items()
        ),
        key=lambda hit: -hit.score,
    )


SCORES = st.dictionaries(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), st.floats(0, 1))


@settings(max_examples=50)
@given(SCORES, SCORES)
def test_lifting_keeps_the_order_of_all_that_is_not_named(
    everywhere: dict[str, float], within: dict[str, float]
) -> None:
    found = hits_of(everywhere)
    named = hits_of({chunk: score for chunk, score in within.items() if chunk[0] == "a"})
    result = lifted(found, named, {"a"})
    others = [hit.chunk for hit in result if hit.document != "a"]
    assert set(others) == {hit.chunk for hit in found if hit.document != "a"}
    assert {hit.chunk for hit in result if hit.document == "a"} == {hit.chunk for hit in named}
    scores = {hit.chunk: everywhere[hit.chunk] for hit in result if hit.document != "a"}
    assert all(scores[a] >= scores[b] - 2e-6 for a, b in pairwise(others))


# The command.


@pytest.fixture
def known(home: Path, sample_index: Path) -> Path:
    """A home folder in which the sample documents have been read."""
    home.mkdir()
    with (
        closing(sqlite3.connect(sample_index)) as made,
        closing(sqlite3.connect(home / "knowledge.sqlite")) as ours,
    ):
        made.backup(ours)
    return home


def run(*args: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(search_command, [*args, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


@pytest.mark.usefixtures("known")
def test_the_command_prints_exactly_what_it_promises() -> None:
    rows = run("what does closing a Fixed Reserve 12 early cost", "--collection", "northgate", "--k", "3")
    assert len(rows) == 3
    assert list(rows[0]) == ["document", "title", "page", "heading", "text", "score", "uri", "chunk"]
    assert rows[0]["document"] == "fixed-reserve-12.md"
    assert "60 days' interest" in str(rows[0]["text"])


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("alpha", ["0", "1", "auto"])
def test_the_command_takes_a_weight(alpha: str) -> None:
    assert run("exit fees", "--alpha", alpha, "--k", "2")


@pytest.mark.usefixtures("known")
def test_people_see_rank_place_and_the_words_they_looked_for() -> None:
    result = CliRunner().invoke(search_command, ["supplier portal of Flow Plus", "--k", "2"])
    assert result.output.startswith(" 1. Loomstack Flow Plus: product sheet, page 1")
    assert "portal" in result.output
    assert "flow-plus.md" in result.output


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["fees", "--collection", "nortgate"], "Did you mean 'northgate'?"),
        ([" "], "The query is empty"),
        (["fees", "--alpha", "7"], "neither a number from 0"),
        (["fees", "--k", "0"], "is not in the range"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(args: list[str], complaint: str) -> None:
    result = CliRunner().invoke(search_command, args)
    assert result.exit_code != 0
    assert complaint in f"{result.output}{result.exception}"


# Measuring on a public set.


def test_three_ways_are_measured_side_by_side(tmp_path: Path, home: Path) -> None:
    topics = ["cats sleep all day", "ships cross the sea", "bread needs flour and water", "kings wear crowns"]
    write(tmp_path / "c.jsonl", [{"_id": f"d{n}", "text": f"{topic}."} for n, topic in enumerate(topics)])
    write(
        tmp_path / "q.jsonl",
        [{"_id": f"q{n}", "text": f"who says {topic}?"} for n, topic in enumerate(topics)],
    )
    (tmp_path / "r.tsv").write_text("".join(f"q{n}\td{n}\t1\n" for n in range(len(topics))), encoding="utf-8")
    args = [
        f"--corpus={tmp_path}/c.jsonl",
        f"--queries={tmp_path}/q.jsonl",
        f"--qrels={tmp_path}/r.tsv",
        "--json",
    ]
    result = CliRunner().invoke(retrieval, args, catch_exceptions=False)
    figures = json.loads(result.stdout)
    assert (figures["questions"], figures["documents"], figures["index"]) == (4, 4, "embedded")
    perfect = {"ndcg@10": 1.0, "recall@10": 1.0, "hit@5": 1.0}
    assert figures["bm25"] == figures["dense"] == figures["hybrid"] == perfect
    assert not (home / "knowledge.sqlite").exists()


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
