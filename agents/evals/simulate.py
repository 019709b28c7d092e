"""One simulated call: a written seller against the customer engine, through the steps the graph runs."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from agents.customer.engine import Hears, Reply, choose, open_call, outcome_of, put_into_words
from agents.customer.persona import Persona
from agents.customer.state import Difficulty, Status
from agents.customer.transcript import Turn
from agents.evals.scripts import script_for
from agents.evals.sellers import Seller, Style
from agents.models.chat import ChatModel

LONGEST_CALL = 60
"""Rep turns; no style comes near it."""


@dataclass(frozen=True)
class SimulatedCall:
    """A call that was played, with all that the figures are computed from."""

    persona: Persona
    style: Style
    difficulty: Difficulty
    seed: int
    turns: tuple[Turn, ...]
    replies: tuple[Reply, ...]
    outcome: str

    @property
    def rep_turns(self) -> int:
        return sum(turn.speaker == "rep" for turn in self.turns)


async def simulate(
    persona: Persona,
    style: Style,
    difficulty: Difficulty,
    seed: int,
    hears: Hears,
    model: ChatModel | None = None,
) -> SimulatedCall:
    """Play one call to its end. The same arguments play the same call."""
    seller = Seller(style, persona, script_for(persona.id), Random(f"{style}/{persona.id}/{seed}"))
    reply = open_call(persona, difficulty, seed)
    replies, turns = [reply], [Turn("customer", reply.text)]
    while reply.state.status is Status.RUNNING and len(replies) < LONGEST_CALL:
        text = seller.next_line(reply.state)
        if text is None:
            break
        heard = await hears.appraise(text, turns)
        turns.append(Turn("rep", text))
        decision = choose(persona, reply.state, heard)
        decision, utterance = await put_into_words(persona, decision, turns, model=model)
        reply = Reply(utterance, decision, heard)
        replies.append(reply)
        turns.append(Turn("customer", reply.text))
    ended_by_rep = reply.state.status is Status.RUNNING
    outcome = outcome_of(reply.state, ended_by_rep=ended_by_rep)
    return SimulatedCall(persona, style, difficulty, seed, tuple(turns), tuple(replies), outcome)
