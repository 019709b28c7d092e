"""Digits as people say them: typed, in words, doubled, in groups, with pauses, over two turns.

A number is read atom by atom ("07", "double two", "cento e vinte e três"), each with the digits it stands
for; atoms with nothing but pauses and fillers between them are one run. Numbers that count or measure
something (money, percentages, seats, dates, times) are never atoms, so they neither start a run nor join one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from finetune.redact.lexicon import Lexicon

WORD = re.compile(r"\d+|[^\W\d_]+|\n")
NOT_DIGITS = re.compile(
    r"\b\d{1,2}(?:[/.]\d{1,2}[/.](?:19|20)?|-\d{1,2}-(?:19|20))\d{2}\b(?![-/]?\d)"  # a date
    r"|\b(?:19|20)\d{2}-\d{2}-\d{2}\b"
    r"|\b\d{1,2}(?::\d{2}|h(?:\d{2})?)\b"  # a time
    r"|\b\d+(?:[.,]\d+)*\s?%"
    r"|(?:[$£€]|\br\$|\bus\$)\s?\d+(?:[.,\s]\d{3})*(?:[.,]\d+)?"
)
AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{1,2}")
MOST_FILLERS = 4


@dataclass(frozen=True)
class Atom:
    start: int
    end: int
    digits: str
    spoken: bool
    words: int = 1
    """Words of a spoken atom."""

    @property
    def digit_by_digit(self) -> bool:
        return self.spoken and (len(self.digits) == 1 or len(set(self.digits)) == 1)


@dataclass(frozen=True)
class Run:
    """One number as it was read out, in one turn or over two of the same side."""

    atoms: tuple[Atom, ...]

    @property
    def digits(self) -> str:
        return "".join(atom.digits for atom in self.atoms)

    @property
    def start(self) -> int:
        return self.atoms[0].start

    @property
    def end(self) -> int:
        return self.atoms[-1].end


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    text: str


def read_runs(text: str, lexicon: Lexicon) -> list[Run]:
    """Every number in a plain text (see `plain`) whose lines are turns, in order; most are no secret."""
    return _over_turns(_runs(text, _atoms(text, lexicon), lexicon), text, lexicon)


def said(digits: str, atom: Atom, lexicon: Lexicon) -> str:
    """The digits in the manner of the atom they replace: typed or in words."""
    if not atom.spoken:
        return digits
    return " ".join(lexicon.said[int(digit)] for digit in digits)


def _atoms(text: str, lexicon: Lexicon) -> list[Atom]:
    words = [_Word(m.start(), m.end(), m.group()) for m in WORD.finditer(text)]
    barred = [m.span() for m in NOT_DIGITS.finditer(text)]
    atoms: list[Atom] = []
    i = 0
    while i < len(words):
        read = _atom(words, i, text, lexicon)
        if read is None:
            i += 1
            continue
        atom, taken = read
        if not _inside(atom, barred) and not _counts(words, i, i + taken, text, lexicon):
            atoms.append(atom)
        i += taken
    return atoms


def _inside(atom: Atom, spans: list[tuple[int, int]]) -> bool:
    return any(start <= atom.start < end for start, end in spans)


def _atom(words: list[_Word], i: int, text: str, lexicon: Lexicon) -> tuple[Atom, int] | None:
    word = words[i]
    if word.text.isdigit():
        beside = text[word.start - 1 : word.start] + text[word.end : word.end + 1]
        return None if any(c.isalpha() for c in beside) else (Atom(word.start, word.end, word.text, False), 1)
    if word.text in lexicon.repeats and i + 1 < len(words):
        digit = lexicon.digits.get(words[i + 1].text) or (
            words[i + 1].text if len(words[i + 1].text) == 1 else ""
        )
        if digit.isdigit():
            many = digit * lexicon.repeats[word.text]
            return Atom(word.start, words[i + 1].end, many, True, 2), 2
    value, taken = _cardinal([w.text for w in words[i : i + 8]], lexicon)
    if not taken:
        return None
    last = words[i + taken - 1]
    if _broken(text[word.start : last.end]):  # "twenty, two" are two numbers
        value, taken = _cardinal([word.text], lexicon)
        last = word
    return Atom(word.start, last.end, value, True, taken), taken


def _broken(text: str) -> bool:
    return any(c in text for c in ",.;:?!…\n")


def _cardinal(words: list[str], lexicon: Lexicon) -> tuple[str, int]:
    """The digits of the cardinal that the words begin with, and how many words it took; ("", 0) if none."""
    word, rest = words[0], words[1:]
    if word in lexicon.hundreds:
        return _with_hundreds(int(lexicon.hundreds[word]), rest, 1, lexicon)
    if word in lexicon.digits and rest and rest[0] in lexicon.hundred:
        return _with_hundreds(int(lexicon.digits[word]), rest[1:], 2, lexicon)
    return _below_hundred(words, lexicon)


def _with_hundreds(hundreds: int, rest: list[str], taken: int, lexicon: Lexicon) -> tuple[str, int]:
    joined = bool(rest) and rest[0] == lexicon.joiner
    value, more = _below_hundred(rest[joined:], lexicon) if rest[joined:] and joined else ("", 0)
    return (f"{hundreds}{int(value):02d}", taken + joined + more) if more else (f"{hundreds}00", taken)


def _below_hundred(words: list[str], lexicon: Lexicon) -> tuple[str, int]:
    word = words[0]
    if word in lexicon.digits:
        return lexicon.digits[word], 1
    if word in lexicon.teens:
        return lexicon.teens[word], 1
    if word not in lexicon.tens:
        return "", 0
    ten, at = lexicon.tens[word], 1
    if lexicon.hundreds and at < len(words) and words[at] == lexicon.joiner:  # Portuguese: vinte e dois
        at += 1
    elif lexicon.hundreds:
        return ten + "0", 1
    if at < len(words) and lexicon.digits.get(words[at], "0") != "0":
        return ten + lexicon.digits[words[at]], at + 1
    return ten + "0", 1


def _counts(words: list[_Word], first: int, after: int, text: str, lexicon: Lexicon) -> bool:
    """Whether the words first…after say how much or how many of something."""
    if after < len(words):
        gap = text[words[after - 1].end : words[after].start]
        if not gap.strip(" -") and words[after].text in lexicon.units | lexicon.multipliers:
            return True
        if text[words[after - 1].end :].lstrip()[:1] in {"$", "£", "€", "%"}:
            return True
    before = first - 1
    if before >= 0 and words[before].text == lexicon.joiner:
        before -= 1
    if before < 0 or text[words[before].end : words[first].start].strip(f" -{lexicon.joiner}$"):
        return False
    return words[before].text in lexicon.money_before | lexicon.multipliers


def _runs(text: str, atoms: list[Atom], lexicon: Lexicon) -> list[Run]:
    runs: list[list[Atom]] = []
    for atom in atoms:
        if runs and _pause(text[runs[-1][-1].end : atom.start], lexicon):
            runs[-1].append(atom)
        else:
            runs.append([atom])
    return [Run(tuple(run)) for run in runs]


def _pause(gap: str, lexicon: Lexicon) -> bool:
    if "\n" in gap:
        return False
    words = re.findall(r"\w+", gap)
    return (
        len(words) <= MOST_FILLERS
        and all(word in lexicon.fillers for word in words)
        and not re.sub(r"\w+", "", gap).strip(" \t,.;:-–—…/()+'\"?!_")
    )


def _over_turns(runs: list[Run], text: str, lexicon: Lexicon) -> list[Run]:
    """Joins a number broken off at a turn's end to the rest of it, two turns on."""
    joined: list[Run] = []
    for run in runs:
        # A read-back of the first half lies between the halves: look past it.
        for back in range(1, min(3, len(joined)) + 1):
            before = joined[-back]
            if _goes_on(before, run, joined[len(joined) - back + 1 :], text, lexicon):
                joined[-back] = Run(before.atoms + run.atoms)
                break
        else:
            joined.append(run)
    return joined


def _goes_on(first: Run, rest: Run, between: list[Run], text: str, lexicon: Lexicon) -> bool:
    gap = text[first.end : rest.start]
    parts = gap.split("\n")
    if len(parts) != 3:
        return False
    if any(not first.digits.endswith(run.digits) for run in between):
        return False
    for run in between:
        gap = gap.replace(text[run.start : run.end], " ")
    ending, other, beginning = gap.split("\n") if gap.count("\n") == 2 else ("x", "x", "x")
    allowed = lexicon.acknowledgements | lexicon.fillers
    return (
        all(word in allowed for part in (ending, other, beginning) for word in re.findall(r"\w+", part))
        and len(re.findall(r"\w+", ending + " " + beginning)) <= 2 * MOST_FILLERS
    )


def lines_of(run: Run, text: str) -> Iterator[tuple[Atom, ...]]:
    """The atoms of the run, turn by turn."""
    line: list[Atom] = []
    for atom in run.atoms:
        if line and "\n" in text[line[-1].end : atom.start]:
            yield tuple(line)
            line = []
        line.append(atom)
    if line:
        yield tuple(line)
