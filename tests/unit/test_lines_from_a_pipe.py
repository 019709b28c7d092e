"""Lines from a pipe: one at a time, whatever bytes are in it."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terminal import lines as lines_module
from bot.terminal.lines import Lines


def lines_of(data: bytes) -> list[str]:
    read_end, write_end = os.pipe()
    try:
        os.write(write_end, data)
        os.close(write_end)
        lines = Lines(read_end)
        return list(iter(lines.next, None))
    finally:
        os.close(read_end)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"one", ["one"]),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"\n \t\nthree", ["", "", "three"]),
        (b"\xef\xbb\xbfone\n", ["one"]),
        (b"caf\xe9\x00\n", ["caf\ufffd\x00"]),
    ],
)
def test_a_line_ends_where_it_ends_and_blank_is_silence(data: bytes, lines: list[str]) -> None:
    assert lines_of(data) == lines


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_to_their_end(data: bytes) -> None:
    assert len(lines_of(data)) == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(lines_module, "LONGEST", 10)
    monkeypatch.setattr(lines_module, "CHUNK", 4)
    return 10


def test_an_endless_line_loses_its_end_and_the_next_one_nothing(short_lines: int) -> None:
    assert lines_of(b"x" * 100 + b"\nnext\n") == ["x" * short_lines, "next"]


async def test_waiting_for_a_line_can_be_given_up() -> None:
    read_end, write_end = os.pipe()
    lines = Lines(read_end)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lines.read(), 0.05)
    os.close(write_end)  # lets the reading thread go
