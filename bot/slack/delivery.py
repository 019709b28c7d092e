"""Slack as the worker of turns knows it: tells people, exactly once where Slack lets one look, and shows that
somebody is thinking."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from bot.presentation import File, Home, Message, Outgoing, Place
from bot.recent import Recent
from bot.slack.capabilities import Capabilities
from bot.slack.client import Refused, SlackClient, SlackTrouble
from bot.slack.files import in_words, share
from bot.slack.finding import unmarked
from bot.slack.holding import Held, remove
from bot.slack.live import Memory, SlackLive
from bot.slack.pacing import Pace
from bot.slack.posting import Post
from bot.slack.refusals import NOT_HERE, verdict
from bot.slack.render import rendered, rendered_home
from bot.slack.sessions import Thread
from bot.slack.suggestions import PROMPTS, TITLE
from bot.slack.tokens import NotInstalled, Tokens, TokenUnreachable
from bot.slack.whispering import Whispers
from bot.slack.workspace import Workspace
from bot.turns.incoming import Incoming
from bot.turns.ports import DeliverLater, Posting, Receipt, Remember, Undeliverable

log = logging.getLogger(__name__)

TOKEN_AFTER_S = 2.0
CLOSING_S = 5.0


class SlackSurface:
    """Implements `bot.turns.ports.Surface` for every tenant of this process."""

    def __init__(self, client: SlackClient, tokens: Tokens, *, pace: Pace | None = None) -> None:
        self._client = client
        self._tokens = tokens
        self._pace = pace or Pace()
        self._capabilities = Capabilities()
        self._memory = Memory()
        self._whispers = Whispers()
        self._direct: Recent[tuple[str, str], str] = Recent()
        self._beside: set[asyncio.Task[None]] = set()

    def live(self, incoming: Incoming, remember: Remember) -> SlackLive:
        """For the time that a turn is worked on."""
        return SlackLive(
            incoming,
            remember,
            workspace=self._workspace,
            memory=self._memory,
            spawn=self._spawn,
        )

    async def deliver(self, posting: Posting) -> Receipt:
        """Tell the person. Raises DeliverLater, Undeliverable."""
        try:
            workspace = await self._workspace(posting.tenant)
        except NotInstalled:
            raise Undeliverable("not_installed") from None
        except TokenUnreachable:
            raise DeliverLater("token", after_s=TOKEN_AFTER_S, maybe_posted=posting.maybe_posted) from None
        begun = [posting.maybe_posted]
        try:
            receipt = await self._told(workspace, posting, begun)
        except SlackTrouble as trouble:
            outcome = verdict(trouble)
            if isinstance(outcome, DeliverLater):
                outcome.maybe_posted = outcome.maybe_posted or begun[0]
            raise outcome from None
        self._tell_session(workspace, posting.outgoing, receipt)
        return receipt

    async def suggest(self, tenant: str, channel: str) -> None:
        """Offer a newcomer something to say, where the workspace shows suggestions. Never raises."""
        try:
            workspace = await self._workspace(tenant)
        except (NotInstalled, TokenUnreachable):
            return
        await workspace.ornament(
            "assistant.threads.setSuggestedPrompts", channel_id=channel, title=TITLE, prompts=list(PROMPTS)
        )

    async def close(self) -> None:
        """Let statuses be cleared, a few seconds at most. The client is closed by whoever opened it."""
        if self._beside:
            await asyncio.wait(self._beside, timeout=CLOSING_S)
        for task in list(self._beside):
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    async def _told(self, workspace: Workspace, posting: Posting, begun: list[bool]) -> Receipt:
        content, place = posting.outgoing.content, posting.outgoing.place
        held = Held.read(posting.placeholder) if posting.placeholder not in self._memory.withdrawn else None
        if held and not isinstance(content, Message):
            await remove(workspace, held)
            held = None
        if isinstance(content, Home):
            await workspace.send(
                "views.publish",
                user_id=place.person,
                view=rendered_home(content, workspace_url=workspace.installed.workspace_url),
            )
            return Receipt()
        if isinstance(content, Message) and content.private:
            return await self._privately(workspace, posting, content, held, begun)
        channel = place.channel or await self._direct_channel(workspace, place.person)
        await self._without_doubt(workspace, (workspace.tenant, channel, place.thread))
        if isinstance(content, File):
            if receipt := await share(workspace, posting, content, channel):
                return receipt
            content = in_words(content)
        try:
            return await _posted(Post(workspace, posting, channel, held), content, begun)
        except Refused as refused:
            payloads = rendered(content, workspace_url=workspace.installed.workspace_url)
            if refused.code in NOT_HERE and await self._whispers.aloud(workspace, posting, payloads):
                return Receipt()
            raise

    async def _privately(
        self, workspace: Workspace, posting: Posting, message: Message, held: Held | None, begun: list[bool]
    ) -> Receipt:
        """To her alone: by the command's address, or unseen by others where she is, or in her own DM."""
        place = posting.outgoing.place
        own = await self._direct_channel(workspace, place.person)
        elsewhere = bool(place.channel) and place.channel != own
        if place.reply_url or elsewhere:
            if held:
                await remove(workspace, held)
                held = None
            payloads = rendered(message, workspace_url=workspace.installed.workspace_url)
            if await self._whispers.tell(workspace, posting, payloads, ephemeral=elsewhere):
                return Receipt()
        if elsewhere:
            alone = Place(person=place.person)
            outgoing = posting.outgoing.model_copy(update={"place": alone, "replaces": ""})
            posting = replace(posting, outgoing=outgoing)
        return await _posted(Post(workspace, posting, own, held), message, begun)

    async def _without_doubt(self, workspace: Workspace, at: Thread) -> None:
        """Take a stream away that may have begun in spite of an error, before anything else is said there."""
        if (since := self._memory.doubtful.get(at)) is not None:
            _, channel, thread = at
            for ts in await unmarked(workspace.client, workspace.installed, channel, thread, since):
                await remove(workspace, Held(channel, thread, ts, stream=True))
            self._memory.doubtful.pop(at, None)

    async def _direct_channel(self, workspace: Workspace, person: str) -> str:
        key = (workspace.tenant, person)
        if key not in self._direct:
            answer = await workspace.send("conversations.open", users=person)
            self._direct[key] = str(answer["channel"]["id"])
        return self._direct[key]

    def _tell_session(self, workspace: Workspace, outgoing: Outgoing, receipt: Receipt) -> None:
        thread = outgoing.place.thread or receipt.message
        if receipt.channel and thread and (outgoing.title or outgoing.session):
            self._spawn(self._memory.sessions.tell(workspace, outgoing, receipt.channel, thread))

    async def _workspace(self, tenant: str) -> Workspace:
        installed = await self._tokens.bot(tenant)
        return Workspace(tenant, installed, self._client, self._pace, self._capabilities)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the turn: an ornament's failure is a line in the log."""
        task = asyncio.create_task(_quietly(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


async def _posted(post: Post, message: Message, begun: list[bool]) -> Receipt:
    try:
        return await post.message(message)
    finally:
        begun[0] = post.begun


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:
        log.info("slack ornament failed", extra={"error": type(error).__name__})
