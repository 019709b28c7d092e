"""A message that holds the place of a reply: a placeholder with a Stop button, or a stream."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass

from bot.presentation import Actions, Button, Message, Outgoing, Speaker, Words
from bot.slack.client import Refused
from bot.slack.workspace import Workspace

THINKING = "thinking:"
"""Begins the key of a placeholder, so that one whose turn was lost can be told from a reply."""


@dataclass(frozen=True)
class Held:
    """Where it is and whose name it bears; as a string it is kept with the turn."""

    channel: str
    thread: str
    message: str
    speaker: str = ""
    stream: bool = False

    def __str__(self) -> str:
        return json.dumps(astuple(self))

    @classmethod
    def read(cls, kept: str) -> Held | None:
        """None for what is no placeholder of this module."""
        try:
            channel, thread, message, speaker, stream = json.loads(kept)
        except (ValueError, TypeError):
            return None
        return cls(str(channel), str(thread), str(message), str(speaker), bool(stream))

    def fits(self, outgoing: Outgoing, channel: str) -> bool:
        """Whether `outgoing` can take its place: an update cannot move a message, nor change whose it is."""
        content = outgoing.content
        if not isinstance(content, Message) or content.private or outgoing.replaces:
            return False
        here = (channel, outgoing.place.thread) == (self.channel, self.thread)
        return here and self.speaker == named(content.speaker)


def named(speaker: Speaker | None) -> str:
    """The name a message bears; empty for SalesMate's own."""
    return speaker.name if speaker else ""


def thinking_words(speaker: Speaker | None) -> str:
    """What is shown meanwhile."""
    return f"{speaker.name.split()[0]} is thinking …" if speaker and speaker.name.split() else "Thinking …"


def thinking_message(speaker: Speaker | None) -> Message:
    """The placeholder, with its Stop button."""
    words = thinking_words(speaker)
    stop = Actions(buttons=(Button(action="stop", label="Stop"),))
    return Message(summary=words, parts=(Words(text=words, tone="small"), stop), speaker=speaker)


async def end_stream(workspace: Workspace, held: Held) -> None:
    """Make a stream an ordinary message; one that Slack ended by itself is that already. Raises Limited,
    Unclear."""
    if held.stream:
        try:
            await workspace.send("chat.stopStream", channel=held.channel, ts=held.message)
        except Refused:
            return


async def remove_in_the_end(workspace: Workspace, held: Held) -> None:
    """As `remove`, beside the turn: tried again until it is gone. Never raises."""
    if held.stream:
        await workspace.insist("chat.stopStream", channel=held.channel, ts=held.message)
    await workspace.insist("chat.delete", channel=held.channel, ts=held.message)


async def remove(workspace: Workspace, held: Held) -> None:
    """Take it away; it may be gone already. Raises Limited, Unclear."""
    await end_stream(workspace, held)
    try:
        await workspace.send("chat.delete", channel=held.channel, ts=held.message)
    except Refused:
        return
