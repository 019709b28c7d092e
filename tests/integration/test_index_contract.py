"""What every index does, whoever keeps it: the embedded file, Weaviate's double, a real Weaviate."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.index.protocol import EVERYTHING, Hit, Index, Scope
from ingestion.settings import Settings
from tests.integration.weaviate_backends import BACKENDS, EMBEDDER, OpenIndex, opening, paper, server_of


@pytest.fixture(scope="module", params=BACKENDS)
def server(request: pytest.FixtureRequest) -> Iterator[Settings | None]:
    with server_of(request.param) as settings:
        yield settings


@pytest.fixture
def open_one(server: Settings | None, tmp_path: Path) -> Iterator[OpenIndex]:
    with opening(server or Settings(home=tmp_path)) as open_one:
        yield open_one


@pytest.fixture
def index(open_one: OpenIndex) -> Index:
    return open_one("acme")


def search(
    index: Index, words: str, k: int = 5, alpha: float = 0.5, scope: Scope = EVERYTHING
) -> tuple[Hit, ...]:
    return index.search(words, EMBEDDER.embed([words]), k=k, alpha=alpha, scope=scope)


def texts(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.text for hit in hits]


def test_a_new_index_is_empty(index: Index) -> None:
    assert index.collections() == ()
    assert dict(index.documents("firm")) == {}
    assert search(index, "exit fee") == ()
    assert index.neighbours(()) == ()


def test_a_document_is_known_by_name_as_it_was_put_in(index: Index) -> None:
    fees = paper("fees.md", "The exit fee is £10.", "Transfers are free.", audience=("sales", "service"))
    fees.into(index)
    assert dict(index.documents("firm")) == {"fees.md": fees.entry}
    assert dict(index.documents("other")) == {}


def test_a_hit_says_where_it_stands(index: Index) -> None:
    fees = paper("fees.md", "Transfers are free.", "The exit fee is £10.")
    fees.into(index)
    best = search(index, "exit fee")[0]
    assert best.text == "The exit fee is £10."
    assert (best.document, best.title, best.page, best.heading) == ("fees.md", "Fees", 2, "Fees > Exit")
    assert (best.uri, best.collection, best.dated) == (fees.entry.uri, "firm", fees.entry.dated)
    assert (best.document_id, best.ordinal) == (fees.entry.id, 1)
    assert best.score == 1


def test_a_changed_document_takes_the_place_of_the_old_one(index: Index) -> None:
    paper("fees.md", "The exit fee is £10.", "An old second page.").into(index)
    changed = paper("fees.md", "The exit fee is £25.", digest="d2")
    changed.into(index)
    assert texts(search(index, "exit fee page")) == ["The exit fee is £25."]
    assert index.documents("firm")["fees.md"] == changed.entry


def test_a_new_title_or_audience_takes_effect_though_the_text_is_the_same(index: Index) -> None:
    paper("fees.md", "The exit fee is £10.").into(index)
    paper("fees.md", "The exit fee is £10.", title="Charges", audience=("sales",)).into(index)
    (hit,) = search(index, "exit fee")
    assert hit.title == "Charges"
    assert search(index, "exit fee", scope=Scope(audiences=frozenset())) == ()


def test_the_same_document_again_changes_nothing(index: Index) -> None:
    fees = paper("fees.md", "The exit fee is £10.", "Transfers are free.")
    fees.into(index)
    before = search(index, "exit fee")
    fees.into(index)
    assert search(index, "exit fee") == before


def test_a_removed_document_is_gone_and_removing_it_again_is_no_error(index: Index) -> None:
    fees = paper("fees.md", "The exit fee is £10.")
    fees.into(index)
    paper("staff.md", "Ada sits in Leeds.").into(index)
    index.remove(fees.entry.id)
    index.remove(fees.entry.id)
    assert set(index.documents("firm")) == {"staff.md"}
    assert "The exit fee is £10." not in texts(search(index, "exit fee"))


def test_a_document_without_chunks_is_known_and_never_found(index: Index) -> None:
    paper("empty.md").into(index)
    assert index.documents("firm")["empty.md"].chunks == 0
    assert search(index, "fees") == ()


def test_collections_are_sorted_and_searched_alone(index: Index) -> None:
    paper("fees.md", "The exit fee is £99.", collection="zenith").into(index)
    paper("fees.md", "The exit fee is £10.", collection="firm").into(index)
    assert index.collections() == ("firm", "zenith")
    assert texts(search(index, "exit fee", scope=Scope("firm"))) == ["The exit fee is £10."]
    assert len(search(index, "exit fee")) == 2
    assert search(index, "exit fee", scope=Scope("fir")) == ()


@pytest.mark.parametrize(
    ("groups", "seen"),
    [
        (None, {"open", "sales", "both"}),
        (frozenset({"sales"}), {"open", "sales", "both"}),
        (frozenset({"service"}), {"open", "both"}),
        (frozenset({"SALES", "ale", " sales", "sales "}), {"open"}),
        (frozenset(), {"open"}),
    ],
)
def test_a_reader_sees_what_is_open_and_what_is_for_their_groups(
    index: Index, groups: frozenset[str] | None, seen: set[str]
) -> None:
    paper("open", "The exit fee, open to all.").into(index)
    paper("sales", "The exit fee, for sales.", audience=("sales",)).into(index)
    paper("both", "The exit fee, for two.", audience=("service", "sales")).into(index)
    hits = search(index, "exit fee", scope=Scope(audiences=groups))
    assert {hit.document for hit in hits} == seen


def test_a_search_can_be_kept_to_several_collections(index: Index) -> None:
    for name in ("firm", "samples", "zenith"):
        paper("fees.md", f"The exit fee of {name}.", collection=name).into(index)
    two = Scope(collections=frozenset({"firm", "zenith"}))
    assert sorted(texts(search(index, "exit fee", scope=two))) == [
        "The exit fee of firm.",
        "The exit fee of zenith.",
    ]
    assert search(index, "exit fee", scope=Scope(collections=frozenset())) == ()
    assert search(index, "exit fee", scope=Scope("samples", collections=frozenset({"firm"}))) == ()


def test_a_search_can_be_kept_to_some_documents(index: Index) -> None:
    one, two = (paper(name, f"The exit fee of {name}.") for name in ("one", "two"))
    one.into(index)
    two.into(index)
    scope = Scope(documents=frozenset({two.entry.id}))
    assert texts(search(index, "exit fee", scope=scope)) == ["The exit fee of two."]
    assert search(index, "exit fee", scope=Scope(documents=frozenset())) == ()
    assert search(index, "exit fee", scope=Scope("other", documents=frozenset({two.entry.id}))) == ()


def test_the_scope_is_part_of_the_question_and_not_a_filter_after_it(index: Index) -> None:
    paper("many", *(f"The exit fee is the exit fee, number {n}." for n in range(150))).into(index)
    paper("one", "A long page that has the word fee once among many others.", collection="small").into(index)
    for alpha in (0.0, 0.5, 1.0):
        hits = search(index, "exit fee", k=1, alpha=alpha, scope=Scope("small"))
        assert [hit.document for hit in hits] == ["one"]


def test_neighbours_are_the_chunks_beside_a_hit_once_each(index: Index) -> None:
    paper("fees.md", "zero", "one", "two", "three", "four").into(index)
    paper("other.md", "nought", "eins").into(index)
    hits = {hit.text: hit for hit in search(index, "zero one two three four nought eins", k=20, alpha=1)}
    assert texts(index.neighbours([hits["zero"]])) == ["one"]
    beside = index.neighbours([hits["two"], hits["three"], hits["eins"]])
    assert texts(beside) == ["one", "four", "nought"]
    assert {hit.score for hit in beside} == {0}


def test_a_hit_that_was_replaced_since_has_no_neighbours(index: Index) -> None:
    paper("fees.md", "zero", "one", "two").into(index)
    (hit,) = search(index, "one", k=1)
    paper("fees.md", "zero", "eins", "two", digest="d2").into(index)
    assert index.neighbours([hit]) == ()
    index.remove(hit.document_id)
    assert index.neighbours([hit]) == ()


def test_workspaces_see_nothing_of_each_other(open_one: OpenIndex) -> None:
    acme, other = open_one("Acme & Söhne"), open_one("acme & söhne")
    paper("fees.md", "The exit fee is £10.").into(acme)
    assert search(other, "exit fee") == ()
    assert other.collections() == ()
    other.remove(paper("fees.md").entry.id)
    assert len(search(acme, "exit fee")) == 1


def test_ids_and_scores_are_the_same_in_every_index_of_the_same_documents(open_one: OpenIndex) -> None:
    found = []
    for workspace in ("one", "two"):
        index = open_one(workspace)
        for name in ("fees.md", "staff.md") if workspace == "one" else ("staff.md", "fees.md"):
            paper(name, f"The exit fee in {name}.", "Ada sits in Leeds.").into(index)
        found.append([(hit.chunk, hit.score) for hit in search(index, "exit fee Leeds")])
    assert found[0] == found[1]
    assert len(found[0]) == 4


def test_any_script_is_kept_and_found(index: Index) -> None:
    odd = "Die Gebühr beträgt 10 €; 手数料は無料です。 «Ёлка» 🎄 \"quoted\" \\ ' ' \t tab"
    paper("ünïcode 名.md", odd, title="Gebühren «neu»", collection="größe & co").into(index)
    (hit,) = search(index, "gebühr", scope=Scope("größe & co"))
    assert hit.text == odd
    assert hit.document == "ünïcode 名.md"
    assert search(index, "ёлка", alpha=0)[0].score == 1


@pytest.mark.parametrize("words", ["", "???", " \n"])
def test_a_question_without_a_word_is_answered_by_meaning_alone(index: Index, words: str) -> None:
    paper("fees.md", "The exit fee is £10.", "Transfers are free.").into(index)
    vector = EMBEDDER.embed(["exit fee"])
    by_meaning = index.search(words, vector, k=5, alpha=0.25)
    assert texts(by_meaning)[0] == "The exit fee is £10."
    assert [hit.score for hit in by_meaning] == [0.25, 0]
    assert index.search(words, vector, k=5, alpha=0) == ()


def test_a_word_said_twice_counts_once_and_operators_are_words(index: Index) -> None:
    paper("fees.md", "The exit fee is £10.", "Leeds and Leeds again, no fee.").into(index)
    vector = EMBEDDER.embed(["fee"])
    once = index.search("exit Leeds fee", vector, k=5, alpha=0)
    assert index.search("exit Leeds Leeds leeds fee", vector, k=5, alpha=0) == once
    assert len(index.search('exit" OR (NEAR * fee^2 -- "; {}', vector, k=5, alpha=0)) == 2


def test_no_more_hits_come_back_than_asked_for(index: Index) -> None:
    paper("many", *(f"The exit fee, number {n}." for n in range(130))).into(index)
    assert [len(search(index, "exit fee", k=k)) for k in (1, 7, 120, 200)] == [1, 7, 120, 130]


EDITIONS = 6
SECTIONS = 12


def edition(number: int) -> tuple[str, ...]:
    return tuple(f"Edition {number} says in part {part} that the fee is due." for part in range(SECTIONS))


def test_a_reader_never_sees_half_a_document_or_two_of_its_editions(open_one: OpenIndex) -> None:
    writer = open_one("acme")
    paper("fees.md", *edition(0)).into(writer)
    done, seen, errors = threading.Event(), set[frozenset[str]](), list[BaseException]()

    def read() -> None:
        try:
            index = open_one("acme")
            while not done.is_set():
                hits = search(index, "edition fee due", k=50)
                assert len(hits) == SECTIONS
                seen.add(frozenset(hit.text.split()[1] for hit in hits))
        except BaseException as error:  # a thread's failure is the test's failure
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, EDITIONS):
        paper("fees.md", *edition(number), digest=f"d{number}").into(writer)
    done.set()
    for reader in readers:
        reader.join()
    assert not errors
    assert seen
    assert all(len(editions) == 1 for editions in seen)
    assert {hit.text.split()[1] for hit in search(writer, "edition fee")} == {str(EDITIONS - 1)}


def test_a_reader_never_sees_half_of_a_document_that_comes_and_goes(open_one: OpenIndex) -> None:
    writer = open_one("acme")
    fees = paper("fees.md", *edition(1))
    done, seen, errors = threading.Event(), set[int](), list[BaseException]()

    def read() -> None:
        try:
            index = open_one("acme")
            while not done.is_set():
                seen.add(len(search(index, "edition fee due", k=50)))
        except BaseException as error:  # a thread's failure is the test's failure
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(EDITIONS):
        fees.into(writer)
        writer.remove(fees.entry.id)
    done.set()
    reader.join()
    assert not errors
    assert seen <= {0, SECTIONS}


def test_two_writers_at_once_leave_one_whole_document(open_one: OpenIndex) -> None:
    errors: list[BaseException] = []

    def write(which: int) -> None:
        try:
            index = open_one("acme")
            for round_ in range(4):
                number = 10 * which + round_
                paper("fees.md", *edition(number), digest=f"d{number}").into(index)
                paper(f"own {which}.md", f"Paper {number} of writer {which}.").into(index)
        except BaseException as error:  # a thread's failure is the test's failure
            errors.append(error)

    writers = [threading.Thread(target=write, args=(which,)) for which in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not errors
    index = open_one("acme")
    hits = search(
        index, "edition says part fee", k=50, scope=Scope(documents=frozenset({paper("fees.md").entry.id}))
    )
    assert len(hits) == SECTIONS
    (number,) = {hit.text.split()[1] for hit in hits}
    assert index.documents("firm")["fees.md"].digest == f"d{number}"
    assert set(index.documents("firm")) == {"fees.md", "own 1.md", "own 2.md"}
