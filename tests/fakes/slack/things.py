"""What there is in a Slack: workspaces, people, channels, messages, views, and tickets of short life."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Body = dict[str, Any]
"""A JSON object as Slack's API takes and gives it."""

ALL_SCOPES = frozenset(
    {
        *("app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write"),
        *("chat:write.customize", "chat:write.public", "commands", "files:read", "files:write"),
        *("groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "mpim:read"),
        *("reactions:read", "reactions:write", "team:read", "users:read", "users:read.email"),
    }
)

TRIGGER_LIFE_S = 3.0
RESPONSE_URL_LIFE_S = 30 * 60.0
RESPONSE_URL_USES = 5
STREAM_LIFE_S = 5 * 60.0
"""A stream is over this long after it began, even while it is being written to."""

ChannelKind = Literal["im", "channel", "group", "mpim"]
TokenKind = Literal["bot", "user", "app"]
Happening = Literal[
    "message",
    "message_changed",
    "message_deleted",
    "ephemeral",
    "modal",
    "home",
    "session",
    "session_renamed",
    "tokens_revoked",
    "app_uninstalled",
]


@dataclass
class App:
    """The one app this Slack knows, as its settings page shows it."""

    id: str = "A0APP00001"
    client_id: str = "1111.2222"
    client_secret: str = "client-secret-of-the-double"  # noqa: S105 - belongs to no real app
    signing_secret: str = "signing-secret-of-the-double"  # noqa: S105
    app_token: str = "xapp-1-A0APP00001-double"  # noqa: S105
    name: str = "The app"
    token_rotation: bool = False


@dataclass
class Token:
    """A credential. `scopes` is what the installation granted; `expires_at` only where tokens rotate."""

    value: str
    kind: TokenKind
    team: str
    user: str
    """The bot's user for a bot token."""
    scopes: frozenset[str]
    expires_at: float | None = None
    refresh_token: str = ""
    revoked: bool = False


@dataclass
class Workspace:
    """A team. `bot_user` and `bot_id` exist once the app is installed, and stay after it is removed."""

    id: str
    name: str
    domain: str
    bot_user: str
    bot_id: str
    installed: bool = False
    installs: int = 0

    @property
    def url(self) -> str:
        """Where people see it."""
        return f"https://{self.domain}.slack.com/"


@dataclass
class User:
    """A member of a workspace."""

    id: str
    team: str
    name: str
    real_name: str
    email: str
    is_bot: bool = False
    deleted: bool = False
    tz: str = "Europe/London"


@dataclass
class Channel:
    """A conversation. `user` is the person of a direct message with the app."""

    id: str
    team: str
    kind: ChannelKind
    name: str = ""
    user: str = ""
    members: set[str] = field(default_factory=set)


@dataclass
class Message:
    """A message as it stands. `streaming_since` is the clock's time at which an open stream began."""

    channel: str
    ts: str
    team: str
    user: str
    text: str = ""
    blocks: list[Body] = field(default_factory=list)
    thread_ts: str = ""
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    icons: Body = field(default_factory=dict)
    metadata: Body = field(default_factory=dict)
    edited: Body = field(default_factory=dict)
    files: list[Body] = field(default_factory=list)
    subtype: str = ""
    client_msg_id: str = ""
    deleted: bool = False
    ephemeral_to: str = ""
    broadcast: bool = False
    streaming_since: float | None = None
    streamed: bool = False
    stopped_by_user: bool = False
    """Its stream was ended by a person pressing Stop."""
    history: list[str] = field(default_factory=list)
    """The texts it had before, oldest first."""

    @property
    def root(self) -> str:
        """The ts of the thread it belongs to: its own where it is not in one."""
        return self.thread_ts or self.ts

    def shown(self, *, metadata: bool = False) -> Body:
        """The message as Slack gives it in responses and in events."""
        body: Body = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": self.team,
        }
        optional = {
            "subtype": self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "username": self.username,
            "icons": self.icons,
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "edited": self.edited,
            "files": self.files,
            "client_msg_id": self.client_msg_id,
            "metadata": self.metadata if metadata else None,
        }
        return body | {name: value for name, value in optional.items() if value}


@dataclass
class View:
    """A modal or a home page. `body` is what the app sent; `values` is the client's state of its inputs."""

    id: str
    team: str
    user: str
    kind: Literal["modal", "home"]
    body: Body
    hash: str
    root: str = ""
    previous: str = ""
    external_id: str = ""
    values: Body = field(default_factory=dict)

    def shown(self, app_id: str, bot_id: str) -> Body:
        """The view as Slack gives it in responses and in interactions."""
        plain: Body = {
            "private_metadata": "",
            "callback_id": "",
            "title": None,
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
        }
        return {
            **plain,
            **self.body,
            "id": self.id,
            "team_id": self.team,
            "app_id": app_id,
            "bot_id": bot_id,
            "app_installed_team_id": self.team,
            "hash": self.hash,
            "external_id": self.external_id,
            "root_view_id": self.root or self.id,
            "previous_view_id": self.previous or None,
            "state": {"values": self.values},
        }


@dataclass
class Trigger:
    """What lets an app open a modal: once, within three seconds of what the person did."""

    id: str
    team: str
    user: str
    made_at: float
    used: bool = False
    view: str = ""
    """The modal it was pressed in, if any."""


@dataclass
class ResponseUrl:
    """An address for answers to one command or press: five uses in half an hour."""

    key: str
    team: str
    channel: str
    user: str
    made_at: float
    uses: int = 0
    message_ts: str = ""
    """The message whose button was pressed: the one that `replace_original` replaces."""
    thread_ts: str = ""


@dataclass
class Upload:
    """A file, from the moment its address is given out."""

    id: str
    team: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    shared: bool = False


@dataclass
class Session:
    """An agent session: a thread with a state."""

    team: str
    channel: str
    thread_ts: str
    status: str = "active"
    title: str = ""
    history: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A call of the Web API, as the log keeps it. `error` is empty where it was answered with ok."""

    method: str
    args: Body
    token: str
    status: int
    error: str
    at: float
    effect: bool = True
    """Whether it was carried out: a call may fail for the caller and yet have happened."""


@dataclass(frozen=True)
class Change:
    """Something happened that Slack may tell the app about. `what` is the Message, View or Session."""

    kind: Happening
    team: str
    what: Any
    previous: Body = field(default_factory=dict)
