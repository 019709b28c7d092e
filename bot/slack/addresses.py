"""Which addresses may be sent what is meant for Slack: Slack's own, and those of whatever stands in for it.

Slack tells where answers and files go. Whoever could forge that would have this process call, from inside the
network, whatever he likes; so anything else is refused before a name is looked up.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

SLACKS = re.compile(r"(?:[a-z0-9-]+\.)*slack(?:-gov)?\.com")
PORTS = {"http": 80, "https": 443}
# No user names, no backslashes, nothing outside ASCII: what two libraries could read in two ways.
_WRITTEN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?][!-\[\]-~]*)?")
Origin = tuple[str, str, int]


class Addresses:
    """Those that belong to the Slack behind `api_url`."""

    def __init__(self, api_url: str) -> None:
        self._api = _origin(api_url)

    def belong(self, url: str) -> bool:
        """Whether Slack, or what stands in for it, answers there."""
        found = _origin(url) if _WRITTEN.fullmatch(url) else None
        if found is None:
            return False
        scheme, host, port = found
        return found == self._api or (scheme == "https" and port == PORTS["https"] and _is_slacks(host))


def _is_slacks(host: str) -> bool:
    return SLACKS.fullmatch(host) is not None


def _origin(url: str) -> Origin | None:
    """Scheme, host and port; this machine has one name. None for what is no address."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host:
        return None
    return parts.scheme, "localhost" if _is_here(host) else host, port or PORTS[parts.scheme]


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
