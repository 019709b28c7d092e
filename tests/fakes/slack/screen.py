"""What a person sees and can press: messages, the Home page, and where their buttons and menus are."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tests.fakes.slack.payloads import rich_text, texts_of
from tests.fakes.slack.state import Body, Change, Message, State, View

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person

PATIENCE_S = 10.0
"""How long a test waits for what the app should do."""
_LIVE = re.compile(r"<([@!#][^>]+)>")
_LINK = re.compile(r"<((?:https?|mailto|slack)[^|>]*)(?:\|([^>]*))?>")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Control:
    """Something to press or choose: the element, the block it stands in, and the words on it."""

    label: str
    element: Body
    block: Body
    option: Body | None = None
    """For an entry of a menu, the entry."""


def typed(text: str) -> str:
    """What Slack makes of what a person types: the three characters of its markup are escaped."""
    return html.escape(text, quote=False)


class Seen:
    """A message as a person sees it; always as it stands now."""

    def __init__(self, person: Person, message: Message) -> None:
        self.person = person
        self.message = message

    def __repr__(self) -> str:
        who = self.message.username or self.message.user
        return f"<{who}: {self.words!r}{' ' + str(self.buttons) if self.buttons else ''}>"

    @property
    def ts(self) -> str:
        """Its id."""
        return self.message.ts

    @property
    def source(self) -> str:
        """Its text as it was sent, markup and all."""
        return self.message.text

    @property
    def text(self) -> str:
        """Its text as it is read: what notifications and screen readers give out."""
        return html.unescape(self.message.text)

    @property
    def words(self) -> str:
        """All that is read on the screen: the blocks where there are any, else the text."""
        return html.unescape("\n".join(texts_of(self.message.blocks)) or self.message.text)

    @property
    def blocks(self) -> list[Body]:
        """Its blocks as Slack keeps them."""
        return self.message.blocks

    @property
    def username(self) -> str:
        """The name above it, where the app gave it one."""
        return self.message.username

    @property
    def from_bot(self) -> bool:
        """Whether the app of this Slack wrote it."""
        return self.message.bot_id == self.person.workspace.bot_id

    @property
    def buttons(self) -> list[str]:
        """The words on its buttons and in its menus."""
        return [control.label for control in controls(self.blocks)]

    @property
    def pings(self) -> list[str]:
        """Whom it alerts: live mentions of people, groups and channels in text or blocks."""
        return [found for source in self._sources() for found in _LIVE.findall(source)]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Where one can click to: address and words."""
        pressed = [(str(c.element["url"]), c.label) for c in controls(self.blocks) if c.element.get("url")]
        return [found for source in self._sources() for found in _LINK.findall(source)] + pressed

    async def edit(self, text: str, *, deliveries: int | None = None) -> None:
        """Change one's own message."""
        self._mine()
        self.person.sender.fix(self.message.channel, self.ts, deliveries)
        self.person.state.edit(self.message, text=typed(text), blocks=rich_text(text))
        await self.person.sender.delivered(self.message.channel, self.ts)

    async def delete(self, *, deliveries: int | None = None) -> None:
        """Take one's own message back."""
        self._mine()
        self.person.sender.fix(self.message.channel, self.ts, deliveries)
        self.person.state.delete(self.message)
        await self.person.sender.delivered(self.message.channel, self.ts)

    def _mine(self) -> None:
        assert self.message.user == self.person.id, (
            "Slack lets people change only what they wrote themselves."
        )

    def _sources(self) -> list[str]:
        return [self.message.text, *_mrkdwn(self.message.blocks)]


class Home:
    """The app's Home page as a person sees it; always as it stands now."""

    def __init__(self, person: Person) -> None:
        self.person = person

    @property
    def view(self) -> View:
        """The page. Fails where the app has published none."""
        view = self.person.state.homes.get((self.person.team, self.person.id))
        assert view is not None, f"{self.person.id} has an empty Home page: the app has published none."
        return view

    @property
    def blocks(self) -> list[Body]:
        """Its blocks."""
        return list(self.view.body.get("blocks", []))

    @property
    def words(self) -> str:
        """All that is read on it."""
        return html.unescape("\n".join(texts_of(self.blocks)))

    @property
    def buttons(self) -> list[str]:
        """The words on its buttons."""
        return [control.label for control in controls(self.blocks)]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Where one can click to: address and words."""
        pressed = [(str(c.element["url"]), c.label) for c in controls(self.blocks) if c.element.get("url")]
        return [found for source in _mrkdwn(self.blocks) for found in _LINK.findall(source)] + pressed


def controls(blocks: list[Body]) -> list[Control]:
    """The buttons and menu entries of blocks, in their order."""
    return [
        found for block in blocks for element in _elements(block) for found in _controls_of(block, element)
    ]


def control(blocks: list[Body], label: str, nth: int = 0) -> Control:
    """The `nth` control with these words on it. Fails, saying what there is, where there is none."""
    found = [control for control in controls(blocks) if control.label == label]
    assert len(found) > nth, (
        f"There is no {label!r} to press; there is {[c.label for c in controls(blocks)]}."
    )
    return found[nth]


def _elements(block: Body) -> list[Body]:
    inside = block.get("elements", []) if block.get("type") in ("actions", "context_actions") else []
    accessory = block.get("accessory")
    return [*inside, *([accessory] if accessory else [])]


def _controls_of(block: Body, element: Body) -> list[Control]:
    if element.get("type") in ("button", "workflow_button"):
        return [Control(_label(element["text"]), element, block)]
    if element.get("type") == "feedback_buttons":
        sides = (element["positive_button"], element["negative_button"])
        return [Control(_label(side["text"]), element | {"value": side["value"]}, block) for side in sides]
    return [Control(_label(o["text"]), element, block, o) for o in element.get("options", [])]


def _label(text: Body) -> str:
    return html.unescape(str(text["text"]))


def _mrkdwn(value: object) -> list[str]:
    """The texts of blocks in which markup is live."""
    if isinstance(value, list):
        return [text for item in value for text in _mrkdwn(item)]
    if not isinstance(value, dict):
        return []
    own = [str(value["text"])] if value.get("type") in ("mrkdwn", "markdown") and "text" in value else []
    return own + [text for item in value.values() if isinstance(item, dict | list) for text in _mrkdwn(item)]


class Watch:
    """Waits for what the app should do. Woken by what happens, so that waiting costs nothing."""

    def __init__(self, state: State) -> None:
        self._waiting: dict[asyncio.Event, str] = {}
        """With the channel that is looked at; empty for any."""
        state.subscribe(self._on_change)

    async def until(
        self,
        look: Callable[[], Found | None],
        within_s: float | None,
        told: Callable[[], str],
        channel: str = "",
    ) -> Found:
        """What `look` gives once it gives something; it is asked again when something happens (in `channel`).
        After `within_s` seconds it fails with `told()`."""
        woken = asyncio.Event()
        self._waiting[woken] = channel
        try:
            async with asyncio.timeout(PATIENCE_S if within_s is None else within_s):
                while not (found := look()):
                    await self._next(woken)
                return found
        except TimeoutError:
            raise AssertionError(told()) from None
        finally:
            del self._waiting[woken]

    async def _next(self, woken: asyncio.Event) -> None:
        woken.clear()
        try:
            # What is not told of (a modal taken away, a test's own counter) is looked for now and then.
            async with asyncio.timeout(0.2):
                await woken.wait()
        except TimeoutError:
            return

    def _on_change(self, change: Change) -> None:
        where = change.what.channel if isinstance(change.what, Message) else ""
        for waiting, channel in self._waiting.items():
            if not where or channel in ("", where):
                waiting.set()
