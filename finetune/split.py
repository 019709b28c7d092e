"""The split: which calls are held out. By call, never by turn: the prototype drew turns, and met its training
calls again in the test.

Within a stratum the draw is a biased coin (Efron 1971, Biometrika 58): each call has a number of its own from
a hash of seed and id, and is held out when that falls under the share. A stratum that has fallen behind its
share holds out more, one that is ahead none; where a stratum is neither, all calls together decide. So each
stratum keeps close to its share, and calls that are added after the others move none of those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.casting import call_seed

BEHIND = 1.5
"""Calls by which a stratum may fall behind its share before the next one is held out whatever its number."""
AHEAD = 1.0
CATCH_UP = 2.0
"""How many times likelier a call is held out while its stratum is behind."""
_HASHED = float(1 << 48)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Member:
    """A call to be split."""

    call: str
    outcome: str | None
    language: str
    translated: bool

    @property
    def stratum(self) -> tuple[str, str, bool]:
        """Calls alike in how they came out and in language. A figure counts as none or some: every donation
        differs, and a stratum of one call is no stratum."""
        return _NUMBER.sub(_some_or_none, self.outcome or ""), self.language, self.translated


def held_out(members: Sequence[Member], share: float, seed: int) -> set[str]:
    """The ids of the calls held out: neither none nor all where there are two calls or more."""
    counts: dict[tuple[str, str, bool], tuple[int, int]] = {}
    out: set[str] = set()
    for taken, member in enumerate(members):
        seen, held = counts.get(member.stratum, (0, 0))
        behind, all_behind = share * (seen + 1) - held, share * (taken + 1) - len(out)
        is_out = _draw(member.call, seed) < _bar(share, behind, all_behind)
        counts[member.stratum] = seen + 1, held + is_out
        if is_out:
            out.add(member.call)
    by_draw = sorted((member.call for member in members), key=lambda call: (_draw(call, seed), call))
    if share > 0 and len(by_draw) > 1:
        if not out:
            out = {by_draw[0]}
        elif len(out) == len(by_draw):
            out.remove(by_draw[-1])
    return out


def _bar(share: float, behind: float, all_behind: float) -> float:
    """Under which number a call is held out; how far its stratum, and all calls, are behind their share."""
    if behind >= BEHIND:
        return 1.0
    if behind <= share - AHEAD:
        return 0.0
    return min(1.0, share * CATCH_UP) if max(behind, all_behind) >= AHEAD else share


def _draw(call: str, seed: int) -> float:
    """From 0 to 1, of the call alone."""
    return call_seed(f"split\x00{call}", seed) / _HASHED


def _some_or_none(figure: re.Match[str]) -> str:
    return "some" if re.search("[1-9]", figure[0]) else "none"
