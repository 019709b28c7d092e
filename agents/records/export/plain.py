"""The two formats for machines."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agents.records.export.telling import later, printable, speaker_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.records.entries import RolePlay, Scorecard, Turn

# A spreadsheet takes a cell that starts with one of these for a formula, full-width ones included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


def to_json(roleplay: RolePlay, turns: Sequence[Turn], scorecard: Scorecard | None) -> str:
    """One object with `roleplay`, `turns` and `scorecard` (null before it is scored); times are ISO 8601."""
    transcript = {
        "roleplay": _without(asdict(roleplay), "persona", "initial_state") | {"status": roleplay.status},
        "turns": [_without(asdict(turn), "state", "heard") for turn in turns],
        "scorecard": None if scorecard is None else asdict(scorecard),
    }
    return (
        json.dumps(transcript, ensure_ascii=False, indent=2, default=lambda moment: moment.isoformat()) + "\n"
    )


def to_csv(roleplay: RolePlay, turns: Sequence[Turn], _scorecard: Scorecard | None = None) -> str:
    """One row a turn. A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["roleplay", "n", "at", "speaker", "name", "text", "ms", "later"])
    for turn in turns:
        cells = [roleplay.id, turn.n, turn.created_at.isoformat(), turn.speaker]
        cells += [speaker_of(turn, roleplay), turn.text, turn.ms, "; ".join(later(turn))]
        writer.writerow([_inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _inert(text: str) -> str:
    text = printable(text)
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA_STARTS) else text


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
