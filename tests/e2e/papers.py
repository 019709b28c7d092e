"""Folders of documents for the tests of `salesmate ingest`, and what the command says of them."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.e2e.machine import PATIENCE_S, Machine, Ran


def write(folder: Path, **papers: str) -> Path:
    """Markdown files, a title above each text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in papers.items():
        (folder / f"{name}.md").write_text(f"# About {name}\n\n{text}\n", encoding="utf-8")
    return folder


def write_many(folder: Path, count: int) -> Path:
    """Papers that no machine has seen before, so that each has to be embedded."""
    words = [secrets.token_hex(3) for _ in range(40)]
    texts = {
        f"paper{n:03}": f"The fee of {words[n % 40]}{n} is £{n}. " + " ".join(words[n % 20 : n % 20 + 20])
        for n in range(count)
    }
    return write(folder, **texts)


def last_line(ran: Ran) -> dict[str, Any]:
    """The one object of `--json`."""
    (line,) = ran.text.splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


def hits(machine: Machine, query: str, *options: str) -> list[dict[str, Any]]:
    """What `salesmate search` finds."""
    ran = machine.run("search", query, "--json", *options)
    assert ran.code == 0, ran.complaint
    found: list[dict[str, Any]] = json.loads(ran.text)
    return found


def wait_for_documents(home: Path, count: int) -> None:
    """Until a run has written so many."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (home / "knowledge.sqlite").exists() and _documents(home) >= count:
            return
        time.sleep(0.01)
    raise AssertionError(f"not {count} documents after {PATIENCE_S} s")


def _documents(home: Path) -> int:
    with closing(sqlite3.connect(home / "knowledge.sqlite", timeout=10)) as db:
        try:
            (count,) = db.execute("SELECT count(*) FROM documents").fetchone()
        except sqlite3.OperationalError:
            return 0
    return int(count)
