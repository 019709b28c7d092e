"""Commands from a warm interpreter: the packages of others are imported once, each command forks from there.

Half of what a short command costs is importing LangGraph and SQLAlchemy, two seconds of a processor that
hundreds of tests would pay one by one. Nothing of ours is imported before the fork: each command still loads,
in a process of its own, all of ours that it needs, through the entry point that is installed. `make prove`
and `Machine.start` start the installed command itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.proofs import FULL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ")
"""Variables that an interpreter reads as it starts: a fork comes too late for them."""

_asking = threading.Lock()


def may_fork(env: Mapping[str, str]) -> bool:
    """Whether a command with this environment may come from the warm interpreter."""
    return sys.platform == "linux" and not FULL and _at_start(env) == _at_start(os.environ)


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


def forked(
    command: Sequence[str], given: bytes, env: Mapping[str, str], patience_s: float
) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr of a `salesmate` command that was given that input.

    Raises subprocess.TimeoutExpired when it took more than `patience_s` seconds, and was killed.
    """
    stdin, gives = os.pipe()
    reads_out, stdout = os.pipe()
    reads_err, stderr = os.pipe()
    reads_answer, answer = os.pipe()
    order = json.dumps({"command": list(command), "env": dict(env), "folder": str(Path.cwd())}).encode()
    with _asking:
        socket.send_fds(_interpreter()[0], [order], [stdin, stdout, stderr, answer])
    for theirs in (stdin, stdout, stderr, answer):
        os.close(theirs)
    with ThreadPoolExecutor(3) as hands, os.fdopen(reads_answer, "rb") as answers:
        hands.submit(_give, gives, given)
        out, err = hands.submit(_read, reads_out), hands.submit(_read, reads_err)
        too_long = threading.Timer(patience_s, os.kill, (int(answers.readline()), signal.SIGKILL))
        too_long.start()
        code = int(answers.readline())
        late = not too_long.is_alive()
        too_long.cancel()
    if late:
        raise subprocess.TimeoutExpired(list(command), patience_s, out.result(), err.result())
    return code, out.result(), err.result()


def _give(end: int, given: bytes) -> None:
    # A command may end before it has read everything.
    with suppress(BrokenPipeError), os.fdopen(end, "wb") as stdin:
        stdin.write(given)


def _read(end: int) -> bytes:
    with os.fdopen(end, "rb") as stream:
        return stream.read()


@cache
def _interpreter() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Where the warm interpreter of this test process takes orders. It ends with the test process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm_interpreter.py")), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            # Its streams are set up for pipes, as a command's are that a test starts.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    return ours, process
