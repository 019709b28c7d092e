"""The simulator's quality figures over many simulated calls (after UserLM, tau2-bench, SOTOPIA)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from agents.customer.acts import ExitReason
from agents.customer.check import contradicted_facts, leaked_facts, out_of_role
from agents.customer.scripted import bare
from agents.customer.state import Difficulty
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall

GOOD_SELLERS = (Style.EXCELLENT, Style.GOOD)
WRONG_EXITS = (ExitReason.OUT_OF_PATIENCE, ExitReason.LOSS_OF_TRUST, ExitReason.WRONG_PERSON)
_WORD = re.compile(r"[\w']+")


@dataclass
class Figures:
    """What `salesmate eval customer` prints. Shares are of 1; rates are per customer turn unless named."""

    calls: int = 0
    customer_turns: int = 0
    early_leaks: int = 0
    contradictions: int = 0
    repeated_lines: int = 0
    role_inversions: int = 0
    agreed: dict[str, dict[str, float]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    exit_turn: dict[str, dict[str, float]] = field(default_factory=dict)
    wrongly_ended: float = 0.0
    words_median: float = 0.0
    words_p90: float = 0.0
    question_share: float = 0.0
    distinct_2: float = 0.0
    unique_openings: int = 0
    facts_opened: dict[str, float] = field(default_factory=dict)
    speakers: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def figures_of(calls: Iterable[SimulatedCall]) -> Figures:
    """Everything at once, in one pass over the calls."""
    tally = _Tally()
    for call in calls:
        tally.add(call)
    return tally.figures()


class _Tally:
    def __init__(self) -> None:
        self.done = Figures()
        self.agreed: dict[tuple[Style, Difficulty], list[bool]] = defaultdict(list)
        self.outcomes: dict[Style, Counter[str]] = defaultdict(Counter)
        self.exits: dict[Style, list[int]] = defaultdict(list)
        self.opened: dict[Style, list[float]] = defaultdict(list)
        self.good: list[bool] = []
        self.words: list[int] = []
        self.questions = 0
        self.bigrams: Counter[tuple[str, str]] = Counter()
        self.openings: set[str] = set()
        self.speakers: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()

    def add(self, call: SimulatedCall) -> None:
        last = call.replies[-1].state
        self.done.calls += 1
        self.agreed[call.style, call.difficulty].append(call.outcome == "agreed")
        self.outcomes[call.style][call.outcome] += 1
        self.opened[call.style].append(len(last.opened) / len(call.persona.facts))
        if last.exit in (ExitReason.OUT_OF_PATIENCE, ExitReason.LOSS_OF_TRUST):
            self.exits[call.style].append(call.rep_turns)
        if call.style in GOOD_SELLERS:
            self.good.append(last.exit in WRONG_EXITS)
        self.openings.add(bare(call.replies[0].text))
        self._turns(call)

    def _turns(self, call: SimulatedCall) -> None:
        said: set[str] = set()
        for reply in call.replies:
            text, words = reply.text, _WORD.findall(reply.text.lower())
            self.done.customer_turns += 1
            self.done.early_leaks += bool(leaked_facts(text, call.persona, reply.state.opened))
            self.done.contradictions += bool(contradicted_facts(text, call.persona))
            self.done.repeated_lines += bare(text) in said
            self.done.role_inversions += out_of_role(text)
            said.add(bare(text))
            self.words.append(len(words))
            self.questions += "?" in text
            self.bigrams.update(pairwise(words))
            self.speakers[reply.utterance.speaker] += 1
            self.rejected.update(reply.utterance.rejected)

    def figures(self) -> Figures:
        done = self.done
        for (style, difficulty), won in sorted(self.agreed.items()):
            done.agreed.setdefault(style, {})[difficulty] = round(sum(won) / len(won), 4)
        done.outcomes = {style: dict(counts) for style, counts in self.outcomes.items()}
        done.exit_turn = {
            style: {"calls": len(turns), "median": median(turns), "most": max(turns)}
            for style, turns in self.exits.items()
        }
        done.wrongly_ended = round(sum(self.good) / len(self.good), 4) if self.good else 0.0
        done.words_median = median(self.words)
        done.words_p90 = quantiles(self.words, n=10)[-1]
        done.question_share = round(self.questions / len(self.words), 3)
        done.distinct_2 = round(len(self.bigrams) / max(1, self.bigrams.total()), 4)
        done.unique_openings = len(self.openings)
        done.facts_opened = {s: round(sum(shares) / len(shares), 3) for s, shares in self.opened.items()}
        done.speakers, done.rejected = dict(self.speakers), dict(self.rejected)
        return done
