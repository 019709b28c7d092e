"""Many simulated calls: every persona, difficulty and style, a number of times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from agents.customer.engine import Hears
from agents.customer.persona import Persona
from agents.customer.state import Difficulty
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall, simulate
from agents.models.chat import ChatModel

Planned = tuple[Persona, Difficulty, Style, int]


def play(
    personas: Sequence[Persona],
    rounds: int,
    seed: int,
    listeners: Mapping[str, Hears],
    model: ChatModel | None = None,
    watch: Callable[[Sequence[Planned]], Iterable[Planned]] = iter,
) -> Iterator[SimulatedCall]:
    """Play `rounds` calls of every combination, seeds counting up from `seed`.

    `watch` may wrap the plan, to show how far it is.
    """
    plan: list[Planned] = [
        (persona, level, style, seed + number)
        for persona in personas
        for level in Difficulty
        for style in Style
        for number in range(rounds)
    ]
    with asyncio.Runner() as runner:
        for persona, level, style, number in watch(plan):
            call = simulate(persona, style, level, number, listeners[persona.id], model)
            yield runner.run(call)
