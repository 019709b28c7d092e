"""One part of a message as Slack blocks of the long-standing kinds, each within its limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import singledispatch
from urllib.parse import urlencode

from bot.neutral import neutral, one_line
from bot.presentation import (
    Actions,
    Button,
    Feedback,
    Fields,
    Heading,
    Items,
    Part,
    Quote,
    Rule,
    Source,
    Sources,
    Words,
)
from bot.slack import limits
from bot.slack.limits import size
from bot.slack.mrkdwn import Json, bold, link, markup, plain, shown
from bot.slack.splitting import clipped, pieces

ACTION_PREFIX = "salesmate_"
BOLD = limits.SECTION // 3
"""Bold text in one block: its markup is at most three times as long."""
TITLE_LONGEST, QUOTE_LONGEST = 300, 1_000
ANYWHERE = "https://slack.com"
"""Where links into Slack go while the workspace's own address is not known."""

_ACTION = re.compile(r"[a-z_]{1,40}")
_PLACE = re.compile(r"([A-Z0-9]{1,30}):(\d{1,15})\.(\d{1,10})")


def blocks_of(part: Part, workspace_url: str) -> list[Json]:
    """The part as blocks; none for what has nothing to show."""
    if isinstance(part, Actions):
        return list(_rows(filter(None, (_button(button, workspace_url) for button in part.buttons))))
    return list(_blocks(part))


def text_size(block: object) -> int:
    """The text in a block, of all its text objects together."""
    if isinstance(block, list):
        return sum(map(text_size, block))
    if not isinstance(block, dict):
        return 0
    if isinstance(text := block.get("text"), str):
        return size(text)
    return sum(map(text_size, block.values()))


@singledispatch
def _blocks(part: object) -> Iterator[Json]:
    raise TypeError(f"Slack has no blocks for {type(part).__name__}.")


@_blocks.register
def _heading(part: Heading) -> Iterator[Json]:
    text = shown(one_line(part.text))
    if size(text) > limits.HEADER:
        yield from _strong(text)
    elif text:
        yield {"type": "header", "text": plain(text)}


@_blocks.register
def _words(part: Words) -> Iterator[Json]:
    if part.tone == "bold":
        yield from _strong(part.text)
    elif part.tone == "small":
        yield from _small(part.text)
    else:
        yield from _sections(part.text)


@_blocks.register
def _quote(part: Quote) -> Iterator[Json]:
    yield from _small(part.text)


@_blocks.register
def _items(part: Items) -> Iterator[Json]:
    yield from _sections("\n".join(f"• {line}" for item in part.items if (line := one_line(item))))


@_blocks.register
def _fields(part: Fields) -> Iterator[Json]:
    """Labels left, values right: Slack fills its two columns row by row."""
    row: list[Json] = []
    for pair in part.pairs:
        label, value = bold(clipped(pair.label, TITLE_LONGEST)), shown(pair.value)
        if not label or not value:
            continue
        if size(value) > limits.FIELD:
            yield {"type": "section", "text": markup(label)}
            yield from _sections(value)
            continue
        row += [markup(label), plain(value)]
        if len(row) == limits.FIELDS:
            yield {"type": "section", "fields": row}
            row = []
    if row:
        yield {"type": "section", "fields": row}


@_blocks.register
def _sources(part: Sources) -> Iterator[Json]:
    for source in part.sources:
        yield {"type": "context", "elements": list(_source(source))}


def _source(source: Source) -> Iterator[Json]:
    mark = f"[{source.n}]" if source.n > 0 else "•"
    title = _cut(source.title, TITLE_LONGEST) or "Untitled"
    where = (f"page {source.page}" if source.page > 0 else "", _cut(source.heading, TITLE_LONGEST))
    told = ", ".join(filter(None, where))
    if words := _cut(source.quote, QUOTE_LONGEST):
        told += f": “{words}”" if told else f"“{words}”"
    linked = link(source.uri, title)
    if linked and size(linked) < limits.CONTEXT - len(mark):
        yield markup(f"{mark} {linked}")
        if told:
            yield plain(told)
    else:
        yield plain(f"{mark} {title}" + (f", {told}" if told else ""))


def _cut(text: str, longest: int) -> str:
    """One line that leaves room for its neighbours."""
    return clipped(shown(one_line(text)), longest)


@_blocks.register
def _feedback(part: Feedback) -> Iterator[Json]:
    asked = (
        Button(action="helpful", label="👍 Helpful", value=part.question),
        Button(action="unhelpful", label="👎 Not helpful", value=part.question),
    )
    yield from _rows(filter(None, (_button(button, "") for button in asked)))


@_blocks.register
def _rule(_: Rule) -> Iterator[Json]:
    yield {"type": "divider"}


def _sections(text: str) -> Iterator[Json]:
    for piece in pieces(shown(text), limits.SECTION):
        yield {"type": "section", "text": plain(piece)}


def _strong(text: str) -> Iterator[Json]:
    for piece in pieces(neutral(text), BOLD):
        if line := bold(piece):
            yield {"type": "section", "text": markup(line)}


def _small(text: str) -> Iterator[Json]:
    for piece in pieces(shown(text), limits.CONTEXT):
        yield {"type": "context", "elements": [plain(piece)]}


def _button(button: Button, workspace_url: str) -> Json | None:
    """None for what could not work: a cut value would be another's, a link needs a place."""
    label, value = clipped(shown(one_line(button.label)), limits.BUTTON_LABEL), neutral(button.value)
    if not label or not _ACTION.fullmatch(button.action) or size(value) > limits.BUTTON_VALUE:
        return None
    element: Json = {"type": "button", "action_id": ACTION_PREFIX + button.action, "text": plain(label)}
    if button.action == "open":
        url = permalink(button.value, workspace_url)
        return element | {"url": url} if url else None
    if value:
        element["value"] = value
    if button.style != "plain":
        element["style"] = button.style
    if question := clipped(shown(button.confirm), limits.CONFIRM_TEXT):
        element["confirm"] = {
            "title": plain("Are you sure?"),
            "text": plain(question),
            "confirm": plain("Yes"),
            "deny": plain("No"),
        }
    return element


def permalink(place: str, workspace_url: str) -> str:
    """The address of a thread, from "<channel>:<ts>"; empty for what is no place."""
    found = _PLACE.fullmatch(place)
    if not found:
        return ""
    channel, seconds, fraction = found.groups()
    if workspace_url.startswith(("https://", "http://")):
        return f"{workspace_url.rstrip('/')}/archives/{channel}/p{seconds}{fraction}"
    return f"{ANYWHERE}/app_redirect?" + urlencode(
        {"channel": channel, "message_ts": f"{seconds}.{fraction}"}
    )


def _rows(buttons: Iterable[Json]) -> Iterator[Json]:
    """Rows of buttons. Slack refuses one action twice in a row, so the second begins another."""
    row: list[Json] = []
    for button in buttons:
        if len(row) == limits.ACTIONS or button["action_id"] in {one["action_id"] for one in row}:
            yield {"type": "actions", "elements": row}
            row = []
        row.append(button)
    if row:
        yield {"type": "actions", "elements": row}
