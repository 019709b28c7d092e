"""Personal data out of a recorded call, in the call's own language, and nobody's plausible data in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from finetune.calls import RecordedCall
from finetune.redact.engine import THEIRS, analyzer
from finetune.redact.finding import KINDS
from finetune.redact.lexicon import LANGUAGES, lexicon
from finetune.redact.numbers import Run, read_runs
from finetune.redact.script import Edit, Script
from finetune.redact.standing_in import Found, StandIns
from finetune.redact.surrogates import Hash

READ_BACK = 4
"""Digits of a part of a known number that are known again without anything that announces them."""
READ_BACK_SPOKEN = 3


class UnknownLanguage(Exception):
    """There are no word lists for this language; the sentence says which there are."""


@dataclass(frozen=True)
class Redacted:
    """A call without personal data."""

    call: RecordedCall
    pseudonyms: tuple[str, ...]
    """What stands in it for names, addresses, mail and typed numbers, as written, in order, each once: to be
    kept as it is by whoever translates."""
    counts: dict[str, int]
    """How many passages were replaced, by kind; empty where nothing had to be."""


class Redactor:
    """Replaces personal data the same way wherever and whenever it comes, for one seed.

    Nothing is remembered between calls and no original is written anywhere: what stands in is drawn by a
    keyed hash of the original. Safe to be made in each worker process; the analyzer is built once in each.
    """

    languages = LANGUAGES

    def __init__(self, seed: int | str) -> None:
        """Raises RedactionUnavailable where presidio is not installed."""
        self._draw = Hash(seed)
        self._analyzer = analyzer()

    def redact(self, call: RecordedCall, language: str) -> Redacted:
        """The call with personal data replaced; redacting its result again changes nothing.

        Args:
            call: as recorded, not translated yet.
            language: what it is held in, as "en", "pt" or "pt-BR".

        Raises:
            UnknownLanguage: there are no word lists for the language.
        """
        code = language.lower().split("-")[0].split("_")[0]
        if code not in LANGUAGES:
            raise UnknownLanguage(
                f"Personal data in calls held in '{language}' cannot be found; there are word lists for "
                f"{' and '.join(LANGUAGES)}. Leave those calls out, or pass --no-redact where they hold none."
            )
        script = Script.of(call)
        found = _outermost([*self._found(script, code)])
        stand_ins = StandIns(script, code, self._draw, found)
        if all(stand_ins.already(one) for one in found):
            return Redacted(call, _unique(script.text[one.start : one.end] for one in found), {})
        edits: list[Edit] = []
        counts: Counter[str] = Counter()
        for one in found:
            made = [edit for edit in stand_ins.edits(one) if not _overlaps(edit, edits)]
            edits += made
            counts[one.kind] += bool(made)
        return Redacted(script.edited(call, edits), _pseudonyms(script, edits), dict(+counts))

    def _found(self, script: Script, language: str) -> Iterator[Found]:
        runs: list[tuple[str, Run]] = []
        for result in self._analyzer.analyze(script.text, language):
            what = (result.recognition_metadata or {}).get("found")
            kind = THEIRS.get(result.entity_type, result.entity_type)
            if isinstance(what, Run):
                runs.append((kind, what))
            yield Found(kind, result.start, result.end, what)
        known = {run.start for _, run in runs}
        for run in read_runs(script.plain, lexicon(language)) if runs else ():
            if run.start in known:
                continue
            spoken = all(atom.digit_by_digit for atom in run.atoms)
            enough = len(run.digits) >= (READ_BACK_SPOKEN if spoken else READ_BACK)
            whole = next((kind for kind, other in runs if enough and run.digits in other.digits), None)
            if whole and not re.fullmatch(r"(?:19|20)\d\d", run.digits):
                yield Found(whole, run.start, run.end, run)


def _outermost(found: list[Found]) -> list[Found]:
    """What is not wholly inside something that is believed first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (KINDS.index(one.kind), one.what is None, one.start - one.end)):
        if not any(other.start <= one.start and one.end <= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (KINDS.index(one.kind), one.start))


def _overlaps(edit: Edit, edits: list[Edit]) -> bool:
    return any(edit.start < other.end and other.start < edit.end for other in edits)


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _pseudonyms(script: Script, edits: list[Edit]) -> tuple[str, ...]:
    """Each edit's text, those that make one name or number joined as they stand."""
    whole: list[tuple[int, str]] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        gap = script.text[whole[-1][0] : edit.start] if whole else "\n"
        if re.fullmatch(r"[ .-]?(?:(?:d[aeo]s?|e) )?", gap) and whole:
            whole[-1] = (edit.end, whole[-1][1] + gap + edit.text)
        else:
            whole.append((edit.end, edit.text))
    return _unique(text for _, text in whole)
