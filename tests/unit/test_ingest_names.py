"""What collections are called, and that no document of one source overwrites one of another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingestion.index.protocol import IndexedDocument
from ingestion.naming import (
    NAME,
    InvalidNameError,
    checked_group,
    checked_name,
    default_collection,
    names_of,
    safe,
)
from ingestion.sources import Found


def document(name: str, uri: str, source: str) -> IndexedDocument:
    return IndexedDocument(f"id of {uri}", "firm", name, name, uri, "digest", None, (), source)


def found(*addresses: str, below: str) -> list[Found]:
    return [Found(one.removeprefix(f"{below}/"), one, 1) for one in addresses]


@pytest.mark.parametrize(
    ("address", "one_file", "name"),
    [
        ("file:///srv/Price%20Lists%202026", False, "price-lists-2026"),
        ("file:///srv/handbook/fees.pdf", True, "handbook"),
        ("file:///srv/Verträge", False, "vertrage"),
        ("gs://firm-papers", False, "firm-papers"),
        ("s3://bucket/sales/northgate", False, "northgate"),
        ("https://docs.example.com/fees.html", True, "docs-example-com"),
        ("zip://::file:///srv/papers.zip", False, "papers"),
    ],
)
def test_a_collection_is_called_as_the_folder(address: str, one_file: bool, name: str) -> None:  # noqa: FBT001
    assert default_collection(address, one_file=one_file) == name


def test_a_folder_that_gives_no_name_asks_for_one() -> None:
    with pytest.raises(InvalidNameError, match="--collection"):
        default_collection("file:///srv/合同", one_file=False)


@given(st.text(max_size=80))
def test_a_name_made_safe_is_a_name_or_nothing(text: str) -> None:
    made = safe(text)
    assert not made or NAME.fullmatch(made)


@pytest.mark.parametrize("name", ["", "Fees", "a b", "../etc", "-x", "x" * 65, "a/b", "fees\n", "É"])
def test_a_bad_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InvalidNameError, match="small letters, digits"):
        checked_name(name, "collection")


@pytest.mark.parametrize("group", ["", " ", "a,b", "x" * 101, "a\x1b[0m"])
def test_a_bad_group_is_refused(group: str) -> None:
    with pytest.raises(InvalidNameError, match="group"):
        checked_group(group)


def test_new_files_are_called_as_they_are() -> None:
    files = found("gs://b/fees.md", "gs://b/sub/fees.md", below="gs://b")
    named, said = names_of(files, {}, "gs://b")
    assert [name for name, _ in named] == ["fees.md", "sub/fees.md"]
    assert said == []


def test_a_file_of_another_source_with_the_same_name_is_told_apart_and_stays_so() -> None:
    north = document("fees.md", "gs://north/fees.md", "gs://north")
    files = found("gs://south/fees.md", below="gs://south")
    [(name, _)], [sentence] = names_of(files, {"fees.md": north}, "gs://south")
    assert name == "south/fees.md"
    assert "another source" in sentence
    known = {"fees.md": north, name: document(name, "gs://south/fees.md", "gs://south")}
    [(again, _)], said = names_of(files, known, "gs://south")
    assert (again, said) == (name, [])
    [(first, _)], said = names_of(found("gs://north/fees.md", below="gs://north"), known, "gs://north")
    assert (first, said) == ("fees.md", [])


def test_three_sources_of_one_folder_name_are_told_apart() -> None:
    known: dict[str, IndexedDocument] = {}
    for bucket in ("a", "b", "c"):
        address = f"gs://{bucket}/papers"
        [(name, file)], _ = names_of(found(f"{address}/fees.md", below=address), known, address)
        assert name not in known
        known[name] = document(name, file.uri, address)
    assert {"fees.md", "papers/fees.md"} < set(known)


def test_a_moved_folder_goes_on_under_its_names(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "fees.md").write_text("x")
    old, new = (tmp_path / "old").as_uri(), (tmp_path / "new").as_uri()
    known = {"fees.md": document("fees.md", f"{old}/fees.md", old)}
    [(name, _)], [sentence] = names_of(found(f"{new}/fees.md", below=new), known, new)
    assert name == "fees.md"
    assert "takes the place" in sentence


def test_a_file_that_two_sources_hold_is_one_document() -> None:
    known = {"a.md": document("a.md", "gs://b/sub/a.md", "gs://b/sub")}
    named, said = names_of(found("gs://b/sub/a.md", below="gs://b"), known, "gs://b")
    assert ([name for name, _ in named], said) == (["a.md"], [])


@example([("gs://a", "f.md"), ("gs://b/x", "f.md"), ("gs://b/x", "x/f.md")])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gs://a", "gs://b", "gs://b/x"]), st.sampled_from(["f.md", "x/f.md", "g.md"])
        ),
        max_size=12,
    )
)
def test_whatever_is_ingested_in_whatever_order_no_two_files_share_a_name(
    steps: list[tuple[str, str]],
) -> None:
    known: dict[str, IndexedDocument] = {}
    for address, name in steps:
        [(chosen, file)], _ = names_of([Found(name, f"{address}/{name}", 1)], known, address)
        before = known.get(chosen)
        assert before is None or before.uri == file.uri
        known[chosen] = document(chosen, file.uri, before.source if before else address)
    assert len({one.uri for one in known.values()}) == len(known)
