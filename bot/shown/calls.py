"""A call, from the card that opens it to the line that says it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.messages import Ended, Spoken, Started
from bot.presentation import Actions, Button, Fields, Heading, Items, Message, Pair, Part, Speaker, Words
from bot.shown.ending import ending_line
from bot.shown.seen import difficulty_name, who_sees
from bot.shown.shortened import quoted

HOW_IT_WORKS = (
    "Write in this thread as you would speak. A line that begins with ? asks the copilot, "
    "and the customer does not hear it; stop interrupts a reply."
)
TITLE_LONGEST = 200
RECAP_TURNS, RECAP_WORDS = 12, 200
"""How much of an earlier attempt is told again: its last turns, and so many characters of each."""


def call_card(started: Started, attempt: int = 1) -> Message:
    """The card at the head of a call: who answers the phone, what is known of her, what the rep is after, and
    who can see the call."""
    card = started.persona
    name = str(card["name"])
    parts: list[Part] = [
        Heading(text=thread_title(card, attempt)),
        Words(text=f"{card['role']}, {card['company']}", tone="bold"),
        Words(text=str(card["summary"])),
    ]
    if notes := tuple(str(note) for note in card.get("crm_notes") or ()):
        parts += [Words(text="In the CRM", tone="bold"), Items(items=notes)]
    parts += [
        Fields(pairs=_terms(started)),
        Words(text=who_sees(started.visibility), tone="bold"),
        Words(text=HOW_IT_WORKS, tone="small"),
        call_buttons(started.roleplay),
    ]
    summary = f"{name} answers the phone. {card['role']}, {card['company']}. {who_sees(started.visibility)}"
    return Message(summary=summary, parts=tuple(parts))


def call_buttons(roleplay: str) -> Actions:
    """What a rep can press during a call."""
    return Actions(
        buttons=(
            Button(action="hint", label="Hint", value=roleplay),
            Button(action="ask", label="Ask copilot", value=roleplay),
            Button(action="end", label="End call", value=roleplay, style="danger"),
        )
    )


def thread_title(card: Mapping[str, Any], attempt: int = 1) -> str:
    """What the thread of a call is called; `card` is a persona's public card."""
    again = f", attempt {attempt}" if attempt > 1 else ""
    return f"Call with {card['name']}"[: TITLE_LONGEST - len(again)] + again


def recap(turns: Sequence[Spoken], customer: str) -> Message:
    """What was said before the turn from which a call is tried again."""
    told = turns[-RECAP_TURNS:]
    lines = [f"{_who(turn, customer)}: {quoted(turn.text, RECAP_WORDS)}" for turn in told]
    if left_out := len(turns) - len(told):
        lines.insert(0, f"({left_out} earlier turns)" if left_out > 1 else "(1 earlier turn)")
    parts: list[Part] = [Words(text="What was said so far", tone="bold")]
    parts += [Words(text=line, tone="small") for line in lines]
    return Message(summary=f"You take up the call with {customer} from here.", parts=tuple(parts))


def customer_line(text: str, speaker: Speaker) -> Message:
    """What the customer says: her words under her name, and nothing else."""
    words = text.strip() or "…"
    return Message(summary=words, parts=(Words(text=words),), speaker=speaker)


def call_over(ended: Ended, customer: str) -> Message:
    """Who ended the call and what came of it. The scorecard follows."""
    line = ending_line(ended, customer)
    return Message(summary=line, parts=(Words(text=line, tone="bold"),))


def _terms(started: Started) -> tuple[Pair, ...]:
    seller = started.persona.get("seller") or {}
    told = (
        ("You call from", seller.get("company")),
        ("You sell", seller.get("product")),
        ("Your goal", seller.get("goal")),
        ("Difficulty", difficulty_name(started.difficulty)),
    )
    return tuple(Pair(label=label, value=str(value)) for label, value in told if value)


def _who(turn: Spoken, customer: str) -> str:
    return "You" if turn.speaker == "rep" else customer
