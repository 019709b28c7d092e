"""What SalesMate can do, told to someone who asks or who is new."""

from __future__ import annotations

from bot.presentation import Actions, Button, Heading, Items, Message, Part, Words

START = Actions(buttons=(Button(action="start", label="Start a call", style="primary"),))


def welcome() -> Message:
    """The first words in a person's direct messages."""
    return _help(
        "SalesMate lets you rehearse sales calls with a customer who answers back.",
        "Rehearse a sales call",
        (
            "Press Start a call, or write: Rehearse with Helen Marsh",
            "The customer answers in a thread. Write there as you would speak.",
            "At the end you get a scorecard, and can try again from any of your turns.",
            "Ask about your company's papers at any time: /copilot QUESTION",
        ),
        "Your calls are seen by nobody but you, unless you choose otherwise.",
        start=True,
    )


def help_roleplay() -> Message:
    """How to rehearse."""
    return _help(
        "How to rehearse a call with SalesMate",
        "How to rehearse a call",
        (
            "/roleplay picks a customer; /roleplay NAME goes straight to one; /roleplay end hangs up.",
            "In the call's thread, write as you would speak. The customer may end the call too.",
            "Hint shows what your company's papers say to the customer's last words.",
            "A line that begins with ? asks the copilot, and the customer does not hear it.",
            "stop interrupts a reply. Your line stands, and you can let the customer answer later.",
        ),
        "A call is private unless you make it visible to your manager; only you can change that.",
        start=True,
    )


def help_copilot() -> Message:
    """How to ask."""
    return _help(
        "How to ask the copilot",
        "How to ask the copilot",
        (
            "/copilot QUESTION answers from your company's papers, and only you see the answer.",
            "Every sentence names the page it comes from. If the papers do not say, it says so.",
            "Share here shows an answer to everybody in the channel.",
            "During a call, begin a line with ? or press Ask copilot: commands do not work in threads.",
        ),
        "For example: /copilot what does early withdrawal cost?",
    )


def _help(summary: str, title: str, points: tuple[str, ...], small: str, *, start: bool = False) -> Message:
    parts: list[Part] = [Heading(text=title), Items(items=points), Words(text=small, tone="small")]
    if start:
        parts.append(START)
    return Message(summary=summary, parts=tuple(parts))
