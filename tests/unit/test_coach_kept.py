"""What is printed is what was kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from agents.coach.call import CallRecord
from agents.coach.judge import RulesJudge
from agents.coach.kept import call_record, entry_of, scorecard_json
from agents.coach.rubric import rubric_for
from agents.coach.scorecard import score
from agents.customer.acts import Act, RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.difficulty import first_state
from agents.customer.engine import choose, open_call
from agents.customer.state import Difficulty, Standing
from agents.records.entries import Ending, RolePlay, Turn
from tests.unit.made_calls import average_call, excellent_call, helen, played_calls, silent_call

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def printed(call: CallRecord) -> dict[str, Any]:
    card = await score(call, rubric_for(call.persona.call_type), RulesJudge())
    return scorecard_json(entry_of(card))


@given(played_calls())
async def test_a_kept_card_is_json_and_comes_back_the_same(call: CallRecord) -> None:
    card = await printed(call)
    assert json.loads(json.dumps(card)) == card


async def test_the_printed_card_has_what_others_script_against() -> None:
    card = await printed(excellent_call())
    assert {"score", "passed", "measures", "checks", "facts", "feedback"} <= set(card)
    assert all({"id", "met", "turn", "quote"} <= set(check) for check in card["checks"])
    assert set(card["facts"]) == {"opened", "hidden"}
    assert set(card["feedback"]) == {"strength", "fixes"}
    for fix in card["feedback"]["fixes"]:
        assert set(fix) == {"text", "turn", "quote", "say_instead", "would_open"}
    assert card["rubric"] == {"id": "core", "version": "1"}
    assert (card["judge"], card["prompt_hash"], card["persona_version"]) == ("rules", "", helen().version)


async def test_the_debrief_shows_what_was_hidden_with_its_text() -> None:
    card = await printed(average_call())
    assert card["facts"]["opened"] == ["adviser-firm"]
    assert set(card["facts"]["opened"]) | set(card["facts"]["hidden"]) == {fact.id for fact in helen().facts}
    assert card["fact_texts"]["edie"] == helen().fact("edie").text


async def test_each_check_names_its_criterion_and_criteria_add_up() -> None:
    card = await printed(average_call())
    for criterion in card["criteria"]:
        checks = [check for check in card["checks"] if check["criterion"] == criterion["id"]]
        assert criterion["met"] == sum(check["met"] is True for check in checks)
        assert criterion["of"] == sum(check["met"] is not None for check in checks)


async def test_a_call_without_a_word_prints_too() -> None:
    card = await printed(silent_call())
    assert card["score"] == 0
    assert card["measures"]["talk_share"]["band"] == "none"


# --- reading a kept call --------------------------------------------------------------------------------


def roleplay(ending: Ending | None) -> RolePlay:
    return RolePlay(
        id="rp-1",
        person="sam",
        persona_id="helen-marsh",
        persona_version=1,
        persona=helen().model_dump(mode="json"),
        customer="Helen Marsh",
        difficulty="easy",
        seed=7,
        speaker="scripted",
        initial_state=first_state(helen(), Difficulty.EASY, 7).model_dump(mode="json"),
        visibility="private",
        attempt=1,
        parent=None,
        from_turn=None,
        started_at=NOW,
        ended_at=None,
        ending=ending,
    )


def kept(n: int, speaker: str, text: str, state: Any, act: str | None = None, heard: Any = None) -> Turn:
    return Turn(
        n=n,
        speaker="rep" if speaker == "rep" else "customer",
        text=text,
        state=state.model_dump(mode="json"),
        act=act,
        heard=heard.model_dump(mode="json") if heard else None,
        model=None,
        rejected=(),
        ms=0,
        created_at=NOW,
    )


def test_a_kept_call_is_read_with_what_each_turn_brought() -> None:
    question = "What brought you along to the library talk?"
    heard = Appraisal(
        acts=(Heard(act=RepAct.OPEN_QUESTION, confidence=0.9, sentence=question),),
        asked=(("why-card", 0.9),),
        introduced=True,
        empathy=0.9,
    )
    opening = open_call(helen(), Difficulty.EASY, 7)
    told = choose(helen(), opening.state, heard)
    assert told.act is Act.REVEAL
    turns = [
        kept(1, "customer", opening.text, opening.state, "open"),
        kept(2, "rep", question, opening.state),
        kept(3, "customer", "Dorothy wanted company.", told.state, "reveal", heard),
    ]
    call = call_record(roleplay(Ending(by="rep", reason="ended", outcome="no_sale")), helen(), turns)
    assert call.turns[1].heard == heard
    assert call.turns[2].fact == "why-card"
    assert call.opened == ("why-card",)
    assert (call.outcome, call.ended_by) == ("no_sale", "rep")


def test_objections_are_read_from_what_changed() -> None:
    opening = open_call(helen(), Difficulty.EASY, 7).state
    raised = opening.model_copy(update={"objections": {"genuine": Standing.RAISED}})
    met = opening.model_copy(update={"objections": {"genuine": Standing.RESOLVED}})
    turns = [
        kept(1, "customer", "Hello?", opening, "open"),
        kept(2, "rep", "We are regulated.", opening),
        kept(3, "customer", "Says who?", raised, "object", Appraisal()),
        kept(4, "rep", "The register does.", raised),
        kept(5, "customer", "Good.", met, "concede", Appraisal()),
    ]
    call = call_record(roleplay(Ending(by="rep", reason="ended", outcome="no_sale")), helen(), turns)
    assert (call.turns[2].raised, call.turns[4].resolved) == ("genuine", ("genuine",))
    assert call.turns[4].raised is None


def test_a_last_line_that_nobody_answered_was_not_heard_yet() -> None:
    opening = open_call(helen(), Difficulty.EASY, 7)
    turns = [
        kept(1, "customer", opening.text, opening.state, "open"),
        kept(2, "rep", "Hello?", opening.state),
    ]
    call = call_record(roleplay(Ending(by="rep", reason="ended", outcome="no_sale")), helen(), turns)
    assert call.turns[1].heard is None


def test_a_running_call_is_not_scored() -> None:
    with pytest.raises(ValueError, match="still running"):
        call_record(roleplay(None), helen(), [])
