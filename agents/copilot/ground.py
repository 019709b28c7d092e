"""What may be said: each statement is held against the passages it cites, or dropped."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from agents.copilot.addressed import addresses
from agents.copilot.bearing import contradicted, unborne
from agents.copilot.clauses import figures_alone, split
from agents.copilot.evidence import row_text
from agents.copilot.facts import days, figures, names
from agents.copilot.placing import overlap
from agents.copilot.result import Citation, CopilotAnswer, Place, Statement, Support
from agents.copilot.shown import one_line
from agents.copilot.sources import Sources
from agents.copilot.written import NOTHING_FOUND, one_sentence
from ingestion.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.copilot.evidence import Unit
    from agents.copilot.result import Draft
    from agents.copilot.sources import Source
    from ingestion.index.protocol import Hit

WORDS_BORNE = 0.6
"""Share of a statement's content words that its evidence must have; a paraphrase keeps about this much."""
NEAREST = 3
MOST_QUOTES = 3
MOST_TRIED = 12
"""Sentences and rows that a clause is held against, those with most in common first."""
UNBORNE = "What was written is not borne out by the documents, so it is not shown."
SINCE = re.compile(r" \(since ([^()]+)\)$")

GOES_ON = re.compile(
    r"(?:and )?(?:without|at no|with no|not|never|nor|or|because|unless|which|who|so|for free)\b", re.I
)
"""A clause that says more of what the one before it said, so that the same sentence must bear it."""


async def ground(draft: Draft, passages: Sequence[Hit], question: str = "") -> CopilotAnswer:
    """The answer made of those statements that their passages support, with quotes that stand in them.

    With a `question`, statements that a model wrote must also speak of what was asked. It takes tens of
    milliseconds, so it leaves the loop.
    """
    return await asyncio.to_thread(_grounded, draft, passages, question)


def _grounded(draft: Draft, passages: Sequence[Hit], question: str) -> CopilotAnswer:
    cited = {one.passage for statement in draft.statements for one in statement.supports}
    texts = [statement.text for statement in draft.statements]
    sources = Sources.of({number: hit for number, hit in enumerate(passages) if number in cited}, texts)
    kept: list[tuple[str, list[Support]]] = []
    for statement in draft.statements:
        supports = _proved(statement, passages, sources)
        if supports:
            kept.append((one_line(statement.text), supports))
    if question and kept and _by_a_model(draft):
        units = [source.unit for source in _cited_by(kept, sources)]
        if not addresses(question, [text for text, _ in kept], units):
            return CopilotAnswer(False, reason=NOTHING_FOUND, nearest=_nearest(passages))
    if not kept:
        reason = UNBORNE if draft.statements else draft.reason or NOTHING_FOUND
        return CopilotAnswer(False, reason=one_line(reason), nearest=_nearest(passages))
    numbers: dict[Support, int] = {}
    sentences = []
    for text, supports in kept:
        marks = [numbers.setdefault(support, len(numbers) + 1) for support in supports]
        sentences.append(f"{text} {''.join(f'[{mark}]' for mark in marks)}.")
    citations = tuple(_citation(number, support, passages) for support, number in numbers.items())
    return CopilotAnswer(True, " ".join(sentences), citations)


def _by_a_model(draft: Draft) -> bool:
    """A model names its passages; what was taken from them word for word brings its quotes."""
    return not any(support.quote for statement in draft.statements for support in statement.supports)


def _cited_by(kept: Sequence[tuple[str, list[Support]]], sources: Sources) -> list[Source]:
    quoted = {support for _, supports in kept for support in supports}
    return [
        source
        for number, read in sources.by_passage.items()
        for source in read
        if Support(number, source.unit.quote) in quoted
    ]


def unsupported(text: str, evidence: str) -> str:
    """Why `evidence` cannot bear `text`, or "" when it may: figures, dates, names, then the words.

    What does not occur in the evidence at all; whether it occurs in the right place is for `bearing` to say.
    """
    stated = figures(evidence) | figures_alone(evidence)
    for figure in figures(text):
        units = {one.unit for one in stated if one.value == figure.value}
        if not units & {figure.unit, ""} and not (units and not figure.unit):
            return f"figure {figure.value} {figure.unit}".rstrip()
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


