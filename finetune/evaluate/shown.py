"""The words and numbers of a report, the same in Markdown, in HTML and on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finetune.evaluate.evaluation import SPEAKERS, Estimate, Evaluation, Figure, Meaning, Speaker, meanings

NAMES: dict[Speaker, str] = {"base": "base", "tuned": "tuned", "scripted": "scripted", "human": "people"}
NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """One figure as it is shown, with a cell for each of SPEAKERS."""

    title: str
    cells: tuple[str, ...]
    change: str
    verdict: str
    rests_on: str
    means: str


def rows(evaluation: Evaluation) -> list[Row]:
    """The table of all figures."""
    return [row(meanings()[name], figure) for name, figure in evaluation.figures.items()]


def row(meaning: Meaning, figure: Figure) -> Row:
    missing = f" Not there: {figure.missing}" if figure.missing else ""
    return Row(
        title=meaning.title,
        cells=tuple(shown(getattr(figure, who), meaning) for who in SPEAKERS),
        change=shown_change(figure.change, meaning),
        verdict=verdict(figure.change, meaning),
        rests_on=f"{figure.items:,} of {figure.dialogues}" if figure.items else NOTHING,
        means=meaning.means + missing,
    )


def shown(estimate: Estimate | None, meaning: Meaning) -> str:
    """`41.2 % (39.0–43.1)`."""
    if estimate is None:
        return NOTHING
    value = _number(estimate.value, meaning)
    unit = " %" if meaning.shown == "share" else ""
    if estimate.low is None or estimate.high is None:
        return f"{value}{unit}"
    return f"{value}{unit} ({_number(estimate.low, meaning)} to {_number(estimate.high, meaning)})"


def shown_change(change: Estimate | None, meaning: Meaning) -> str:
    if change is None:
        return NOTHING
    if meaning.change == "ratio":
        times = meaning.model_copy(update={"shown": "number"})
        return f"× {shown(change, times)}"
    sign = "+" if change.value > 0 else ""
    return f"{sign}{shown(change, meaning)}"


def verdict(change: Estimate | None, meaning: Meaning) -> str:
    """Whether the change is for the better, as far as its interval tells."""
    if change is None or change.low is None or change.high is None or meaning.better == "told":
        return ""
    none = 1.0 if meaning.change == "ratio" else 0.0
    if change.low <= none <= change.high:
        return "no clear change"
    return "better" if (change.low > none) == (meaning.better == "higher") else "worse"


def _number(value: float, meaning: Meaning) -> str:
    if meaning.shown == "share":
        return f"{100 * value:.1f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def about(evaluation: Evaluation) -> Iterator[str]:
    """What was judged, on what, how: sentences."""
    against = f"against {evaluation.against}" if evaluation.against else "with nothing to compare it with"
    yield f"{evaluation.model}, {against}."
    data = evaluation.data
    yield (
        f"Judged on {data.examples:,} customer turns of {data.calls} held-out calls ({data.file}, SHA-256 "
        f"{data.sha256[:12]}…), seed {evaluation.seed}, in {evaluation.seconds:.0f} seconds."
    )
    asked = ", ".join(f"{name} {count}" for name, count in evaluation.asked.items())
    yield f"At most so many of each: {asked}."
    yield (
        "Intervals are of 95 %, over whole dialogues, never over single turns; base and tuned are compared "
        "on the same dialogues."
    )
    yield (
        "An interval of 0 to 0 says that it never happened in these calls, not that it cannot: after n calls "
        "without it, its share may be as much as 3/n (Hanley and Lippman-Hand 1983)."
    )
    if one := evaluation.classifier:
        yield (
            f"The classifier of sellers' and customers' turns learned from {one.trained_on:,} turns; on "
            f"{one.held_out:,} turns of other calls its AUC is {one.auc:.3f} (0.5 is chance), and "
            f"{one.people_above:.1%} of people's own turns pass for the seller's."
        )
    for who, silent in evaluation.unanswered.items():
        if silent:
            yield (
                f"The {NAMES[who]} model left {silent} requests without a reply; those turns are left out "
                "of its figures."
            )
    yield from evaluation.notes


def reasons(evaluation: Evaluation) -> list[tuple[str, list[str]]]:
    """Why drafts were refused: reason, and a count for each speaker of `reason_speakers`."""
    every: dict[str, int] = {}
    for counts in evaluation.rejected.values():
        for reason, count in counts.items():
            every[reason] = every.get(reason, 0) + count
    ordered = sorted(every, key=lambda reason: (-every[reason], reason))
    speakers = reason_speakers(evaluation)
    return [
        (reason.replace("_", " "), [str(evaluation.rejected[who].get(reason, 0)) for who in speakers])
        for reason in ordered
    ]


def reason_speakers(evaluation: Evaluation) -> list[Speaker]:
    """The models whose drafts were checked; the script writes none."""
    return [who for who in ("base", "tuned") if who in evaluation.rejected]
