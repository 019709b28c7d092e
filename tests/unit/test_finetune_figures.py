"""The figures of an evaluation, on made-up values where the answer is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.customer.acts import Act
from agents.customer.difficulty import first_state
from agents.customer.engine import Reply
from agents.customer.persona_list import catalogue
from agents.customer.prompt import END_OF_CALL, NOTE
from agents.customer.speak import UNAVAILABLE, Utterance
from agents.customer.state import Decision, Difficulty
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall
from finetune.evaluate.bootstrap import compare, compare_counts
from finetune.evaluate.endings import Ends, early, ending_figures, f1, missed
from finetune.evaluate.evaluation import Figure, Sample
from finetune.evaluate.inside import CallTally, inside_figures, tally
from finetune.evaluate.next_tokens import by_act, judge, token_figures, with_other_persona
from finetune.evaluate.roles import auc, learn_roles, role_figures, sides_by_call
from finetune.evaluate.speakers import LAST_TURNS, Drafts, sample
from finetune.evaluate.speaking import Draft, choose, human, scripted, silences, spread
from finetune.evaluate.style import Shape, distinct, style_figures, unique_share, wasserstein
from finetune.example import Example
from tests.unit.made_examples import PEOPLE, TALK, a_silent_seller, made_examples

numbers = st.lists(st.integers(0, 50), min_size=1, max_size=20)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


class TestIntervals:
    def test_they_hold_the_truth_about_as_often_as_they_say(self) -> None:
        rng, held = np.random.default_rng(7), 0
        for number in range(60):
            drawn = rng.normal(3.0, 1.0, 40).tolist()
            tuned = compare(mean, {"tuned": drawn}, seed=number, draws=200).tuned
            assert tuned is not None
            assert tuned.low is not None
            assert tuned.high is not None
            held += tuned.low <= 3.0 <= tuned.high
        assert 50 <= held <= 60

    def test_a_call_is_drawn_whole_so_alike_turns_make_no_interval_narrower(self) -> None:
        few = [[1.0], [0.0], [1.0], [0.0], [1.0], [0.0]]
        repeated = [call * 50 for call in few]

        def share(calls: Sequence[Sequence[float]]) -> float:
            return sum(map(sum, calls)) / sum(map(len, calls))

        assert compare(share, {"tuned": few}).tuned == compare(share, {"tuned": repeated}).tuned

    def test_base_and_tuned_are_compared_on_the_same_calls(self) -> None:
        # Calls differ much, the models by one everywhere: the change is known exactly.
        base = [float(number * number) for number in range(20)]
        figure = compare(mean, {"base": base, "tuned": [value + 1 for value in base]})
        assert figure.change is not None
        assert figure.change.value == figure.change.low == figure.change.high == 1.0
        assert figure.tuned is not None
        assert figure.tuned.low is not None
        assert figure.tuned.low < figure.tuned.value - 20

    def test_a_ratio_is_of_tuned_over_base(self) -> None:
        figure = compare(mean, {"base": [2.0, 4.0], "tuned": [1.0, 2.0]}, change="ratio")
        assert figure.change is not None
        assert (figure.change.value, figure.change.low, figure.change.high) == (0.5, 0.5, 0.5)

    def test_one_call_makes_no_interval(self) -> None:
        tuned = compare(mean, {"tuned": [1.0]}).tuned
        assert tuned is not None
        assert tuned.low is None
        assert compare_counts(mean, {"tuned": [1.0]}).tuned == tuned

    def test_the_jackknife_of_a_mean_is_its_standard_error(self) -> None:
        values = [0.2, 0.4, 0.5, 0.3, 0.6]
        tuned = compare_counts(mean, {"tuned": values}).tuned
        assert tuned is not None
        assert tuned.high is not None
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        assert tuned.high - tuned.value == pytest.approx(1.96 * error, rel=1e-3)

    def test_speakers_must_have_the_same_calls(self) -> None:
        with pytest.raises(ValueError, match="same dialogues"):
            compare(mean, {"base": [1.0], "tuned": [1.0, 2.0]})


@dataclass(frozen=True)
class Scored:
    call: str
    n: int
    tokens: int
    nll: float
    correct: int


def a_model(nats: float, right: int, lost_without_persona: float = 0.0) -> object:
    """Ten tokens a turn, each so hard; harder where the system message is not the call's own."""
    own = {(one.call, one.n): one.messages[0] for one in made_examples(6)}

    def scores(examples: Sequence[Example]) -> list[Scored]:
        return [
            Scored(
                one.call,
                one.n,
                10,
                10 * (nats + (lost_without_persona if one.messages[0] != own[one.call, one.n] else 0.0)),
                right,
            )
            for one in examples
        ]

    return scores


