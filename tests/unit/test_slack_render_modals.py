"""The forms fit Slack, offer what there is, and take nothing that they did not offer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Spoken
from bot.shown.customers import customers, wished
from bot.slack.modals import (
    ask_modal,
    persona_options,
    read_ask,
    read_retry,
    read_start,
    retry_modal,
    start_modal,
)
from tests.fakes.slack import limits
from tests.unit.hostile_text import TEXT

Json = dict[str, Any]
HELEN = {
    "id": "helen-marsh",
    "name": "Helen Marsh",
    "role": "Retired headteacher",
    "company": "Private investor, Ilkley",
    "call_type": "cold_call",
    "industry": "retail investing",
    "summary": "Came to an evening talk and left a reply card.",
}
KENJI = HELEN | {
    "id": "kenji-watanabe",
    "name": "Kenji Watanabe",
    "call_type": "demo",
    "industry": "software",
}
CARDS = [HELEN, KENJI]
CARD = st.fixed_dictionaries(
    dict.fromkeys(HELEN, TEXT) | {"id": st.from_regex(r"[a-z0-9]{1,60}", fullmatch=True)}
)
SPOKEN = st.builds(
    Spoken, n=st.integers(1, 999), speaker=st.sampled_from(("rep", "customer")), text=TEXT, ms=st.just(0)
)
SOME = settings(max_examples=40, deadline=None)


def blocks(view: Json) -> dict[str, Json]:
    """The elements of the inputs, by block id."""
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def came_back(view: Json, **chosen: str) -> Json:
    """The form as Slack sends it: a value by block id, an option or words."""
    values: Json = {}
    for block, element in blocks(view).items():
        if block in chosen:
            wrote = element["type"] == "plain_text_input"
            value = {"value": chosen[block]} if wrote else {"selected_option": {"value": chosen[block]}}
            values[block] = {element["action_id"]: {"type": element["type"], **value}}
    return view | {"state": {"values": values}}


def names(answer: Json) -> list[str]:
    groups = answer.get("option_groups", [{"options": answer.get("options", [])}])
    return [option["text"]["text"] for group in groups for option in group["options"]]


# --- the form that starts a call


def test_a_call_is_normal_and_private_unless_she_chooses_otherwise() -> None:
    view = start_modal()
    inputs = blocks(view)
    assert limits.view_problems(view) == []
    assert (view["callback_id"], view["title"]["text"]) == ("salesmate_start", "Start a call")
    assert inputs["difficulty"]["initial_option"]["value"] == "normal"
    assert inputs["visibility"]["initial_option"]["value"] == "private"
    assert (inputs["customer"]["type"], inputs["customer"]["min_query_length"]) == ("external_select", 0)
    assert "initial_option" not in inputs["customer"]


def test_a_customer_named_beforehand_is_picked_and_told_of() -> None:
    view = start_modal(HELEN)
    assert blocks(view)["customer"]["initial_option"]["value"] == "helen-marsh"
    assert HELEN["summary"] in json.dumps(view)
    read = read_start(came_back(view))
    assert read.data == {"persona": "helen-marsh", "difficulty": "normal", "visibility": "private"}


def test_what_she_chooses_counts() -> None:
    view = came_back(start_modal(HELEN), customer="kenji-watanabe", difficulty="easy", visibility="manager")
    assert read_start(view).data == {
        "persona": "kenji-watanabe",
        "difficulty": "easy",
        "visibility": "manager",
    }


def test_a_call_needs_a_customer() -> None:
    read = read_start(came_back(start_modal()))
    assert (read.data, list(read.errors)) == ({}, ["customer"])


@pytest.mark.parametrize("forged", ["../../etc/passwd", "helen marsh", "'; drop table", "x" * 200, "<!here>"])
def test_a_customer_who_was_never_offered_is_none(forged: str) -> None:
    assert read_start(came_back(start_modal(), customer=forged)).errors


def test_a_choice_that_was_never_offered_is_the_careful_one() -> None:
    view = came_back(start_modal(HELEN), difficulty="impossible", visibility="everybody")
    assert read_start(view).data == {
        "persona": "helen-marsh",
        "difficulty": "normal",
        "visibility": "private",
    }


@pytest.mark.parametrize(
    "view", [{}, {"state": {}}, {"state": None, "blocks": None}, {"private_metadata": "["}]
)
def test_an_empty_form_is_an_error_and_no_crash(view: Json) -> None:
    assert read_start(view).errors
    assert read_ask(view).errors
    assert read_retry(view).errors


@SOME
@given(CARD, TEXT)
def test_it_fits_slack_whatever_the_customer_is_called(card: Json, note: str) -> None:
    view = start_modal(card, note)
    assert [p for p in limits.view_problems(view) if "/blocks" in p or "title" in p] == []
    assert limits.options_problems(persona_options("", [card])) == []


# --- finding a customer


@pytest.mark.parametrize(
    "query", ["helen", "MARSH", "mar hel", "ilkley", "retail", "cold call", "headteacher"]
)
def test_a_customer_is_found_by_any_word_of_her(query: str) -> None:
    both = {"ilkley", "headteacher"}
    assert names(persona_options(query, CARDS))[0] == "Helen Marsh"
    assert ("Kenji Watanabe" in names(persona_options(query, CARDS))) == (query in both)


def test_before_she_types_all_are_there_by_kind_of_call() -> None:
    answer = persona_options("", CARDS)
    assert [group["label"]["text"] for group in answer["option_groups"]] == ["Cold call", "Demo"]
    assert limits.options_problems(answer) == []


def test_nobody_found_is_an_empty_list() -> None:
    assert persona_options("zork", CARDS) == {"options": []}


def test_a_hundred_customers_at_most() -> None:
    many = [HELEN | {"id": f"helen-{n}"} for n in range(150)]
    assert len(names(persona_options("", many))) == len(names(persona_options("helen", many))) == 100


@pytest.mark.parametrize("wish", ["helen-marsh", "Helen Marsh", " helen ", "MARSH"])
def test_a_wish_names_one_customer(wish: str) -> None:
    assert wished(wish, CARDS) == HELEN


@pytest.mark.parametrize("wish", ["", "zork", "<!here>"])
def test_a_wish_for_nobody_or_for_several_names_none(wish: str) -> None:
    assert wished(wish, CARDS) is None
    assert wished("helen", [HELEN, HELEN | {"id": "helen-two"}]) is None


def test_a_note_stands_above_the_form() -> None:
    view = start_modal(note="There is no customer called “<!here>”.")
    assert "no customer called" in view["blocks"][0]["text"]["text"]
    assert "<!here>" not in json.dumps(view)


def test_every_shipped_customer_can_be_called() -> None:
    assert {"helen-marsh", "kenji-watanabe"} <= {card["id"] for card in customers()}


# --- asking, trying again


def test_a_question_knows_its_call() -> None:
    view = ask_modal("rp1")
    assert limits.view_problems(view) == []
    assert read_ask(came_back(view, question=" What does it cost? ")).data == {
        "text": "What does it cost?",
        "roleplay": "rp1",
    }
    assert read_ask(came_back(view, question="  ")).errors
    assert read_ask(came_back(ask_modal(), question="Why?")).data["roleplay"] == ""


def test_the_turns_to_try_again_from_are_her_own() -> None:
    turns = [Spoken(1, "customer", "Hello?", 0), Spoken(2, "rep", "Hi.", 0), Spoken(4, "rep", "Well …", 0)]
    view = retry_modal("rp1", turns)
    assert [option["text"]["text"] for option in blocks(view)["turn"]["options"]] == ["2: Hi.", "4: Well …"]
    assert view["blocks"][0]["label"]["text"] == "From which of your turns"
    assert read_retry(came_back(view)).data == {"roleplay": "rp1", "turn": 4}
    assert read_retry(came_back(view, turn="2")).data == {"roleplay": "rp1", "turn": 2}
    assert read_retry(came_back(view, turn="4; drop")).errors


def test_a_call_in_which_she_said_nothing_cannot_be_tried_again_from_a_turn() -> None:
    view = retry_modal("rp1", [Spoken(1, "customer", "Hello?", 0)])
    assert limits.view_problems(view) == []
    assert "submit" not in view


@pytest.mark.parametrize("metadata", ["", "null", "[1]", "{", '{"roleplay": 7}', '{"roleplay": "a b; drop"}'])
def test_forged_metadata_names_no_call(metadata: str) -> None:
    view = came_back(ask_modal("rp1"), question="Why?") | {"private_metadata": metadata}
    assert read_ask(view).data["roleplay"] == ""


@SOME
@given(st.lists(SPOKEN, max_size=150))
def test_it_fits_slack_whatever_was_said(turns: list[Spoken]) -> None:
    view = retry_modal("rp1", list({turn.n: turn for turn in turns}.values()))
    assert limits.view_problems(view) == []
    assert not limits.too_large(view)
