"""Rejects what a speaking model must not say. Code has the last word; the model only has the words.

A draft is checked as it grows, sentence by sentence (`violation`), so that what a rep sees was checked, and
once more when it is whole (`shortfall`). The patterns are in `check.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from agents.customer.acts import Act
from agents.customer.persona import Persona
from agents.customer.persona_rules import denial_pattern, tell_pattern
from agents.customer.scripted import bare
from agents.customer.state import Decision
from agents.data_files import read_yaml

MOST_WORDS = 45
"""People's turns have a ninetieth percentile of 27 words; beyond this a draft is a speech."""
MOST_UNFINISHED = 14
"""Words after the last full stop; people do leave it out, but not for so long."""
REPEATS_FROM = 4
"""A sentence of so many words counts as a repeat; "Yes." may be said twice."""
_ALWAYS = ("speaks_for_seller", "offers_help", "coaches", "quotes_instructions", "stage_direction")
_FIGURE = re.compile(r"[£$€]?\d[\d,.]*\d%?|[£$€]?\d%?")
_BIG_WORD = re.compile(r"\b\w+ (?:hundred|thousand|million|grand|per ?cent|percent)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def violation(
    draft: str, persona: Persona, decision: Decision, said: Sequence[str], heard: str
) -> str | None:
    """Why this (possibly unfinished) draft must not be spoken, as a reason code, or None.

    `said` is what the customer has said in this call, `heard` everything the rep has.
    """
    for reason in _ALWAYS:
        if _matches(reason, draft):
            return reason
    return (
        _wrong_act(draft, decision)
        or _leak(draft, persona, decision)
        or _invention(draft, persona, decision, said, heard)
        or _repeat(draft, said)
        or _speech(draft)
    )


def shortfall(draft: str, persona: Persona, decision: Decision) -> str | None:
    """What a finished draft still owes the act that was decided, as a reason code, or None."""
    if not re.search(r"\w", draft):
        return "empty"
    if decision.act is Act.REVEAL and decision.fact:
        told = tell_pattern(persona.fact(decision.fact)).search(draft)
        return None if told else "fact_not_told"
    return None


def leaked_facts(text: str, persona: Persona, opened: Sequence[str]) -> list[str]:
    """Ids of the facts that are not open and that the text gives away."""
    return [f.id for f in persona.facts if f.id not in opened and tell_pattern(f).search(text)]


def contradicted_facts(text: str, persona: Persona) -> list[str]:
    """Ids of the facts the text denies, open or not."""
    return [f.id for f in persona.facts if (denial := denial_pattern(f)) and denial.search(text)]


def out_of_role(text: str) -> bool:
    """Whether the customer speaks as the seller, a helper, a coach or a machine."""
    return any(_matches(reason, text) for reason in _ALWAYS)


def _wrong_act(draft: str, decision: Decision) -> str | None:
    if decision.act is Act.AGREE:
        return "wrong_act" if _matches("refuses", draft) else None
    agrees = decision.act not in (Act.WRAP_UP, Act.SMALLER_STEP) and decision.exit is None
    if agrees and _matches("agrees", draft):
        return "wrong_act"
    return "wrong_act" if decision.act is not Act.LEAVE and _matches("leaves", draft) else None


def _leak(draft: str, persona: Persona, decision: Decision) -> str | None:
    if leaked_facts(draft, persona, decision.state.opened):
        return "leak"
    return "contradiction" if contradicted_facts(draft, persona) else None


def _invention(
    draft: str, persona: Persona, decision: Decision, said: Sequence[str], heard: str
) -> str | None:
    """A figure from nowhere: not the rep's, not hers so far, not in what is open to her."""
    figures = {*_FIGURE.findall(draft), *_BIG_WORD.findall(draft)}
    if not figures:
        return None
    known = [heard, *said, persona.public.summary, *persona.public.crm_notes, persona.private.situation]
    for name in decision.state.opened:
        fact = persona.fact(name)
        known += [fact.text, *fact.lines]
    if decision.objection:
        known += persona.objection(decision.objection).lines
    ground = " ".join(known).casefold()
    return None if all(figure.casefold().strip(".,") in ground for figure in figures) else "invents_figure"


def _repeat(draft: str, said: Sequence[str]) -> str | None:
    earlier = {bare(sentence) for text in said for sentence in _SENTENCE.findall(text)}
    for sentence in _SENTENCE.findall(draft):
        words = bare(sentence)
        if words in earlier and len(words.split()) >= REPEATS_FROM:
            return "repeats"
    return "repeats" if bare(draft) in {bare(text) for text in said} else None


def _speech(draft: str) -> str | None:
    """Too many words, or the long start of a sentence whose end was cut off."""
    unfinished = re.split(r"[.!?…]", draft)[-1]
    too_long = len(draft.split()) > MOST_WORDS or len(unfinished.split()) > MOST_UNFINISHED
    return "too_long" if too_long else None


def _matches(reason: str, draft: str) -> bool:
    return any(pattern.search(draft) for pattern in _patterns()[reason])


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], ...]]:
    text = (Path(__file__).parent / "check.yaml").read_text(encoding="utf-8")
    return {
        reason: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
        for reason, patterns in read_yaml(text).items()
    }
