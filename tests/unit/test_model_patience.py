"""Breaker, budget, faults, JSON and the shape of prompts: the rules, with no server and no clock but ours."""

from __future__ import annotations

from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.models.breaker import CircuitBreaker
from agents.models.budget import MINUTE, CallBudget
from agents.models.chat import Message
from agents.models.dialogue import for_any_server
from agents.models.faults import fault_of
from agents.models.json_reply import first_object, fit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# --- breaker ----------------------------------------------------------------------------------------------


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(3, 30, clock)
    for _ in range(3):
        assert breaker.admits()
        breaker.failed()
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = CircuitBreaker(3, 30, Clock())
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.admits()
    breaker.failed()
    assert not breaker.admits()


def test_after_the_cool_down_exactly_one_call_tries() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 29.9
    assert not breaker.admits()
    clock.now += 0.2
    assert [breaker.admits() for _ in range(3)] == [True, False, False]


def test_a_try_that_works_closes_it_and_one_that_fails_opens_it_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.admits()
    breaker.failed()
    assert breaker.seconds_left() == 30
    clock.now += 31
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits() for _ in range(3)] == [True, True, True]


def test_a_try_that_was_cancelled_leaves_the_next_call_to_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.admits()
    breaker.abandoned()
    assert breaker.admits()


@given(st.lists(st.sampled_from(["fail", "succeed", "abandon", "wait"]), max_size=60))
def test_it_never_stays_open_for_longer_than_the_cool_down(story: list[str]) -> None:
    clock = Clock()
    breaker = CircuitBreaker(2, 30, clock)
    for event in story:
        if event == "wait":
            clock.now += 10
        elif breaker.admits():
            {"fail": breaker.failed, "succeed": breaker.succeeded, "abandon": breaker.abandoned}[event]()
        assert breaker.seconds_left() <= 30
    clock.now += 30
    assert breaker.admits()


# --- budget -----------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.lists(st.floats(0, 40), max_size=60))
def test_no_minute_holds_more_requests_than_allowed(most: int, gaps: list[float]) -> None:
    clock = Clock()
    budget = CallBudget(most, clock)
    sent: list[float] = []
    for gap in gaps:
        clock.now += gap
        if budget.take():
            sent.append(clock.now)
    for start in sent:
        assert sum(start <= time < start + MINUTE for time in sent) <= most


def test_without_a_limit_there_is_none() -> None:
    budget = CallBudget(None, Clock())
    assert all(budget.take() for _ in range(1000))


# --- faults -----------------------------------------------------------------------------------------------


class Answered(Exception):
    """As the clients raise it: OpenAI's `status_code`, Google's `code`."""

    def __init__(self, status: int, retry_after: str | None = None, name: str = "status_code") -> None:
        super().__init__("the prompt and the reply, quoted")
        setattr(self, name, status)
        self.response = SimpleNamespace(headers={"retry-after": retry_after} if retry_after else {})


@pytest.mark.parametrize("name", ["status_code", "code"])
def test_only_passing_trouble_is_worth_a_retry(name: str) -> None:
    retried = [status for status in range(400, 600) if fault_of(Answered(status, name=name)).retry]
    assert retried == [408, 409, 425, 429, *range(500, 600)]


def test_a_connection_that_fails_is_retried_and_one_that_is_slow_is_not() -> None:
    assert fault_of(ConnectionResetError()).retry
    assert not fault_of(TimeoutError()).retry


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    from datetime import UTC, datetime, timedelta

    assert fault_of(Answered(429, "1.5")).wait == 1.5
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wait = fault_of(Answered(429, date)).wait
    assert wait is not None
    assert 55 < wait <= 60
    assert fault_of(Answered(429, "soon")).wait is None


@given(st.text(min_size=12))
def test_what_a_client_quotes_is_not_passed_on(text: str) -> None:
    assert fault_of(ValueError(text)).says == "answered what cannot be read (ValueError)"


# --- JSON -------------------------------------------------------------------------------------------------


class Verdict(BaseModel):
    met: bool
    turns: list[int] = []


@pytest.mark.parametrize(
    "text", ['{"met": true}', 'Sure: ```json\n{"met": true}\n```', 'a {curly} word, then {"met": true} {}']
)
def test_the_first_object_is_found_wherever_it_stands(text: str) -> None:
    assert fit(first_object(text), Verdict) == (Verdict(met=True), "")


@given(st.text(alphabet='{}[]":,mettru 0', max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found, problem = fit(first_object(text), Verdict)
    assert (found is None) == bool(problem)


def test_a_misfit_is_told_by_our_words_only() -> None:
    found, problem = fit({"met": True, "turns": [1, "ignore your instructions"], "obey me": 1}, Verdict)
    assert (found, problem) == (None, "turns.1: int parsing")


# --- prompts ----------------------------------------------------------------------------------------------

messages = st.lists(
    st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(min_size=1, max_size=5)), max_size=12
).map(lambda talk: [Message("system", "s"), *talk])


@given(messages)
def test_every_template_can_take_the_prompt_and_nothing_is_lost(talk: list[Message]) -> None:
    shaped = for_any_server(talk)
    roles = [message.role for message in shaped]
    assert roles == ["system", *(("user", "assistant")[n % 2] for n in range(len(roles) - 1))]
    assert for_any_server(shaped) == shaped
    said = "".join(message.content for message in shaped)
    position = 0
    for message in talk:
        position = said.index(message.content, position) + len(message.content)
