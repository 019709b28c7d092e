"""What holds for every customer and whatever the rep does."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from agents.customer.acts import Act, ExitReason, RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.check import leaked_facts
from agents.customer.decide import decide
from agents.customer.difficulty import first_state, turn_rng
from agents.customer.engine import choose, open_call, outcome_of
from agents.customer.feel import feel
from agents.customer.gates import gate_is_open, ready_to_agree
from agents.customer.persona import Persona
from agents.customer.persona_rules import problems_of
from agents.customer.scripted import bare, speak
from agents.customer.state import CustomerState, Decision, Difficulty, Standing, Status
from tests.unit.made_personas import appraisals, made_personas


@st.composite
def customers(draw: st.DrawFn) -> tuple[Persona, CustomerState]:
    """A customer somewhere in a call."""
    persona = draw(made_personas())
    state = first_state(persona, draw(st.sampled_from(list(Difficulty))), draw(st.integers(0, 99)))
    opened = draw(st.lists(st.sampled_from([f.id for f in persona.facts]), unique=True, max_size=4))
    standings = st.sampled_from(list(Standing))
    raised = draw(st.dictionaries(st.sampled_from([o.id for o in persona.objections]), standings, max_size=3))
    return persona, state.model_copy(
        update={
            "trust": draw(st.floats(0, 1)),
            "patience": draw(st.floats(0.1, 20)),
            "turn": draw(st.integers(0, 40)),
            "introduced": draw(st.booleans()),
            "opened": tuple(opened),
            "objections": raised,
        }
    )


@st.composite
def moments(draw: st.DrawFn) -> tuple[Persona, CustomerState, Appraisal]:
    """A customer somewhere in a call, and something she hears."""
    persona, state = draw(customers())
    return persona, state, draw(appraisals(persona))


@given(made_personas())
def test_a_made_up_persona_obeys_the_rules_of_written_ones(persona: Persona) -> None:
    broken = [(place, what) for place, what in problems_of(persona) if "in a circle" not in what]
    assert not broken


@given(moments())
def test_a_fact_never_opens_before_its_gate(moment: tuple[Persona, CustomerState, Appraisal]) -> None:
    persona, state, heard = moment
    decision = choose(persona, state, heard)
    for name in set(decision.state.opened) - set(state.opened):
        felt = feel(persona, state, heard)
        assert gate_is_open(persona.fact(name), felt)
        assert name in [asked for asked, _ in heard.asked]


@given(moments())
def test_a_turn_opens_one_fact_at_most_and_closes_none(
    moment: tuple[Persona, CustomerState, Appraisal],
) -> None:
    persona, state, heard = moment
    after = choose(persona, state, heard).state
    assert after.opened[: len(state.opened)] == state.opened
    assert len(after.opened) <= len(state.opened) + 1


@given(moments())
def test_patience_never_rises(moment: tuple[Persona, CustomerState, Appraisal]) -> None:
    persona, state, heard = moment
    assert choose(persona, state, heard).state.patience <= state.patience


@given(customers())
def test_patience_is_not_spent_without_cause(moment: tuple[Persona, CustomerState]) -> None:
    persona, state = moment
    assume(state.turn < persona.dials.turns)
    question = Heard(act=RepAct.OPEN_QUESTION, confidence=1, sentence="…")
    heard = Appraisal(acts=(question,), introduced=True)
    assert feel(persona, state, heard).patience == state.patience


@given(moments())
def test_a_customer_whose_patience_is_spent_leaves_whatever_else_is_true(
    moment: tuple[Persona, CustomerState, Appraisal],
) -> None:
    persona, state, heard = moment
    decision = choose(persona, state.model_copy(update={"patience": 0.0}), heard)
    assert decision.act is Act.LEAVE
    assert decision.state.status is Status.LEFT
    assert decision.exit is not None


@given(moments())
def test_the_second_insult_ends_the_call(moment: tuple[Persona, CustomerState, Appraisal]) -> None:
    persona, state, heard = moment
    insulted = state.model_copy(update={"insults": 1})
    decision = choose(persona, insulted, heard.model_copy(update={"rude": 0.9}))
    assert decision.exit is ExitReason.LOSS_OF_TRUST


@given(moments())
def test_the_next_step_is_agreed_only_when_it_is_earned(
    moment: tuple[Persona, CustomerState, Appraisal],
) -> None:
    persona, state, heard = moment
    decision = choose(persona, state, heard)
    if decision.act is Act.AGREE:
        assert ready_to_agree(persona, feel(persona, state, heard))
        assert heard.next_step >= 0.5


@given(moments(), st.floats(0, 1))
def test_selling_better_never_lowers_trust_or_patience(
    moment: tuple[Persona, CustomerState, Appraisal], more: float
) -> None:
    persona, state, heard = moment
    better = heard.model_copy(
        update={
            "empathy": min(1.0, heard.empathy + more),
            "answered": tuple((name, min(1.0, well + more)) for name, well in heard.answered),
            "asked": tuple((name, min(1.0, sure + more)) for name, sure in heard.asked),
            "acts": (*heard.acts, Heard(act=RepAct.EVIDENCE, confidence=more, sentence="…")),
        }
    )
    plain, improved = feel(persona, state, heard), feel(persona, state, better)
    assert improved.trust >= plain.trust - 1e-12
    assert improved.patience >= plain.patience - 1e-12


@given(moments(), st.floats(0, 1))
def test_selling_worse_never_raises_trust_or_patience(
    moment: tuple[Persona, CustomerState, Appraisal], more: float
) -> None:
    persona, state, heard = moment
    worse = heard.model_copy(
        update={
            "pressure": min(1.0, heard.pressure + more),
            "rude": min(1.0, heard.rude + more),
            "jargon": min(1.0, heard.jargon + more),
            "acts": (*heard.acts, Heard(act=RepAct.PITCH, confidence=more, sentence="…")),
        }
    )
    plain, spoiled = feel(persona, state, heard), feel(persona, state, worse)
    assert spoiled.trust <= plain.trust + 1e-12
    assert spoiled.patience <= plain.patience + 1e-12


@given(st.data())
def test_the_same_call_feels_no_better_to_a_harder_customer(data: st.DataObject) -> None:
    persona = data.draw(made_personas())
    heard = data.draw(st.lists(appraisals(persona), max_size=8))
    states = {level: first_state(persona, level, 0) for level in Difficulty}
    for message in heard:
        states = {level: feel(persona, state, message) for level, state in states.items()}
    easy, normal, hard = (states[level] for level in Difficulty)
    assert easy.trust >= normal.trust - 1e-9
    assert normal.trust >= hard.trust - 1e-9
    assert easy.patience >= normal.patience - 1e-9
    assert normal.patience >= hard.patience - 1e-9


@given(moments())
def test_the_same_seed_decides_the_same(moment: tuple[Persona, CustomerState, Appraisal]) -> None:
    persona, state, heard = moment
    assert decide(persona, state, heard, turn_rng(state)) == decide(persona, state, heard, turn_rng(state))


@given(st.data())
def test_a_whole_call_of_anything_leaks_nothing_repeats_nothing_and_ends(data: st.DataObject) -> None:
    persona = data.draw(made_personas())
    reply = open_call(persona, data.draw(st.sampled_from(list(Difficulty))), data.draw(st.integers(0, 9)))
    said, state = [reply.text], reply.state
    for heard in data.draw(st.lists(appraisals(persona), min_size=5, max_size=40)):
        decision = choose(persona, state, heard)
        line = speak(persona, decision, said, turn_rng(decision.state))
        assert line is not None
        assert not leaked_facts(line, persona, decision.state.opened)
        assert bare(line) not in {bare(text) for text in said}
        said.append(line)
        state = decision.state
        if state.status is Status.LEFT:
            break
    assert outcome_of(state, ended_by_rep=True) in {
        "agreed",
        "advance",
        "continuation",
        "no_sale",
        "hung_up",
    }


def _decision(state: CustomerState, act: Act) -> Decision:
    return Decision(state=state, act=act)


@given(made_personas(), st.sampled_from([Act.VAGUE, Act.DEFLECT, Act.ACKNOWLEDGE, Act.ASK, Act.RESIST_PITCH]))
def test_forty_turns_of_one_act_are_forty_different_lines(persona: Persona, act: Act) -> None:
    state = first_state(persona, Difficulty.NORMAL, 1)
    said: list[str] = []
    for turn in range(40):
        now = state.model_copy(update={"turn": turn})
        line = speak(persona, _decision(now, act), said, turn_rng(now))
        assert line is not None
        assert bare(line) not in {bare(text) for text in said}
        said.append(line)