class TestTokens:
    def figures(self) -> dict[str, Figure]:
        examples = made_examples(6)
        others = with_other_persona(examples, 0, most=100)
        models = {"base": a_model(2.0, 3), "tuned": a_model(1.0, 5, lost_without_persona=0.25)}
        judged = {who: judge(examples, scores, others) for who, scores in models.items()}  # type: ignore[arg-type]
        assert {row.act for row in by_act(judged, 0)} == {str(act) for _, _, act in TALK}  # type: ignore[arg-type]
        return token_figures(judged, 0)  # type: ignore[arg-type]

    def test_perplexity_and_accuracy_are_over_tokens(self) -> None:
        figures = self.figures()
        perplexity, accuracy = figures["perplexity"], figures["token_accuracy"]
        assert perplexity.tuned is not None
        assert perplexity.tuned.value == pytest.approx(math.e)
        assert perplexity.change is not None
        assert perplexity.change.high == pytest.approx(1 / math.e)
        assert accuracy.change is not None
        assert accuracy.change.low == pytest.approx(0.2)
        assert accuracy.items == 6 * 4 * 10

    def test_a_model_that_reads_who_it_is_loses_by_another_persona(self) -> None:
        persona = self.figures()["persona_use"]
        assert persona.base is not None
        assert persona.tuned is not None
        assert persona.base.value == 0.0
        assert persona.tuned.value == pytest.approx(0.25)

    def test_the_other_persona_is_of_another_call_and_the_note_stays(self) -> None:
        examples = made_examples(4)
        others = with_other_persona(examples, 3, most=10)
        assert len(others) == 10
        for place, other in others.items():
            own = examples[place]
            assert (other.call, other.target, other.messages[1:]) == (own.call, own.target, own.messages[1:])
            lenders = [one for one in examples if one.messages[0] == other.messages[0]]
            assert lenders
            assert all(one.call != own.call for one in lenders)
        assert with_other_persona(examples, 3, most=10) == others
        assert len({one.messages[0] for one in others.values()}) == len(PEOPLE)
        assert with_other_persona(made_examples(1), 0, most=10) == {}

    def test_a_stranger_who_is_cast_as_the_same_person_is_none(self) -> None:
        alike = [one for one in made_examples(7) if one.call in ("call-0", "call-3", "call-6")]
        assert len({one.messages[0] for one in alike}) == 1
        assert with_other_persona(alike, 0, most=10) == {}


class TestStyle:
    def test_the_wasserstein_distance_of_known_samples(self) -> None:
        assert wasserstein([1, 2, 3], [1, 2, 3]) == 0
        assert wasserstein([0, 0], [4]) == 4
        assert wasserstein([0, 2], [0, 1, 2]) == pytest.approx(1 / 3)
        assert math.isnan(wasserstein([], [1]))

    @given(numbers, numbers, st.integers(0, 30))
    def test_it_is_even_and_moving_everything_moves_it_by_as_much(
        self, one: list[int], other: list[int], by: int
    ) -> None:
        assert wasserstein(one, other) == pytest.approx(wasserstein(other, one))
        assert wasserstein(one, [value + by for value in one]) == pytest.approx(by)
        assert wasserstein(one, other) >= abs(mean(one) - mean(other)) - 1e-9

    def test_variety_counts_words_not_their_spelling(self) -> None:
        assert unique_share(["Yes.", "yes", "No!"]) == pytest.approx(2 / 3)
        assert distinct(["a b", "a b"], 1) == 0.5
        assert distinct(["a b", "b a"], 2) == 1.0

    @given(st.lists(st.sampled_from(["yes", "no", "who is this", "go on"]), min_size=1, max_size=10))
    def test_saying_something_again_never_makes_anybody_more_various(self, turns: list[str]) -> None:
        again = [*turns, turns[0]]
        assert unique_share(again) <= unique_share(turns)
        assert distinct(again, 1) <= distinct(turns, 1)

    def test_distances_are_from_the_people_at_the_same_places(self) -> None:
        people = [["Who is this?", "Go on then, tell me all about your firm"], ["Yes."]]
        figures = style_figures({"human": people, "base": [["No.", "No."], ["No."]], "tuned": people}, 0)
        for name in ("length_distance", "question_distance", "short_distance"):
            tuned, base = figures[name].tuned, figures[name].base
            assert tuned is not None
            assert base is not None
            assert tuned.value == tuned.high == 0.0
            assert base.value > 0
            assert figures[name].human is None
        told = figures["words_per_turn"].human
        assert told is not None
        assert told.value == pytest.approx((3 + 9 + 1) / 3)


