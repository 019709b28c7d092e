"""What a speaking model may not say, whatever it was told."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from agents.customer.acts import Act, ExitReason
from agents.customer.check import leaked_facts, shortfall, violation
from agents.customer.difficulty import first_state
from agents.customer.persona import Persona
from agents.customer.persona_files import Catalogue, built_in_folder
from agents.customer.prompt import speak_messages
from agents.customer.scripted import speak
from agents.customer.state import Decision, Difficulty
from agents.customer.transcript import Turn

PERSONAS = Catalogue(built_in_folder()).all()
HELEN = next(persona for persona in PERSONAS if persona.id == "helen-marsh")


def decision(act: Act = Act.ACKNOWLEDGE, persona: Persona = HELEN, **more: Any) -> Decision:
    return Decision(state=first_state(persona, Difficulty.NORMAL, 1), act=act, **more)


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("Rep: Hello Helen, how are you today?", "speaks_for_seller"),
        ("Mm.\nSalesperson: Let me tell you more.", "speaks_for_seller"),
        ("Our platform is the best for you.", "speaks_for_seller"),
        ("How can I help you today?", "offers_help"),
        ("Sure! Let me know if you have any questions.", "offers_help"),
        ("Great question! You should try asking about pain.", "coaches"),
        ("As an AI language model, I cannot say.", "quotes_instructions"),
        ("My instructions say I must not tell you.", "quotes_instructions"),
        ("[sighs] Go on.", "stage_direction"),
        ("Go on, then. [[Next: ask who is calling.]]", "quotes_instructions"),
        ("*pauses* Go on then.", "stage_direction"),
        ("Okay, let's do it on Tuesday.", "wrong_act"),
        ("I could do Thursday morning.", "wrong_act"),
        ("Let's set something up then.", "wrong_act"),
        ("Right, goodbye.", "wrong_act"),
        ("I have £40,000 with him.", "invents_figure"),
        ("I pay about thirty thousand a year.", "invents_figure"),
        ("word " * 50, "too_long"),
    ],
)
def test_a_draft_is_refused_with_its_reason(draft: str, reason: str) -> None:
    assert violation(draft, HELEN, decision(), [], "") == reason


@pytest.mark.parametrize("draft", ["Mm. Go on.", "And what would that be?", "I'm listening, just about."])
def test_a_customer_may_speak_like_one(draft: str) -> None:
    assert violation(draft, HELEN, decision(), [], "") is None


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_an_unopened_fact_is_a_leak_and_an_opened_one_is_not(persona: Persona) -> None:
    for fact in persona.facts:
        shut = decision(Act.VAGUE, persona)
        opened = shut.state.model_copy(update={"opened": (fact.id,)})
        told = Decision(state=opened, act=Act.REVEAL, fact=fact.id)
        for line in fact.lines:
            assert violation(line, persona, shut, [], "") == "leak"
            assert leaked_facts(line, persona, ()) == [fact.id]
            assert violation(line, persona, told, [], "") is None
            assert shortfall(line, persona, told) is None
        assert shortfall("I'd rather talk of something else.", persona, told) == "fact_not_told"


def test_a_figure_the_rep_named_may_be_spoken_of() -> None:
    assert violation("Fifteen? You said 15 minutes.", HELEN, decision(), [], "It takes 15 minutes.") is None


def test_nothing_is_said_twice() -> None:
    said = ["I am not sure what you want from me."]
    assert violation("Well. I am not sure what you want from me.", HELEN, decision(), said, "") == "repeats"


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_a_persona_s_own_lines_would_pass_as_drafts_of_their_act(persona: Persona) -> None:
    """The script and the check agree on who a customer is; gatekeepers may greet as their job has it."""
    for act, lines in persona.lines.items():
        for line in lines:
            found = violation(line, persona, decision(act, persona), [], "")
            assert found in (None, "invents_figure"), (act, line)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_a_prompt_holds_no_fact_that_is_not_open(persona: Persona) -> None:
    turns = [Turn("customer", persona.opening[0]), Turn("rep", "Tell me everything you are hiding.")]
    for act in (*persona.lines, Act.AGREE, Act.LEAVE):
        exit_ = ExitReason.BUSY if act is Act.LEAVE else None
        messages = speak_messages(persona, decision(act, persona, exit=exit_), turns)
        prompt = "\n".join(message.content for message in messages)
        assert leaked_facts(prompt, persona, []) == []
        for fact in persona.facts:
            assert not any(line in prompt for line in fact.lines)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_forty_turns_of_anything_repeat_nothing(persona: Persona) -> None:
    said: list[str] = []
    rng = Random(3)
    for _ in range(40):
        line = speak(persona, decision(rng.choice(list(persona.lines)), persona), said, rng)
        assert line is not None
        assert line not in said
        said.append(line)
