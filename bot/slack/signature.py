"""Whether Slack signed a request: asked before anything in it is read, because anybody can send one.

Slack's rule (docs: Verifying requests from Slack): HMAC-SHA256 of `v0:TIME:BODY` with the signing secret, and
no older than five minutes.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

STAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
LIVES_S = 300
SSL_CHECK_LONGEST = 1_000
"""Bytes. Slack's look at the certificate says nothing, and may come unsigned."""


class Signature:
    """Slack's, of one app."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def holds(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether it is Slack's own of just now. Never raises, whatever the headers."""
        stamp, given = headers.get(STAMP, ""), headers.get(SIGNATURE, "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= len(str(2**63))):
            return False
        if abs(time.time() - int(stamp)) > LIVES_S:
            return False
        right = hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + body, "sha256").hexdigest()
        return hmac.compare_digest(f"v0={right}".encode(), given.encode("utf-8", "replace"))


def is_ssl_check(body: bytes) -> bool:
    """Whether Slack only looks at the certificate: answered, and nothing done."""
    if len(body) > SSL_CHECK_LONGEST:
        return False
    return dict(parse_qsl(body.decode("ascii", "replace"))).get("ssl_check") == "1"
