"""What else goes on in a conversation that an app has to make sense of, or to leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.slack.state import Message

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person
    from tests.fakes.slack.screen import Seen
    from tests.fakes.slack.threads import Thread

SLACKBOT = "USLACKBOT"


async def huddle(thread: Thread) -> None:
    """Somebody starts a huddle; Slackbot posts its card."""
    await _posted(thread.person, thread.channel, thread.ts, SLACKBOT, "A huddle started", "huddle_thread")


async def assistant_thread(person: Person) -> None:
    """The root message that Slack writes for apps with the older assistant_view."""
    await _posted(
        person, person.dm.id, "", person.workspace.bot_user, "New assistant thread", "assistant_app_thread"
    )


async def joins(person: Person, channel: str) -> None:
    """She joins a conversation, which is a message too."""
    await _posted(person, channel, "", person.id, f"<@{person.id}> has joined the channel", "channel_join")


async def other_app(thread: Thread, text: str) -> None:
    """Another app or a webhook writes into the thread."""
    await _posted(thread.person, thread.channel, thread.ts, "", text, "bot_message", bot_id="B0OTHERAPP")


async def empty(thread: Thread) -> None:
    """A message without any text, as clients write them for what has no words."""
    await _posted(thread.person, thread.channel, thread.ts, thread.person.id, "", "")


async def unfurled(seen: Seen) -> None:
    """Slack shows a preview of a link: the message changed, its words and its author's edit mark did not."""
    person, message = seen.person, seen.message
    person.state.changed("message_changed", message.team, message, message.shown())
    await person.sender.delivered(message.channel, message.ts)


async def _posted(
    person: Person, channel: str, thread: str, user: str, text: str, subtype: str, bot_id: str = ""
) -> None:
    message = Message(
        channel,
        person.state.new_ts(),
        person.team,
        user,
        text=text,
        thread_ts=thread,
        subtype=subtype,
        bot_id=bot_id,
    )
    person.state.post(message)
    await person.sender.delivered(channel, message.ts)
