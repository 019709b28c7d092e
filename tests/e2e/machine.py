"""A rep's machine: the real command, a home folder of its own, and what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.warm import forked, may_fork

SALESMATE = str(Path(sys.executable).parent / "salesmate")
CALLS = Path(__file__).parent / "calls"
VECTORS = Path(tempfile.gettempdir()) / "salesmate-test-vectors"
"""Exemplars are embedded once per machine, as they would be on a rep's."""
PATIENCE_S = 180


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def complaint(self) -> str:
        return self.err.decode("utf-8")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.split(b"\n") if line]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Events of one kind."""
        return [event for event in self.events if event["event"] == kind]


@dataclass
class Machine:
    """Runs `salesmate` as a user would."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        VECTORS.mkdir(exist_ok=True)
        if not (self.home / "embeddings").exists():
            (self.home / "embeddings").symlink_to(VECTORS)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SALESMATE_")}
        return {**kept, "SALESMATE_HOME": str(self.home), "PROMPT_TOOLKIT_NO_CPR": "1", **self.env}

    def run(self, *args: str, lines: bytes | str = b"", **env: str) -> Ran:
        """One command with its whole input."""
        given = lines.encode() if isinstance(lines, str) else lines
        command, environment = [SALESMATE, *args], {**self.environment, **env}
        if may_fork(environment):
            return Ran(*forked(command, given, environment, PATIENCE_S))
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=PATIENCE_S, env=environment, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def chat(self, lines: bytes | str, *args: str, **env: str) -> Ran:
        """A call to Helen Marsh with seed 7."""
        return self.run("chat", "--persona", "helen-marsh", "--seed", "7", *args, lines=lines, **env)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """A command to talk with while it runs."""
        return subprocess.Popen(
            [SALESMATE, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )


def written(call: str) -> str:
    """The rep's lines of a written call."""
    return (CALLS / f"{call}_call.txt").read_text(encoding="utf-8")