def _proved(statement: Statement, passages: Sequence[Hit], sources: Sources) -> list[Support]:
    """The statement's supports with their quotes, or none when they do not bear it."""
    cited = list(dict.fromkeys(one for one in statement.supports if 0 <= one.passage < len(passages)))
    if any(one.quote and one.quote not in passages[one.passage].text for one in cited):
        return []
    read = [
        source
        for one in cited
        for source in sources.by_passage[one.passage]
        if one.quote in source.unit.quote
    ]
    if copied := _copied(statement.text, read, [one.quote for one in cited]):
        return [one for one in cited if one.quote] or [copied]
    borne = _borne_by(statement.text, read, sources)
    quotes = [Support(source.unit.passage, source.unit.quote) for source in borne]
    return list(dict.fromkeys(quotes))[:MOST_QUOTES] if len(set(quotes)) <= MOST_QUOTES else []


def _borne_by(text: str, read: Sequence[Source], sources: Sources) -> list[Source]:
    """The sentences and rows that bear the clauses of a text, one each; none when one clause has none."""
    found: list[Source] = []
    about: tuple[str, ...] = ()
    says_words = False
    for part in split(text):
        said = sources.read(part)
        if not said.says_something:
            continue
        # A clause of figures alone goes on from the one before it.
        goes_on = found and (GOES_ON.match(part) or not (said.claims or said.names))
        candidates = found[-1:] if goes_on else read
        tried = sorted(candidates, key=lambda source: -overlap(said, source.whole))[:MOST_TRIED]
        bearer = next((source for source in tried if not unborne(said, source, sources, about)), None)
        if bearer is None or contradicted(said, bearer, read):
            return []
        found.append(bearer)
        about = said.names or about
        says_words = says_words or bool(said.words or said.names or said.parties)
    return found if says_words else []


def _copied(text: str, read: Sequence[Source], quotes: Sequence[str]) -> Support | None:
    """Where the text stands as a sentence or a row just so, perhaps with the day it holds from added."""
    if since := SINCE.search(text):
        day = days(since[1])
        # A line that leads in to others ("From 15 June 2026 for pallets:") is cited for its day alone.
        told = any(day <= _days_of(source) for source in read) or any(day <= days(quote) for quote in quotes)
        return _copied(text[: since.start()], read, quotes) if day and told else None
    for source in read:
        if text == one_sentence(source.unit.text) or _is_part_of_row(text, source.unit):
            return Support(source.unit.passage, source.unit.quote)
    return None


def _days_of(source: Source) -> frozenset[object]:
    places = (source.whole, *source.scope, *source.headers)
    return frozenset(day for place in places for day in place.days)


def _is_part_of_row(text: str, unit: Unit) -> bool:
    if not unit.cells or not text.startswith(unit.label):
        return False
    columns = range(1, len(unit.cells))
    rows = [row_text(unit.headers, unit.cells, chosen) for chosen in (columns, *([one] for one in columns))]
    known = {one_sentence(part) for row in rows for part in row.removeprefix(f"{unit.label}: ").split("; ")}
    return all(one_sentence(part) in known for part in text.removeprefix(f"{unit.label}: ").split("; "))


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[*_`|#]", " ", text.lower().replace("’", "'")).split())


def _citation(number: int, support: Support, passages: Sequence[Hit]) -> Citation:
    hit = passages[support.passage]
    return Citation(
        number, hit.document, one_line(hit.title), hit.page, one_line(hit.heading), support.quote, hit.uri
    )


def _nearest(passages: Sequence[Hit]) -> tuple[Place, ...]:
    by_document: dict[tuple[str, str], Place] = {}
    for hit in passages:
        place = Place(hit.document, one_line(hit.title), hit.page, one_line(hit.heading), hit.uri)
        by_document.setdefault((hit.collection, hit.document), place)
    return tuple(by_document.values())[:NEAREST]
