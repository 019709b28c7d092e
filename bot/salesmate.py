"""The use cases behind every surface: start a call, say something, ask, end, retry, review.

A surface knows its platform and calls these; nothing here knows a platform. Each call reads the state it
needs from the records and thinks; what came of it is then written in one transaction, so that any process can
take any turn. A surface that has to write something along with it gives `keep`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.customer.engine import open_call, outcome_of
from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue
from agents.customer.state import Difficulty
from agents.parts import Parts
from agents.records.calls import RETRIED
from agents.records.entries import Ending, NewRolePlay, RolePlay, Visibility
from agents.records.errors import ConcurrentTurn
from agents.records.store import Records
from bot.calls import Call, PersonasInUse, briefing_of, ending_of, record_of, spoken
from bot.consulting import Keep, nothing_more
from bot.messages import Ended, Event, Revised, Spoken, Started
from bot.reviewing import Reviewing

if TYPE_CHECKING:
    from agents.customer.engine import Reply
    from agents.models.voice import Voice
    from agents.records.entries import CustomerTurn

Emit = Callable[[str], None]
SEEDS = 1_000_000
HARDER = {Difficulty.EASY: Difficulty.NORMAL, Difficulty.NORMAL: Difficulty.HARD}


class NothingToResume(Exception):
    """There is no unfinished call to take up."""


class HardestAlready(Exception):
    """There is no difficulty beyond this call's."""


def _nowhere(_: str) -> None:
    """For callers that show a reply only when it is whole."""


