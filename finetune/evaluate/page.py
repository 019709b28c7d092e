"""`report.html`: the evaluation as one page that needs nothing else, neither scripts nor the network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from finetune.evaluate.evaluation import SPEAKERS, Evaluation, Sample, meanings
from finetune.evaluate.plots import Plot
from finetune.evaluate.shown import NAMES, NOTHING, Row, about, reason_speakers, reasons, row, rows

FILE = "report.html"


def page(evaluation: Evaluation, plots: Sequence[Plot], no_plots: str = "") -> str:
    """The whole page. `no_plots` says why there are none. Words of the calls are escaped."""
    frame = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
    title = f"How the customer speaks: {evaluation.model}"
    return frame.substitute(title=escape(title), body="\n".join(_body(title, evaluation, plots, no_plots)))


def _body(title: str, evaluation: Evaluation, plots: Sequence[Plot], no_plots: str) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    for sentence in about(evaluation):
        yield f"<p>{escape(sentence)}</p>"
    yield "<h2>Figures</h2>"
    head = ["Figure", *(NAMES[who] for who in SPEAKERS), "tuned against base", "", "turns or tokens of calls"]
    yield from _table("Each with its 95 % interval", head, map(_figure_cells, rows(evaluation)))
    if no_plots:
        yield f"<p>{escape(no_plots)}</p>"
    yield from map(_plot, plots)
    yield "<h2>What the figures mean</h2><dl>"
    for one in rows(evaluation):
        yield f"<dt>{escape(one.title)}</dt><dd>{escape(one.means)}</dd>"
    yield "</dl>"
    if evaluation.acts:
        yield "<h2>By what the turn does</h2>"
        head = ["Act", "turns", "figure", "base", "tuned", "tuned against base"]
        yield from _table("Acts with few turns are left out", head, _acts(evaluation))
    if found := reasons(evaluation):
        yield "<h2>Why drafts were refused</h2>"
        head = ["Reason", *(NAMES[who] for who in reason_speakers(evaluation))]
        cells = ([_head(reason), *map(_number, counts)] for reason, counts in found)
        yield from _table("Drafts in simulated calls", head, cells)
    if evaluation.samples:
        yield "<h2>Side by side</h2>"
        yield from map(_sample, evaluation.samples)


def _figure_cells(one: Row) -> list[str]:
    judged = f'<td class="{one.verdict}">{escape(one.verdict)}</td>' if one.verdict else "<td></td>"
    return [_head(one.title), *map(_number, one.cells), _number(one.change), judged, _number(one.rests_on)]


def _acts(evaluation: Evaluation) -> Iterator[list[str]]:
    for act in evaluation.acts:
        for name in ("token_accuracy", "perplexity", "persona_use"):
            one = row(meanings()[name], getattr(act, name))
            numbers = [str(act.turns), one.title, one.cells[0], one.cells[1], one.change]
            yield [_head(act.act.replace("_", " ")), *map(_number, numbers)]


def _table(caption: str, head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>'
    yield "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    yield "</tr></thead><tbody>"
    for cells in body:
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _head(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _number(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _plot(plot: Plot) -> str:
    source = b64encode(plot.svg.encode()).decode()
    image = f'<img alt="{escape(plot.says)}" src="data:image/svg+xml;base64,{source}">'
    return f"<figure>{image}<figcaption>{escape(plot.title)}</figcaption></figure>"


def _sample(sample: Sample) -> str:
    told = "".join(f"<p>{side}: {escape(text)}</p>" for side, text in sample.history)
    said = {"People": sample.human, "Base": sample.base, "Tuned": sample.tuned, "Scripted": sample.scripted}
    answers = "".join(f"<dt>{who}</dt><dd>{escape(text or NOTHING)}</dd>" for who, text in said.items())
    act = escape(sample.act.replace("_", " "))
    head = f"<h3>{escape(sample.call)}, turn {sample.n} ({act})</h3>"
    return f"<article>{head}<blockquote>{told}</blockquote><dl>{answers}</dl></article>"
