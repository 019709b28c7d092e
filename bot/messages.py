"""What happens in a call, as every surface is told it. `to_json` is the contract others script against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from agents.copilot.result import CopilotAnswer, Note
from agents.records.entries import Feedback


class Event(Protocol):
    """Something that happened in a call."""

    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Started:
    """The customer is on the line. `turns` is how many turns there are already: 0 in a new call."""

    roleplay: str
    persona: dict[str, Any]
    difficulty: str
    seed: int
    speaker: str
    why: str
    visibility: str
    resumed: bool = False
    turns: int = 0

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"event": "started", "roleplay": self.roleplay, "persona": self.persona}
        data |= {"difficulty": self.difficulty, "seed": self.seed, "speaker": self.speaker, "why": self.why}
        return data | {"visibility": self.visibility, "resumed": self.resumed, "turns": self.turns}


@dataclass(frozen=True)
class Spoken:
    """A turn that is in the records. `ms` is how long it took to come about."""

    n: int
    speaker: str
    text: str
    ms: int

    def to_json(self) -> dict[str, Any]:
        return {"event": "turn", "n": self.n, "speaker": self.speaker, "text": self.text, "ms": self.ms}


@dataclass(frozen=True)
class Answered:
    """The copilot's answer to a question. `id` is for feedback; None when it could not be kept."""

    question: str
    answer: CopilotAnswer
    id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"event": "copilot", "id": self.id, "question": self.question, **self.answer.to_json()}


@dataclass(frozen=True)
class Hinted:
    """What is worth knowing about what the customer just said; often nothing. `id` as in an answer."""

    notes: tuple[Note, ...]
    id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"event": "hint", "id": self.id, "notes": [note.to_json() for note in self.notes]}


@dataclass(frozen=True)
class Judged:
    """What the rep thought of the copilot's answer `id` is kept."""

    id: str
    verdict: Feedback

    def to_json(self) -> dict[str, Any]:
        return {"event": "feedback", "id": self.id, "verdict": self.verdict}


@dataclass(frozen=True)
class Ended:
    """The call is over."""

    by: str
    reason: str
    outcome: str

    def to_json(self) -> dict[str, Any]:
        return {"event": "ended", "by": self.by, "reason": self.reason, "outcome": self.outcome}


@dataclass(frozen=True)
class Scored:
    """The kept scorecard, as `agents.coach.kept.scorecard_json` prints it."""

    scorecard: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"event": "scorecard", **self.scorecard}


@dataclass(frozen=True)
class Revised:
    """The rep made another `text` of a line after the customer had heard it, or took it back (None)."""

    roleplay: str
    n: int
    text: str | None

    def to_json(self) -> dict[str, Any]:
        return {"event": "revised", "roleplay": self.roleplay, "n": self.n, "text": self.text}


@dataclass(frozen=True)
class Seen:
    """Who may see the call from now on."""

    roleplay: str
    customer: str
    visibility: str

    def to_json(self) -> dict[str, Any]:
        return {"event": "visibility", "roleplay": self.roleplay, "visibility": self.visibility}
