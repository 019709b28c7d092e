"""Text made safe for Slack: what people, models and documents wrote can neither ping, nor link, nor format.

Where a block takes plain text it gets plain text, which Slack shows letter for letter. Markup (mrkdwn) is
used only for our own bold and links; what stands inside has its markers replaced by letters that look like
them.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

from bot.neutral import neutral, one_line
from bot.slack.limits import URL, size

Json = dict[str, Any]

JOINER = "\u2060"
"""WORD JOINER: has no width, and stands between the letters of what Slack would otherwise obey."""

_BROADCAST = re.compile(r"@(?=here|channel|everyone|group)", re.IGNORECASE)
_OPENING = re.compile(r"<(?=[!@#]|[a-z]+:)", re.IGNORECASE)
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)", re.IGNORECASE)
_LOOK_ALIKES = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "|": "¦"})
_ADDRESS = re.compile(r"https?:|www\.|\w\.[a-z]{2,}\b", re.IGNORECASE)


def tame(text: str) -> str:
    """The text as it was written, without control characters; @here and its like call nobody."""
    return _BROADCAST.sub(f"@{JOINER}", neutral(text))


def shown(text: str) -> str:
    """For plain text, which needs no escapes; but a copy of it, pasted elsewhere, should not come alive."""
    return _OPENING.sub(f"<{JOINER}", tame(text)).strip()


def plain(text: str) -> Json:
    """A text object that Slack shows letter for letter; no longer than `text` if that is `shown` already."""
    return {"type": "plain_text", "text": shown(text), "emoji": False}


def markup(text: str) -> Json:
    """A text object of our own markup. `verbatim`: Slack makes no links or mentions of its own."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def escaped(text: str) -> str:
    """For the top-level `text`, and inside markup."""
    return tame(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bold(text: str) -> str:
    """Markup for bold lines; a formatting mark inside is shown, not obeyed."""
    lines = (_inert(line) for line in neutral(text).split("\n"))
    return "\n".join(f"*{line}*" for line in lines if line)


def link(uri: str, label: str) -> str:
    """Markup for a link; empty for anything but a whole http or https address without a password.

    A label that looks like an address itself is followed by where the link really goes.
    """
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # also from `port`, where it is no number
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or not host.isascii():
        return ""
    address = quote(uri, safe="%/:=&?~#+!$,;'()*[]@").replace("&", "&amp;")
    if size(address) > URL or re.search(r"[\s<>|]", address):
        return ""
    label = one_line(label)
    if _ADDRESS.search(label) and label.lower() != host:
        label = f"{label} ({host})"
    return f"<{address}|{_inert(label) or host}>"


def _inert(text: str) -> str:
    """For inside our own markup, on one line."""
    words = escaped(one_line(text)).translate(_LOOK_ALIKES)
    return _EMOJI.sub(f":{JOINER}", words)
