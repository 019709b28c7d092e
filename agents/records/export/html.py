"""One self-contained, printable page: no script, nothing fetched, every word escaped."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template
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
    from collections.abc import Sequence

    from agents.records.entries import Check, RolePlay, Scorecard, Turn


def to_html(roleplay: RolePlay, turns: Sequence[Turn], scorecard: Scorecard | None) -> str:
    """The call as a page: what it was, the transcript, and the scorecard if there is one."""
    return _page().substitute(
        title=_text(title_of(roleplay)),
        about="".join(
            f"<dt>{_text(label)}</dt><dd>{_text(value)}</dd>\n" for label, value in about(roleplay)
        ),
        turns="".join(_turn(turn, roleplay) for turn in turns),
        scorecard="" if scorecard is None else _scorecard(scorecard),
    )


def _turn(turn: Turn, roleplay: RolePlay) -> str:
    said = (
        f'<p dir="auto">{_text(turn.text)}</p>' if turn.text.strip() else '<p class="silence">(silence)</p>'
    )
    edits = "".join(f'<p class="later" dir="auto">({_text(note)})</p>' for note in later(turn))
    name = _text(speaker_of(turn, roleplay))
    return f'<li value="{turn.n}" class="{turn.speaker}"><b><bdi>{name}</bdi></b>{said}{edits}</li>\n'


def _scorecard(scorecard: Scorecard) -> str:
    rows = "".join(_row(check) for check in scorecard.checks)
    table = f"<table><tr><th>Check</th><th>Met</th><th>Evidence</th></tr>\n{rows}</table>\n" if rows else ""
    lists = "".join(_list(heading, lines) for heading, lines in parts(scorecard))
    return f"<h2>Scorecard</h2>\n<p>{_text(verdict(scorecard))}</p>\n{table}{lists}"


def _row(check: Check) -> str:
    proof = f'<td dir="auto">{_text(evidence(check))}</td>'
    return f"<tr><td>{_text(check.text)}</td><td>{answer(check)}</td>{proof}</tr>\n"


def _list(heading: str, lines: list[str]) -> str:
    items = "".join(f'<li dir="auto">{_text(line)}</li>\n' for line in lines)
    return f"<h3>{heading}</h3>\n<ul>\n{items}</ul>\n"


def _text(text: str) -> str:
    return escape(printable(text))


@cache
def _page() -> Template:
    return Template(Path(__file__).with_name("page.html").read_text("utf-8"))
