"""Markdown, in which nothing anybody said can become a heading, a link, an image or HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.records.export.telling import (
    about,
    answer,
    evidence,
    later,
    parts,
    printable,
    speaker_of,
    title_of,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agents.records.entries import RolePlay, Scorecard, Turn

_INLINE = re.compile(r"([\\`*_\[\]<>|~$&])")
_LINE_START = re.compile(r"^([#+=-]|\d+(?=[.)]))")  # a heading, list, rule, or underline of a heading


def to_markdown(roleplay: RolePlay, turns: Sequence[Turn], scorecard: Scorecard | None) -> str:
    """The call as a document: what it was, the transcript, and the scorecard if there is one."""
    lines = [f"# {_inline(title_of(roleplay))}", ""]
    lines += [f"- {label}: {_inline(value)}" for label, value in about(roleplay)]
    lines += ["", "## Transcript", ""]
    for turn in turns:
        lines += [f"**{turn.n}. {_inline(speaker_of(turn, roleplay))}**", "", *_quoted(turn.text), ""]
        lines += [line for note in later(turn) for line in (f"*({_inline(note)})*", "")]
    if scorecard is not None:
        lines += _scorecard(scorecard)
    return "\n".join(lines).rstrip("\n") + "\n"


def _scorecard(scorecard: Scorecard) -> Iterator[str]:
    yield from ("## Scorecard", "", _inline(verdict(scorecard)), "")
    if scorecard.checks:
        yield from ("| Check | Met | Evidence |", "| --- | --- | --- |")
        for check in scorecard.checks:
            yield f"| {_inline(check.text)} | {answer(check)} | {_inline(evidence(check))} |"
        yield ""
    for heading, lines in parts(scorecard):
        yield from (f"### {heading}", "", *(f"- {_inline(line)}" for line in lines), "")


def _quoted(text: str) -> list[str]:
    """A block quote that keeps the line breaks; silence is shown as such."""
    if not text.strip():
        return ["> *(silence)*"]
    lines = [_escaped(line.strip()) for line in printable(text).split("\n")]
    return [
        f"> {line}\\" if line and following else f"> {line}".rstrip() for line, following in _pairs(lines)
    ]


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    return list(zip(lines, [*lines[1:], ""], strict=True))


def _inline(text: str) -> str:
    return _escaped(" ".join(printable(text).split()))


def _escaped(line: str) -> str:
    return _LINE_START.sub(_escape_start, _INLINE.sub(r"\\\1", line))


def _escape_start(found: re.Match[str]) -> str:
    mark = found.group()
    # A backslash before a digit would be shown, so a list's number is escaped at its full stop.
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"
