"""Whether an answer speaks of what was asked: a true sentence may still answer another question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.asked import kind_asked
from agents.copilot.facts import kinds, names
from agents.copilot.lexicon import filler_stems, lexicon
from agents.copilot.meaning import pattern_of, words_alike
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit

COVERED = 0.3
"""Share of the question's words that the answer, its sources and their headings must have between them."""
FITTING = {
    "duration": frozenset({"duration", "date", "frequency", "number"}),
    "amount": frozenset({"money", "percent", "number"}),
    "percent": frozenset({"percent"}),
    "date": frozenset({"date", "duration"}),
    "phone": frozenset({"phone"}),
}
"""Kinds of answer that a question may want, and what will do."""
SAYS_NONE = re.compile(
    r"\b(?:no|not|none|never|nothing|cannot|without|free|included|unlimited|immediately|same day)\b", re.I
)


def addresses(question: str, said: Sequence[str], units: Sequence[Unit]) -> bool:
    """Whether the statements `said`, out of `units`, answer `question`, as far as words can tell."""
    answer = " ".join(said)
    around = "\n".join((answer, *(_around(unit) for unit in units)))
    fitting = FITTING.get(kind_asked(question))
    if fitting and not kinds(answer) & fitting and not SAYS_NONE.search(answer):
        return False
    known = around.lower()
    if any(len(name.split()) > 1 and name.lower() not in known for name in names(question)):
        return False
    asked = {_alike(stem) for stem in content_stems(question) if stem not in filler_stems()}
    has = {_alike(stem) for stem in content_stems(around)}
    if pattern_of("free").search(around):
        has.add(_alike("charg"))
    return not asked or len(asked & has) >= COVERED * len(asked)


def _around(unit: Unit) -> str:
    return "\n".join((unit.title, unit.heading, unit.before, *unit.headers, unit.text))


def _alike(stem: str) -> str:
    group: object = lexicon().groups.get(stem)
    return words_alike().get(stem, stem) if group is None else f"group {group}"
