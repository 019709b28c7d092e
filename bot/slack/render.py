"""Neutral messages and home pages as Slack takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.neutral import one_line
from bot.presentation import Home, Message, Speaker, Words
from bot.slack import limits
from bot.slack.blocks import blocks_of, text_size
from bot.slack.mrkdwn import Json, escaped, link, plain, tame
from bot.slack.splitting import clipped

NOTHING = "…"
NO_ROOM = "There is more than fits on this page."

_EMOJI = re.compile(r":[a-z0-9_+'-]{1,80}:(?::skin-tone-[2-6]:)?")
_BEGINNINGS = {"header", "divider"}


@dataclass(frozen=True)
class Payload:
    """One Slack message: part `part` of `of` into which a neutral message was split.

    `text` is what notifications and screen readers get; it is escaped, and to be sent with
    `parse` "none" and without `link_names`.
    """

    text: str
    blocks: tuple[Json, ...]
    username: str = ""
    icon_url: str = ""
    icon_emoji: str = ""
    part: int = 1
    of: int = 1


def rendered(content: Message, *, workspace_url: str = "") -> tuple[Payload, ...]:
    """The message as one or more Slack messages, in order; each within every limit, whatever is in it."""
    blocks = [block for part in content.parts for block in blocks_of(part, workspace_url)]
    if not blocks:
        blocks = blocks_of(Words(text=one_line(content.summary) or NOTHING), workspace_url)
    groups = list(_groups(blocks))
    worn = _worn(content.speaker)
    return tuple(
        Payload(_text(content.summary, n, len(groups)), tuple(group), **worn, part=n, of=len(groups))
        for n, group in enumerate(groups, start=1)
    )


def rendered_home(home: Home, *, workspace_url: str = "") -> Json:
    """The view for views.publish. What does not fit is left out at the end, and that is said."""
    blocks: list[Json] = []
    room = limits.TEXT_OF_HOME
    for block in (block for part in home.parts for block in blocks_of(part, workspace_url)):
        room -= text_size(block)
        if room < 0 or len(blocks) == limits.BLOCKS_OF_VIEW - 1:
            blocks.append({"type": "context", "elements": [plain(NO_ROOM)]})
            break
        blocks.append(block)
    return {"type": "home", "blocks": blocks or blocks_of(Words(text=NOTHING), workspace_url)}


def _groups(blocks: Sequence[Json]) -> Iterator[list[Json]]:
    """Blocks as messages take them. A title or a line does not end a message: it begins the next."""
    group: list[Json] = []
    room = limits.TEXT_OF_BLOCKS
    for block in blocks:
        needed = text_size(block)
        if len(group) == limits.BLOCKS_OF_MESSAGE or needed > room:
            kept = group.pop() if len(group) > 1 and group[-1]["type"] in _BEGINNINGS else None
            yield group
            group = [kept] if kept else []
            room = limits.TEXT_OF_BLOCKS - text_size(group)
        group.append(block)
        room -= needed
    yield group


def _text(summary: str, n: int, of: int) -> str:
    """`summary` for the first part; the others say which they are."""
    which = f" ({n} of {of})" if n > 1 else ""
    told = clipped(tame(summary), limits.TEXT_OF_MESSAGE - len(which)) or NOTHING
    return escaped(told + which)


def _worn(speaker: Speaker | None) -> dict[str, str]:
    if speaker is None:
        return {}
    worn = {"username": clipped(tame(one_line(speaker.name)), limits.USERNAME)}
    if _EMOJI.fullmatch(speaker.picture):
        worn["icon_emoji"] = speaker.picture
    elif speaker.picture.startswith("https://") and link(speaker.picture, ""):
        worn["icon_url"] = speaker.picture
    return worn
