"""Who sells, and in what order it was said: a draft becomes a call, or a reason why not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from finetune.calls import CallTurn, RecordedCall, Side
from finetune.reading.draft import BadRow, Draft, Utterance
from finetune.reading.labelled import is_role
from finetune.reading.vocabulary import same, vocabulary
from ingestion.readers.characters import one_line

MOST_LABELS = 8
"""Shown in a reason."""
SURROGATE = re.compile("[\ud800-\udfff]")
MARKER = re.compile("|".join(vocabulary().markers), re.IGNORECASE)


def recorded(draft: Draft, seller: str) -> RecordedCall | BadRow:
    """The call with its sides named, in the order of time; turns of one side in a row are one.

    `seller` is the label of who sells, in any case. The id is the file's, or a hash of what was said.
    """
    ordered = in_time(draft.utterances)
    if ordered is None:
        return BadRow(
            draft.line,
            "Its times run backward and some turns have none, so the order is not known. Sort the turns.",
        )
    spoken = [
        Utterance(turn.labels, words, turn.start)
        for turn in ordered
        if (words := clean(turn.text)) and (_sells(turn, seller) or not _not_spoken(turn))
    ]
    if reason := _unclear(spoken, seller):
        return BadRow(draft.line, reason)
    turns = _merged(spoken, seller)
    if reason := _useless(turns):
        return BadRow(draft.line, reason)
    call = clean(draft.call or "") or f"call-{_hash(turns)}"
    return RecordedCall(call=call, turns=turns, outcome=clean(draft.outcome or "") or None)


def in_time(utterances: Iterable[Utterance]) -> list[Utterance] | None:
    """Sorted where every turn has a time, else as they stand; None where neither order can be trusted."""
    turns = list(utterances)
    times = [turn.start for turn in turns if turn.start is not None]
    if all(earlier <= later for earlier, later in pairwise(times)):
        return turns
    if len(times) < len(turns):
        return None
    return sorted(turns, key=lambda turn: turn.start or 0.0)


def clean(text: str) -> str:
    """Words on one line, without what cannot be seen and without what chat templates mark turns with."""
    while (bare := MARKER.sub(" ", text)) != text:  # one may come together where another was taken out
        text = bare
    if text.isascii() and text.isprintable():  # most are, and these need no more
        return " ".join(text.split())
    return one_line(SURROGATE.sub("", text))


def _sells(turn: Utterance, seller: str) -> bool:
    return same(seller).removeprefix("speaker ") in _names(turn.labels)


@lru_cache(maxsize=4096)
def _names(labels: tuple[str, ...]) -> frozenset[str]:
    """As they are compared: "Speaker 1" and "1" are one."""
    return frozenset(same(label).removeprefix("speaker ") for label in labels)


def _not_spoken(turn: Utterance) -> bool:
    return any(same(label) in vocabulary().not_spoken for label in turn.labels)


def _unclear(turns: list[Utterance], seller: str) -> str | None:
    """Why it cannot be said who sells and who buys."""
    others = [turn.labels for turn in turns if not _sells(turn, seller)]
    if turns and len(others) == len(turns):
        return (
            f"Nobody in it has the seller's label, {told_of([(seller,)])}; "
            f"it has {told_of(others)}. Say which of them sells."
        )
    if len({tuple(map(same, labels)) for labels in others}) > 1:
        return (
            f"More than one speaker besides the seller: {told_of(others)}. "
            "Only calls between two can be used; leave out the others."
        )
    return None


def told_of(labels: Iterable[tuple[str, ...]]) -> str:
    """Labels as a report may show them: parts in a call written out, of people the first letters only."""
    known = {same(label[0]): label for label in labels}
    roles = sorted(
        {same(next(filter(is_role, label))) for label in known.values() if any(map(is_role, label))}
    )
    people = sorted({_initials(label[0]) for label in known.values() if not any(map(is_role, label))})
    parts = [f"'{role}'" for role in roles[:MOST_LABELS]]
    if people:
        count = sum(not any(map(is_role, label)) for label in known.values())
        shown = ", ".join(people[:MOST_LABELS])
        parts.append(f"{count} {'name' if count == 1 else 'names'} ({shown})")
    return ", ".join(parts) or "no labels at all"


def _initials(name: str) -> str:
    return " ".join(f"{word[0].upper()}." for word in clean(name).split()[:3] if word[0].isalpha()) or "?"


def _merged(turns: Iterable[Utterance], seller: str) -> tuple[CallTurn, ...]:
    said: list[tuple[Side, list[str]]] = []
    for turn in turns:
        side: Side = "seller" if _sells(turn, seller) else "customer"
        if said and said[-1][0] == side:
            said[-1][1].append(turn.text)
        else:
            said.append((side, [turn.text]))
    return tuple(CallTurn(speaker=side, text=" ".join(texts)) for side, texts in said)


def _useless(turns: tuple[CallTurn, ...]) -> str | None:
    if any("\ufffd" in turn.text for turn in turns):
        return "Some of its letters are broken (\ufffd). Save the file again as UTF-8."
    if len(turns) < 2:
        return (
            f"It has {len(turns) or 'no'} turn{'s' if len(turns) != 1 else ''} with words; a call needs two."
        )
    sides = [turn.speaker for turn in turns]
    if ("seller", "customer") not in pairwise(sides):
        return "The customer says nothing after the seller, so there is nothing to learn from it."
    return None


def _hash(turns: tuple[CallTurn, ...]) -> str:
    said = "\n".join(f"{turn.speaker}: {turn.text}" for turn in turns)
    return hashlib.sha256(said.encode()).hexdigest()[:12]
