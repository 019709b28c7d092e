"""One layer of patience around a model: breaker, budget, retries, time. LangChain's own is switched off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from types import TracebackType

from agents.models.breaker import CircuitBreaker, Clock
from agents.models.budget import CallBudget
from agents.models.chat import ModelUnavailable
from agents.models.faults import Fault, fault_of
from agents.models.settings import ModelSettings

FIRST_WAIT = 0.25
"""Seconds before the first retry; doubled for each that follows, with jitter of half to all of it."""


@dataclass(frozen=True)
class Limits:
    """How long and how often. Times in seconds."""

    first_token: float
    reply: float
    retries: int
    longest_wait: float


class Guard:
    """What all calls of one model share."""

    def __init__(
        self,
        name: str,
        settings: ModelSettings,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
    ) -> None:
        self.name = name
        self.limits = Limits(
            first_token=settings.model_first_token_seconds,
            reply=settings.model_reply_seconds,
            retries=settings.model_retries,
            longest_wait=settings.model_longest_wait_seconds,
        )
        self.breaker = CircuitBreaker(
            settings.model_failures_to_open, settings.model_cool_down_seconds, clock
        )
        self.budget = CallBudget(settings.model_calls_per_minute, clock)
        self.clock = clock
        self.sleep = sleep
        self.rng = rng or Random()

    def call(self) -> Call:
        """One call, to be used in a `with`. Raises ModelUnavailable while the breaker is open."""
        if not self.breaker.admits():
            seconds = round(self.breaker.seconds_left())
            raise ModelUnavailable(
                f"{self.name} failed several times in a row and is left alone for {seconds} more seconds."
            )
        return Call(self)


class Call:
    """One call and its attempts. Tells the breaker how it ended, also when it was cancelled."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._attempts = 0
        self._settled = self._spoke = False
        self.deadline = guard.clock() + guard.limits.reply

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._settled and self._spoke:
            self._guard.breaker.succeeded()
        elif not self._settled:
            self._guard.breaker.abandoned()

    def begin(self) -> None:
        """Before each attempt. Raises ModelUnavailable when the minute's requests are spent."""
        if not self._guard.budget.take():
            raise ModelUnavailable(
                f"{self._guard.name} has had its requests for this minute; wait, or raise "
                "SALESMATE_MODEL_CALLS_PER_MINUTE."
            )
        self._attempts += 1

    def spoke(self) -> None:
        """A first word is there: whoever stops listening now has nothing against the model."""
        self._spoke = True

    def answered(self) -> None:
        """The whole answer is there: the model works, whatever becomes of the words."""
        self._settled = True
        self._guard.breaker.succeeded()

    async def after(self, error: BaseException, *, final: bool) -> None:
        """Wait for the next attempt, or raise ModelUnavailable. `final`: there must be none."""
        fault = fault_of(error)
        wait = None if final else self._wait(fault)
        if wait is None:
            self._settled = True
            self._guard.breaker.failed()
            tries = f" (tried {self._attempts} times)" if self._attempts > 1 else ""
            raise ModelUnavailable(f"{self._guard.name} {fault.says}{tries}.")
        await self._guard.sleep(wait)

    def _wait(self, fault: Fault) -> float | None:
        """Seconds until the next attempt; None when there is to be none."""
        limits = self._guard.limits
        if not fault.retry or self._attempts > limits.retries:
            return None
        wait = FIRST_WAIT * 2 ** (self._attempts - 1) * self._guard.rng.uniform(0.5, 1)
        wait = min(wait, limits.longest_wait) if fault.wait is None else max(wait, fault.wait)
        late = wait > limits.longest_wait or self._guard.clock() + wait >= self.deadline
        return None if late else wait
