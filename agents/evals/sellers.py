"""Written sellers: six styles (`styles.yaml`) that speak from a persona's script."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random

import yaml
from pydantic import BaseModel, ConfigDict

from agents.customer.persona import Persona
from agents.customer.state import CustomerState, Standing
from agents.evals.scripts import Script


class Style(StrEnum):
    EXCELLENT = "excellent"
    GOOD = "good"
    AVERAGE = "average"
    PUSHY = "pushy"
    RUDE = "rude"
    SILENT = "silent"


class Habits(BaseModel):
    """One style's chances, see `styles.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens_well: float
    closes_after: int
    specific: float
    turns: int
    listens: float = 0.0
    strong: float = 0.0
    asks: float = 0.0
    evidence: float = 0.0
    pitch: float = 0.0
    pushes: float = 0.0
    rude: float = 0.0
    silent: float = 0.0


@cache
def habits(style: Style) -> Habits:
    text = (Path(__file__).parent / "styles.yaml").read_text(encoding="utf-8")
    return Habits.model_validate(yaml.safe_load(text)[style])


class Seller:
    """Plays one call. `next_line` is asked before every turn of the rep's; None means she hangs up."""

    def __init__(self, style: Style, persona: Persona, script: Script, rng: Random) -> None:
        self._habits = habits(style)
        self._persona = persona
        self._script = script
        self._rng = rng
        self._said: set[str] = set()
        self._turn = 0
        self._closed_at = 0
        self._ladder = [fact.id for fact in persona.facts]
        steps = (script.greeting, script.reason, script.permission)
        self._opening = [lines for i, lines in enumerate(steps) if not i or self._likely("opens_well")]

    def next_line(self, state: CustomerState) -> str | None:
        """The seller's next words, given how the customer is (a seller senses objections and open doors)."""
        self._turn += 1
        if state.agreed or self._turn > self._habits.turns:
            return self._farewell()
        lapse = self._lapse()
        if lapse is not None:
            return lapse
        if self._opening:
            return self._pick(self._opening.pop(0))
        return self._business(state)

    def _lapse(self) -> str | None:
        if self._likely("silent"):
            return ""
        if self._turn > 1 and self._likely("rude"):
            return self._pick(self._script.rude)
        if self._turn > 1 and self._likely("pushes"):
            return self._pick(self._script.pressure)
        if self._turn > 1 and self._likely("pitch"):
            return self._pick(self._script.pitch)
        return None

    def _business(self, state: CustomerState) -> str:
        standing = [name for name, s in state.objections.items() if s is Standing.RAISED]
        if standing and (standing[0] in self._script.answers):
            answers = self._script.answers[standing[0]]
            return self._pick(answers.strong if self._likely("strong") else answers.weak)
        if self._time_to_close():
            return self._close()
        if self._likely("asks"):
            return self._question(state)
        return self._pick(self._script.evidence if self._likely("evidence") else self._script.open_questions)

    def _time_to_close(self) -> bool:
        business = self._turn - 3
        due = business >= self._habits.closes_after and self._turn - self._closed_at >= 3
        if due:
            self._closed_at = self._turn
        return due

    def _close(self) -> str:
        closes = self._script.close
        if self._habits.pushes:
            return self._pick(closes.pushy)
        return self._pick(closes.specific if self._likely("specific") else closes.vague)

    def _question(self, state: CustomerState) -> str:
        """The next thing not yet told, easiest first; a door that stayed shut is tried again later."""
        shut = [name for name in self._ladder if name not in state.opened and name in self._script.questions]
        if not shut:
            return self._pick(self._script.open_questions)
        wanted = shut[0]
        self._ladder.remove(wanted)
        self._ladder.append(wanted)
        question = self._pick(self._script.questions[wanted])
        if self._likely("listens"):
            return f"{self._pick(self._script.empathy)} {question}"
        return question

    def _farewell(self) -> str | None:
        lines = [line for line in self._script.goodbye if line not in self._said]
        if not lines or self._turn > self._habits.turns + 3:
            return None
        return self._pick(lines)

    def _pick(self, lines: Sequence[str]) -> str:
        """A line not said before; one said before only when there is no other."""
        unsaid = [line for line in lines if line not in self._said]
        line = self._rng.choice(unsaid or list(lines))
        self._said.add(line)
        return line

    def _likely(self, habit: str) -> bool:
        return self._rng.random() < float(getattr(self._habits, habit))
