"""The call on a terminal: the customer's card, replies as they are spoken, the scorecard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.box import ROUNDED
from rich.cells import cell_len
from rich.console import Console, Group
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from bot.messages import Answered, Ended, Event, Hinted, Judged, Scored, Spoken, Started
from bot.neutral import neutral
from bot.shown.ending import ending_line
from bot.terminal.plain import REP, SHOWN_AGAIN
from bot.terminal.scorecard import scorecard_blocks
from bot.terminal.show import Show
from bot.terminal.wording import copilot_lines, hint_lines, how_to_retry, verdict_line

CUSTOMER_STYLE, REP_STYLE, ASIDE_STYLE = "bold cyan", "bold green", "dim"
WIDEST = 100
_TOKENS = re.compile(r"\s+|\S+")


class Screen(Show):
    """Shows a call to the person who is in it. Her own words are on the screen already: she typed them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._customer = ""
        self._speech: _Speech | None = None
        self._thinking: Status | None = None

    def event(self, event: Event) -> None:
        self._stop_thinking()
        match event:
            case Started():
                self._connected(event)
            case Spoken(speaker="customer"):
                self._finish(event.text)
            case Answered():
                self._aside(copilot_lines(event))
            case Hinted():
                self._aside(hint_lines(event))
            case Judged():
                self._aside(iter([verdict_line(event)]))
            case Ended():
                self.console.print(Text("\n" + neutral(ending_line(event, self._customer)), "bold"))
            case Scored():
                self.console.print()
                for block in scorecard_blocks(event.scorecard, self._customer):
                    self.console.print(block, width=min(WIDEST, self.console.width))
                self.note("\n" + how_to_retry(event))

    def replay(self, turns: Sequence[Spoken]) -> None:
        """The end of the talk so far."""
        if len(turns) > SHOWN_AGAIN:
            self.note(f"({len(turns) - SHOWN_AGAIN} earlier turns)")
        for turn in turns[-SHOWN_AGAIN:]:
            name, style = (self._customer, CUSTOMER_STYLE) if turn.speaker == "customer" else (REP, REP_STYLE)
            self.console.print(
                Text(f"{neutral(name)}: ", style).append(neutral(turn.text or "(silence)"), "not bold")
            )

    def piece(self, text: str) -> None:
        self._stop_thinking()
        if self._speech is None:
            self._speech = _Speech(self.console, self._customer)
        self._speech.add(text)

    def note(self, sentence: str) -> None:
        self._stop_thinking()
        self.console.print(Text(neutral(sentence), ASIDE_STYLE))

    @contextmanager
    def thinking(self, who: str) -> Iterator[None]:
        """An indicator until the first word is there; a speech that breaks off ends its line."""
        spinner = "dots" if "utf" in self.console.encoding.lower() else "line"
        self._thinking = self.console.status(Text(who, ASIDE_STYLE), spinner=spinner)
        self._thinking.start()
        try:
            yield
        finally:
            self._stop_thinking()
            if self._speech is not None:
                self._speech = None
                self.console.print(Text(" …", ASIDE_STYLE))

    def _connected(self, event: Started) -> None:
        if event.persona["name"] != self._customer:
            self._customer = str(event.persona["name"])
            self.console.print(_card(event, self.console.width))
        if event.resumed:
            self.note(f"Call {event.roleplay}, taken up after turn {event.turns}.")

    def _finish(self, text: str) -> None:
        if self._speech is None:
            self.piece(text)
        self._speech = None
        self.console.print()

    def _aside(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.console.print(Text(neutral(line), "yellow"))

    def _stop_thinking(self) -> None:
        if self._thinking is not None:
            self._thinking.stop()
            self._thinking = None


class _Speech:
    """A reply that is written as it comes, wrapped between words."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._width = min(console.width, WIDEST)
        self._column = 0
        label = f"{neutral(name)}: "
        self._write(Text(label, CUSTOMER_STYLE), cell_len(label))

    def add(self, piece: str) -> None:
        for token in _TOKENS.findall(neutral(piece)):
            if token.isspace():
                if self._column:
                    self._write(Text(" "), 1)
                continue
            if self._column + cell_len(token) >= self._width:
                self._console.print()
                self._column = 0
            self._write(Text(token), cell_len(token))

    def _write(self, text: Text, width: int) -> None:
        self._console.print(text, end="", soft_wrap=True)
        self._column += width


def screen_console() -> Console:
    """The terminal, in as many colours as it has: none under NO_COLOR or on a dumb one."""
    return Console(highlight=False, emoji=False, markup=False)


def _card(event: Started, width: int) -> Panel:
    persona, seller = event.persona, event.persona["seller"]
    lines = [
        Text(neutral(f"{persona['role']}, {persona['company']}"), "bold"),
        Text(neutral(str(persona["summary"]))),
        *(Text(neutral(f"- {note}"), ASIDE_STYLE) for note in persona["crm_notes"]),
        Text(),
        Text("You sell for ").append(neutral(f"{seller['company']}: {seller['product']}")),
        Text("Goal: ", "bold").append(neutral(str(seller["goal"])), "not bold"),
    ]
    call_type = str(persona["call_type"]).replace("_", " ")
    details = f"{call_type}, {event.difficulty}, seed {event.seed}, customer by {event.speaker}"
    return Panel(
        Group(*lines),
        box=ROUNDED,
        title=Text(neutral(str(persona["name"])), CUSTOMER_STYLE),
        title_align="left",
        subtitle=Text(neutral(details), ASIDE_STYLE),
        subtitle_align="right",
        width=min(WIDEST, width),
    )
