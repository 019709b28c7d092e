"""The use cases around a call that is over: its scorecard, who may see it, and the lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.consulting import Consulting, Keep, nothing_more
from bot.messages import Scored, Seen

if TYPE_CHECKING:
    from agents.records.entries import RolePlaySummary, Scorecard, Visibility
    from bot.calls import Call

LISTED = 20


class Reviewing(Consulting):
    """One person looks back at her calls."""

    async def score(self, roleplay_id: str, keep: Keep = nothing_more) -> Scored:
        """The scorecard of a call that is over, kept with it; asked for again, it is the same one.

        ValueError where the call is still running."""
        from agents.coach.kept import scorecard_json

        kept = await self._records.scorecard(roleplay_id)
        entry = kept or await self._judged(await self.call(roleplay_id))

        async def write() -> list[Scored]:
            if kept is None:
                await self._records.save_scorecard(roleplay_id, entry)
            return [Scored(scorecard_json(entry))]

        return (await self._together(write, keep))[0]

    async def show_to(self, roleplay_id: str, visibility: Visibility, keep: Keep = nothing_more) -> Seen:
        """The rep says who may see her call."""

        async def write() -> list[Seen]:
            roleplay = await self._records.set_visibility(roleplay_id, visibility)
            return [Seen(roleplay.id, roleplay.customer, visibility)]

        return (await self._together(write, keep))[0]

    async def running(self, limit: int = LISTED) -> list[RolePlaySummary]:
        """Her calls that go on, newest first."""
        return await self._records.running(limit)

    async def scored(self, limit: int = LISTED) -> list[RolePlaySummary]:
        """Her calls with a scorecard, newest first."""
        return await self._records.scored(limit)

    async def _judged(self, call: Call) -> Scorecard:
        from agents.coach.kept import call_record, entry_of
        from agents.graph import score

        return entry_of(await score(self._parts, call_record(call.roleplay, call.persona, call.turns)))
