"""The coach on whole calls: heard by the real listener, played by written sellers, run through the graph."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest
import yaml

from agents.coach.call import CallRecord, CallTurn, listened
from agents.coach.kept import entry_of, scorecard_json
from agents.coach.questions import Spin, spin_of
from agents.coach.scorecard import Scorecard
from agents.customer.acts import Act
from agents.customer.engine import open_call
from agents.customer.listen import Listener
from agents.customer.persona import Persona
from agents.customer.persona_files import built_in_folder, load
from agents.customer.state import CustomerState, Difficulty, Standing, Status
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall, simulate
from agents.graph import score
from agents.parts import Parts
from ingestion.embed import CachedEmbedder, default_embedder

SPIN_QUESTIONS = Path(__file__).parent.parent / "data" / "spin_questions.yaml"
SEEDS = range(2)


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return default_embedder(None)


@pytest.fixture(scope="module")
def parts(embedder: CachedEmbedder) -> Parts:
    async def nothing(*_: object, **__: object) -> list[object]:
        raise AssertionError("the coach searches nothing")

    ears: dict[str, Listener] = {}

    def hears(who: Persona) -> Listener:
        return ears.setdefault(who.id, Listener(who, embedder))

    return Parts(hears, nothing, embedder)  # type: ignore[arg-type]


def record_of(played: SimulatedCall) -> CallRecord:
    """A simulated call, as the records would hand it to the coach."""
    replies, turns, before = iter(played.replies), list[CallTurn](), None
    for n, turn in enumerate(played.turns, start=1):
        if turn.speaker == "rep":
            turns.append(CallTurn(n, "rep", turn.text))
            continue
        reply = next(replies)
        if turns:
            turns[-1] = CallTurn(n - 1, "rep", turns[-1].text, heard=reply.heard)
        turns.append(_customer_turn(n, turn.text, reply.decision.act, before, reply.state))
        before = reply.state
    state = played.replies[-1].state
    left = state.status is Status.LEFT
    return CallRecord(played.persona, tuple(turns), state, played.outcome, "customer" if left else "rep")


def _customer_turn(
    n: int, text: str, act: Act, before: CustomerState | None, after: CustomerState
) -> CallTurn:
    opened = before.opened if before else ()
    objections = before.objections if before else {}
    return CallTurn(
        n,
        "customer",
        text,
        act,
        fact=next((name for name in after.opened if name not in opened), None),
        raised=next((name for name in after.objections if name not in objections), None),
        resolved=tuple(
            name
            for name, how in after.objections.items()
            if how is Standing.RESOLVED and objections.get(name) is not Standing.RESOLVED
        ),
    )


def persona(name: str) -> Persona:
    return load(built_in_folder() / f"{name}.yaml")


async def cards(style: Style, parts: Parts) -> list[Scorecard]:
    who = persona("helen-marsh")
    played = [await simulate(who, style, Difficulty.EASY, seed, parts.hears(who)) for seed in SEEDS]
    return [await score(parts, record_of(call)) for call in played]


async def test_sellers_are_told_apart_as_a_manager_would(parts: Parts) -> None:
    """Excellent above good above average above pushy, rude and silent; only the first two pass."""
    scores = {style: await cards(style, parts) for style in Style}
    means = {style: mean(card.score for card in found) for style, found in scores.items()}
    assert means[Style.EXCELLENT] > means[Style.GOOD] > means[Style.AVERAGE] + 10
    for style in (Style.PUSHY, Style.RUDE, Style.SILENT):
        assert means[style] < means[Style.AVERAGE] - 10
        assert not any(card.passed for card in scores[style])
    assert all(card.passed for card in scores[Style.EXCELLENT])


async def test_what_is_printed_quotes_the_rep_word_for_word(parts: Parts) -> None:
    who = persona("helen-marsh")
    for style in (Style.GOOD, Style.PUSHY):
        played = await simulate(who, style, Difficulty.NORMAL, 3, parts.hears(who))
        card = scorecard_json(entry_of(await score(parts, record_of(played))))
        points = [card["feedback"]["strength"], *card["feedback"]["fixes"]]
        for one in [*card["checks"], *points]:
            if one["quote"]:
                turn = played.turns[one["turn"] - 1]
                assert turn.speaker == "rep"
                assert one["quote"] in turn.text
        assert all(check["quote"] for check in card["checks"] if check["met"])


async def test_a_last_line_nobody_answered_is_heard_before_it_is_judged(embedder: CachedEmbedder) -> None:
    who = persona("helen-marsh")
    last = CallTurn(2, "rep", "Good morning, my name is Sam Carter from Northgate Wealth.")
    opening = open_call(who, Difficulty.NORMAL, 1)
    first = CallTurn(1, "customer", opening.text, Act.OPEN)
    call = CallRecord(who, (first, last), opening.state, "no_sale", "rep")
    heard = (await listened(call, Listener(who, embedder))).turns[1].heard
    assert heard is not None
    assert heard.introduced


def test_questions_are_classed_by_what_they_ask_for(embedder: CachedEmbedder) -> None:
    """Held-out questions; the share told right is printed, and held to what was reached."""
    labelled = [
        (question, Spin(name))
        for name, questions in yaml.safe_load(SPIN_QUESTIONS.read_text("utf-8")).items()
        for question in questions
    ]
    told = spin_of([question for question, _ in labelled], embedder)
    pairs = [(label, spin) for (_, label), spin in zip(labelled, told, strict=True)]
    right = mean(label is spin for label, spin in pairs)
    deeper = mean((label is Spin.SITUATION) is (spin is Spin.SITUATION) for label, spin in pairs)
    print(f"\nof {len(pairs)} questions: class told right {right:.0%}, situation or deeper {deeper:.0%}")
    assert right >= 0.7
    assert deeper >= 0.85
