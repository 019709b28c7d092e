"""What the rep types: line editing, history, completion of commands, pastes as one message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.shortcuts import CompleteStyle

from bot.terminal.commands import COMMANDS

REMEMBERED = 2_000
"""Characters of a message beyond which it is a paste that nobody wants back with the up arrow."""


class Keyboard:
    """The prompt."""

    def __init__(self, history_file: Path) -> None:
        self._session: PromptSession[str] = PromptSession(
            history=_history(history_file),
            completer=_Commands(),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            enable_history_search=True,
        )

    async def line(self, label: str) -> str:
        """One message; a paste of several lines is one. Raises KeyboardInterrupt and EOFError."""
        return await self._session.prompt_async(FormattedText([("ansigreen bold", f"{label}: ")]))


class _Commands(Completer):
    """Commands, once the line begins with a slash."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        if typed.startswith("/"):
            for name in COMMANDS:
                if name.startswith(typed):
                    yield Completion(name, start_position=-len(typed))


class _ShortHistory(FileHistory):
    """Leaves out pages of text, and goes without a file that cannot be written any more."""

    def store_string(self, string: str) -> None:
        if len(string) > REMEMBERED:
            return
        try:
            super().store_string(string)
        except OSError:
            # A full disk costs the up arrow its memory, never the call.
            return


def _history(file: Path) -> History:
    """What she typed before; for this call only where the folder cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return _ShortHistory(str(file))
