"""Calls begin: a new one, one tried again from a turn, one against a harder customer."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agents.customer.state import Difficulty
from bot.desk.task import Task
from bot.messages import Event, Spoken, Started
from bot.presentation import Outgoing, Place, Speaker
from bot.salesmate import SEEDS
from bot.shown.calls import call_card, customer_line, recap, thread_title
from bot.shown.trouble import trouble

if TYPE_CHECKING:
    from agents.records.entries import Visibility

LEFT = "You took this call up again in another thread. It goes on there."


async def start(task: Task) -> None:
    """A call in a thread of its own."""
    visibility = task.given("visibility")
    await begin(
        task,
        task.given("persona"),
        _difficulty(task.given("difficulty")),
        cast("Visibility", visibility) if visibility in ("private", "manager") else "private",
        task.own_messages,
    )


async def begin(
    task: Task, persona: str, difficulty: Difficulty, visibility: Visibility, place: Place
) -> None:
    """A call at `place`: in its thread, or where it has none in a new one. Raises UnknownPersona."""
    opened = Opened(place)

    async def keep(events: Sequence[Event]) -> None:
        if place.thread:
            # Known already, so that not even a line that comes at once is taken for one outside a call.
            await task.records.open_place(task.thread, opened.started(events).roleplay)
        await task.turn.finish(opened.told(events))

    await task.salesmate.start(persona, difficulty, secrets.randbelow(SEEDS), visibility, keep)


async def retry(task: Task) -> None:
    """The call from one of her turns, in a new thread. Raises NotFound, NotARepTurn."""
    before = await task.records.roleplay(task.given("roleplay"))
    left: list[Outgoing] = []
    if before.status == "running":
        place = await task.place_of(before.id)
        left = [Outgoing(place=place, content=trouble(LEFT), roleplay=before.id, session="over")]
    opened = Opened(task.own_messages, before.attempt + 1)
    turn = task.given("turn")
    await task.salesmate.retry(
        before.id,
        int(turn) if turn.isdecimal() else 0,
        task.finishing(lambda events: [*opened.told(events), *left]),
    )


async def harder(task: Task) -> None:
    """The same customer, one difficulty up, in a new thread. Raises NotFound, HardestAlready."""
    before = await task.records.roleplay(task.given("roleplay"))
    told: Callable[[Sequence[Event]], Sequence[Outgoing]] = Opened(task.own_messages, before.attempt + 1).told
    await task.salesmate.harder(before.id, task.finishing(told))


@dataclass(frozen=True)
class Opened:
    """What a person sees of a call that begins at `place`."""

    place: Place
    attempt: int = 1

    @staticmethod
    def started(events: Sequence[Event]) -> Started:
        """The call among what happened."""
        return next(event for event in events if isinstance(event, Started))

    def told(self, events: Sequence[Event]) -> list[Outgoing]:
        """The card that heads the thread, what was said in an earlier attempt, and the customer's line."""
        started = self.started(events)
        turns = [event for event in events if isinstance(event, Spoken)]
        customer, roleplay = speaker_of(started), started.roleplay
        new = not self.place.thread
        card = Outgoing(
            place=self.place,
            content=call_card(started, self.attempt),
            roleplay=roleplay,
            opens=True,
            title=thread_title(started.persona, self.attempt),
            session="running",
        )
        out = [card]
        if turns[:-1]:
            before = recap(turns[:-1], customer.name)
            out.append(Outgoing(place=self.place, content=before, under_first=new, roleplay=roleplay))
        line = customer_line(turns[-1].text, customer)
        out.append(
            Outgoing(place=self.place, content=line, under_first=new, roleplay=roleplay, turn=turns[-1].n)
        )
        return out


def speaker_of(started: Started) -> Speaker:
    """The customer as a chat shows her."""
    return Speaker(name=str(started.persona["name"]), picture=str(started.persona.get("picture", "")))


def _difficulty(name: str) -> Difficulty:
    return Difficulty(name) if name in set(Difficulty) else Difficulty.NORMAL