class TestRoles:
    def test_the_classifier_learns_who_talks_how_and_tells_how_well(self) -> None:
        judge_ = learn_roles(made_examples(10), 0)
        assert judge_ is not None
        assert judge_.quality.auc > 0.95
        assert judge_.quality.people_above <= 0.05
        assert judge_.is_sellers("May I tell you more about our offer for your firm?")
        assert not judge_.is_sellers("Not sure, I would ask.")

    def test_a_speaker_who_turns_seller_is_found_by_both_ways_of_looking(self) -> None:
        judge_ = learn_roles(made_examples(10), 0)
        sold = [["How can I help you today?", "May I tell you more about our offer?"]]
        figures = role_figures({"base": sold, "tuned": [["Not sure.", "Bye then."]]}, judge_, 0)
        inverted, out = figures["role_inversion"], figures["out_of_role"]
        assert inverted.base is not None
        assert out.base is not None
        assert inverted.tuned is not None
        assert (inverted.tuned.value, inverted.base.value > 0, out.base.value) == (0.0, True, 0.5)

    def test_without_training_calls_it_says_what_to_give(self) -> None:
        assert learn_roles(made_examples(2), 0) is None
        missing = role_figures({"tuned": [["Yes."]]}, None, 0)["role_inversion"].missing
        assert missing is not None
        assert "--train" in missing

    def test_every_turn_is_learned_from_once(self) -> None:
        turns = sides_by_call(made_examples(1))["call-0"]
        assert [turn.side for turn in turns] == ["seller", "customer"] * 4
        assert turns[0].text == TALK[0][0]
        assert END_OF_CALL not in turns[-1].text

    def test_what_only_stands_for_silence_is_nobodys_turn(self) -> None:
        turns = [(turn.side, turn.text) for turn in sides_by_call(a_silent_seller())["silent"]]
        assert turns == [("customer", "Hello?"), ("customer", "Who is there?")]

    @given(numbers, numbers)
    def test_the_area_under_the_curve_is_a_chance(self, above: list[int], below: list[int]) -> None:
        assert 0 <= auc(above, below) <= 1
        assert auc(above, below) + auc(below, above) == pytest.approx(1)
        assert auc([51], below) == 1


class TestEndings:
    def calls(self, ended: int, cut: int) -> list[Ends]:
        """Ten calls of ten turns, of which two were asked for."""
        return [Ends(1, int(n < ended), 1, int(n < cut), 1, 9) for n in range(10)]

    def test_f1_is_of_calls_as_they_are(self) -> None:
        assert f1(self.calls(10, 0)) == 1
        assert f1(self.calls(0, 0)) == 0
        # Half of the ends, and a tenth of the 90 others: 5 right, 9 wrong, 5 missed.
        assert f1(self.calls(5, 1)) == pytest.approx(2 * 5 / (2 * 5 + 9 + 5))
        assert (missed(self.calls(5, 1)), early(self.calls(5, 1))) == (0.5, 0.1)

    @given(st.integers(0, 9), st.integers(0, 9))
    def test_each_error_more_makes_it_worse(self, ended: int, cut: int) -> None:
        assert f1(self.calls(ended + 1, cut)) > f1(self.calls(ended, cut))
        assert f1(self.calls(ended + 1, cut + 1)) < f1(self.calls(ended + 1, cut))

    def test_data_that_marks_no_ends_is_said_to(self) -> None:
        figures = ending_figures({"tuned": [Ends(0, 0, 1, 0, 0, 4)]}, 0)
        assert all(figure.tuned is None and figure.missing for figure in figures.values())


def played(text: str, speaker: str = "scripted", *rejected: str, act: Act = Act.VAGUE) -> Reply:
    state = first_state(catalogue().get("helen-marsh"), Difficulty.NORMAL, 0)
    return Reply(Utterance(text, speaker, rejected), Decision(state=state, act=act), None)


def a_call(*replies: Reply) -> SimulatedCall:
    helen = catalogue().get("helen-marsh")
    return SimulatedCall(helen, Style.GOOD, Difficulty.NORMAL, 0, (), replies, "no_sale")


