"""What a rep can type: words for the customer, or a command for us."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from agents.route import Intent, intent_of, question_in


@dataclass(frozen=True)
class Say:
    """Words for the customer; empty is silence."""

    text: str


@dataclass(frozen=True)
class Ask:
    """A question to the copilot."""

    question: str


@dataclass(frozen=True)
class Retry:
    """Again from one of the rep's turns; from the most useful one if she names none."""

    turn: int | None


@dataclass(frozen=True)
class Plain:
    """A command that needs nothing else: hint, good, bad, end, help, new or quit."""

    name: str


@dataclass(frozen=True)
class Mistyped:
    """Looks like a command and is none. `sentence` says so."""

    sentence: str


Command = Say | Ask | Retry | Plain | Mistyped

HINT, GOOD, BAD, END, HELP, NEW, QUIT = "hint", "good", "bad", "end", "help", "new", "quit"

COMMANDS = {
    "/copilot": ("/copilot QUESTION", "ask the copilot (or: ?QUESTION); the customer does not hear it"),
    "/hint": ("/hint", "what is worth knowing about what the customer just said (or: ?)"),
    "/good": ("/good", "the copilot's last answer helped"),
    "/bad": ("/bad", "the copilot's last answer did not help"),
    "/end": ("/end", "put the phone down and get the scorecard (or: Ctrl-D)"),
    "/retry": ("/retry N", "the same call again from your turn N"),
    "/new": ("/new", "after the call: another customer"),
    "/help": ("/help", "this list"),
    "/quit": ("/quit", "leave; a running call is kept, `salesmate chat --resume` goes on with it"),
}
"""Command to how it is typed and what it does."""

_COMMAND = re.compile(r"/[a-z]+\Z", re.IGNORECASE)
_RETRY_NUMBER = re.compile(r"(?:turn\s+)?(\d{1,6})\Z")


def parse(line: str) -> Command:
    """What the rep meant. A text that merely starts with a slash ("/ month") is for the customer."""
    match intent_of(line):
        case Intent.ASK:
            return Ask(question_in(line))
        case Intent.HINT:
            return Plain(HINT)
    word, _, rest = line.strip().partition(" ")
    if not _COMMAND.match(word):
        return Say(line)
    name = word.lower()
    if name == "/retry":
        return _retry(rest.strip())
    if name in COMMANDS:
        return Plain(name[1:])
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return Mistyped(f"There is no command {name}. " + (f"Did you mean {near[0]}?" if near else "See /help."))


def parse_after(line: str) -> Command:
    """As `parse`, when the call is over and nobody is on the line: the slash and the rest of a word may be
    left out, and a bare number is a turn to retry from."""
    text = line.strip()
    if text.isdecimal():
        return _retry(text)
    word, _, rest = text.lower().partition(" ")
    meant = [name for name in ("retry", "new", "quit", "help") if word and name.startswith(word)]
    return parse(f"/{meant[0]} {rest}" if meant else text)


def _retry(number: str) -> Command:
    if not number:
        return Retry(None)
    found = _RETRY_NUMBER.match(number)
    return Retry(int(found[1])) if found else Mistyped("Say which of your turns: /retry N, such as /retry 4.")
