"""The customer's ears with a chat model: finer on meaning, held in check by rules, and never needed.

What rules hear better than a model, or what a clever message could talk a model out of (silence, insults,
another language, length, repetition, talk of instructions), stays with `Listener`. Whatever goes wrong, its
appraisal stands.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from agents.customer.acts import RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.listening.text import clean, plain, read
from agents.models.chat import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agents.customer.listen import Listener
    from agents.customer.persona import Persona
    from agents.customer.transcript import Turn
    from agents.models.chat import ChatModel

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 6.0  # listening is half of a turn; beyond this the rules have already heard enough
RECENT_TURNS = 6
LEAST = 0.3  # a model's weaker hunches are noise
MOST_TOPICS = 2  # neither a good question nor a talked-over model opens more
MOST_TURN_CHARS = 1_200


class Noted(BaseModel):
    """An id or an act, and how surely."""

    id: str = Field(description="The id, or the act's name.")
    sure: float = Field(description="0 to 1.")
    sentence: str = Field("", description="For an act: the sentence that does it, word for word.")


class Notes(BaseModel):
    """What a listening model writes down. Ranges are not enforced here: `ModelListener` clamps and drops."""

    acts: list[Noted] = Field(default_factory=list)
    asked: list[Noted] = Field(default_factory=list)
    answered: list[Noted] = Field(default_factory=list)
    inflamed: list[Noted] = Field(default_factory=list)
    next_step: float = 0.0
    specific: bool = False
    empathy: float = 0.0
    pressure: float = 0.0
    confusing: bool = False
    introduced: bool = False
    claims: list[str] = Field(default_factory=list)


class ModelListener:
    """Hears for one persona with a chat model; `Appraisal.listener` says which of the two was used."""

    def __init__(
        self, persona: Persona, chat: ChatModel, fallback: Listener, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._persona = persona
        self._chat = chat
        self._fallback = fallback
        self._patience = patience
        self.name = chat.name

    def warm(self) -> None:
        """As `Listener.warm`."""
        self._fallback.warm()

    async def appraise(self, text: str, earlier: Sequence[Turn] = ()) -> Appraisal:
        """What the customer makes of the message. Never raises, except when cancelled."""
        rules = await self._fallback.appraise(text, earlier)
        if rules.silence or rules.foreign or rules.confusing or rules.too_long:
            return rules
        try:
            async with asyncio.timeout(self._patience):
                notes = await self._chat.structured(self._prompt(text, earlier), Notes)
        except Exception as error:
            # The call goes on without the model, whatever befell it.
            log.warning("listening model %s failed (%s); rules listen", self._chat.name, type(error).__name__)
            return rules
        return self._merged(notes, rules, text)

    def _prompt(self, text: str, earlier: Sequence[Turn]) -> list[Message]:
        persona = self._persona
        facts = "\n".join(f"- {fact.id}: {' / '.join(fact.asked_by)}" for fact in persona.facts)
        objections = "\n".join(f"- {o.id}: {o.text} {' / '.join(o.resolved_by)}" for o in persona.objections)
        system = _template().substitute(
            role=persona.public.role,
            seller=persona.seller.company,
            facts=facts,
            objections=objections,
            next_step=persona.win.next_step,
        )
        talk = "\n".join(f"{turn.speaker}: {_one_line(turn.text)}" for turn in earlier[-RECENT_TURNS:])
        message = " ".join(read(text).sentences) or _one_line(text)
        return [Message("system", system), Message("user", f"TALK\n{talk}\nEND\nMESSAGE\n{message}\nEND")]

    def _merged(self, notes: Notes, rules: Appraisal, text: str) -> Appraisal:
        facts = {fact.id for fact in self._persona.facts}
        objections = {objection.id for objection in self._persona.objections}
        said = plain(text)
        # Rudeness is the rules' to tell, in either direction.
        acts = [heard for heard in _acts(notes.acts) if heard.act is not RepAct.RUDE]
        acts += [heard for heard in rules.acts if heard.act is RepAct.RUDE]
        return rules.model_copy(
            update={
                "listener": self._chat.name,
                "acts": tuple(acts) or rules.acts,
                "asked": _known(notes.asked, facts),
                "answered": _known(notes.answered, objections),
                "inflamed": _known(notes.inflamed, objections),
                "next_step": _unit(notes.next_step),
                "specific": notes.specific,
                "empathy": _unit(notes.empathy),
                "pressure": _unit(notes.pressure),
                "confusing": notes.confusing,
                "introduced": notes.introduced or rules.introduced,
                "claims": tuple(claim for claim in notes.claims if plain(claim) and plain(claim) in said),
            }
        )


def _known(noted: Iterable[Noted], ids: set[str]) -> tuple[tuple[str, float], ...]:
    """Real ids only, each once, the surest first."""
    sure: dict[str, float] = {}
    for note in noted:
        if note.id in ids and _unit(note.sure) >= LEAST:
            sure[note.id] = max(_unit(note.sure), sure.get(note.id, 0.0))
    return tuple(sorted(sure.items(), key=lambda pair: -pair[1])[:MOST_TOPICS])


def _acts(noted: Iterable[Noted]) -> list[Heard]:
    names = {act.value for act in RepAct}
    return [
        Heard(
            act=RepAct(note.id), confidence=_unit(note.sure), sentence=clean(note.sentence)[:MOST_TURN_CHARS]
        )
        for note in noted
        if note.id in names and _unit(note.sure) >= LEAST
    ]


def _unit(value: float) -> float:
    """Clamped to 0..1; what is no number is 0."""
    return min(1.0, max(0.0, value)) if value == value else 0.0  # noqa: PLR0124 - NaN is not itself


def _one_line(text: str) -> str:
    """So that a turn cannot close its own fence."""
    return " ".join(clean(text).split())[:MOST_TURN_CHARS]


@cache
def _template() -> Template:
    return Template((files("agents.customer") / "prompts" / "listen.md").read_text("utf-8"))