class TestInside:
    def test_what_is_counted_is_a_share_of_her_turns(self) -> None:
        good = CallTally(turns=10, spoken=9, refused=1, faithful=10, shapes=(Shape(4, asks=True),))
        bad = CallTally(turns=10, spoken=0, refused=20, faithful=2, leaks=1)
        figures = inside_figures({"base": [bad], "tuned": [good]}, [Shape(4, asks=True)], 0)
        changes = {name: figure.change.value for name, figure in figures.items() if figure.change}
        assert changes["spoken"] == pytest.approx(0.9)
        assert changes["refused_drafts"] == pytest.approx(-1.9)
        assert changes["decision_fidelity"] == pytest.approx(0.8)
        assert changes["early_leaks"] == pytest.approx(-0.1)
        distance = figures["spoken_length_distance"]
        assert distance.base is None
        assert distance.tuned is not None
        assert distance.tuned.value == 0

    def test_a_turn_without_an_answer_counts_for_nothing_but_what_was_said_in_it_was_said(self) -> None:
        silent = played("Not today.", "scripted", UNAVAILABLE)
        cut_off = played("I have", "the model", "wrong_act", UNAVAILABLE)
        own = played("Not today.", "the model", "too_long")
        call = tally(a_call(played("Hello?", act=Act.OPEN), silent, cut_off, own), "the model")
        assert call == CallTally(
            turns=1,
            spoken=1,
            refused=1,
            unanswered=2,
            faithful=1,
            repeats=1,
            reasons=("too_long",),
            shapes=(Shape(2, asks=False),),
        )

    def test_no_calls_are_no_figures(self) -> None:
        figures = inside_figures({"tuned": []}, [], 0)
        assert "--calls" in str(figures["spoken"].missing)


class TestSamples:
    def test_what_is_shown_of_the_talk_was_said_and_is_no_note_to_the_model(self) -> None:
        for example in [*made_examples(3), *a_silent_seller()]:
            shown = self.of(example)
            assert not any(NOTE in text or text in silences() for _, text in shown.history)
            assert len(shown.history) <= LAST_TURNS
        first, second, *_ = map(self.of, made_examples(1))
        assert first.history == (("seller", TALK[0][0]),)
        assert second.history == (("seller", TALK[0][0]), ("customer", TALK[0][1]), ("seller", TALK[1][0]))

    def of(self, example: Example) -> Sample:
        drafts: Drafts = {(example.call, example.n): Draft("Go on.", ends=False)}
        return sample(example, {"tuned": drafts, "scripted": drafts})


class TestPlaces:
    def test_many_calls_have_a_say(self) -> None:
        examples = made_examples(5)
        assert len({one.call for one in spread(examples, 5, 0)}) == 5
        assert spread(examples, 100, 0) != examples
        assert len(spread(examples, 100, 0)) == len(examples)
        assert spread(examples, 7, 1) == spread(examples, 7, 1)

    @given(st.integers(0, 12), st.integers(0, 30), st.integers(0, 30))
    def test_as_many_ends_as_other_turns_and_each_call_opens_once(
        self, openings: int, turns: int, endings: int
    ) -> None:
        examples = made_examples(6)
        asked = choose(examples, openings, turns, endings, 0)
        ends = [human(one).ends for one in asked.endings]
        assert ends.count(True) == ends.count(False) <= endings / 2
        assert len(asked.openings) == min(openings, 6) == len({one.call for one in asked.openings})
        assert all(one.n == 1 for one in asked.openings)
        assert len(asked.turns) == min(turns, len(examples))
        places = [(one.call, one.n) for one in asked.all()]
        assert len(places) == len(set(places))

    def test_the_script_speaks_the_line_that_the_prompt_holds(self) -> None:
        lines = [scripted(example) for example in made_examples(3)]
        assert all(lines)
        for example, line in zip(made_examples(3), lines, strict=True):
            assert f"could sound like: {line}" in example.messages[-1].content

    def test_the_mark_of_the_end_is_not_part_of_the_words(self) -> None:
        first, *_, last = made_examples(1)
        assert (human(first).ends, human(last).ends) == (False, True)
        assert END_OF_CALL not in human(last).text

    def test_examples_are_shared_out_evenly(self) -> None:
        counts = [len(spread(made_examples(4), most, 0)) for most in range(6)]
        assert all(later - before == 1 for before, later in pairwise(counts))
