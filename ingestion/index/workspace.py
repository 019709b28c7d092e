"""A workspace's name where only a few characters are allowed: in file names and as Weaviate's tenants."""

from __future__ import annotations

import hashlib
import re

PLAIN = re.compile(r"[a-z0-9-]{1,40}")


def safe_name(workspace: str) -> str:
    """Small letters, digits, - and _, at most 57 of them; never the same for two workspaces.

    Names that differ in case only stay apart on disks that ignore case. An underscore marks a name with a
    digest, so it cannot meet a plain one.
    """
    if PLAIN.fullmatch(workspace):
        return workspace
    readable = re.sub(r"[^a-z0-9]+", "-", workspace.lower()).strip("-")[:40]
    return f"{readable}_{hashlib.sha256(workspace.encode()).hexdigest()[:16]}"
