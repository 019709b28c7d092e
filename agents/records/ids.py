"""Short ids that people can read out and that sort by the time they were made."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o or u to misread
_EPOCH_S = 1_767_225_600  # 2026-01-01 UTC: 30 bits of seconds from here last until 2060
_BITS = 30


def new_id(kind: str) -> str:
    """Like `rp_01k3v9q2m7xd`: the kind, six characters of time in seconds, six of chance."""
    return f"{kind}_{_base32(int(time.time()) - _EPOCH_S)}{_base32(secrets.randbits(_BITS))}"


def _base32(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
