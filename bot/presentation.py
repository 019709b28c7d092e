"""What a person is shown, before any platform: messages, buttons, sources, a home page, a file.

Surfaces render these; limits and markup are theirs. Everything here round-trips through JSON, because it
waits in the outbox until the platform has taken it. All text is plain: a renderer escapes it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shown(BaseModel):
    """A piece of what is shown: unknown fields are mistakes, and nothing changes once it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Speaker(Shown):
    """Whose name and picture a message bears; without one it is SalesMate's own."""

    name: str
    picture: str = ""
    """A public https address, or an emoji's short name such as ":office_worker:"."""


class Heading(Shown):
    """A title line."""

    kind: Literal["heading"] = "heading"
    text: str


class Words(Shown):
    """A paragraph. `tone` says how loud: plain, bold, or small print."""

    kind: Literal["words"] = "words"
    text: str
    tone: Literal["plain", "bold", "small"] = "plain"


class Quote(Shown):
    """Somebody's own words, set apart."""

    kind: Literal["quote"] = "quote"
    text: str


class Items(Shown):
    """A list of short points."""

    kind: Literal["items"] = "items"
    items: tuple[str, ...]


class Pair(Shown):
    """A label and its value."""

    label: str
    value: str


class Fields(Shown):
    """Labels with their values, in two columns where there is room."""

    kind: Literal["fields"] = "fields"
    pairs: tuple[Pair, ...]


class Source(Shown):
    """Where a statement of the copilot stands."""

    n: int
    title: str
    page: int
    heading: str = ""
    quote: str = ""
    uri: str = ""


class Sources(Shown):
    """What an answer cites, or (with n = 0) pages worth opening."""

    kind: Literal["sources"] = "sources"
    sources: tuple[Source, ...]


class Button(Shown):
    """Something to press. `action` is what it does, `value` what it does it to (an id of ours)."""

    action: str
    label: str
    value: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"
    confirm: str = ""
    """Asked before it is done, where it cannot be taken back."""


class Actions(Shown):
    """Buttons in a row."""

    kind: Literal["actions"] = "actions"
    buttons: tuple[Button, ...]


class Feedback(Shown):
    """Thumbs up or down for the copilot's answer `question`."""

    kind: Literal["feedback"] = "feedback"
    question: str


class Rule(Shown):
    """A line across."""

    kind: Literal["rule"] = "rule"


Part = Annotated[
    Heading | Words | Quote | Items | Fields | Sources | Actions | Feedback | Rule,
    Field(discriminator="kind"),
]


class Message(Shown):
    """One thing said. `summary` is what a notification and a screen reader get; never empty."""

    kind: Literal["message"] = "message"
    summary: str
    parts: tuple[Part, ...] = ()
    speaker: Speaker | None = None
    private: bool = False
    """Only the person herself may see it, also where others are about."""


class Home(Shown):
    """A person's own page."""

    kind: Literal["home"] = "home"
    parts: tuple[Part, ...]


class File(Shown):
    """A file to keep, such as a transcript."""

    kind: Literal["file"] = "file"
    name: str
    text: str
    summary: str


Content = Annotated[Message | Home | File, Field(discriminator="kind")]


class Place(Shown):
    """Where on a platform something is said. `channel` is empty for the person's own direct messages, whose
    channel the surface opens; `thread` is empty at its top level."""

    person: str
    channel: str = ""
    thread: str = ""
    reply_url: str = ""
    """A platform's own short-lived address for answers to one command; it is a secret."""


class Outgoing(Shown):
    """Something on its way to a person, as it waits in the outbox."""

    place: Place
    content: Content
    under_first: bool = False
    """Goes into the thread of the first outgoing of the same turn, which opens it."""
    replaces: str = ""
    """The platform's id of an earlier message of ours that this takes the place of."""
    roleplay: str = ""
    """The call it belongs to."""
    turn: int = 0
    """The turn of the transcript it shows; 0 for what is no turn."""
    opens: bool = False
    """It begins the thread of the call `roleplay`: where it lands, the call is."""
    title: str = ""
    """What the thread is to be called, where the platform names threads."""
    session: Literal["", "running", "over"] = ""
    """What has become of the call, where the platform shows that."""
