"""The model as speaker inside the engine: simulated calls in which code decides and checks, it finds words.

The calls are those of `salesmate eval customer`: written sellers against shipped customers, those whose lines
no training has seen. The same calls are planned for every speaker; how they go on depends on what is said.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from agents.customer.acts import Act
from agents.customer.check import contradicted_facts, leaked_facts, out_of_role
from agents.customer.engine import Hears, Reply
from agents.customer.scripted import NAME as SCRIPTED
from agents.customer.scripted import bare
from agents.customer.speak import UNAVAILABLE
from agents.customer.state import Difficulty
from agents.evals.play import Planned
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall, simulate
from agents.models.chat import ChatModel
from finetune.evaluate.bootstrap import Statistic, compare
from finetune.evaluate.evaluation import Figure, Speaker
from finetune.evaluate.speaking import must_answer
from finetune.evaluate.style import DISTANCES, Shape, Shapes, shapes_of
from finetune.rehearsed import kept_out_personas
from ingestion.embed import default_embedder
from ingestion.settings import Settings

MISSED_THE_ACT = frozenset({"wrong_act", "fact_not_told", "leak", "contradiction"})
"""Reasons for which a draft is refused because it did something else than was decided."""


@dataclass(frozen=True)
class CallTally:
    """What is counted in one simulated call. Her first words are left out: they are always the script's. So
    are turns at which the model did not answer: they say nothing of what it would have said."""

    turns: int = 0
    spoken: int = 0
    """Turns in the model's own words."""
    refused: int = 0
    """Drafts of which something was refused, at most two a turn."""
    unanswered: int = 0
    """Turns that are left out because the model did not answer."""
    faithful: int = 0
    """Turns at which no draft missed the act that was decided."""
    leaks: int = 0
    contradictions: int = 0
    inversions: int = 0
    repeats: int = 0
    reasons: tuple[str, ...] = ()
    shapes: Shapes = ()
    """Of the turns in the speaker's own words."""


def plan_calls(most: int, seed: int) -> list[Planned]:
    """So many calls, drawn from every difficulty, style of seller and customer that no training has seen."""
    every = [(who, level, style) for who in kept_out_personas() for level in Difficulty for style in Style]
    rounds = -(-most // len(every))
    plan = [(who, level, style, seed + number) for number in range(rounds) for who, level, style in every]
    Random(f"calls/{seed}").shuffle(plan)
    return plan[:most]


async def play_calls(
    plan: Sequence[Planned],
    model: ChatModel | None,
    listeners: dict[str, Hears],
    at_once: int,
    tell: Callable[[], object] = lambda: None,
) -> list[CallTally]:
    """Play calls, so many at a time, and count, in the plan's order. No model: the persona's own lines.

    Raises EvaluationError when a model leaves too many turns without a reply.
    """
    places = asyncio.Semaphore(at_once)

    async def one(planned: Planned) -> CallTally:
        persona, level, style, number = planned
        async with places:
            call = await simulate(persona, style, level, number, listeners[persona.id], model)
        tell()
        return tally(call, model.name if model else SCRIPTED)

    tallies = list(await asyncio.gather(*map(one, plan)))
    if model:
        silent = sum(call.unanswered for call in tallies)
        must_answer(model, silent, silent + sum(call.turns for call in tallies))
    return tallies


def listeners_for(plan: Sequence[Planned]) -> dict[str, Hears]:
    """Ears for the customers of the plan. Loads the embedder."""
    from agents.customer.listen import Listener

    embedder = default_embedder(Settings().embeddings_folder)
    return {
        persona.id: Listener(persona, embedder) for persona in {one[0].id: one[0] for one in plan}.values()
    }


def tally(call: SimulatedCall, speaker: str) -> CallTally:
    """Count what happened in a call whose customer was spoken for by `speaker`."""
    asked = [reply for reply in call.replies if reply.decision.act is not Act.OPEN]
    replies = [reply for reply in asked if _answered(reply)]
    reasons = [reason for reply in replies for reason in reply.utterance.rejected]
    own = [reply for reply in replies if reply.utterance.speaker == speaker]
    return CallTally(
        turns=len(replies),
        spoken=len(own),
        refused=len(reasons),
        unanswered=len(asked) - len(replies),
        faithful=sum(not MISSED_THE_ACT & set(reply.utterance.rejected) for reply in replies),
        leaks=sum(bool(leaked_facts(r.text, call.persona, r.state.opened)) for r in replies),
        contradictions=sum(bool(contradicted_facts(r.text, call.persona)) for r in replies),
        inversions=sum(out_of_role(reply.text) for reply in replies),
        repeats=_repeats(call.replies),
        reasons=tuple(reasons),
        shapes=tuple(shapes_of([reply.text for reply in own])),
    )


def _answered(reply: Reply) -> bool:
    return UNAVAILABLE not in reply.utterance.rejected


def _repeats(replies: Sequence[Reply]) -> int:
    said: set[str] = set()
    repeated = 0
    for reply in replies:
        words = bare(reply.text)
        repeated += words in said and _answered(reply)
        said.add(words)
    return repeated


def inside_figures(
    tallies: Mapping[Speaker, Sequence[CallTally]], human: Shapes, seed: int
) -> dict[str, Figure]:
    """The engine's figures over the same planned calls. `human`: all of the data's customers' turns."""
    turns = sum(call.turns for call in tallies["tuned"])
    counts: dict[str, Callable[[CallTally], int]] = {
        "spoken": lambda call: call.spoken,
        "refused_drafts": lambda call: call.refused,
        "decision_fidelity": lambda call: call.faithful,
        "early_leaks": lambda call: call.leaks,
        "contradictions": lambda call: call.contradictions,
        "inversions_spoken": lambda call: call.inversions,
        "repeats": lambda call: call.repeats,
    }
    if not turns:
        names = [*counts, *(f"spoken_{name}" for name in DISTANCES)]
        return {name: Figure(missing="No calls were simulated; ask for some with --calls.") for name in names}
    figures = {
        name: compare(_per_turn(count), tallies, seed=seed, items=turns) for name, count in counts.items()
    }
    for name, distance in DISTANCES.items():
        figures[f"spoken_{name}"] = compare(_from(human, distance), tallies, seed=seed, items=turns)
        if figures[f"spoken_{name}"].tuned is None:
            figures[f"spoken_{name}"] = Figure(
                missing="None of the model's own words were spoken in these calls."
            )
    return figures


def reasons_of(tallies: Sequence[CallTally]) -> dict[str, int]:
    """How often drafts were refused for what, the commonest first."""
    return dict(Counter(reason for call in tallies for reason in call.reasons).most_common())


def _per_turn(count: Callable[[CallTally], int]) -> Statistic[CallTally]:
    def over(calls: Sequence[CallTally]) -> float:
        turns = sum(call.turns for call in calls)
        return sum(map(count, calls)) / turns if turns else math.nan

    return over


def _from(human: Shapes, distance: Callable[[Shapes, Shapes], float]) -> Statistic[CallTally]:
    """Distance of what was spoken from the people of the data: other calls, so only the former is drawn."""

    def over(calls: Sequence[CallTally]) -> float:
        spoken: list[Shape] = [shape for call in calls for shape in call.shapes]
        return distance(spoken, human) if spoken else math.nan

    return over
