"""`salesmate ingest` as people and scripts use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.machine import Machine
from tests.e2e.papers import hits, last_line, write

NOTHING = {"documents": 0, "chunks": 0, "unchanged": 0, "removed": 0, "failed": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(
        tmp_path / "Price Lists",
        fees="The exit fee of the Harbour plan is £10.",
        staff="Ada Winterbourne answers for the Leeds office.",
    )


def test_a_folder_is_read_and_found(machine: Machine, folder: Path) -> None:
    ran = machine.run("ingest", str(folder), "--json")
    assert (ran.code, last_line(ran)) == (0, NOTHING | {"documents": 2, "chunks": 2})
    (best, *_) = hits(machine, "exit fee of the Harbour plan", "--collection", "price-lists")
    assert (best["document"], best["title"], best["page"]) == ("fees.md", "About fees", 1)
    assert best["uri"] == (folder / "fees.md").as_uri()
    assert "£10" in best["text"]
    assert last_line(machine.run("ingest", str(folder), "--json")) == NOTHING | {"unchanged": 2}


def test_a_bad_file_is_named_the_rest_is_read_and_the_exit_code_says_so(
    machine: Machine, folder: Path
) -> None:
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    ran = machine.run("ingest", str(folder), "--json")
    said = last_line(ran)
    assert (ran.code, said["documents"]) == (1, 2)
    assert [failure["file"] for failure in said["failed"]] == ["torn.pdf"]
    for_people = machine.run("ingest", str(folder))
    assert for_people.code == 1
    assert said["failed"][0]["reason"] in for_people.text
    assert said["failed"][0]["reason"] in machine.run("ingest", "status").text
    (folder / "torn.pdf").unlink()
    assert machine.run("ingest", str(folder)).code == 0
    assert "torn.pdf" not in machine.run("ingest", "status").text


def test_a_source_that_does_not_exist_keeps_no_other_from_being_read(machine: Machine, folder: Path) -> None:
    ran = machine.run("ingest", "no/such/folder", str(folder), "--json")
    said = last_line(ran)
    assert (ran.code, said["documents"]) == (1, 2)
    assert [failure["file"] for failure in said["failed"]] == ["no/such/folder"]


def test_a_dry_run_tells_and_touches_nothing(machine: Machine, folder: Path) -> None:
    before = sorted(machine.home.iterdir())
    ran = machine.run("ingest", str(folder), "--dry-run")
    assert ran.code == 0
    assert "+ fees.md" in ran.text
    assert last_line(machine.run("ingest", str(folder), "--dry-run", "--json"))["documents"] == 2
    assert sorted(machine.home.iterdir()) == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "SOURCE"),
        (("--json",), "SOURCE"),
        ((".", "--collection", "Price Lists"), "small letters, digits"),
        ((".", "--workspace", "../x"), "small letters, digits"),
        ((".", "--audience", "a,b"), "comma"),
        ((".", "--audience", "everybody", "--audience", "sales"), "everybody"),
        (("remove",), "--collection NAME"),
        ((".", "--no-such-option"), "--no-such-option"),
    ],
)
def test_misuse_is_told_apart_from_failure(shared_machine: Machine, args: tuple[str, ...], said: str) -> None:
    ran = shared_machine.run("ingest", *args)
    assert (ran.code, ran.out) == (2, b"")
    assert said in ran.complaint


def test_what_only_some_may_read_stays_theirs(machine: Machine, folder: Path) -> None:
    machine.run("ingest", str(folder), "--collection", "firm", "--audience", "managers")
    write(folder, fees="The exit fee of the Harbour plan is £25.")
    machine.run("ingest", str(folder), "--collection", "firm")
    assert hits(machine, "exit fee", "--collection", "firm", "--audience", "sales") == []
    assert len(hits(machine, "exit fee", "--collection", "firm", "--audience", "managers")) == 2
    machine.run("ingest", str(folder), "--collection", "firm", "--audience", "everybody")
    assert len(hits(machine, "exit fee", "--collection", "firm", "--audience", "sales")) == 2


def test_the_status_tells_collections_documents_and_when(machine: Machine, folder: Path) -> None:
    assert "salesmate ingest FOLDER" in machine.run("ingest", "status").text
    machine.run("ingest", str(folder))
    whole = last_line(machine.run("ingest", "status", "--json"))
    assert whole["index"]["kind"] == "embedded"
    assert whole["index"]["bytes"] > 0
    (collection,) = whole["collections"]
    assert (collection["collection"], collection["documents"], collection["pages"]) == ("price-lists", 2, 2)
    one = last_line(machine.run("ingest", "status", "--collection", "price-lists", "--json"))
    assert [document["document"] for document in one["collections"][0]["files"]] == ["fees.md", "staff.md"]
    assert "About staff" in machine.run("ingest", "status", "--collection", "price-lists").text
    unknown = machine.run("ingest", "status", "--collection", "prices")
    assert unknown.code == 1
    assert "price-lists" in unknown.complaint


def test_what_is_removed_is_not_found_again(machine: Machine, folder: Path) -> None:
    machine.run("ingest", str(folder), "--collection", "firm")
    misspelt = machine.run("ingest", "remove", "fee.md")
    assert misspelt.code == 1
    assert "Did you mean 'fees.md'?" in misspelt.complaint
    assert last_line(machine.run("ingest", "remove", "fees.md", "--json")) == NOTHING | {"removed": 1}
    assert [hit["document"] for hit in hits(machine, "exit fee", "--collection", "firm")] == ["staff.md"]
    assert last_line(machine.run("ingest", str(folder), "--collection", "firm", "--json"))["documents"] == 1
    assert last_line(machine.run("ingest", "remove", "--collection", "firm", "--json"))["removed"] == 2
    assert machine.run("search", "exit fee", "--collection", "firm").code == 1


def test_a_workspace_has_documents_of_its_own(machine: Machine, folder: Path) -> None:
    machine.run("ingest", str(folder), "--workspace", "team-a")
    assert last_line(machine.run("ingest", "status", "--json"))["collections"] == []
    assert (
        len(last_line(machine.run("ingest", "status", "--workspace", "team-a", "--json"))["collections"]) == 1
    )


def test_a_folder_called_like_a_command_is_read_by_its_path(machine: Machine, tmp_path: Path) -> None:
    write(tmp_path / "status", fees="The exit fee is £10.")
    ran = machine.run("ingest", f"{tmp_path}/status", "--json")
    assert last_line(ran)["documents"] == 1
    assert last_line(machine.run("ingest", "status", "--json"))["collections"][0]["collection"] == "status"


def test_one_folder_is_one_source_however_it_is_spelt(machine: Machine, folder: Path) -> None:
    machine.run("ingest", str(folder))
    for spelling in (f"{folder}/", f"{folder}/.", f"{folder}/../{folder.name}", folder.as_uri()):
        assert last_line(machine.run("ingest", spelling, "--json")) == NOTHING | {"unchanged": 2}


def test_a_file_name_cannot_steer_the_terminal(machine: Machine, folder: Path) -> None:
    write(folder, **{"\x1b[31mred\x07": "A fee."})
    (folder / "\x1b[2Jgone.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    for args in ((str(folder), "--dry-run"), (str(folder),), ("status", "--collection", "price-lists")):
        ran = machine.run("ingest", *args)
        assert b"\x1b" not in ran.out + ran.err
        assert b"\x07" not in ran.out + ran.err
