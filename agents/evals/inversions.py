"""Whether better selling and easier customers win more often: an order that must never turn round."""

from __future__ import annotations

from itertools import pairwise

from agents.customer.state import Difficulty
from agents.evals.figures import Figures
from agents.evals.sellers import Style

STRICTLY_FALLING = (Style.EXCELLENT, Style.GOOD, Style.AVERAGE)
NEVER_ABOVE = ((Style.AVERAGE, Style.PUSHY), (Style.AVERAGE, Style.RUDE), (Style.AVERAGE, Style.SILENT))
NEVER_AGREE = (Style.RUDE, Style.SILENT)
EXCELLENT_EASY_ABOVE = 0.9
WRONGLY_ENDED_BELOW = 0.03


def broken_promises(figures: Figures) -> list[str]:
    """One sentence for every promise of the simulator that these figures break; empty when all hold."""
    agreed = figures.agreed
    broken = [
        f"{count} {name}; there must be none"
        for name, count in (
            ("early leaks", figures.early_leaks),
            ("contradicted facts", figures.contradictions),
            ("repeated lines", figures.repeated_lines),
            ("role inversions", figures.role_inversions),
        )
        if count
    ]
    for level in Difficulty:
        for better, worse in pairwise(STRICTLY_FALLING):
            if not _share(agreed, better, level) > _share(agreed, worse, level):
                broken.append(f"{better} does not win more than {worse} on {level}")
        broken += [
            f"{worse} wins more than {better} on {level}"
            for better, worse in NEVER_ABOVE
            if _share(agreed, worse, level) > _share(agreed, better, level)
        ]
        broken += [
            f"{style} wins calls on {level}" for style in NEVER_AGREE if _share(agreed, style, level) > 0
        ]
    levels = list(Difficulty)
    for style in Style:
        for easier, harder in pairwise(levels):
            if _share(agreed, style, harder) > _share(agreed, style, easier):
                broken.append(f"{style} wins more on {harder} than on {easier}")
    if _share(agreed, Style.EXCELLENT, Difficulty.EASY) <= EXCELLENT_EASY_ABOVE:
        broken.append(f"excellent sellers win {EXCELLENT_EASY_ABOVE:.0%} or less of easy calls")
    if figures.wrongly_ended >= WRONGLY_ENDED_BELOW:
        broken.append(f"{figures.wrongly_ended:.1%} of good calls were ended by the customer")
    return broken


def _share(agreed: dict[str, dict[str, float]], style: Style, level: Difficulty) -> float:
    return agreed.get(style, {}).get(level, 0.0)
