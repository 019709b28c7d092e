"""What may be said: each statement is held against the passages it cites, or dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.copilot.evidence import all_text, units_of
from agents.copilot.facts import days, figures, names
from agents.copilot.lexicon import lexicon
from agents.copilot.result import Citation, CopilotAnswer, Place, Statement, Support
from agents.copilot.written import NOTHING_FOUND
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from agents.copilot.result import Draft
    from ingestion.index.protocol import Hit

WORDS_BORNE = 0.6
"""Share of a statement's content words that its passages must have; a paraphrase keeps about this much."""
NEAREST = 3
UNBORNE = "What was written is not borne out by the documents, so it is not shown."


async def ground(draft: Draft, passages: Sequence[Hit]) -> CopilotAnswer:
    """The answer made of those statements that their passages support, with quotes that stand in them."""
    kept: list[tuple[str, list[Support]]] = []
    for statement in draft.statements:
        supports = _proved(statement, passages)
        if supports:
            kept.append((statement.text, supports))
    if not kept:
        reason = UNBORNE if draft.statements else draft.reason or NOTHING_FOUND
        return CopilotAnswer(False, reason=reason, nearest=_nearest(passages))
    numbers: dict[Support, int] = {}
    sentences = []
    for text, supports in kept:
        marks = [numbers.setdefault(support, len(numbers) + 1) for support in supports]
        sentences.append(f"{text} {''.join(f'[{mark}]' for mark in marks)}.")
    citations = tuple(_citation(number, support, passages) for support, number in numbers.items())
    return CopilotAnswer(True, " ".join(sentences), citations)


def unsupported(text: str, evidence: str) -> str:
    """Why `evidence` does not bear `text`, or "" when it does: figures, dates, names, then the words."""
    if missing := [
        figure for figure in figures(text) if not _has_figure(figure.value, figure.unit, evidence)
    ]:
        return f"figure {missing[0].value} {missing[0].unit}".rstrip()
    if days(text) - days(evidence):
        return "date"
    known = _flat(evidence)
    for name in names(text):
        if not re.search(rf"(?<!\w){re.escape(_flat(name))}(?!\w)", known):
            return f"name {name}"
    ours, theirs = set(content_stems(text)), set(content_stems(evidence))
    if ours and len(ours & theirs) < WORDS_BORNE * len(ours):
        return "words"
    return ""


def _proved(statement: Statement, passages: Sequence[Hit]) -> list[Support]:
    """The statement's supports with their quotes, or none when they do not bear it."""
    cited = [one for one in statement.supports if 0 <= one.passage < len(passages)]
    if not cited or unsupported(statement.text, "\n".join(all_text(passages[one.passage]) for one in cited)):
        return []
    proved = []
    for support in cited:
        passage = passages[support.passage]
        if support.quote:
            if support.quote in passage.text:
                proved.append(support)
        elif (unit := _best_unit(statement.text, support.passage, passages)) is not None:
            proved.append(Support(support.passage, unit.quote))
    return proved


def _best_unit(text: str, passage: int, passages: Sequence[Hit]) -> Unit | None:
    """The sentence or row of a passage that bears the text most, unless it says the opposite."""
    stems, wanted = set(content_stems(text)), figures(text)

    def borne(unit: Unit) -> float:
        return len(stems & unit.stems) / (1 + len(stems)) + len(wanted & figures(unit.text))

    best = max(units_of([passages[passage]]), key=borne, default=None)
    if best is None or borne(best) == 0 or _denies(text) != _denies(best.text):
        return None
    return best


def _denies(text: str) -> bool:
    words = {word.strip(".,;:()\"'").replace("’", "'") for word in text.lower().split()}
    return bool(words & set(lexicon().negations))


def _has_figure(value: object, unit: str, evidence: str) -> bool:
    """The same number with the same unit; a table may keep its unit elsewhere, so a bare one will do."""
    stated = [figure for figure in figures(evidence) if figure.value == value]
    return any(unit in (figure.unit, "") or figure.unit == "" for figure in stated)


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[*_`|#]", " ", text.lower().replace("’", "'")).split())


def _citation(number: int, support: Support, passages: Sequence[Hit]) -> Citation:
    hit = passages[support.passage]
    return Citation(number, hit.document, hit.title, hit.page, hit.heading, support.quote, hit.uri)


def _nearest(passages: Sequence[Hit]) -> tuple[Place, ...]:
    by_document: dict[tuple[str, str], Place] = {}
    for hit in passages:
        by_document.setdefault((hit.collection, hit.document), Place.of(hit))
    return tuple(by_document.values())[:NEAREST]
