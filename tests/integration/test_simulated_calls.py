"""Thousands of simulated calls: what holds in every call, and what holds between styles and difficulties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.customer.listen import Listener
from agents.customer.persona_list import catalogue
from agents.customer.state import Difficulty
from agents.evals.figures import Figures, figures_of
from agents.evals.inversions import broken_promises
from agents.evals.play import play
from agents.evals.scripts import script_for, scripted_ids
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall
from tests.embedding import shared_embedder
from tests.proofs import FULL


def test_every_persona_has_a_seller_who_knows_its_facts_and_objections() -> None:
    for persona in catalogue().all():
        script = script_for(persona.id)
        assert set(script.questions) == {fact.id for fact in persona.facts}
        assert set(script.answers) == {objection.id for objection in persona.objections}


def test_sellers_do_not_speak_in_the_words_the_customer_was_taught() -> None:
    for persona in catalogue().all():
        script = script_for(persona.id)
        taught = {line for fact in persona.facts for line in fact.asked_by}
        taught |= {line for o in persona.objections for line in (*o.resolved_by, *o.inflamed_by)}
        said = {line for lines in script.questions.values() for line in lines}
        said |= {line for answers in script.answers.values() for line in (*answers.strong, *answers.weak)}
        assert not taught & said


def test_the_same_seed_plays_the_same_call() -> None:
    once = [call.turns for call in _calls(["helen-marsh"], rounds=1)]
    again = [call.turns for call in _calls(["helen-marsh"], rounds=1)]
    assert once == again


def test_a_sample_of_calls_leaks_contradicts_repeats_and_inverts_nothing() -> None:
    figures = figures_of(_calls(["helen-marsh", "joan-ellery", "stefan-kolb"], rounds=1))
    assert figures.calls == 3 * 3 * 6
    _nothing_forbidden(figures)
    for style in (Style.RUDE, Style.SILENT):
        assert set(figures.agreed[style].values()) == {0.0}


@pytest.mark.prove
@pytest.mark.skipif(not FULL, reason="two thousand calls take minutes: make prove")
def test_two_thousand_calls_keep_every_promise() -> None:
    personas = scripted_ids()
    rounds = -(-2000 // (len(personas) * len(Difficulty) * len(Style)))
    figures = figures_of(_calls(personas, rounds))
    print(figures.to_json())
    assert figures.calls >= 2000
    _nothing_forbidden(figures)
    assert broken_promises(figures) == []
    assert 8 <= figures.words_median <= 14
    assert figures.words_p90 < 30


def _nothing_forbidden(figures: Figures) -> None:
    assert figures.early_leaks == 0
    assert figures.contradictions == 0
    assert figures.repeated_lines == 0
    assert figures.role_inversions == 0


def _calls(ids: list[str], rounds: int) -> Iterator[SimulatedCall]:
    embedder = shared_embedder()
    personas = [catalogue().get(name) for name in ids]
    listeners = {persona.id: Listener(persona, embedder) for persona in personas}
    return play(personas, rounds, 0, listeners)
