"""What the Slack double remembers: workspaces, people, channels, messages, views, tickets of short life.

Everything is kept in memory and changed by one event loop. Whoever wants to hear of a change (to send an
event for it) subscribes; whoever changes something tells with `changed`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Literal

from tests.fakes.slack.things import (
    ALL_SCOPES,
    RESPONSE_URL_LIFE_S,
    RESPONSE_URL_USES,
    STREAM_LIFE_S,
    TRIGGER_LIFE_S,
    App,
    Body,
    Call,
    Change,
    Channel,
    ChannelKind,
    Happening,
    Message,
    ResponseUrl,
    Session,
    Token,
    TokenKind,
    Trigger,
    Upload,
    User,
    View,
    Workspace,
)

__all__ = [
    "ALL_SCOPES",
    "RESPONSE_URL_LIFE_S",
    "RESPONSE_URL_USES",
    "STREAM_LIFE_S",
    "TRIGGER_LIFE_S",
    "App",
    "Body",
    "Call",
    "Change",
    "Channel",
    "ChannelKind",
    "Happening",
    "Message",
    "ResponseUrl",
    "Session",
    "State",
    "Token",
    "TokenKind",
    "Trigger",
    "Upload",
    "User",
    "View",
    "Workspace",
]


class State:
    """All of it. `clock` gives the time in seconds since 1970 and may be a test's own."""

    def __init__(
        self, clock: Callable[[], float] = time.time, *, newer: bool = True, strict: bool = True
    ) -> None:
        self.clock = clock
        self.newer = newer
        """Whether this workspace has agent sessions, streams and suggested prompts."""
        self.strict = strict
        """Whether limits of texts and blocks are enforced."""
        self.app = App()
        self.workspaces: dict[str, Workspace] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.tokens: dict[str, Token] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        """By channel, then by ts; ephemeral and deleted ones too."""
        self._threads: dict[tuple[str, str], list[Message]] = {}
        self.modals: dict[tuple[str, str], list[View]] = {}
        """By team and user: the open stack, its top last."""
        self.homes: dict[tuple[str, str], View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.uploads: dict[str, Upload] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        """By channel and thread."""
        self.thread_status: dict[tuple[str, str], str] = {}
        self.prompts: dict[str, list[Body]] = {}
        """Suggested prompts by channel."""
        self.calls: list[Call] = []
        self.base_url = ""
        self.new_socket_url: Callable[[], str] = str
        """Gives an address for Socket Mode; set by whoever serves it."""
        self._listeners: list[Callable[[Change], None]] = []
        self._last_us = 0
        self._numbers = 0

    def subscribe(self, listener: Callable[[Change], None]) -> None:
        """Have `listener` called, in order and at once, with everything that happens from now on."""
        self._listeners.append(listener)

    def changed(self, kind: Happening, team: str, what: Any, previous: Body | None = None) -> None:
        """Tell that something happened."""
        for listener in list(self._listeners):
            listener(Change(kind, team, what, previous or {}))

    def new_ts(self) -> str:
        """A time stamp no other message has, later than all before it."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        """An id of Slack's shape, never given out before."""
        self._numbers += 1
        return f"{letter}0{self._numbers:08d}"

    def workspace(self, team: str, name: str = "") -> Workspace:
        """The workspace of that id, founded if need be. The app is not in it until `install`."""
        if team not in self.workspaces:
            bot_user, bot_id = f"U{team[1:]}BOT", f"B{team[1:]}BOT"
            self.workspaces[team] = Workspace(team, name or team.title(), team.lower(), bot_user, bot_id)
        return self.workspaces[team]

    def install(self, team: str, scopes: frozenset[str] = ALL_SCOPES) -> Token:
        """Put the app into a workspace, as an administrator would, and give it its bot token."""
        workspace = self.workspace(team)
        workspace.installed = True
        workspace.installs += 1
        self.users[workspace.bot_user] = User(workspace.bot_user, team, "app", self.app.name, "", is_bot=True)
        value = f"xoxb-{team}-{workspace.installs}-{secrets.token_hex(8)}"
        self.tokens[value] = Token(value, "bot", team, workspace.bot_user, scopes)
        return self.tokens[value]

    def user(self, user: str, team: str = "T0ACME", name: str = "") -> User:
        """The person of that id, hired if need be."""
        if user not in self.users:
            self.workspace(team)
            short = (name or user).split()[0].lower()
            self.users[user] = User(
                user, team, short, name or user.title(), f"{short}@{team.lower()}.example"
            )
        return self.users[user]

    def dm(self, team: str, user: str) -> Channel:
        """The direct messages between the app and a person."""
        bot = self.workspace(team).bot_user
        channel = f"D{team[1:]}{user[1:]}"
        if channel not in self.channels:
            self.channels[channel] = Channel(channel, team, "im", user=user, members={user, bot})
        return self.channels[channel]

    def channel(self, channel: str, team: str = "T0ACME", members: tuple[str, ...] = ()) -> Channel:
        """The channel of that id, made if need be, with these people in it."""
        if channel not in self.channels:
            self.channels[channel] = Channel(channel, team, "channel", name=channel.lower())
        self.channels[channel].members |= set(members)
        return self.channels[channel]

    def post(self, message: Message) -> Message:
        """Put a message where it belongs and tell that it is there."""
        self.messages.setdefault(message.channel, {})[message.ts] = message
        self._threads.setdefault((message.channel, message.root), []).append(message)
        if message.bot_id:
            self.thread_status.pop((message.channel, message.root), None)
        self.changed("ephemeral" if message.ephemeral_to else "message", message.team, message)
        return message

    def edit(self, message: Message, *, text: str | None = None, blocks: list[Body] | None = None) -> None:
        """Give a message new words and tell that it changed."""
        previous = message.shown()
        message.history.append(message.text)
        if text is not None:
            message.text = text
        if blocks is not None:
            message.blocks = blocks
        message.edited = {"user": message.user, "ts": self.new_ts()}
        self.changed("message_changed", message.team, message, previous)

    def delete(self, message: Message) -> None:
        """Take a message away and tell that it is gone; the root of a thread leaves a tombstone."""
        if len(self.thread(message.channel, message.ts)) > 1:
            previous = message.shown()
            message.subtype, message.user, message.bot_id = "tombstone", "USLACKBOT", ""
            message.text, message.blocks, message.metadata = "This message was deleted.", [], {}
            self.changed("message_changed", message.team, message, previous)
            return
        message.deleted = True
        self.changed("message_deleted", message.team, message, message.shown())

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that an app can address: not deleted, and not an ephemeral one."""
        message = self.messages.get(channel, {}).get(ts)
        return None if message is None or message.deleted or message.ephemeral_to else message

    def thread(self, channel: str, root: str) -> list[Message]:
        """The messages of a thread in order, its root first; ephemeral and deleted ones left out."""
        kept = self._threads.get((channel, root), [])
        return sorted((m for m in kept if not m.deleted and not m.ephemeral_to), key=lambda m: m.ts)

    def seen(self, channel: str) -> list[Message]:
        """The messages of a channel and of its threads, oldest first."""
        kept = self.messages.get(channel, {}).values()
        return sorted((m for m in kept if not m.deleted and not m.ephemeral_to), key=lambda m: m.ts)

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person has been shown, oldest first."""
        every = (m for channel in self.messages.values() for m in channel.values())
        return sorted((m for m in every if m.ephemeral_to == user and not m.deleted), key=lambda m: m.ts)

    def trigger(self, team: str, user: str, view: str = "") -> str:
        """A trigger id for what the person has just done."""
        key = f"{self._tick()}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[key] = Trigger(key, team, user, self.clock(), view=view)
        return key

    def response_url(
        self,
        team: str,
        channel: str,
        user: str,
        message_ts: str = "",
        thread_ts: str = "",
        path: str = "actions",
    ) -> str:
        """An address for answers to what the person has just done; `path` is commands or actions."""
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = ResponseUrl(
            key, team, channel, user, self.clock(), message_ts=message_ts, thread_ts=thread_ts
        )
        return f"{self.base_url}/{path}/{team}/{self._tick()}/{key}"

    def view(self, view_id: str) -> View | None:
        """An open modal or a home page by its id."""
        every = [*self.homes.values(), *(view for stack in self.modals.values() for view in stack)]
        return next((view for view in every if view.id == view_id), None)

    def new_view(self, team: str, user: str, body: Body) -> View:
        """A view with an id and a hash, belonging to nobody's stack yet."""
        kind: Literal["modal", "home"] = "home" if body.get("type") == "home" else "modal"
        view_id = self.new_id("V")
        return View(
            view_id, team, user, kind, body, self.new_hash(), external_id=str(body.get("external_id") or "")
        )

    def new_hash(self) -> str:
        """What changes whenever a view does."""
        return f"{self.new_ts()}.{secrets.token_hex(4)}"

    def _tick(self) -> int:
        self._numbers += 1
        return 10**9 + self._numbers
