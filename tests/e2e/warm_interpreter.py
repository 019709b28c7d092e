"""An interpreter that has imported the packages of others and forks commands of ours. See `warm`.

    python warm_interpreter.py SOCKET

It takes orders from that socket (a file descriptor), each with four more: stdin, stdout and stderr of the
command, and where to write its process id and, at its end, its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NoReturn

# Not ONNX Runtime: it starts a thread as it is imported, and threads do not survive a fork.
IMPORTED = (
    "aiosqlite",
    "alembic.command",
    "langchain_core.messages",
    "langgraph.graph",
    "numpy",
    "pydantic_settings",
    "rich.table",
    "sqlalchemy.ext.asyncio",
    "tokenizers",
)
MOST = 1 << 20


def serve(orders: socket.socket) -> dict[str, Any] | None:
    """Fork a command for each order: returns what to run, in the command; None at the end of the orders."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for the commands
    while True:
        order, fds, _, _ = socket.recv_fds(orders, MOST, 4)
        if not order:
            return None
        if os.fork() == 0:
            orders.close()
            *streams, answer = fds
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if command := os.fork():
                _wait(command, answer, streams)
            os.close(answer)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            wanted: dict[str, Any] = json.loads(order)
            return wanted
        for fd in fds:
            os.close(fd)


def _wait(command: int, answer: int, streams: list[int]) -> NoReturn:
    for stream in streams:
        os.close(stream)
    os.write(answer, b"%d\n" % command)
    _, status = os.waitpid(command, 0)
    os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted:
        sys.argv = wanted["command"]
        sys.path[0] = str(Path(sys.argv[0]).parent)
        os.environ.clear()
        os.environ.update(wanted["env"])
        os.chdir(wanted["folder"])
        (salesmate,) = entry_points(group="console_scripts", name="salesmate")
        sys.exit(salesmate.load()())
