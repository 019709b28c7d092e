"""What a pipe gets: one JSON object a line, or plain text with the names before the lines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, TextIO

from bot.messages import Answered, Ended, Event, Hinted, Judged, Scored, Spoken, Started
from bot.neutral import neutral
from bot.shown.ending import ending_line, turn_to_retry
from bot.terminal.show import Show
from bot.terminal.wording import copilot_lines, hint_lines, verdict_line

REP = "You"
SHOWN_AGAIN = 6
"""Turns of an interrupted call that are printed when it is taken up."""
LONG = 1_500
"""Characters of the rep's own line that are printed back."""
WIDTH = 100

# json.dumps leaves these as they are; a terminal obeys some, and some readers of lines end a line at others.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(data: dict[str, Any]) -> str:
    """One line of JSON that is safe to show on a terminal and whole for every reader of lines."""
    text = json.dumps(data, ensure_ascii=False)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class JsonShow(Show):
    """Events on `out`, sentences for a person on `notes`."""

    def __init__(self, out: TextIO, notes: TextIO) -> None:
        self._out = out
        self._notes = notes

    def event(self, event: Event) -> None:
        self._out.write(json_line(event.to_json()) + "\n")
        self._out.flush()

    def replay(self, turns: Sequence[Spoken]) -> None:
        """Nothing: whoever reads has them, and `started` says how many there are."""

    def piece(self, text: str) -> None:
        """Nothing: the whole turn follows."""

    def note(self, sentence: str) -> None:
        self._notes.write(neutral(sentence) + "\n")
        self._notes.flush()


class PlainShow(Show):
    """The call as it would be written down."""

    def __init__(self, out: TextIO, notes: TextIO) -> None:
        self._out = out
        self._notes = notes
        self._customer = ""
        self._roleplay = ""

    def event(self, event: Event) -> None:
        match event:
            case Started():
                self._started(event)
            case Spoken():
                self._spoken(event)
            case Answered():
                self._write(*copilot_lines(event))
            case Hinted():
                self._write(*hint_lines(event))
            case Judged():
                self._write(verdict_line(event))
            case Ended():
                self._write("", ending_line(event, self._customer), "")
            case Scored():
                self._scored(event)

    def replay(self, turns: Sequence[Spoken]) -> None:
        for turn in turns[-SHOWN_AGAIN:]:
            self._spoken(turn)

    def piece(self, text: str) -> None:
        """Nothing: a line is printed when it is whole."""

    def note(self, sentence: str) -> None:
        self._out.flush()
        self._notes.write(neutral(sentence) + "\n")
        self._notes.flush()

    def _started(self, event: Started) -> None:
        persona, seller = event.persona, event.persona["seller"]
        if self._customer != persona["name"]:
            self._customer = str(persona["name"])
            self._write(
                f"{persona['name']}, {persona['role']}, {persona['company']}",
                str(persona["summary"]),
                f"You sell for {seller['company']}: {seller['product']}",
                f"Goal: {seller['goal']}",
            )
        self._roleplay = event.roleplay
        self._write(
            f"Call {event.roleplay}, {event.difficulty}, seed {event.seed}"
            + (f", taken up after turn {event.turns}" if event.resumed else ""),
            f"Customer by {event.speaker}: {event.why}",
            "",
        )

    def _spoken(self, turn: Spoken) -> None:
        name = self._customer if turn.speaker == "customer" else REP
        text = turn.text if turn.speaker == "customer" else _shortened(turn.text)
        self._write(f"{name}: {text or '(silence)'}")

    def _scored(self, event: Scored) -> None:
        # Imported here: nobody waits for a table before the call is over.
        from rich.console import Console

        from bot.terminal.scorecard import scorecard_blocks

        console = Console(
            file=self._out, force_terminal=False, color_system=None, width=WIDTH, highlight=False
        )
        with console.capture() as capture:
            for block in scorecard_blocks(event.scorecard, self._customer):
                console.print(block)
        # Already neutral; written as it is, but for the blanks that fill lines up.
        self._write(*(line.rstrip() for line in capture.get().splitlines()), "")
        turn = turn_to_retry(event.scorecard) or "N"
        self._write(
            f"To try again, in a terminal: salesmate chat --resume {self._roleplay}, then /retry {turn}"
        )

    def _write(self, *lines: str) -> None:
        for line in lines:
            self._out.write(neutral(line) + "\n")
        self._out.flush()


def _shortened(text: str) -> str:
    if len(text) <= LONG:
        return text
    return f"{text[:LONG]} … ({len(text):,} characters in all)"
