"""Examples from rehearsed calls, to be mixed with those from recorded ones.

Recorded calls teach how people talk; they hold no persona, no gated fact and no decided act, which is what
serving asks a speaker to keep to. Simulated calls hold all three: their prompts are serving's own, and the
persona's written lines are what was to be said. Every fourth persona is kept out, so that what is measured on
those was never seen in training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from agents.customer.listen import Listener
from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue
from agents.customer.prompt import END_OF_CALL, speak_messages
from agents.customer.state import Status
from agents.evals.play import Planned, play
from agents.evals.scripts import scripted_ids
from agents.evals.simulate import SimulatedCall
from agents.models.dialogue import for_any_server
from finetune.example import Example, Said
from ingestion.embed import default_embedder
from ingestion.settings import Settings

KEPT_OUT = 4
"""One persona in so many is never trained on."""

Watch = Callable[[Sequence[Planned]], Iterable[Planned]]


def trained_personas() -> list[Persona]:
    """The personas whose lines may be learnt."""
    kept_out = {persona.id for persona in kept_out_personas()}
    return [persona for persona in _personas() if persona.id not in kept_out]


def kept_out_personas() -> list[Persona]:
    """The personas on which a tuned speaker is measured."""
    return _personas()[KEPT_OUT - 1 :: KEPT_OUT]


def rehearsed(most: int, seed: int, watch: Watch = iter) -> list[Example]:
    """At most so many examples, spread over personas, difficulties and styles of selling. Seeded."""
    personas = trained_personas()
    embedder = default_embedder(Settings().embeddings_folder)
    listeners = {persona.id: Listener(persona, embedder) for persona in personas}
    found = [
        example
        for call in play(personas, 1, seed, listeners, watch=watch)
        for example in examples_of_rehearsal(call)
    ]
    return sorted(Random(seed).sample(found, min(most, len(found))), key=lambda one: (one.call, one.n))


def examples_of_rehearsal(call: SimulatedCall) -> Iterator[Example]:
    """What serving would have asked before each reply of the customer's, and the line that was spoken.

    A reply that the prompt already holds as its example is left out: it would teach to copy.
    """
    spoken = [n for n, turn in enumerate(call.turns) if turn.speaker == "customer"]
    for n, reply in list(zip(spoken, call.replies, strict=True))[1:]:  # the opening is never a model's
        asked = for_any_server(speak_messages(call.persona, reply.decision, call.turns[:n]))
        if reply.text in asked[-1].content:
            continue
        left = reply.state.status is Status.LEFT
        yield Example(
            call=f"rehearsed-{call.persona.id}-{call.style}-{call.difficulty}-{call.seed}",
            n=n,
            messages=tuple(Said(role=message.role, content=message.content) for message in asked),
            target=reply.text + (END_OF_CALL if left else ""),
            act=reply.decision.act,
        )


def _personas() -> list[Persona]:
    known = catalogue()
    return [known.get(name) for name in sorted(scripted_ids())]
