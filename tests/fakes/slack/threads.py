"""A thread as one person sees it: what stands in it, what she writes, what she waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fakes.slack.screen import Seen
from tests.fakes.slack.sending import Answer
from tests.fakes.slack.state import Message

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person


class Thread:
    """A thread as one person sees it."""

    def __init__(self, person: Person, channel: str, ts: str) -> None:
        self.person = person
        self.channel = channel
        self.ts = ts

    def __repr__(self) -> str:
        return f"<thread {self.ts}: {self.messages_now}>"

    @property
    def root(self) -> Seen:
        """The message it hangs under."""
        return Seen(self.person, self.person.state.messages[self.channel][self.ts])

    @property
    def messages_now(self) -> list[Seen]:
        """What stands in it now, its root first; also what is shown to her alone in it."""
        kept = self.person.state.messages.get(self.channel, {}).values()
        mine = [m for m in kept if m.root == self.ts and m.ephemeral_to in ("", self.person.id)]
        return [Seen(self.person, m) for m in sorted(mine, key=lambda m: m.ts) if not m.deleted]

    @property
    def streams(self) -> list[Message]:
        """The messages that are still being written."""
        return [s.message for s in self.messages_now if s.message.streaming_since is not None]

    @property
    def title(self) -> str:
        """What the app has called it, where this Slack knows of sessions."""
        session = self.person.state.sessions.get((self.channel, self.ts))
        return session.title if session else ""

    async def messages(self) -> list[Seen]:
        """What stands in it once all that people did has been taken."""
        await self.person.sender.settled()
        return self.messages_now

    async def says(self, text: str, *, deliveries: int | None = None, wait: bool = True) -> Seen:
        """Write into it. With `wait` it returns once Slack's event was taken or given up; `deliveries` has
        Slack send it that often."""
        return await self.person.posts(
            self.channel, text, thread_ts=self.ts, deliveries=deliveries, wait=wait
        )

    async def replies(
        self, *, from_bot: bool = True, at_least: int = 1, within_s: float | None = None
    ) -> list[Seen]:
        """The finished messages under the root that everybody here sees, by the app (or by people); waits for
        that many."""

        def every() -> list[Seen]:
            return [
                seen
                for seen in self.messages_now
                if seen.ts != self.ts
                and not seen.message.ephemeral_to
                and seen.message.streaming_since is None
                and seen.from_bot == from_bot
            ]

        def look() -> list[Seen] | None:
            return found if len(found := every()) >= at_least else None

        if at_least == 0:
            return every()
        return await self.person.stage.watch.until(
            look,
            within_s,
            lambda: f"{at_least} replies were waited for; the thread holds {self.messages_now}.",
            self.channel,
        )

    async def hears(self, part: str, within_s: float | None = None) -> Seen:
        """The newest message of the app in it (the root too) that holds `part`; waits for one."""

        def look() -> Seen | None:
            mine = [s for s in self.messages_now if s.from_bot and (part in s.words or part in s.text)]
            return mine[-1] if mine else None

        return await self.person.stage.watch.until(
            look,
            within_s,
            lambda: f"{part!r} never came; the thread holds {self.messages_now}.",
            self.channel,
        )

    async def with_button(self, label: str, within_s: float | None = None) -> Seen:
        """The newest message in it that has this button; waits for one."""

        def look() -> Seen | None:
            found = [s for s in self.messages_now if label in s.buttons]
            return found[-1] if found else None

        return await self.person.stage.watch.until(
            look,
            within_s,
            lambda: f"No button {label!r} came; the thread holds {self.messages_now}.",
            self.channel,
        )

    async def presses(self, label: str) -> Answer:
        """Press the newest button of these words in it."""
        return await self.person.presses(await self.with_button(label), label)

    async def until(self, look: Callable[[list[Seen]], bool], within_s: float | None = None) -> list[Seen]:
        """Waits until what stands in it is as `look` wants it."""

        def found() -> list[Seen] | None:
            return now if look(now := self.messages_now) else None

        return await self.person.stage.watch.until(
            found,
            within_s,
            lambda: f"It never came to that; the thread holds {self.messages_now}.",
            self.channel,
        )

    async def renames(self, title: str) -> bool:
        """Give the session another title by hand."""
        session = self.person.state.sessions[self.channel, self.ts]
        previous, session.title = session.title, title
        event = {
            "type": "agent_session_title_changed",
            "channel": self.channel,
            "user": self.person.id,
            "team_id": self.person.team,
            "thread_ts": self.ts,
            "title": title,
            "previous_title": previous,
            "event_ts": self.person.state.new_ts(),
        }
        return await self.person.sender.event(self.person.team, event)
