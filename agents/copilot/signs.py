"""What speaks for and against a sentence or row as the answer to a question, each sign a number.

No sign decides: similarity alone cannot tell an answer from a near miss (on an unseen knowledge base the best
cosine averaged .45 for questions with an answer and .41 for those without). `weights.yaml` says how much each
counts; `agents/evals/weigh.py` learned it from questions with known answers.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.copilot.facts import days
from agents.copilot.lexicon import told

if TYPE_CHECKING:
    from agents.copilot.asked import Asked
    from agents.copilot.evidence import Unit
    from agents.copilot.likeness import Likeness

Signs = NDArray[np.float64]

SPEAK_FOR = (
    *("near", "like", "own", "head", "covered", "head_covered"),
    *("kind_stands", "rank", "label"),
)
SPEAK_AGAINST = (
    *("missing", "kind_lacks", "name_lacking", "other_range", "other_date"),
    *("points_away", "tells_nothing"),
)
NAMES = (*SPEAK_FOR, *SPEAK_AGAINST, "row")
"""The signs of one unit, in order. The first can only speak for an answer and the second only against one:
what is learned from a few hundred questions must not stand common sense on its head."""


def signs(asked: Asked, unit: Unit, likeness: Likeness, *, rank: float) -> Signs:
    """The signs of one unit, in the order of NAMES. `rank` is its passage's score."""
    wanted = asked.wanted
    scope = " ".join((unit.text, unit.heading, unit.title, unit.before, *unit.headers))
    stands = bool(wanted) and asked.stands_in(unit)
    found: dict[str, float] = {
        **asdict(likeness),
        "covered": asked.covered_by(unit),
        "head_covered": asked.head_in(scope),
        "kind_stands": stands,
        "rank": rank,
        "label": asked.meant_by(unit.label) if unit.cells else 0.0,
        "missing": asked.missing_in(scope),
        "kind_lacks": bool(wanted) and not stands,
        "name_lacking": asked.names_lacking_in(scope),
        "other_range": asked.excluded_by(unit),
        "other_date": bool(days(asked.question) - days(scope)),
        "points_away": told("points_away", unit.text),
        "tells_nothing": asked.tells_nothing(unit),
        "row": bool(unit.cells),
    }
    return np.array([found[name] for name in NAMES], np.float64)
