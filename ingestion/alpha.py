"""How much meaning counts against words, chosen by what the question asks for.

No single weight is best: questions about figures of a year are answered by the words of a table, advice by
meaning. The weights were chosen on half of TAT-QA and half of the questions to the sample documents.
"""

from __future__ import annotations

import re
from typing import Literal

Alpha = float | Literal["auto"]
"""1 is meaning alone, 0 words alone; auto is `alpha_for` each question."""

YEAR = re.compile(r"(?<![\w.,£$€])(?:19|20)\d\d(?![\w%]|[.,]\d)")
FIGURE = re.compile(r"\d")

WITH_A_YEAR, WITH_A_FIGURE, PLAIN = 0.15, 0.25, 0.5


def alpha_for(question: str) -> float:
    """The weight of meaning for this question: least where it names a year, little where another figure."""
    if YEAR.search(question):
        return WITH_A_YEAR
    return WITH_A_FIGURE if FIGURE.search(question) else PLAIN
