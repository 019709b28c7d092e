"""What is worth knowing in a running call: on written calls with three firms, without a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING, Any

import pytest

from agents.copilot.desk import Desk
from agents.copilot.result import Turn
from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.search import Search
from ingestion.sync import sync_folder
from tests.integration.sample_knowledge import CARRIER, PAPERS
from tests.proofs import takes_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.result import Note

pytest_plugins = ("tests.integration.sample_knowledge",)

DATA = Path(__file__).parents[1] / "data"
ON_SAMPLES_AT_LEAST, ON_FREIGHT_AT_LEAST = (0.73, 0.53), (0.75, 0.5)
"""Share of the calls that touch the papers which get a note, and a note from the right paper: one call less
than measured."""


@pytest.fixture
def desk(sample_index: Path) -> Desk:
    embedder = default_embedder()
    return Desk(Search(EmbeddedIndex(sample_index), embedder), embedder)


@pytest.fixture
def freight_desk(carrier_index: Path) -> Desk:
    embedder = default_embedder()
    return Desk(Search(EmbeddedIndex(carrier_index), embedder), embedder)


@pytest.fixture
def freight_guide_desk(tmp_path: Path) -> Desk:
    """Of the carrier's papers only the one on objections, which takes a second to read instead of twenty."""
    (tmp_path / "papers").mkdir()
    copy(PAPERS / CARRIER / "documents" / "objections.md", tmp_path / "papers")
    embedder, index = default_embedder(), EmbeddedIndex(tmp_path / "guide.sqlite")
    sync_folder(tmp_path / "papers", CARRIER, index, embedder)
    return Desk(Search(index, embedder), embedder)


@dataclass(frozen=True)
class Heard:
    """A written call and what came up in it."""

    call: dict[str, Any]
    notes: tuple[Note, ...]

    @property
    def found(self) -> bool:
        return any(source.document in self.call["gold"] for note in self.notes for source in note.citations)


async def listened_to(desk: Desk, name: str) -> list[Heard]:
    heard = []
    for line in (DATA / "copilot" / name).read_text("utf-8").splitlines():
        call = json.loads(line)
        turns = [Turn(turn["role"], turn["text"]) for turn in call["turns"]]
        heard.append(Heard(call, (await desk.hints(turns, collection=call["firm"])).notes))
    return heard


def assert_quiet_in_small_talk(heard: Sequence[Heard]) -> None:
    assert [(one.call["id"], one.notes) for one in heard if not one.call["worth"] and one.notes] == []


def assert_notes_where_documented(heard: Sequence[Heard], noted: float, right: float) -> None:
    worth = [one for one in heard if one.call["worth"]]
    got_a_note = sum(bool(one.notes) for one in worth) / len(worth)
    got_the_right_one = sum(one.found for one in worth) / len(worth)
    print(f"\n{got_a_note:.2f} got a note, {got_the_right_one:.2f} one from the right paper")
    assert got_a_note >= noted
    assert got_the_right_one >= right
    for one in worth:
        assert len(one.notes) <= 3
        assert all(note.citations for note in one.notes)


async def test_calls_with_the_sample_firms(desk: Desk) -> None:
    heard = await listened_to(desk, "hints.jsonl")
    assert_quiet_in_small_talk(heard)
    assert_notes_where_documented(heard, *ON_SAMPLES_AT_LEAST)


@pytest.mark.prove
@takes_long
async def test_calls_with_a_carrier(freight_desk: Desk) -> None:
    heard = await listened_to(freight_desk, "hints_freight.jsonl")
    assert_quiet_in_small_talk(heard)
    assert_notes_where_documented(heard, *ON_FREIGHT_AT_LEAST)


@pytest.mark.parametrize(
    ("firm", "customer", "says"),
    [
        ("northgate", "I already have an adviser, thanks.", "Nothing in a Second Look asks anyone to leave"),
        ("northgate", "I'm not interested.", "Believe it the second time"),
        ("loomstack", "It's too expensive for us.", "Compared with what?"),
        ("loomstack", "IT will never allow it.", "Find out which part"),
    ],
)
async def test_an_objection_brings_up_what_the_guide_answers(
    desk: Desk, firm: str, customer: str, says: str
) -> None:
    note, *_ = (await desk.hints([Turn("customer", customer)], collection=firm)).notes
    assert says in note.text
    assert {source.document for source in note.citations} == {"objection-guide.md"}


async def test_an_objection_is_found_where_the_guide_has_no_headings(freight_guide_desk: Desk) -> None:
    call = [Turn("customer", "Your fuel surcharge is a swindle.")]
    note, *_ = (await freight_guide_desk.hints(call)).notes
    assert note.text.startswith("It moves with the published diesel price")


async def test_a_price_the_customer_names_finds_its_row(desk: Desk) -> None:
    call = [Turn("customer", "Honestly £24 a user sounds expensive for us.")]
    note, *_ = (await desk.hints(call, collection="loomstack")).notes
    assert note.text.startswith("Loomstack Flow: Price: £24 per user a month")


async def test_a_rival_the_customer_names_is_still_looked_up_after_go_on(desk: Desk) -> None:
    call = [
        Turn("customer", "PaperTrail came in last week."),
        Turn("rep", "I see."),
        Turn("customer", "Well?"),
    ]
    note, *_ = (await desk.hints(call, collection="loomstack")).notes
    assert {source.document for source in note.citations} == {"competitor-notes.md"}


async def test_what_was_said_last_comes_first(desk: Desk) -> None:
    call = [
        Turn("customer", "Is our data kept in the UK?"),
        Turn("rep", "It is."),
        Turn("customer", "And how much is Flow Plus per user?"),
    ]
    notes = (await desk.hints(call, collection="loomstack")).notes
    assert "Flow Plus" in notes[0].text
    assert any("UK" in note.text for note in notes[1:])


async def test_no_more_than_four_searches_are_made(desk: Desk) -> None:
    long = "What does Flow cost? Where is the data? Who signs? How long is the pilot? What about Sage 200?"
    found = await desk.hints(
        [Turn("customer", long), Turn("rep", "One by one."), Turn("customer", long)], collection="loomstack"
    )
    assert 1 <= len(found.queries) <= 4
