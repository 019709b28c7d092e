"""What a number is: somebody's phone or card, or no secret. Told by what announces it, or by its form."""

from __future__ import annotations

import re
from functools import cache

from finetune.redact.check_digits import is_card, is_cnpj, is_cpf
from finetune.redact.lexicon import lexicon
from finetune.redact.numbers import AMOUNT, Run

REACH = 60
"""Characters between what announces a number and the number."""
MOST_BETWEEN = 34
EARLY = 30
"""A number this far into a turn may be announced by the turn before."""
REGIONS = {"en": ("GB", "US"), "pt": ("BR",)}
SPOKEN_ALONE = 6
"""Digits said one by one: nobody says a price like that."""
TYPED_ALONE = 7
COUNTING = "12345678910"
"""Nobody's number, unless something announces it."""


@cache
def _cues(language: str) -> re.Pattern[str]:
    kinds = lexicon(language).kinds
    # Names of kinds are identifiers, so they name the groups.
    return re.compile("|".join(f"(?P<{kind}>\\b(?:{'|'.join(of.cues)})\\b)" for kind, of in kinds.items()))


def kind_of(run: Run, text: str, language: str) -> str | None:
    """The kind of the run in the plain text of a call, or None where it is no personal number."""
    words = lexicon(language)
    announced = _announced(run, text, language)
    if announced and words.kinds[announced].fewest <= len(run.digits) <= words.kinds[announced].most:
        return announced
    return _by_form(run, text, language)


def _announced(run: Run, text: str, language: str) -> str | None:
    line_start = text.rfind("\n", 0, run.start) + 1
    found = _nearest(text, max(line_start, run.start - REACH), run.start, language)
    if found is None and line_start and run.start - line_start <= EARLY:
        previous = text.rfind("\n", 0, line_start - 1) + 1
        start = max(previous, line_start - 1 - REACH)
        found = _nearest(text, start, line_start, language, anywhere=True)
    if found is None:
        after = text[run.end : run.end + EARLY].split("\n", maxsplit=1)[0]
        match = re.match(r"[\s,]*(?:is|e|eh|that's|this is)?\s*(?:my|o meu|meu|the|o|a|minha)\s", after)
        if match and (cue := _cues(language).match(after, match.end())):
            found = cue.lastgroup
    return found


def _nearest(text: str, start: int, end: int, language: str, *, anywhere: bool = False) -> str | None:
    last = None
    # Given the whole text, a cue may look at what stands before it: "fazendo a conta" announces nothing.
    for last in _cues(language).finditer(text, start, end):  # noqa: B007 - the last one is wanted
        pass
    if last is None:
        return None
    between = text[last.end() : end]
    if not anywhere and (len(between) > MOST_BETWEEN or any(c.isdigit() for c in between)):
        return None
    return last.lastgroup


def _by_form(run: Run, text: str, language: str) -> str | None:
    digits = run.digits
    shown = text[run.start : run.end]
    typed = not any(atom.spoken for atom in run.atoms)
    if (typed and (AMOUNT.fullmatch(shown) or ", " in shown)) or digits in COUNTING:
        return None
    one_by_one = sum(len(atom.digits) for atom in run.atoms if atom.digit_by_digit)
    secret = (
        (typed and len(digits) >= TYPED_ALONE and _one_number(shown, len(run.atoms)))
        or one_by_one >= SPOKEN_ALONE
        or (not typed and len(digits) >= 10)
        or (not typed and len(digits) >= 8 and digits[0] == "0")
    )
    return _named(digits, language) if secret else None


def _one_number(shown: str, atoms: int) -> bool:
    """Typed digits that belong together, not "2024, 2025 and 2026"."""
    years = re.fullmatch(r"(?:(?:19|20)\d{2}|\d{1,3})(?:\D+(?:(?:19|20)\d{2}|\d{1,2}))*", shown)
    return not (years and atoms > 1 and re.search(r"\b(?:19|20)\d{2}\b", shown)) and not re.search(
        r"[a-z]", shown
    )


def _named(digits: str, language: str) -> str:
    import phonenumbers  # comes with presidio

    if is_cpf(digits) or is_cnpj(digits):
        return "tax_number"
    if is_card(digits):
        return "card"
    for region in REGIONS[language]:
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(digits, region)):
                return "phone"
        except phonenumbers.NumberParseException:
            continue
    return "number"
