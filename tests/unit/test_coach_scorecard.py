"""Scores, blockers and feedback."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, given
from hypothesis import strategies as st

from agents.coach.call import CallRecord
from agents.coach.feedback import Fix, Strength, phrases
from agents.coach.fixes import slips
from agents.coach.judge import Judgement, RulesJudge
from agents.coach.measures import measure
from agents.coach.rubric import rubric_for
from agents.coach.rules import Finding
from agents.coach.scorecard import Scorecard, score, scorecard
from agents.customer.acts import Act, RepAct
from agents.customer.persona import CallType
from tests.unit.made_calls import (
    average_call,
    customer,
    excellent_call,
    helen,
    made_call,
    opening_lines,
    played_calls,
    rep,
    rude_call,
    silence,
    silent_call,
)

CORE = rubric_for(CallType.COLD_CALL)
IDS = [check.id for check in CORE.checks]
BLOCKERS = {check.id for check in CORE.checks if check.blocker}
answers = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in IDS})


async def card_of(call: CallRecord) -> Scorecard:
    return await score(call, CORE, RulesJudge())


def card_with(met: Mapping[str, bool | None]) -> Scorecard:
    call = excellent_call()
    findings = {name: Finding(answer, 4 if answer else None) for name, answer in met.items()}
    return scorecard(call, CORE, measure(call), Judgement(findings))


# --- the score ------------------------------------------------------------------------------------------


async def test_better_calls_score_higher() -> None:
    scores = [
        (await card_of(call)).score for call in (excellent_call(), average_call(), rude_call(), silent_call())
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4
    assert scores[0] >= 90
    assert scores[1] < CORE.pass_mark
    assert scores[2] < 30


async def test_a_call_without_a_word_scores_nothing() -> None:
    card = await card_of(silent_call())
    assert (card.score, card.passed) == (0, False)


async def test_a_customer_who_hangs_up_fails_the_call() -> None:
    lines = [
        *opening_lines(),
        rep("Who advises you?", RepAct.OPEN_QUESTION),
        customer("Goodbye.", Act.LEAVE),
    ]
    card = await card_of(made_call(*lines, outcome="hung_up", ended_by="customer"))
    assert not card.passed
    assert "conduct-kept" in card.blocked_by


@given(answers)
def test_the_score_lies_between_nothing_and_a_hundred(met: dict[str, bool | None]) -> None:
    assert 0 <= card_with(met).score <= 100


def test_everything_met_is_a_hundred_and_nothing_met_is_nothing() -> None:
    assert card_with(dict.fromkeys(IDS, True)).score == 100
    assert card_with(dict.fromkeys(IDS, False)).score == 0
    assert card_with(dict.fromkeys(IDS, None)).score == 0


@given(answers, st.sampled_from(IDS))
def test_one_more_check_met_never_lowers_the_score(met: dict[str, bool | None], name: str) -> None:
    before, after = card_with(met), card_with({**met, name: True})
    assert after.score >= before.score
    assert after.passed >= before.passed


@given(answers, st.sampled_from(sorted(BLOCKERS)))
def test_a_blocker_fails_the_card_whatever_the_score(met: dict[str, bool | None], blocker: str) -> None:
    card = card_with({**met, blocker: False})
    assert not card.passed
    assert blocker in card.blocked_by


def test_a_blocker_fails_even_a_perfect_call() -> None:
    card = card_with(dict.fromkeys(IDS, True) | {"compliance-guarantee": False})
    assert card.score > 90
    assert not card.passed


def test_a_criterion_without_occasion_does_not_count_against_the_rep() -> None:
    objections = {
        check.id for criterion in CORE.criteria if criterion.id == "objections" for check in criterion.checks
    }
    assert card_with({name: None if name in objections else True for name in IDS}).score == 100


@given(played_calls())
async def test_scoring_twice_gives_the_same_card(call: CallRecord) -> None:
    assert await card_of(call) == await card_of(call)


# --- the feedback ---------------------------------------------------------------------------------------


@given(played_calls())
async def test_feedback_is_one_strength_and_two_fixes_in_the_reps_own_words(call: CallRecord) -> None:
    card = await card_of(call)
    points: list[Strength | Fix] = [card.feedback.strength, *card.feedback.fixes]
    assert len(points) == 3
    for point in points:
        assert "{" not in point.text
        if call.spoken:
            assert point.turn is not None
            assert point.quote
            turn = call.turn(point.turn)
            assert turn is not None
            assert turn.speaker == "rep"
            assert point.quote in turn.text
        else:
            assert point.quote is None
    for fix in card.feedback.fixes:
        assert fix.say_instead
        assert fix.would_open is None or fix.would_open in card.hidden
    one, other = card.feedback.fixes
    assert one.text != other.text
    assert one.would_open is None or one.would_open != other.would_open


@given(played_calls())
def test_every_slip_has_words_to_speak_of_it(call: CallRecord) -> None:
    known = phrases().fixes
    for slip in slips(call, measure(call), {}):
        assert slip.kind in known
        assert slip.say or known[slip.kind].say


def fixes_of(card: Scorecard, kind: str) -> list[Fix]:
    texts = phrases().fixes[kind].text
    starts = tuple(text.split("{")[0] for text in texts)
    return [fix for fix in card.feedback.fixes if fix.text.startswith(starts)]


async def test_an_insult_is_the_first_thing_to_fix() -> None:
    card = await card_of(rude_call())
    first = card.feedback.fixes[0]
    assert first in fixes_of(card, "rude")
    assert (first.turn, first.quote) == (4, "Are you always this slow, madam?")


async def test_an_objection_gone_past_is_answered_with_what_would_have_met_it() -> None:
    card = await card_of(average_call())
    (fix,) = fixes_of(card, "standing")
    assert fix.quote == "Well, it never hurts to have options, does it."
    assert fix.say_instead in helen().objection("have-adviser").resolved_by


async def test_a_question_refused_comes_with_better_words_and_what_it_would_have_opened() -> None:
    early = rep("What do you regret?", RepAct.OPEN_QUESTION, asked=(("took-fright", 0.9),))
    lines = [*opening_lines(), early, customer("That is my affair.", Act.DEFLECT)]
    card = await card_of(made_call(*lines, rep("As you wish. Goodbye.", RepAct.GOODBYE)))
    (fix,) = fixes_of(card, "asked_too_early")
    assert fix.would_open == "took-fright"
    assert fix.say_instead in helen().fact("took-fright").asked_by


async def test_what_was_told_and_not_taken_up_is_followed_by_the_next_question() -> None:
    lines = [*opening_lines(), rep("Who advises you?", RepAct.OPEN_QUESTION, asked=(("adviser-firm", 0.9),))]
    lines += [
        customer("A Mr Hollis.", Act.REVEAL, fact="adviser-firm"),
        rep("We have been going for forty years."),
    ]
    close = rep("Shall we meet on Thursday at two?", RepAct.CLOSE, next_step=0.9, specific=True)
    lines += [customer("Indeed."), close, customer("Yes.", Act.AGREE)]
    card = await card_of(made_call(*lines, outcome="agreed"))
    (fix,) = fixes_of(card, "not_followed")
    assert fix.say_instead == helen().fact("adviser-firm").follow_up
    assert fix.would_open == "no-contact"


async def test_a_call_without_a_word_is_told_to_speak_and_what_to_ask() -> None:
    card = await card_of(silent_call())
    speak, ask = card.feedback.fixes
    assert "Northgate Wealth" in speak.say_instead
    assert ask.would_open in card.hidden


async def test_a_silence_after_a_line_is_shown_at_that_line() -> None:
    lines = [
        *opening_lines(),
        silence(),
        customer("Hello?", Act.SILENCE),
        silence(),
        customer("Bye.", Act.LEAVE),
    ]
    card = await card_of(made_call(*lines, outcome="hung_up", ended_by="customer"))
    (fix,) = fixes_of(card, "silence")
    assert fix.turn == 4
    assert "2" in fix.text


async def test_even_the_best_call_has_something_to_sharpen() -> None:
    card = await card_of(excellent_call())
    assert len(card.feedback.fixes) == 2
    assert not fixes_of(card, "rude")
    assert card.feedback.strength.turn is not None


@given(played_calls())
async def test_no_strength_is_an_insult(call: CallRecord) -> None:
    said = [turn.n for turn in call.spoken if turn.did(RepAct.RUDE)]
    harmless = [turn for turn in call.spoken if not (turn.did(RepAct.RUDE) or turn.did(RepAct.PRESSURE))]
    assume(harmless)
    assert (await card_of(call)).feedback.strength.turn not in said


async def test_brushing_a_worry_off_is_no_strength() -> None:
    """However soothing it sounds: a strength shows in how the customer takes it."""
    soothing = rep("It's fine, this is a secure line.", RepAct.ACKNOWLEDGE, empathy=0.8)
    lines = [*opening_lines(), soothing, customer("That is what the leaflet warns of.", Act.BRISTLE)]
    assert (await card_of(made_call(*lines))).feedback.strength.quote != soothing.text