class SalesMate(Reviewing):
    """What a person can do, for one person of one tenant."""

    def __init__(
        self,
        records: Records,
        parts: Parts,
        warm_ears: Callable[[Persona], None],
        personas: PersonasInUse | None = None,
    ) -> None:
        super().__init__(records, parts, personas)
        self._warm_ears = warm_ears

    # --- the call -----------------------------------------------------------------------------------------

    async def start(
        self,
        persona_id: str,
        difficulty: Difficulty,
        seed: int,
        visibility: Visibility = "private",
        keep: Keep = nothing_more,
    ) -> tuple[Started, Spoken]:
        """The phone rings and the customer answers. Raises UnknownPersona."""
        persona = await asyncio.to_thread(_read_persona, persona_id)
        return await self._begin(persona, difficulty, seed, visibility, None, keep)

    async def harder(self, roleplay_id: str, keep: Keep = nothing_more) -> tuple[Started, Spoken]:
        """The same customer in a new call, less forthcoming. Raises HardestAlready."""
        roleplay = await self._records.roleplay(roleplay_id)
        difficulty = HARDER.get(Difficulty(roleplay.difficulty))
        if difficulty is None:
            raise HardestAlready("This call was at the highest difficulty. Retry it, or call somebody else.")
        persona = self._personas.of(roleplay)
        seed = secrets.randbelow(SEEDS)
        return await self._begin(persona, difficulty, seed, roleplay.visibility, roleplay.id, keep)

    async def resume(self, roleplay_id: str | None = None) -> tuple[Started, list[Spoken]]:
        """Take up a call as it stands: the one named, or the last that was interrupted.

        Returns its turns so far. A call that is over is taken up too, for its scorecard or to retry it.
        Raises NothingToResume, NotFound.
        """
        call = await self.call(roleplay_id or await self._interrupted())
        if not call.turns:
            # Interrupted between the ringing and the first word, which the same dice bring about again.
            opening = open_call(call.persona, call.state.difficulty, call.state.seed)
            await self._records.add_customer_turn(call.roleplay.id, 1, record_of(opening, 0))
            call = await self.call(call.roleplay.id)
        promoted = self._parts.promoted
        voice = promoted.known(call.roleplay.speaker) if promoted else self._parts.customer
        started = self._started(call.roleplay, call.persona, voice, resumed=True, turns=len(call.turns))
        return started, call.spoken()

    def warm(self, persona_id: str) -> None:
        """Load what the first answer would otherwise wait for. Blocks: give it a thread of its own."""
        from agents.graph import graph

        graph()
        self._warm_ears(catalogue().get(persona_id))

    async def say(self, roleplay_id: str, text: str, ms: int = 0, message: str | None = None) -> Spoken:
        """Keep what the rep said, the moment it is said. `answer` then brings the customer's reply.

        With `message`, the platform's id of it, it is kept once however often it is delivered; and where the
        customer still owes an answer, it joins the line that waits for it.
        """
        try:
            return spoken(await self._records.add_rep_turn(roleplay_id, None, text, ms, message))
        except ConcurrentTurn:
            if message is None:
                raise
        return spoken(await self._records.extend_rep_turn(roleplay_id, text, message))

    async def answer(self, roleplay_id: str, emit: Emit = _nowhere, keep: Keep = nothing_more) -> list[Event]:
        """The customer's reply to what the rep said last, and the end of the call if she ends it.

        `emit` is given the reply as it is spoken. Interrupted at any moment, it can be asked for again: the
        rep's turn is kept, and the reply is either wholly written or not at all. Nothing is written, and
        `keep` not called, where no answer is owed. Raises ConcurrentTurn if the call has moved on meanwhile.
        """
        call = await self.call(roleplay_id)
        if not call.owes_answer:
            return []
        start = time.perf_counter()
        reply = await self._reply(call, emit)
        ending = ending_of(reply)
        record = record_of(reply, round(1000 * (time.perf_counter() - start)))
        return await self._together(lambda: self._write_reply(call, record, ending), keep)

    async def end(self, roleplay_id: str, reason: str = "ended", keep: Keep = nothing_more) -> list[Event]:
        """The rep puts the phone down. Nothing happens to a call that is over, and `keep` is not called.
        Raises ConcurrentTurn if somebody spoke meanwhile."""
        call = await self.call(roleplay_id)
        if call.roleplay.status != "running":
            return []
        ending = Ending(by="rep", reason=reason, outcome=outcome_of(call.state, ended_by_rep=True))

        async def write() -> list[Event]:
            await self._records.end(roleplay_id, ending)
            if len(await self._records.turns(roleplay_id)) != len(call.turns):
                raise ConcurrentTurn(f"Somebody spoke in the call {roleplay_id} while it was ended.")
            return [Ended(ending.by, ending.reason, ending.outcome)]

        return await self._together(write, keep)

    async def retry(
        self, roleplay_id: str, from_turn: int, keep: Keep = nothing_more
    ) -> tuple[Started, list[Spoken]]:
        """A new call that shares everything before the rep's turn `from_turn`. Raises NotARepTurn."""

        voice = await self._voice()

        async def write() -> list[Event]:
            child = await self._records.retry(roleplay_id, from_turn, voice.name)
            started, turns = await self.resume(child.id)
            return [started, *turns]

        events = await self._together(write, keep)
        return (
            next(event for event in events if isinstance(event, Started)),
            [event for event in events if isinstance(event, Spoken)],
        )

    async def revise(self, message: str, text: str | None, keep: Keep = nothing_more) -> Revised | None:
        """The rep edited a message, or took it back (None): noted beside the turn, which stays as it was
        heard. None, and `keep` not called, where the message is no turn or says this already."""

        async def write() -> list[Revised]:
            revision = await self._records.revise(message, text)
            if revision is None:
                return []
            return [Revised(revision.roleplay, revision.n, text)]

        events = await self._together(write, keep, if_any=True)
        return events[0] if events else None

    # --- how it is done -----------------------------------------------------------------------------------

    async def _begin(
        self,
        persona: Persona,
        difficulty: Difficulty,
        seed: int,
        visibility: Visibility,
        after: str | None,
        keep: Keep,
    ) -> tuple[Started, Spoken]:
        opening = open_call(persona, difficulty, seed)
        voice = await self._voice()
        new = NewRolePlay(
            persona_id=persona.id,
            persona_version=persona.version,
            persona=persona.model_dump(mode="json"),
            customer=persona.name,
            difficulty=difficulty,
            seed=seed,
            speaker=voice.name,
            initial_state=opening.state.model_dump(mode="json"),
            visibility=visibility,
        )

        async def write() -> tuple[Started, Spoken]:
            roleplay = await self._records.start(new, after)
            turn = await self._records.add_customer_turn(roleplay.id, 1, record_of(opening, 0))
            return self._started(roleplay, persona, voice), spoken(turn)

        return await self._together(write, keep)

    async def _write_reply(self, call: Call, reply: CustomerTurn, ending: Ending | None) -> list[Event]:
        heard = call.turns[-1]
        turn = await self._records.add_customer_turn(
            call.roleplay.id, heard.n + 1, reply, ending, answers=heard.text
        )
        events: list[Event] = [spoken(turn)]
        if ending:
            events.append(Ended(ending.by, ending.reason, ending.outcome))
        return events

    async def _interrupted(self) -> str:
        running = await self._records.last_running()
        if running is not None:
            return running.id
        for last in await self._records.roleplays(limit=1):
            if last.score is None and last.roleplay.ending != RETRIED:
                return last.roleplay.id
        raise NothingToResume("No call is waiting to be resumed. Start one: salesmate chat")

    async def _voice(self) -> Voice:
        """Who speaks in a call that begins now."""
        promoted = self._parts.promoted
        return await promoted.for_new_call() if promoted else self._parts.customer

    def _started(
        self, roleplay: RolePlay, persona: Persona, voice: Voice, *, resumed: bool = False, turns: int = 0
    ) -> Started:
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

        if self._parts.promoted is None:
            return await reply(self._parts, call.persona, call.state, call.talk(), emit)
        async with self._parts.promoted.speaking(call.roleplay.speaker) as customer:
            parts = replace(self._parts, customer=customer)
            return await reply(parts, call.persona, call.state, call.talk(), emit)


def _read_persona(persona_id: str) -> Persona:
    return catalogue().get(persona_id)
