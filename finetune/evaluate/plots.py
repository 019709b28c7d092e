"""The plots of a report, as SVG, each with a sentence that says in words what it shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from finetune.evaluate.evaluation import SPEAKERS, Estimate, Evaluation, Speaker, meanings
from finetune.evaluate.shown import NAMES, reason_speakers, reasons
from ingestion.extras import to_install

COLOURS: dict[Speaker, str] = {
    "base": "#999999",
    "tuned": "#0072b2",
    "scripted": "#e69f00",
    "human": "#009e73",
}
"""Told apart by colour-blind readers too (Okabe and Ito 2008)."""
MARKS: dict[Speaker, str] = {"base": "o", "tuned": "s", "scripted": "^", "human": "D"}
LINES: dict[Speaker, str] = {"base": ":", "tuned": "-", "scripted": "-.", "human": "--"}
LONGEST = 60
"""Words; the plot of lengths ends there."""
NEEDS = f"The plots need a package that is not installed; {to_install('calls')}."

Axes = Any
"""matplotlib's; the package is optional, so its types are not relied on."""


@dataclass(frozen=True)
class Plot:
    """A picture, its title, and what it says for those who do not see it."""

    title: str
    says: str
    svg: str


def plots(evaluation: Evaluation) -> list[Plot]:
    """The plots there are figures for. Raises ModuleNotFoundError without matplotlib."""
    drawn = [_tokens(evaluation), _acts(evaluation), _lengths(evaluation), _shares(evaluation)]
    return [plot for plot in [*drawn, _refused(evaluation)] if plot]


def _draw(title: str, says: str, size: tuple[float, float], draw: Callable[[Axes], None]) -> Plot:
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=size, layout="constrained")
    draw(picture.subplots())
    file = io.StringIO()
    with rc_context({"svg.hashsalt": title}):
        picture.savefig(file, format="svg", metadata={"Date": None, "Title": title})
    return Plot(title, says, file.getvalue())


def _tokens(evaluation: Evaluation) -> Plot | None:
    """Token accuracy, where it is known."""
    figure = evaluation.figures.get("token_accuracy")
    if figure is None or figure.tuned is None:
        return None
    who: list[Speaker] = [one for one in ("base", "tuned") if getattr(figure, one)]
    return _estimates(
        meanings()["token_accuracy"].title,
        [(NAMES[one], getattr(figure, one), one) for one in who],
        100.0,
        "share of tokens, %",
    )


def _acts(evaluation: Evaluation) -> Plot | None:
    models: tuple[Speaker, ...] = ("base", "tuned")
    points = [
        (f"{row.act.replace('_', ' ')} ({row.turns})", estimate, who)
        for row in evaluation.acts
        for who in models
        if (estimate := getattr(row.perplexity, who))
    ]
    return _estimates("Perplexity by what the turn does", points, 1.0, "perplexity") if points else None


def _shares(evaluation: Evaluation) -> Plot | None:
    names = ("question_share", "short_share", "role_inversion", "out_of_role", "opening_unique")
    points = [
        (meanings()[name].title, estimate, who)
        for name in names
        if (figure := evaluation.figures.get(name))
        for who in SPEAKERS
        if (estimate := getattr(figure, who))
    ]
    return _estimates("What turns are like", points, 100.0, "share of turns, %") if points else None


def _estimates(title: str, points: Sequence[tuple[str, Estimate, Speaker]], times: float, unit: str) -> Plot:
    """Points with their intervals, a row for each label."""
    labels = list(dict.fromkeys(label for label, _, _ in points))
    speakers = [who for who in SPEAKERS if any(one == who for _, _, one in points)]

    def draw(axes: Axes) -> None:
        for label, estimate, who in points:
            # A little apart, so that intervals on one row can be read.
            at = labels.index(label) + (speakers.index(who) - (len(speakers) - 1) / 2) * 0.16
            value = estimate.value * times
            if estimate.low is not None and estimate.high is not None:
                axes.plot([estimate.low * times, estimate.high * times], [at, at], color=COLOURS[who], lw=2)
            axes.plot([value], [at], MARKS[who], color=COLOURS[who], label=NAMES[who])
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        _finish(axes, unit)

    said = "; ".join(
        f"{label}, {NAMES[who]}: {estimate.value * times:.3g}" for label, estimate, who in points
    )
    return _draw(title, f"{title}, {unit}. {said}.", (8, 1.1 + 0.55 * len(labels)), draw)


def _lengths(evaluation: Evaluation) -> Plot | None:
    speakers = [who for who in SPEAKERS if evaluation.words_per_turn.get(who)]
    if not speakers:
        return None

    def draw(axes: Axes) -> None:
        for who in speakers:
            words = sorted(evaluation.words_per_turn[who])
            shares = [100 * (n + 1) / len(words) for n in range(len(words))]
            axes.step(
                [0, *words], [0, *shares], where="post", color=COLOURS[who], ls=LINES[who], label=NAMES[who]
            )
        axes.set_xlim(0, LONGEST)
        axes.set_ylabel("share of turns, %")
        _finish(axes, "words a turn, at most")

    said = "; ".join(f"{NAMES[who]}: median {median(evaluation.words_per_turn[who]):g}" for who in speakers)
    return _draw("How long turns are", f"Distribution of words a turn. {said}.", (8, 3.5), draw)


def _refused(evaluation: Evaluation) -> Plot | None:
    found, speakers = reasons(evaluation), reason_speakers(evaluation)
    if not found:
        return None
    labels = [reason for reason, _ in found]

    def draw(axes: Axes) -> None:
        for place, who in enumerate(speakers):
            at = [n + (place - (len(speakers) - 1) / 2) * 0.4 for n in range(len(labels))]
            counts = [int(row[place]) for _, row in found]
            axes.barh(at, counts, height=0.36, color=COLOURS[who], label=NAMES[who])
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        _finish(axes, "drafts refused in simulated calls")

    said = "; ".join(
        f"{reason}: " + ", ".join(f"{NAMES[who]} {n}" for who, n in zip(speakers, counts, strict=True))
        for reason, counts in found
    )
    title = "Why drafts were refused"
    return _draw(title, f"{title}. {said}.", (8, 1.2 + 0.5 * len(labels)), draw)


def _finish(axes: Axes, unit: str) -> None:
    axes.set_xlabel(unit)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axes.legend(once.values(), once.keys(), loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
