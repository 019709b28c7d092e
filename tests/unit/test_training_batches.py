"""What a model learns from an example, how long histories are shortened, and in which order all is learnt."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from finetune.example import Example, Said
from finetune.train.batches import Order, at_once, encode, spread, talk_alone
from finetune.train.loop import factor
from tests.unit.made_examples import made_examples

END = -1


class Words:
    """A token for each word, and one for each message's start; the end of a turn is -1."""

    def prompt(self, messages: Sequence[Said]) -> list[int]:
        return [token for message in messages for token in (0, *self._words(message.content))]

    def reply(self, text: str) -> list[int]:
        return [*self._words(text), END]

    def _words(self, text: str) -> list[int]:
        return [int(word) for word in text.split()]


def example(*talk: str, target: str = "90 91") -> Example:
    system = Said(role="system", content="70 71 72")
    turns = [Said(role="user" if at % 2 == 0 else "assistant", content=text) for at, text in enumerate(talk)]
    return Example(call="a", n=len(talk), messages=(system, *turns), target=target, act="acknowledge")


def test_only_the_customers_words_and_the_end_of_her_turn_are_learnt() -> None:
    found = encode(example("1 2", "3", "4 5"), Words(), 100)
    assert found is not None
    assert found.ids[-found.learnt :] == (90, 91, END)
    assert not found.shortened


def test_a_long_history_loses_its_oldest_turns_and_nothing_else() -> None:
    found = encode(example("1 1 1", "2 2 2", "3 3", "4 4", "5 5"), Words(), 18)
    assert found is not None
    assert found.ids == (0, 70, 71, 72, 0, 3, 3, 0, 4, 4, 0, 5, 5, 90, 91, END)
    assert found.shortened


def test_what_is_too_long_without_any_history_is_left_out() -> None:
    assert encode(example("1 2 3 4 5 6 7 8"), Words(), 12) is None


@given(st.lists(st.integers(1, 6), min_size=1, max_size=9).filter(lambda turns: len(turns) % 2 == 1))
def test_the_system_message_the_sellers_last_words_and_the_target_always_stay(turns: list[int]) -> None:
    asked = example(*(" ".join([str(at)] * words) for at, words in enumerate(turns, 1)))
    found = encode(asked, Words(), 14)
    if found is None:
        return
    assert found.length <= 14
    assert found.ids[:4] == (0, 70, 71, 72)
    last = (0, *[len(turns)] * turns[-1], 90, 91, END)
    assert found.ids[-len(last) :] == last
    assert found.ids[5] % 2 == 1  # the seller speaks first


orders = st.builds(
    Order, st.integers(1, 80), st.integers(0, 40), st.integers(1, 4), st.floats(0, 0.9), st.integers(0, 5)
)


@given(orders, st.integers(0, 3))
def test_an_epoch_holds_every_prompt_once_in_an_order_that_the_seed_gives(order: Order, epoch: int) -> None:
    steps = order.epoch(epoch)
    assert len(steps) == order.steps
    prompts = [place for step in steps for place in step if place < order.prompts]
    assert sorted(prompts) == list(range(order.prompts))
    assert all(len(step) <= order.batch for step in steps)
    assert steps == order.epoch(epoch)


@given(orders, st.integers(0, 3))
def test_the_asked_share_of_the_steps_learns_talk_and_every_talk_comes_as_often(
    order: Order, epoch: int
) -> None:
    steps = order.epoch(epoch)
    talk = [step for step in steps if step[0] >= order.prompts]
    assert all(place >= order.prompts for step in talk for place in step)
    if order.talk:
        assert abs(len(talk) - order.share * len(steps)) <= 1
    counts = [
        sum(step.count(place) for step in talk) for place in range(order.prompts, order.prompts + order.talk)
    ]
    assert max(counts, default=0) - min(counts, default=0) <= 1


def test_talk_is_spread_over_the_epoch() -> None:
    order = Order(prompts=30, talk=70, batch=1, share=0.7, seed=0)
    for start in range(0, order.steps, 20):
        assert 12 <= sum(step[0] >= 30 for step in order.epoch(0)[start : start + 20]) <= 16


def test_another_epoch_has_another_order() -> None:
    order = Order(prompts=100, talk=0, batch=4, share=0.0, seed=0)
    assert order.epoch(0) != order.epoch(1)


def test_bare_talk_holds_what_was_said_and_neither_persona_nor_note() -> None:
    for one in made_examples(2):
        alone = talk_alone(one)
        assert [said.content for said in alone.messages] == ["", *(said.content for said in one.talk)]
        assert (alone.target, alone.call, alone.n) == (one.target, one.call, one.n)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=60), st.integers(1, 4000))
def test_what_goes_through_the_model_together_fits(lengths: list[int], most: int) -> None:
    groups = at_once(range(len(lengths)), lengths, most)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or sum(lengths[place] for place in group) <= most


@given(st.integers(1, 3000), st.integers(1, 200))
def test_a_sample_is_spread_over_all(count: int, most: int) -> None:
    places = spread(count, most)
    assert len(places) == min(count, most)
    assert places == sorted(set(places))
    assert places[-1] < count
    assert places[-1] >= count - 1 - count // len(places)


def test_the_learning_rate_warms_up_and_comes_down() -> None:
    rates = [factor(at / 100, 0.1) for at in range(1, 101)]
    assert rates[0] < 0.2
    assert max(rates) == factor(0.1, 0.1) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] <= 0.11
