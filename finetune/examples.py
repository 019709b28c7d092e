"""Examples: each of the customer's turns with exactly what serving would have sent before it."""

from __future__ import annotations

from collections.abc import Iterator

from agents.customer.prompt import END_OF_CALL, speak_messages
from agents.customer.transcript import Turn
from agents.models.dialogue import for_any_server
from finetune.calls import CallTurn, RecordedCall
from finetune.casting import cast
from finetune.example import Example, Said
from finetune.labels import decisions_of
from ingestion.embed import Vectors


def examples_of(
    call: RecordedCall, vectors: Vectors, *, seed: int = 0, language: str = "en"
) -> Iterator[Example]:
    """An example for each customer turn, in order; the last one's target ends with END_OF_CALL.

    `vectors` are of her turns (`labels.vectors_of`). The history is all that was said before, by both, and
    nothing that came later; a turn's own words are in its target only.
    """
    persona = cast(call, seed=seed, language=language)
    decided = decisions_of(call, persona, vectors, seed=seed)
    for n, decision in decided:
        before = [as_serving(turn) for turn in call.turns[:n]]
        messages = for_any_server(speak_messages(persona, decision, before))
        text = call.turns[n].text
        yield Example(
            call=call.call,
            n=n,
            messages=tuple(Said(role=message.role, content=message.content) for message in messages),
            target=text + END_OF_CALL if n == decided[-1][0] else text,
            act=decision.act,
        )


def as_serving(turn: CallTurn) -> Turn:
    """The turn as the engine knows it, which calls the seller the rep."""
    return Turn("customer" if turn.speaker == "customer" else "rep", turn.text)
