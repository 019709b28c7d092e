"""Starts the parts, reads what they print, and tells what they used."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from tests.e2e.machine import SALESMATE, VECTORS

Part = subprocess.Popen[str]


@contextlib.contextmanager
def part(name: str, *arguments: object, settings: Mapping[str, str] | None = None) -> Iterator[Part]:
    """A module of this folder as a process, for the time of the block."""
    module = f"tests.benchmarks.slack.{name}"
    with _started([sys.executable, "-m", module, *map(str, arguments)], settings or {}) as process:
        yield process


@contextlib.contextmanager
def salesmate_serve(settings: Mapping[str, str]) -> Iterator[tuple[Part, str]]:
    """The real command, and the address it listens on."""
    with _started([SALESMATE, "serve", "--port", "0"], settings) as process:
        told = line(process)
        found = re.search(r"http://[\d.]+:\d+", told)
        assert found, told
        yield process, found[0]


def line(process: Part) -> str:
    """The next line that it prints."""
    assert process.stdout
    return process.stdout.readline().strip()


def told(process: Part) -> dict[str, Any]:
    """The same, as JSON."""
    return cast("dict[str, Any]", json.loads(line(process)))


def tell(process: Part, words: str) -> None:
    """Give it a line."""
    assert process.stdin
    process.stdin.write(words + "\n")
    process.stdin.flush()


def settings_for(slack: Mapping[str, str], home: Path, database_url: str) -> dict[str, str]:
    """Of a server that has one workspace, a folder of its own, and vectors that were made before."""
    home.mkdir(parents=True, exist_ok=True)
    VECTORS.mkdir(exist_ok=True)
    if not (home / "embeddings").exists():
        (home / "embeddings").symlink_to(VECTORS)
    return {
        "SALESMATE_HOME": str(home),
        "SALESMATE_DATABASE_URL": database_url,
        "SALESMATE_SLACK_BOT_TOKEN": slack["token"],
        "SALESMATE_SLACK_SIGNING_SECRET": slack["secret"],
        "SALESMATE_SLACK_API_URL": slack["url"],
    }


def cpu_s(process: Part) -> float:
    """Processor seconds it has used so far (Linux)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(process: Part) -> float:
    """What it holds in memory now (Linux)."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


@contextlib.contextmanager
def _started(command: list[str], settings: Mapping[str, str]) -> Iterator[Part]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SALESMATE_")}
    pipe = subprocess.PIPE
    quiet = (
        subprocess.DEVNULL if command[0] == SALESMATE else None
    )  # a busy server logs what it cannot deliver
    with subprocess.Popen(
        command, env={**clean, **settings}, stdin=pipe, stdout=pipe, stderr=quiet, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
