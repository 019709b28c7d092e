"""What Slack's requests have in common: signature, bodies, and the texts that blocks hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from tests.fakes.slack.state import Body

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
VERIFICATION_TOKEN = "verification-token-of-the-double"  # noqa: S105 - belongs to no real app


def signed_headers(secret: str, body: bytes, now: float, content_type: str) -> dict[str, str]:
    """The headers of a request of Slack's: version 0 of its signature over the time and the body."""
    stamp = str(int(now))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }


def url_verification(challenge: str) -> Body:
    """Sent when a request URL is entered in the app's settings; the answer is the challenge."""
    return {"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": challenge}


def ssl_check() -> dict[str, str]:
    """Sent now and then to see whether the certificate holds; answered with 200."""
    return {"ssl_check": "1", "token": VERIFICATION_TOKEN}


def form(fields: dict[str, str]) -> bytes:
    """A form's body."""
    return urlencode(fields).encode()


def as_json(body: Body) -> bytes:
    """A JSON body."""
    return json.dumps(body).encode()


def rich_text(text: str) -> list[Body]:
    """The block in which Slack's composer writes what a person types."""
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": "typed", "elements": [words]}] if text else []


_READ = (
    "text",
    "fields",
    "elements",
    "label",
    "hint",
    "placeholder",
    "accessory",
    "element",
    "options",
    "title",
    "positive_button",
    "negative_button",
)
"""Where blocks keep what a person reads, in reading order."""


def texts_of(value: Any) -> list[str]:
    """All that a person reads in blocks, in their order: the texts of text objects and of rich text."""
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("text")
    found = [own] if isinstance(own, str) else []
    inner = [value.get(name) for name in _READ]
    return found + [text for part in inner if not isinstance(part, str) for text in texts_of(part)]
