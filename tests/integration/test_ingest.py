"""A source into the index: what a run changes, what it leaves alone, and what it says."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import fsspec
import numpy as np
import pytest

from ingestion.errors import KnowledgeError, SourceUnavailableError
from ingestion.index.choose import open_index
from ingestion.index.embedded import EmbeddedIndex
from ingestion.index.protocol import IndexedDocument, Scope
from ingestion.kept_vectors import KeptVectors
from ingestion.ledger import CollectionBusyError, Failure, Ledger, runs_of
from ingestion.naming import InvalidNameError
from ingestion.report import Progress, SyncReport
from ingestion.sources import Found, open_source
from ingestion.sources.local import FolderSource
from ingestion.sync import SLICE, sync
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.weaviate import Running
from tests.integration.weaviate_backends import settings_for

EMBEDDER = HashingEmbedder()


def write(folder: Path, **papers: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in papers.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(
        tmp_path / "papers", fees="# Fees\n\nThe exit fee is £10.", staff="# Staff\n\nAda sits in Leeds."
    )


@pytest.fixture
def index(tmp_path: Path) -> EmbeddedIndex:
    return EmbeddedIndex(tmp_path / "knowledge.sqlite")


def run(
    source: Path | str,
    index: EmbeddedIndex,
    audience: list[str] | None = None,
    *,
    prune: bool = False,
    dry_run: bool = False,
) -> SyncReport:
    return sync(
        open_source(str(source)), "firm", index, EMBEDDER, audience=audience, prune=prune, dry_run=dry_run
    )


def known(index: EmbeddedIndex) -> dict[str, IndexedDocument]:
    return index.documents("firm")


def read_by(index: EmbeddedIndex, *groups: str) -> set[str]:
    vector = EMBEDDER.embed(["fee"])
    scope = Scope("firm", frozenset(groups))
    return {hit.document for hit in index.search("fee", vector, k=50, alpha=1.0, scope=scope)}


def test_a_record_says_where_a_document_is_from_and_how_long_it_is(
    folder: Path, index: EmbeddedIndex
) -> None:
    run(folder, index)
    fees = known(index)["fees.md"]
    assert (fees.source, fees.uri) == (folder.as_uri(), (folder / "fees.md").as_uri())
    assert (fees.pages, fees.chunks) == (1, 1)
    assert fees.indexed_at is not None


def test_only_what_changed_is_written(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    before = known(index)
    write(folder, fees="# Fees\n\nThe exit fee is £25.", news="# News\n\nA new office in York.")
    report = run(folder, index)
    assert (report.added, report.changed, report.unchanged) == (["news.md"], ["fees.md"], 1)
    assert known(index)["staff.md"] == before["staff.md"]
    assert known(index)["fees.md"].id == before["fees.md"].id


def test_a_dry_run_says_what_would_be_done_and_does_nothing(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    before = known(index)
    write(folder, fees="# Fees\n\nThe exit fee is £25.", news="# News\n\nA new office in York.")
    (folder / "staff.md").unlink()
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    embedder = HashingEmbedder()
    report = sync(open_source(str(folder)), "firm", index, embedder, prune=True, dry_run=True)
    assert (report.added, report.changed, report.forgotten) == (["news.md"], ["fees.md"], ["staff.md"])
    assert [failure.file for failure in report.failed] == ["bad.pdf"]
    assert (known(index), embedder.texts) == (before, 0)


def test_a_vanished_document_stays_until_it_is_pruned(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    (folder / "staff.md").unlink()
    assert run(folder, index).gone == ["staff.md"]
    assert set(known(index)) == {"fees.md", "staff.md"}
    assert run(folder, index, prune=True).forgotten == ["staff.md"]
    assert set(known(index)) == {"fees.md"}


def test_pruning_one_source_leaves_the_others(folder: Path, tmp_path: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    run(write(tmp_path / "more", extra="# Extra\n\nMore fees."), index, prune=True)
    assert set(known(index)) == {"fees.md", "staff.md", "extra.md"}


def test_a_source_that_suddenly_lists_nothing_prunes_nothing(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(KnowledgeError, match=r"lists no documents, though 2 are known.*Nothing was removed"):
        run(folder, index, prune=True)
    assert set(known(index)) == {"fees.md", "staff.md"}


def test_a_source_that_has_gone_prunes_nothing(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    source = open_source(str(folder))
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(KnowledgeError):
        sync(source, "firm", index, EMBEDDER, prune=True)
    assert set(known(index)) == {"fees.md", "staff.md"}


def test_a_document_whose_new_version_cannot_be_read_is_kept(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    (folder / "fees.md").write_bytes(b"")
    report = run(folder, index, prune=True)
    assert [failure.file for failure in report.failed] == ["fees.md"]
    assert set(known(index)) == {"fees.md", "staff.md"}


def test_two_folders_with_a_file_of_the_same_name_keep_both(
    folder: Path, tmp_path: Path, index: EmbeddedIndex
) -> None:
    south = write(tmp_path / "south", fees="# Fees\n\nIn the south the exit fee is £99.")
    run(folder, index)
    report = run(south, index)
    assert set(known(index)) == {"fees.md", "staff.md", "south/fees.md"}
    assert report.warnings == [
        "fees.md is here already from another source; this one is called south/fees.md."
    ]
    assert (run(folder, index, prune=True).unchanged, run(south, index, prune=True).unchanged) == (2, 1)


def test_a_moved_folder_takes_its_documents_along(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index)
    moved = folder.rename(folder.with_name("moved"))
    run(moved, index)
    assert {one.source for one in known(index).values()} == {moved.as_uri()}
    assert set(known(index)) == {"fees.md", "staff.md"}


def test_a_file_named_alone_and_found_in_its_folder_is_one_document(
    folder: Path, index: EmbeddedIndex
) -> None:
    run(folder / "fees.md", index)
    run(folder, index)
    assert set(known(index)) == {"fees.md", "staff.md"}
    run(folder / "fees.md", index)
    (folder / "fees.md").unlink()
    run(folder, index, prune=True)
    assert set(known(index)) == {"staff.md"}


def test_an_audience_takes_effect_on_documents_that_did_not_change(
    folder: Path, index: EmbeddedIndex
) -> None:
    run(folder, index)
    assert read_by(index, "sales") == {"fees.md", "staff.md"}
    report = run(folder, index, audience=["managers"])
    assert report.changed == ["fees.md", "staff.md"]
    assert read_by(index, "sales") == set()
    assert read_by(index, "sales", "managers") == {"fees.md", "staff.md"}


def test_a_run_that_names_no_audience_opens_nothing(folder: Path, index: EmbeddedIndex) -> None:
    run(folder, index, audience=["managers"])
    write(folder, fees="# Fees\n\nThe exit fee is £25.", news="# News\n\nA fee for news.")
    run(folder, index)
    run(folder / "fees.md", index)
    run(write(folder, later="# Later\n\nA late fee.") / "later.md", index)
    assert read_by(index, "sales") == set()
    assert read_by(index, "managers") == {"fees.md", "staff.md", "news.md", "later.md"}
    run(folder, index, audience=[])
    assert len(read_by(index, "sales")) == 4


def test_a_new_document_among_mixed_audiences_asks_who_may_read_it(
    folder: Path, index: EmbeddedIndex
) -> None:
    run(folder, index, audience=["managers"])
    sync(open_source(str(folder / "fees.md")), "firm", index, EMBEDDER, audience=["sales"])
    assert run(folder, index).unchanged == 2
    write(folder, news="# News\n\nA fee for news.")
    with pytest.raises(InvalidNameError, match="different audiences"):
        run(folder, index)
    assert set(known(index)) == {"fees.md", "staff.md"}


def test_a_run_that_is_asked_to_stop_finishes_its_document_and_resumes(
    folder: Path, index: EmbeddedIndex
) -> None:
    seen: list[Progress] = []
    report = sync(
        open_source(str(folder)),
        "firm",
        index,
        EMBEDDER,
        prune=True,
        progress=seen.append,
        should_stop=lambda: bool(seen),
    )
    assert (report.documents, report.stopped) == (1, True)
    assert set(known(index)) == {"fees.md"}
    assert run(folder, index).documents == 1


def test_a_long_document_tells_how_far_it_is(tmp_path: Path, index: EmbeddedIndex) -> None:
    parts = "\n\n".join(f"## Part {n}\n\nThe fee is £{n}. {'It is due. ' * 40}" for n in range(3 * SLICE))
    source = open_source(str(write(tmp_path / "long", law=f"# Law\n\n{parts}")))
    seen: list[Progress] = []
    report = sync(source, "firm", index, EMBEDDER, progress=seen.append)
    assert report.chunks >= 3 * SLICE
    inside = [step.part for step in seen[:-1]]
    assert inside == sorted(inside)
    assert inside
    assert all(0 < part < 1 for part in inside)
    assert [(step.done, step.chunks) for step in seen[:-1]] == [(0, 0)] * len(inside)
    assert seen[-1].work == seen[-1].all_work > 0


def test_a_bucket_is_a_source_like_any_other(index: EmbeddedIndex) -> None:
    files = fsspec.filesystem("memory")
    files.pipe("/bucket/fees.md", b"# Fees\n\nThe exit fee is 10 pounds.")
    files.pipe("/bucket/sub/staff.md", b"# Staff\n\nAda sits in Leeds.")
    run("memory://bucket", index)
    assert set(known(index)) == {"fees.md", "sub/staff.md"}
    files.rm("/bucket/sub/staff.md")
    run("memory://bucket", index, prune=True)
    assert set(known(index)) == {"fees.md"}
    files.rm("/bucket", recursive=True)


def test_documents_go_to_weaviate_where_it_is_named(folder: Path) -> None:
    with Running(api_key="a-key") as running, closing(open_index(settings_for(running), "team")) as index:
        for changed, expected in (
            ({}, (2, 0, 0)),
            ({}, (0, 2, 0)),
            ({"fees": "# Fees\n\nNow £25."}, (1, 1, 0)),
        ):
            write(folder, **changed)
            report = sync(open_source(str(folder)), "firm", index, EMBEDDER, prune=True)
            assert (report.documents, report.unchanged, report.removed) == expected
        (folder / "staff.md").unlink()
        assert sync(open_source(str(folder)), "firm", index, EMBEDDER, prune=True).removed == 1
        hits = index.search("fee", EMBEDDER.embed(["fee"]), k=5, alpha=0.5)
        assert [(hit.document, "£25" in hit.text) for hit in hits] == [("fees.md", True)]


class GoesAway(FolderSource):
    """A folder on a network that answers no more after its first file."""

    asked = 0

    def read(self, found: Found) -> bytes:
        self.asked += 1
        if self.asked > 1:
            raise SourceUnavailableError("The file server does not answer. Try again later.")
        return super().read(found)


def test_a_source_that_stops_answering_is_asked_no_thousand_times(
    tmp_path: Path, index: EmbeddedIndex
) -> None:
    folder = write(tmp_path / "papers", **{f"paper{n:02}": f"# Paper {n}\n\nA fee." for n in range(50)})
    source, report = GoesAway(folder), SyncReport()
    with pytest.raises(SourceUnavailableError, match="does not answer"):
        sync(source, "firm", index, EMBEDDER, prune=True, report=report)
    assert source.asked < 10
    assert (set(known(index)), report.documents) == ({"paper00.md"}, 1)


def test_what_is_renamed_or_changed_in_one_place_embeds_only_what_is_new(
    folder: Path, tmp_path: Path, index: EmbeddedIndex
) -> None:
    long = "".join(f"\n\n## Part {n}\n\nThe fee of part {n} is £{n}. {'It is due. ' * 40}" for n in range(9))
    write(folder, law=f"# Law{long}")
    inner = HashingEmbedder()
    embedder = KeptVectors(inner, tmp_path / "passages.sqlite")
    source = open_source(str(folder))
    sync(source, "firm", index, embedder)
    embedded = inner.texts
    (folder / "law.md").rename(folder / "act.md")
    sync(open_source(str(folder)), "firm", index, embedder, audience=["managers"])
    assert inner.texts == embedded
    write(folder, act=f"# Law{long.replace('£5', '£555')}")
    sync(open_source(str(folder)), "firm", index, embedder)
    assert inner.texts == embedded + 1
    embedder.close()


def test_kept_vectors_are_those_of_the_embedder_and_stay_few(tmp_path: Path) -> None:
    texts = [f"the fee of paper {n}" for n in range(30)]
    embedder = KeptVectors(HashingEmbedder(), tmp_path / "passages.sqlite", most=10)
    for _ in range(2):
        assert np.array_equal(embedder.embed(texts), EMBEDDER.embed(texts))
    assert embedder.embed([]).shape == (0, 384)
    embedder.close()
    inner = HashingEmbedder()
    again = KeptVectors(inner, tmp_path / "passages.sqlite")
    again.embed(texts)
    assert inner.texts == 20
    again.close()


def test_where_vectors_cannot_be_kept_documents_are_embedded_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "passages.sqlite").write_bytes(b"this is no database" * 100)
    embedder = KeptVectors(HashingEmbedder(), tmp_path / "passages.sqlite")
    assert embedder.embed(["a fee"]).shape == (1, 384)


def test_a_second_run_in_a_collection_says_who_is_at_work(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, "local", "firm")) as ledger, ledger.held():
        with (
            closing(Ledger(tmp_path, "local", "firm")) as second,
            pytest.raises(CollectionBusyError, match=r"'firm' \(process \d+, since .*Wait"),
            second.held(patience_s=0.2),
        ):
            pass
        for workspace, collection in (("local", "other"), ("team", "firm")):
            with closing(Ledger(tmp_path, workspace, collection)) as apart, apart.held(patience_s=0):
                pass


def test_a_second_run_waits_a_little(tmp_path: Path) -> None:
    entered = threading.Event()

    def hold() -> None:
        with closing(Ledger(tmp_path, "local", "firm")) as ledger, ledger.held():
            entered.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait()
    with closing(Ledger(tmp_path, "local", "firm")) as ledger, ledger.held(patience_s=10):
        pass
    holder.join()


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from ingestion.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1]), 'local', 'firm').held():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    with closing(Ledger(tmp_path, "local", "firm")) as ledger:
        with pytest.raises(CollectionBusyError, match=f"process {running.pid}"), ledger.held(patience_s=0):
            pass
        running.kill()
        running.wait()
        running.stdout.close()
        with ledger.held(patience_s=0):
            pass


def test_what_failed_is_remembered_until_a_run_that_reads_it(tmp_path: Path) -> None:
    assert runs_of(tmp_path, "local", "firm") == ()
    failed = Failure("bad.pdf", "bad.pdf is not a readable PDF.")
    with closing(Ledger(tmp_path, "local", "firm")) as ledger:
        with ledger.held():
            ledger.note("file:///a", [failed])
            ledger.note("file:///b", [])
        assert [(one.source, one.failed) for one in runs_of(tmp_path, "local", "firm")] == [
            ("file:///a", (failed,)),
            ("file:///b", ()),
        ]
        with ledger.held():
            ledger.note("file:///a", [])
    assert [one.failed for one in runs_of(tmp_path, "local", "firm")] == [(), ()]
