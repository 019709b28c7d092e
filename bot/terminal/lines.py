"""The rep's lines from a pipe or a file: one when it is asked for, whatever bytes are in it."""

from __future__ import annotations

import asyncio
import os
import threading

LONGEST = 4 * 1024 * 1024
"""Bytes of one line that are kept; a page of text is about 3,000."""
CHUNK = 64 * 1024
BYTE_ORDER_MARK = "\ufeff"


class Lines:
    """Reads a file descriptor. Not sys.stdin: its buffer holds a lock that a thread waiting for input would
    still hold when the program wants to leave."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = bytearray()
        self._first = True
        self.cut = 0
        """How many lines were longer than LONGEST and lost their end."""

    async def read(self) -> str | None:
        """The next line without its end, None after the last. Bytes that are not UTF-8 become U+FFFD."""
        loop = asyncio.get_running_loop()
        read: asyncio.Future[str | None] = loop.create_future()

        def work() -> None:
            try:
                line = self.next()
            except OSError:
                line = None  # whoever wrote is gone (a closed terminal): the same as the end of input
            loop.call_soon_threadsafe(_hand_over, read, line)

        # A daemon, so that Ctrl-C need not wait for a line that may never come.
        threading.Thread(target=work, daemon=True, name="lines").start()
        return await read

    def next(self) -> str | None:
        """As `read`, blocking."""
        line = self._line()
        if line is None:
            return None
        text = line.decode("utf-8", errors="replace").rstrip("\r\n")
        if self._first:
            self._first = False
            text = text.removeprefix(BYTE_ORDER_MARK)
        return text if text.strip() else ""

    def _line(self) -> bytes | None:
        searched, too_long = 0, False
        while (end := self._held.find(b"\n", searched)) < 0:
            if len(self._held) > LONGEST:
                too_long = True
                del self._held[LONGEST:]
            searched = len(self._held)
            chunk = os.read(self._descriptor, CHUNK)
            if not chunk:
                end = len(self._held) - 1
                break
            self._held += chunk
        if end < 0:
            return None
        line = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        self.cut += too_long
        return line[:LONGEST]


def _hand_over(read: asyncio.Future[str | None], line: str | None) -> None:
    if not read.done():  # cancelled meanwhile
        read.set_result(line)
