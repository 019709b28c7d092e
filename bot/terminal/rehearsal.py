"""A call from the opening line to the scorecard, for any surface that hands over one line at a time."""

from __future__ import annotations

from collections.abc import Awaitable

from agents.records.entries import Feedback
from agents.records.errors import NotARepTurn
from bot.messages import Answered, Ended, Event, Hinted, Scored, Spoken, Started
from bot.salesmate import SalesMate
from bot.shown.ending import turn_to_retry
from bot.terminal.commands import (
    BAD,
    END,
    GOOD,
    HELP,
    HINT,
    NEW,
    QUIT,
    Ask,
    Command,
    Mistyped,
    Plain,
    Retry,
    Say,
)
from bot.terminal.show import Show
from bot.terminal.warmup import WarmUp
from bot.terminal.wish import Wish
from bot.terminal.wording import NOTHING_TO_JUDGE, help_lines
from ingestion.errors import KnowledgeError

VERDICTS: dict[str, Feedback] = {GOOD: "helpful", BAD: "unhelpful"}


class Rehearsal:
    """Knows where the call is; the records know everything else.

    Every method may be cancelled at any moment. `go_on` then tells what happened meanwhile and has a reply
    that is still owed spoken.
    """

    def __init__(self, salesmate: SalesMate, show: Show) -> None:
        self._salesmate = salesmate
        self._show = show
        self._told = 0
        self.roleplay: str | None = None
        self.customer = ""
        self.over = False
        self.left = False
        """The rep went away and the call is kept."""
        self.scored: Scored | None = None
        self._warm: WarmUp | None = None
        self._answered: str | None = None
        """The copilot's last answer, for `/good` and `/bad`."""

    async def begin(self, wish: Wish) -> None:
        """A new call, or the one to take up again. Raises UnknownPersona, NothingToResume, NotFound."""
        if wish.resume is not None:
            started, turns = await self._salesmate.resume(wish.resume or None)
            return await self._take_up(started, turns)
        started, opening = await self._salesmate.start(
            wish.persona, wish.difficulty, wish.seed, wish.visibility
        )
        self._connect(started)
        self._tell_turn(opening)
        persona_id = str(started.persona["id"])
        self._warm = WarmUp(lambda: self._salesmate.warm(persona_id))
        return None

    async def take(self, command: Command, ms: int = 0) -> None:
        """Do what the rep asked for. `ms` is how long she took to say it."""
        match command:
            case Say(text):
                await self._say(text, ms)
            case Ask(question):
                await self._ready()
                await self._consult(self._salesmate.ask(question, roleplay_id=self.roleplay))
            case Retry(turn):
                await self._retry(turn)
            case Mistyped(sentence):
                self._show.note(sentence)
            case Plain(name):
                await self._plain(name)

    async def go_on(self) -> None:
        """Tell what was said and not yet told, have an owed reply spoken, and score a call that is over."""
        call = await self._salesmate.call(self._id)
        for turn in call.spoken()[self._told :]:
            self._tell_turn(turn)
        if call.owes_answer:
            await self._ready()
            for event in await self._salesmate.answer(self._id, self._show.piece):
                self._tell(event)
        elif (ended := call.ended()) and not self.over:
            self._tell(ended)
        if self.over and self.scored is None:
            await self._ready()
            self.scored = await self._salesmate.score(self._id)
            self._show.event(self.scored)

    async def owes_answer(self) -> bool:
        """Whether the customer was interrupted before she could answer."""
        return (await self._salesmate.call(self._id)).owes_answer

    async def end(self) -> None:
        """The rep puts the phone down."""
        for event in await self._salesmate.end(self._id):
            self._tell(event)
        await self.go_on()

    @property
    def _id(self) -> str:
        if self.roleplay is None:
            raise RuntimeError("A rehearsal begins before anything is said in it.")
        return self.roleplay

    async def _say(self, text: str, ms: int) -> None:
        self._tell_turn(await self._salesmate.say(self._id, text, ms))
        await self.go_on()

    async def _plain(self, name: str) -> None:
        if name == HINT:
            await self._ready()
            await self._consult(self._salesmate.hint(self._id))
        elif name in VERDICTS:
            await self._judge(VERDICTS[name])
        elif name == END:
            await self.end()
        elif name == QUIT:
            self.left = True
        elif name == NEW:
            self._show.note("Finish this call first: /end. Or leave it for later: /quit.")
        elif name == HELP:
            self._show.note("\n".join(help_lines()))

    async def _consult(self, copilot: Awaitable[Answered | Hinted]) -> None:
        try:
            event = await copilot
        except KnowledgeError as error:
            # Documents that cannot be reached cost the rep an answer, never the call.
            self._show.note(str(error))
            return
        self._answered = event.id
        self._show.event(event)

    async def _judge(self, verdict: Feedback) -> None:
        if self._answered is None:
            return self._show.note(NOTHING_TO_JUDGE)
        return self._show.event(await self._salesmate.feedback(self._answered, verdict))

    async def _retry(self, turn: int | None) -> None:
        try:
            started, turns = await self._salesmate.retry(self._id, turn or await self._best_retry())
        except NotARepTurn as error:
            return self._show.note(str(error))
        return await self._take_up(started, turns)

    async def _best_retry(self) -> int:
        """The turn of the first thing to do better; before there is a scorecard, the rep's last turn."""
        if self.scored and (turn := turn_to_retry(self.scored.scorecard)):
            return turn
        said = [turn.n for turn in (await self._salesmate.call(self._id)).turns if turn.speaker == "rep"]
        return said[-1] if said else 0

    async def _take_up(self, started: Started, turns: list[Spoken]) -> None:
        self._connect(started)
        self._show.replay(turns)
        self._told = len(turns)
        await self.go_on()

    def _connect(self, started: Started) -> None:
        self.roleplay, self.customer = started.roleplay, str(started.persona["name"])
        self._told, self.over, self.scored = 0, False, None
        self._show.event(started)

    async def _ready(self) -> None:
        if self._warm:
            await self._warm.done()

    def _tell_turn(self, turn: Spoken) -> None:
        self._show.event(turn)
        self._told = turn.n

    def _tell(self, event: Event) -> None:
        if isinstance(event, Spoken):
            self._tell_turn(event)
        else:
            self.over = self.over or isinstance(event, Ended)
            self._show.event(event)
