"""Examples from rehearsed calls: serving's prompts, the personas' own lines, some personas kept out."""

from __future__ import annotations

import pytest

from agents.customer.acts import Act
from agents.customer.check import leaked_facts
from agents.customer.listen import Listener
from agents.customer.persona_list import catalogue
from agents.customer.prompt import END_OF_CALL
from agents.evals.play import play
from agents.evals.simulate import SimulatedCall
from finetune.example import Example
from finetune.rehearsed import examples_of_rehearsal, kept_out_personas, trained_personas
from ingestion.embed import default_embedder
from ingestion.settings import Settings


@pytest.fixture(scope="module")
def calls() -> list[SimulatedCall]:
    helen = catalogue().get("helen-marsh")
    embedder = default_embedder(Settings().embeddings_folder)
    return list(play([helen], 1, 0, {helen.id: Listener(helen, embedder)}))


@pytest.fixture(scope="module")
def examples(calls: list[SimulatedCall]) -> list[Example]:
    return [example for call in calls for example in examples_of_rehearsal(call)]


def test_a_prompt_holds_the_persona_and_the_whole_call_before_the_line(
    calls: list[SimulatedCall], examples: list[Example]
) -> None:
    by_call = {f"rehearsed-helen-marsh-{c.style}-{c.difficulty}-{c.seed}": c for c in calls}
    for example in examples:
        system, *talk = example.messages
        before = by_call[example.call].turns[: example.n]
        assert "Helen Marsh" in system.content
        said = [turn.text for turn in before if turn.speaker == "customer"]
        assert [message.content for message in talk if message.role == "assistant"] == said
        assert talk[-1].role == "user"


def test_the_line_is_not_in_its_own_prompt(examples: list[Example]) -> None:
    assert examples
    for example in examples:
        line = example.target.removesuffix(END_OF_CALL)
        assert line not in example.messages[0].content
        assert line not in example.messages[-1].content


def test_no_prompt_tells_what_the_line_before_it_had_not_earned(
    calls: list[SimulatedCall], examples: list[Example]
) -> None:
    helen = calls[0].persona
    for example in examples:
        told = [fact.id for fact in helen.facts if fact.text in example.messages[-1].content]
        talk = " ".join(m.content for m in example.messages[1:] if m.role == "assistant")
        assert not leaked_facts(talk, helen, told)


def test_she_ends_the_call_where_she_leaves_and_nowhere_else(examples: list[Example]) -> None:
    ends = [example for example in examples if example.target.endswith(END_OF_CALL)]
    assert ends
    assert {example.act for example in ends} <= {Act.LEAVE, Act.WRAP_UP}


def test_a_quarter_of_the_personas_is_never_learnt() -> None:
    trained, kept = trained_personas(), kept_out_personas()
    assert len(kept) == (len(trained) + len(kept)) // 4
    assert not {persona.id for persona in trained} & {persona.id for persona in kept}
