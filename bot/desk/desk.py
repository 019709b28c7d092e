"""The desk: each thing that a person does goes to the function that does it, and what she is told comes out.

It implements `bot.turns.ports.Work`. A function thinks first and then finishes its turn in the transaction
that writes what happened, so that it may be broken off anywhere and done again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from agents.customer.persona_files import PersonaFileError, UnknownPersona
from agents.records.errors import ConcurrentTurn, NotARepTurn, NotFound
from bot.desk import asking, opening, reviewing, talking
from bot.desk.task import Task, place_id
from bot.house import House
from bot.presentation import Message, Outgoing
from bot.recent import Recent
from bot.salesmate import HardestAlready
from bot.shown import trouble
from bot.turns.incoming import Incoming, Kind
from bot.turns.ports import Live, Receipt, TryLater, Turn
from ingestion.errors import KnowledgeError

MOVED_ON_S = 0.2
"""Until a call that somebody else moved on is looked at again."""
REMEMBERED = 4096
NO_DOCUMENTS = (
    "Your company's documents cannot be searched just now. Ask again in a minute; the call goes on meanwhile."
)
log = logging.getLogger("salesmate.desk")
BROKEN_FILE = "This customer's file has a mistake in it, so nobody can call. Tell whoever runs SalesMate."

KINDS: Mapping[Kind, Callable[[Task], Awaitable[None]]] = {
    Kind.SAID: talking.said,
    Kind.EDITED: talking.edited,
    Kind.DELETED: talking.deleted,
    Kind.START: opening.start,
    Kind.ANSWER: talking.answer,
    Kind.END: talking.end,
    Kind.HINT: asking.hint_wanted,
    Kind.ASK: asking.ask,
    Kind.SHARE: asking.share,
    Kind.FEEDBACK: asking.feedback,
    Kind.RETRY: opening.retry,
    Kind.HARDER: opening.harder,
    Kind.VISIBILITY: reviewing.visibility,
    Kind.EXPORT: reviewing.export,
    Kind.SCORECARD: reviewing.scorecard_wanted,
    Kind.HOME: reviewing.own_page,
    Kind.HELP: reviewing.help_wanted,
}


class Desk:
    """What thinks, for the worker of turns."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._underway: Recent[tuple[str, str, str], tuple[str, str]] = Recent(REMEMBERED)
        """Customer and call of replies that were begun here, for the words when one is broken off."""

    async def handle(self, turn: Turn, live: Live) -> None:
        """Do what was asked. Raises TryLater, and what the database raises."""
        incoming = turn.incoming
        task = Task(
            turn=turn,
            live=live,
            house=self._house,
            salesmate=self._house.salesmate(incoming.tenant, incoming.person),
            records=self._house.records(incoming.tenant, incoming.person),
            underway=partial(self._begun, incoming),
        )
        try:
            await KINDS[incoming.kind](task)
        except NotFound:
            await task.tell(trouble.not_yours())
        except UnknownPersona:
            await task.tell(trouble.unknown_customer(task.given("persona")))
        except PersonaFileError:
            await task.tell(trouble.trouble(BROKEN_FILE))
        except (NotARepTurn, HardestAlready) as error:
            await task.tell(trouble.trouble(str(error)))
        except KnowledgeError as error:
            # Its sentence is for whoever runs SalesMate: it may name a file or a server.
            log.warning("documents not searched", extra={"error": type(error).__name__})
            await task.tell(trouble.trouble(NO_DOCUMENTS))
        except ConcurrentTurn:
            raise TryLater(MOVED_ON_S) from None
        self._underway.pop(_key(incoming), None)

    async def delivered(self, incoming: Incoming, outgoing: Outgoing, receipt: Receipt) -> None:
        """Where the head of a call's thread landed, the call is from now on."""
        if not (outgoing.opens and outgoing.roleplay):
            return
        channel = receipt.channel or outgoing.place.channel
        thread = outgoing.place.thread or receipt.message
        if channel and thread:
            records = self._house.records(incoming.tenant, incoming.person)
            await records.open_place(place_id(channel, thread), outgoing.roleplay)

    def stopped(self, incoming: Incoming) -> Sequence[Outgoing]:
        """Her line stands; the customer may still answer it."""
        customer, roleplay = self._underway.pop(_key(incoming), ("", ""))
        message = trouble.stopped(customer, roleplay) if roleplay else trouble.stopped_asking()
        return [_note(incoming, message)]

    def failed(self, incoming: Incoming) -> Sequence[Outgoing]:
        """It was given up; in a call, one press tries again."""
        _, roleplay = self._underway.pop(_key(incoming), ("", ""))
        if incoming.kind is Kind.HOME:
            return []
        if incoming.kind is Kind.SCORECARD:
            return [_note(incoming, trouble.scorecard_failed(str(incoming.data.get("roleplay", ""))))]
        if incoming.kind is Kind.ANSWER:
            roleplay = str(incoming.data.get("roleplay", ""))
        return [_note(incoming, trouble.failed(roleplay))]

    def _begun(self, incoming: Incoming, customer: str, roleplay: str) -> None:
        self._underway[_key(incoming)] = (customer, roleplay)


def _key(incoming: Incoming) -> tuple[str, str, str]:
    return incoming.platform, incoming.tenant, incoming.event_key


def _note(incoming: Incoming, message: Message) -> Outgoing:
    private = bool(incoming.place.reply_url)
    return Outgoing(place=incoming.place, content=message.model_copy(update={"private": private}))
