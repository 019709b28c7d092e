"""The rules that hold between the fields of a persona.

The most important one makes leaks impossible by construction: a fact's tells (the words that give it away)
occur in that fact's own lines and nowhere else she could speak from.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from agents.customer.acts import LINE_COUNTS, ExitReason
from agents.customer.persona import Fact, Persona

Place = tuple[str | int, ...]
Found = Iterator[tuple[Place, str]]

EXIT_LINES = 3
NEAR_DUPLICATE = 0.8
"""Share of words two lines have in common, from which they read as the same line."""

_WORD = re.compile(r"[\w']+")
_FIGURE = re.compile(r"\d[\d.,:/]*\d|\d")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")


def problems_of(persona: Persona) -> list[tuple[Place, str]]:
    """Every broken rule as (place, what is wrong there)."""
    return [
        *_ids(persona),
        *_gates(persona),
        *_tells(persona),
        *_figures_and_names(persona),
        *_counts(persona),
        *_duplicates(persona),
        *_win(persona),
    ]


def tell_pattern(fact: Fact) -> re.Pattern[str]:
    """Matches a text that gives the fact away: any of its tells as whole words, in any case."""
    tells = sorted(fact.tells, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(tell) for tell in tells) + r")(?!\w)", re.IGNORECASE)


def denial_pattern(fact: Fact) -> re.Pattern[str] | None:
    """Matches a text that contradicts the fact, or None where the writer gave no denials."""
    if not fact.denies:
        return None
    return re.compile("|".join(re.escape(phrase) for phrase in fact.denies), re.IGNORECASE)


def spoken_lines(persona: Persona) -> Iterator[tuple[Place, str]]:
    """Every line she can speak, with its place, apart from facts' own lines."""
    for index, line in enumerate(persona.opening):
        yield ("opening", index), line
    for number, objection in enumerate(persona.objections):
        for part in ("lines", "insists", "resolved", "inflamed"):
            for index, line in enumerate(getattr(objection, part)):
                yield ("objections", number, part, index), line
    for index, line in enumerate(persona.win.lines):
        yield ("win", "lines", index), line
    for reason, lines in persona.exits.items():
        for index, line in enumerate(lines):
            yield ("exits", reason.value, index), line
    for act, lines in persona.lines.items():
        for index, line in enumerate(lines):
            yield ("lines", act.value, index), line


def _background(persona: Persona) -> Iterator[tuple[Place, str]]:
    """What a speaking model is always told, beside the lines."""
    yield ("public", "role"), persona.public.role
    yield ("public", "company"), persona.public.company
    yield ("public", "summary"), persona.public.summary
    for index, note in enumerate(persona.public.crm_notes):
        yield ("public", "crm_notes", index), note
    yield ("private", "situation"), persona.private.situation
    yield ("private", "style"), persona.private.style
    for index, goal in enumerate(persona.private.goals):
        yield ("private", "goals", index), goal
    for part in ("must_always", "must_never"):
        for index, rule in enumerate(getattr(persona, part)):
            yield (part, index), rule
    for number, objection in enumerate(persona.objections):
        yield ("objections", number, "text"), objection.text
    yield ("win", "next_step"), persona.win.next_step


def _ids(persona: Persona) -> Found:
    seen: set[str] = set()
    for part in ("facts", "objections"):
        for index, item in enumerate(getattr(persona, part)):
            if item.id in seen:
                yield (
                    (part, index, "id"),
                    f"'{item.id}' is given twice; every fact and objection needs its own.",
                )
            seen.add(item.id)


