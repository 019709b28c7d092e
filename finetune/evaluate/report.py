"""`report.md`: the evaluation for a reader, and for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from finetune.evaluate.evaluation import SPEAKERS, Evaluation, Sample, meanings
from finetune.evaluate.shown import NAMES, NOTHING, about, reason_speakers, reasons, row, rows

FILE = "report.md"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def markdown(evaluation: Evaluation) -> str:
    """The whole report. Words of the calls are escaped: nothing in them becomes markup."""
    return "\n".join(_lines(evaluation)) + "\n"


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield f"# How the customer speaks: {plain(evaluation.model)}"
    for sentence in about(evaluation):
        yield f"\n{plain(sentence)}"
    yield "\n## Figures\n"
    head = ["figure", *(NAMES[who] for who in SPEAKERS), "tuned against base", "", "turns or tokens of calls"]
    yield from table(
        head, [[one.title, *one.cells, one.change, one.verdict, one.rests_on] for one in rows(evaluation)]
    )
    yield "\nWhat they mean:\n"
    for one in rows(evaluation):
        yield f"- {plain(one.title)}: {plain(one.means)}"
    if evaluation.acts:
        yield "\n## By what the turn does\n"
        yield from table(["act", "turns", "figure", "base", "tuned", "tuned against base"], _acts(evaluation))
    if found := reasons(evaluation):
        yield "\n## Why drafts were refused\n"
        speakers = [NAMES[who] for who in reason_speakers(evaluation)]
        yield from table(["reason", *speakers], [[reason, *counts] for reason, counts in found])
    if evaluation.samples:
        yield "\n## Side by side\n"
        for sample in evaluation.samples:
            yield from _sample(sample)


def _acts(evaluation: Evaluation) -> Iterator[Sequence[str]]:
    for act in evaluation.acts:
        for name in ("token_accuracy", "perplexity", "persona_use"):
            one = row(meanings()[name], getattr(act, name))
            yield [act.act, str(act.turns), one.title, one.cells[0], one.cells[1], one.change]


def _sample(sample: Sample) -> Iterator[str]:
    yield f"### {plain(sample.call)}, turn {sample.n} ({plain(sample.act.replace('_', ' '))})\n"
    for side, text in sample.history:
        yield f"> {side}: {plain(text)}\n>"
    yield "\n| who | says |\n| --- | --- |"
    said = {"people": sample.human, "base": sample.base, "tuned": sample.tuned, "scripted": sample.scripted}
    for who, words in said.items():
        yield f"| {who} | {plain(words) if words else NOTHING} |"
    yield ""


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; cells are escaped."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for cells in body:
        yield f"| {' | '.join(plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """On one line, with nothing in it that Markdown or HTML would take for markup."""
    one_line = " ".join(text.split()).replace("&", "&amp;")
    return _MARKUP.sub(r"\\\1", one_line).replace("\\<", "&lt;").replace("\\>", "&gt;")
