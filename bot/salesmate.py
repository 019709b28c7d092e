"""The use cases behind every surface: start a call, say something, ask, end, retry, review.

A surface knows its platform and calls these; nothing here knows a platform. Each call reads the state it
needs from the records and writes what happened in one transaction, so that any process can take any turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.copilot.kept import HINT, answer_entry, hint_entry, keep
from agents.copilot.result import Turn as Heard
from agents.customer.engine import Reply, open_call, outcome_of
from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue, public_card
from agents.customer.state import CustomerState, Difficulty, Status
from agents.customer.transcript import Turn as Said
from agents.parts import Parts
from agents.records.calls import RETRIED
from agents.records.entries import (
    CustomerTurn,
    Ending,
    Feedback,
    NewRolePlay,
    RolePlay,
    Turn,
    Visibility,
)
from agents.records.store import Records
from bot.messages import Answered, Ended, Event, Hinted, Judged, Scored, Spoken, Started

Emit = Callable[[str], None]

PERSONAS_KEPT = 256
"""Calls whose persona is kept in memory."""
RECENT_TURNS, RECENT_QUESTIONS = 6, 3
"""How much of a call the copilot is shown, and of what it was asked during it."""


class NothingToResume(Exception):
    """There is no unfinished call to take up."""


def _nowhere(_: str) -> None:
    """For callers that show a reply only when it is whole."""


@dataclass(frozen=True)
class Call:
    """A call as it stands in the records."""

    roleplay: RolePlay
    persona: Persona
    turns: tuple[Turn, ...]

    @property
    def state(self) -> CustomerState:
        last = self.turns[-1].state if self.turns else self.roleplay.initial_state
        return CustomerState.model_validate(last)

    @property
    def owes_answer(self) -> bool:
        """Whether the rep spoke last and the customer has not answered yet."""
        return self.roleplay.status == "running" and self.turns[-1].speaker == "rep"

    def talk(self) -> tuple[Said, ...]:
        return tuple(Said(turn.speaker, turn.text) for turn in self.turns)

    def spoken(self) -> list[Spoken]:
        """The turns as surfaces are told them."""
        return [_spoken(turn) for turn in self.turns]

    def ended(self) -> Ended | None:
        """How it ended, if it has."""
        ending = self.roleplay.ending
        return Ended(ending.by, ending.reason, ending.outcome) if ending else None


class SalesMate:
    """What a person can do, for one person of one tenant."""

    def __init__(self, records: Records, parts: Parts, warm_ears: Callable[[Persona], None]) -> None:
        self._records = records
        self._parts = parts
        self._warm_ears = warm_ears
        self._personas: dict[str, Persona] = {}

    async def start(
        self, persona_id: str, difficulty: Difficulty, seed: int, visibility: Visibility = "private"
    ) -> tuple[Started, Spoken]:
        """The phone rings and the customer answers. Raises UnknownPersona."""
        persona = catalogue().get(persona_id)
        opening = open_call(persona, difficulty, seed)
        roleplay = await self._records.start(
            NewRolePlay(
                persona_id=persona.id,
                persona_version=persona.version,
                persona=persona.model_dump(mode="json"),
                customer=persona.name,
                difficulty=difficulty,
                seed=seed,
                speaker=self._parts.customer.name,
                initial_state=opening.state.model_dump(mode="json"),
                visibility=visibility,
            )
        )
        turn = await self._records.add_customer_turn(roleplay.id, 1, _record_of(opening, 0))
        return self._started(roleplay, persona), _spoken(turn)

    async def resume(self, roleplay_id: str | None = None) -> tuple[Started, list[Spoken]]:
        """Take up a call as it stands: the one named, or the last that was interrupted.

        Returns its turns so far. A call that is over is taken up too, for its scorecard or to retry it.
        Raises NothingToResume, NotFound.
        """
        call = await self.call(roleplay_id or await self._interrupted())
        if not call.turns:
            # Interrupted between the ringing and the first word, which the same dice bring about again.
            opening = open_call(call.persona, call.state.difficulty, call.state.seed)
            await self._records.add_customer_turn(call.roleplay.id, 1, _record_of(opening, 0))
            call = await self.call(call.roleplay.id)
        started = self._started(call.roleplay, call.persona, resumed=True, turns=len(call.turns))
        return started, call.spoken()

    async def _interrupted(self) -> str:
        running = await self._records.last_running()
        if running is not None:
            return running.id
        for last in await self._records.roleplays(limit=1):
            if last.score is None and last.roleplay.ending != RETRIED:
                return last.roleplay.id
        raise NothingToResume("No call is waiting to be resumed. Start one: salesmate chat")

    def warm(self, persona_id: str) -> None:
        """Load what the first answer would otherwise wait for. Blocks: give it a thread of its own."""
        from agents.graph import graph

        graph()
        self._warm_ears(catalogue().get(persona_id))

    async def say(self, roleplay_id: str, text: str, ms: int = 0) -> Spoken:
        """Keep what the rep said, the moment it is said. `answer` then brings the customer's reply."""
        return _spoken(await self._records.add_rep_turn(roleplay_id, None, text, ms))

    async def answer(self, roleplay_id: str, emit: Emit = _nowhere) -> list[Event]:
        """The customer's reply to what the rep said last, and the end of the call if she ends it.

        `emit` is given the reply as it is spoken. Interrupted at any moment, it can be asked for again: the
        rep's turn is kept, and the reply is either wholly written or not at all.
        """
        call = await self.call(roleplay_id)
        if not call.owes_answer:
            return []
        start = time.perf_counter()
        reply = await self._reply(call, emit)
        ending = None
        if reply.state.status is Status.LEFT:
            reason = reply.state.exit.value if reply.state.exit else "left"
            ending = Ending(by="customer", reason=reason, outcome=outcome_of(reply.state))
        record = _record_of(reply, round(1000 * (time.perf_counter() - start)))
        turn = await self._records.add_customer_turn(roleplay_id, len(call.turns) + 1, record, ending)
        events: list[Event] = [_spoken(turn)]
        if ending:
            events.append(Ended(ending.by, ending.reason, ending.outcome))
        return events

    async def end(self, roleplay_id: str, reason: str = "ended") -> list[Event]:
        """The rep puts the phone down; nothing happens to a call that is over."""
        call = await self.call(roleplay_id)
        if call.roleplay.status != "running":
            return []
        ending = Ending(by="rep", reason=reason, outcome=outcome_of(call.state, ended_by_rep=True))
        await self._records.end(roleplay_id, ending)
        return [Ended(ending.by, ending.reason, ending.outcome)]

    async def score(self, roleplay_id: str) -> Scored:
        """The scorecard of a call that is over, kept with it; asked for again, it is the same one."""
        from agents.coach.kept import call_record, entry_of, scorecard_json
        from agents.graph import score

        kept = await self._records.scorecard(roleplay_id)
        if kept is None:
            call = await self.call(roleplay_id)
            kept = entry_of(await score(self._parts, call_record(call.roleplay, call.persona, call.turns)))
            await self._records.save_scorecard(roleplay_id, kept)
        return Scored(scorecard_json(kept))

    async def retry(self, roleplay_id: str, from_turn: int) -> tuple[Started, list[Spoken]]:
        """A new call that shares everything before the rep's turn `from_turn`. Raises NotARepTurn."""
        child = await self._records.retry(roleplay_id, from_turn)
        return await self.resume(child.id)

    async def ask(
        self, question: str, *, collection: str | None = None, roleplay_id: str | None = None
    ) -> Answered:
        """The copilot's answer, kept with the question. In a call it reads the firm's own collection."""
        from agents.graph import ask

        call = await self.call(roleplay_id) if roleplay_id else None
        collection = collection or (call.persona.seller.collection if call else None)
        answer = await ask(self._parts, question, collection, await self._heard(call))
        kept = await keep(self._records, answer_entry(question, answer, roleplay_id))
        return Answered(question, answer, kept)

    async def hint(self, roleplay_id: str) -> Hinted:
        """What is worth knowing about what the customer just said, kept as a question is; often nothing."""
        from agents.graph import worth_knowing

        call = await self.call(roleplay_id)
        found = await worth_knowing(self._parts, call.persona.seller.collection, _said(call))
        return Hinted(found.notes, await keep(self._records, hint_entry(found, roleplay_id)))

    async def feedback(self, question_id: str, verdict: Feedback) -> Judged:
        """Keep what the asker thinks of an answer; said again, the last word counts. Raises NotFound."""
        await self._records.question_feedback(question_id, verdict)
        return Judged(question_id, verdict)

    async def _heard(self, call: Call | None) -> tuple[Heard, ...]:
        """The talk as the copilot may hear it: what was said in the call, and what it was asked meanwhile."""
        if call is None:
            return ()
        talk = [(turn.created_at, Heard(turn.speaker, turn.text)) for turn in call.turns[-RECENT_TURNS:]]
        for asked in reversed(await self._records.questions(RECENT_QUESTIONS, call.roleplay.id)):
            if asked.question != HINT:
                talk.append((asked.created_at, Heard("rep", asked.question)))
                talk.append((asked.created_at, Heard("copilot", asked.answer)))
        return tuple(heard for _, heard in sorted(talk, key=lambda one: one[0]))

    async def call(self, roleplay_id: str) -> Call:
        """The call as the records hold it. Raises NotFound."""
        roleplay, turns = await self._records.call(roleplay_id)
        return Call(roleplay, self._persona_of(roleplay), tuple(turns))

    def _persona_of(self, roleplay: RolePlay) -> Persona:
        """The persona the call began with, also where its file has been edited since; checked once."""
        persona = self._personas.get(roleplay.id)
        if persona is None:
            persona = Persona.model_validate(roleplay.persona)
            self._personas[roleplay.id] = persona
            for oldest in list(self._personas)[:-PERSONAS_KEPT]:
                del self._personas[oldest]
        return persona

    def _started(
        self, roleplay: RolePlay, persona: Persona, *, resumed: bool = False, turns: int = 0
    ) -> Started:
        voice = self._parts.customer
        return Started(
            roleplay=roleplay.id,
            persona=briefing_of(persona),
            difficulty=roleplay.difficulty,
            seed=roleplay.seed,
            speaker=voice.name,
            why=voice.why,
            visibility=roleplay.visibility,
            resumed=resumed,
            turns=turns,
        )

    async def _reply(self, call: Call, emit: Emit) -> Reply:
        # LangGraph takes a second to import; the customer has answered the phone by then.
        from agents.graph import reply

        return await reply(self._parts, call.persona, call.state, call.talk(), emit)


def briefing_of(persona: Persona) -> dict[str, Any]:
    """What the rep may know before the call: the public card, the CRM's notes, and what she is selling."""
    seller = persona.seller
    return public_card(persona) | {
        "crm_notes": list(persona.public.crm_notes),
        "seller": {"company": seller.company, "product": seller.product, "goal": seller.goal},
    }


def _record_of(reply: Reply, ms: int) -> CustomerTurn:
    return CustomerTurn(
        text=reply.text,
        state=reply.state.model_dump(mode="json"),
        act=reply.decision.act.value,
        model=reply.utterance.speaker,
        heard=reply.heard.model_dump(mode="json") if reply.heard else None,
        rejected=reply.utterance.rejected,
        ms=ms,
    )


def _spoken(turn: Turn) -> Spoken:
    return Spoken(turn.n, turn.speaker, turn.text, turn.ms)


def _said(call: Call) -> tuple[Heard, ...]:
    """The end of the talk as the copilot may see it: what was said, nothing of what the customer hides."""
    return tuple(Heard(turn.speaker, turn.text) for turn in call.turns[-RECENT_TURNS:])
