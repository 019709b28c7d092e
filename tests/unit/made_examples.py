"""Examples of made-up calls, in just the prompt that serving sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from agents.customer.acts import Act, ExitReason
from agents.customer.difficulty import first_state
from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue
from agents.customer.prompt import END_OF_CALL, speak_messages
from agents.customer.state import Decision, Difficulty
from agents.customer.transcript import Turn
from agents.models.dialogue import for_any_server
from finetune.example import Example, Said

PEOPLE = ("helen-marsh", "marcus-bell", "priya-raman")
TALK = (
    ("Hello, this is Sam from Northgate, how are you today?", "Fine, who is this?", Act.WHO),
    ("We offer our product to firms like yours, may I tell you more?", "I have a minute.", Act.TIME),
    (
        "Our offer saves money for our clients, shall we book a meeting?",
        "Not sure, I would ask {0}",
        Act.VAGUE,
    ),
    ("Thank you, I hope we can offer our service soon, goodbye!", "No. Bye then, {0}.", Act.LEAVE),
)


def made_examples(calls: int, prefix: str = "call") -> list[Example]:
    """So many calls of four customer turns, each ended by the customer; no two calls say the same."""
    return [example for number in range(calls) for example in _of_one_call(f"{prefix}-{number}", number)]


def a_silent_seller() -> list[Example]:
    """One call that the customer opens, and into which the seller then says nothing."""
    return list(_of_one_call("silent", 0, ((None, "Hello?", Act.OPEN), ("", "Who is there?", Act.SILENCE))))


def _of_one_call(
    name: str, number: int, talk: Sequence[tuple[str | None, str, Act]] = TALK
) -> Iterator[Example]:
    persona = _persona(PEOPLE[number % len(PEOPLE)])
    turns: list[Turn] = []
    for place, (seller, customer, act) in enumerate(talk):
        if seller is not None:
            turns.append(Turn("rep", seller))
        state = first_state(persona, Difficulty.NORMAL, number)
        decision = Decision(
            state=state, act=act, exit=ExitReason.NOT_INTERESTED if act is Act.LEAVE else None
        )
        asked = for_any_server(speak_messages(persona, decision, turns))
        said = customer.format(f"{name} {'so ' * (number % 5)}there")
        yield Example(
            call=name,
            n=len(turns),
            messages=tuple(Said(role=one.role, content=one.content) for one in asked),
            target=said + (END_OF_CALL if place == len(talk) - 1 else ""),
            act=act,
        )
        turns.append(Turn("customer", said))


@cache
def _persona(name: str) -> Persona:
    return catalogue().get(name)


def as_lines(examples: list[Example]) -> str:
    """As `salesmate finetune prepare` writes them."""
    return "".join(f"{example.model_dump_json()}\n" for example in examples)