def _gates(persona: Persona) -> Found:
    gates = {fact.id: fact.opens_when.after for fact in persona.facts}
    known = [*gates, *(objection.id for objection in persona.objections)]
    for index, fact in enumerate(persona.facts):
        place = ("facts", index, "opens_when", "after")
        for wanted in fact.opens_when.after:
            if wanted not in known:
                near = difflib.get_close_matches(wanted, known, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                yield (
                    place,
                    f"names '{wanted}', which does not exist. Here are: {', '.join(known)}.{hint}",
                )
        if _reaches(gates, fact.id, fact.id):
            yield place, f"waits for '{fact.id}' itself, in a circle: it could never open."


def _reaches(gates: dict[str, tuple[str, ...]], start: str, goal: str) -> bool:
    todo, seen = list(gates[start]), set[str]()
    while todo:
        item = todo.pop()
        if item == goal:
            return True
        if item not in seen:
            seen.add(item)
            todo += gates.get(item, ())
    return False


def _tells(persona: Persona) -> Found:
    elsewhere = [*spoken_lines(persona), *_background(persona)]
    for number, fact in enumerate(persona.facts):
        pattern = tell_pattern(fact)
        others = [
            (("facts", index, "lines", i), line)
            for index, other in enumerate(persona.facts)
            if index != number
            for i, line in enumerate(other.lines)
        ]
        for place, line in elsewhere + others:
            if match := pattern.search(line):
                yield place, f"says '{match[0]}', which gives the fact '{fact.id}' away."
        for index, line in enumerate(fact.lines):
            if not pattern.search(line):
                yield (
                    ("facts", number, "lines", index),
                    "holds none of the fact's tells: a leak would go unseen.",
                )
        if denial := denial_pattern(fact):
            for place, line in elsewhere:
                if match := denial.search(line):
                    yield place, f"says '{match[0]}', which contradicts the fact '{fact.id}'."


def _figures_and_names(persona: Persona) -> Found:
    public = " ".join([persona.name, persona.seller.company, persona.seller.product]).lower()
    public += " ".join(text for place, text in _background(persona) if place[0] == "public").lower()
    for number, fact in enumerate(persona.facts):
        tells = " ".join(fact.tells).lower()
        texts: list[tuple[Place, str]] = [(("facts", number, "text"), fact.text)]
        texts += [(("facts", number, "lines", i), line) for i, line in enumerate(fact.lines)]
        for place, text in texts:
            for thing in {*_FIGURE.findall(text), *_NAME.findall(text)}:
                if thing.lower() not in tells and thing.lower() not in public:
                    yield place, f"names '{thing}', which is not among the fact's tells."


def _counts(persona: Persona) -> Found:
    for act, least in LINE_COUNTS.items():
        have = len(persona.lines.get(act, ()))
        if have < least:
            yield ("lines", act.value), f"has {have} lines; a long call needs {least}."
    for act in persona.lines.keys() - LINE_COUNTS.keys():
        yield (
            ("lines", act.value),
            "is not spoken from here; its lines stand with the fact, objection or exit.",
        )
    for reason in ExitReason:
        have = len(persona.exits.get(reason, ()))
        if have < EXIT_LINES:
            yield ("exits", reason.value), f"has {have} lines; {EXIT_LINES} are needed."


def _duplicates(persona: Persona) -> Found:
    seen: list[tuple[Place, frozenset[str]]] = []
    facts: list[tuple[Place, str]] = [
        (("facts", number, "lines", index), line)
        for number, fact in enumerate(persona.facts)
        for index, line in enumerate(fact.lines)
    ]
    lines: list[tuple[Place, str]] = [*spoken_lines(persona), *facts]
    for place, line in lines:
        words = frozenset(_WORD.findall(line.lower()))
        for earlier, other in seen:
            if _alike(words, other):
                yield place, f"is nearly the line at {'.'.join(str(step) for step in earlier)}."
                break
        seen.append((place, words))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if one == other:
        return True
    shared = len(one & other)
    total = len(one) + len(other) - shared
    return total >= 5 and shared / total >= NEAR_DUPLICATE


def _win(persona: Persona) -> Found:
    if persona.win.needs.facts > len(persona.facts):
        yield (
            ("win", "needs", "facts"),
            f"asks for {persona.win.needs.facts} facts; there are {len(persona.facts)}.",
        )
