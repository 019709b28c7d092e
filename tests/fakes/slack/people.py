"""People of a workspace: scripts that read like a story and do only what Slack's client lets a person do.

Each thing done is sent to the app as Slack sends it, and returns once the app has taken it. What the app does
in answer is waited for: `modal()`, `newest_thread()`, `thread.replies()`, `thread.hears()`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from tests.fakes.slack import events, interactions, payloads
from tests.fakes.slack.browser import Browser, Page
from tests.fakes.slack.methods.identity import uninstall
from tests.fakes.slack.methods.views import checked, push_view, update_view
from tests.fakes.slack.modals import Modal
from tests.fakes.slack.screen import Control, Home, Seen, Watch, control, typed
from tests.fakes.slack.sending import Answer, Sender
from tests.fakes.slack.state import App, Body, Channel, Message, State, User, View, Workspace
from tests.fakes.slack.threads import Thread

__all__ = ["Person", "Stage", "Thread"]

Where = Seen | Home


@dataclass(frozen=True)
class Stage:
    """Where people act: what Slack remembers, how it sends, how a test waits."""

    state: State
    sender: Sender
    watch: Watch


class Person:
    """A member of a workspace with Slack open before her."""

    def __init__(self, stage: Stage, user: str, team: str = "T0ACME", name: str = "") -> None:
        self.stage = stage
        self.state, self.sender = stage.state, stage.sender
        self.team = team
        self.user: User = self.state.user(user, team, name)
        self.workspace: Workspace = self.state.workspace(team)
        self.dm: Channel = self.state.dm(team, user)
        self.errors: list[str] = []
        """What Slack told her: operation_timeout, dispatch_failed."""
        self._threads: set[str] = set()
        self._modals: set[str] = set()

    def __repr__(self) -> str:
        return f"<{self.id} of {self.team}>"

    @property
    def id(self) -> str:
        """Her user id."""
        return self.user.id

    @property
    def card(self) -> tuple[App, Workspace, User]:
        """What every interaction says of who it comes from."""
        return self.state.app, self.workspace, self.user

    # --- what she sees ------------------------------------------------------------------------------------

    @property
    def home(self) -> Home:
        """The app's Home page."""
        return Home(self)

    @property
    def ephemerals(self) -> list[Seen]:
        """What only she has been shown, oldest first."""
        return [Seen(self, m) for m in self.state.ephemerals(self.id) if m.team == self.team]

    @property
    def threads(self) -> list[Thread]:
        """The threads of her direct messages with the app, oldest first: each message at top level is one."""
        roots = [m for m in self.state.seen(self.dm.id) if m.root == m.ts]
        return [Thread(self, self.dm.id, m.ts) for m in roots]

    @property
    def open_views(self) -> list[View]:
        """The modals open before her, the one on top last."""
        return self.state.modals.setdefault((self.team, self.id), [])

    @property
    def has_modal(self) -> bool:
        """Whether a modal is open."""
        return bool(self.open_views)

    async def modal(self, within_s: float | None = None) -> Modal:
        """The modal on top; waits for one."""

        def look() -> Modal | None:
            return Modal(self, self.open_views[-1].id) if self.open_views else None

        return await self.stage.watch.until(look, within_s, lambda: f"No modal opened. {self._told()}")

    async def newest_thread(self, within_s: float | None = None) -> Thread:
        """The thread that the app has newly begun in her direct messages; waits for one that this method has
        not given before. (`threads` holds all of them.)"""

        def look() -> Thread | None:
            bot = self.workspace.bot_id
            new = [t for t in self.threads if t.root.message.bot_id == bot and t.ts not in self._threads]
            return new[-1] if new else None

        thread = await self.stage.watch.until(
            look, within_s, lambda: f"No thread began. {self._told()}", self.dm.id
        )
        self._threads.add(thread.ts)
        return thread

    async def ephemeral(self, part: str = "", within_s: float | None = None) -> Seen:
        """The newest message that only she sees and that holds `part`; waits for one."""

        def look() -> Seen | None:
            found = [m for m in self.ephemerals if part in m.words or part in m.text]
            return found[-1] if found else None

        return await self.stage.watch.until(
            look, within_s, lambda: f"Nothing with {part!r} was shown to her alone. {self._told()}"
        )

    async def sees_home(self, part: str, within_s: float | None = None) -> Home:
        """Waits until her Home page holds `part`."""

        def look() -> Home | None:
            published = (self.team, self.id) in self.state.homes
            return self.home if published and part in self.home.words else None

        def told() -> str:
            shown = self.home.words if (self.team, self.id) in self.state.homes else "nothing"
            return f"The Home page never showed {part!r}, but {shown!r}."

        return await self.stage.watch.until(look, within_s, told)

    # --- what she does ------------------------------------------------------------------------------------

    async def says(self, text: str, *, deliveries: int | None = None, wait: bool = True) -> Thread:
        """Write at top level of the direct messages with the app. Gives the thread under the message."""
        ts = await self.posts(self.dm.id, text, deliveries=deliveries, wait=wait)
        return Thread(self, self.dm.id, ts.ts)

    async def mentions_app(self, channel: str, text: str, thread_ts: str = "") -> Seen:
        """Write to the app by name in a channel."""
        return await self.posts(channel, text, thread_ts=thread_ts, mention=self.workspace.bot_user)

    async def types(self, command: str, text: str = "", channel: str | None = None) -> Answer:
        """Use a slash command in a channel (None: the direct messages with the app). Not in a thread."""
        where = self.state.channels[channel] if channel else self.dm
        assert self.id in where.members, "People use commands where they are members."
        fields = interactions.slash_command(
            *self.card,
            where,
            command=command,
            text=typed(text),
            trigger_id=self.state.trigger(self.team, self.id),
            response_url=self.state.response_url(self.team, where.id, self.id, path="commands"),
        )
        answer = await self.sender.command(fields)
        self._notes(answer)
        if not answer.error and answer.body:
            self._shown_answer(where, answer.body)
        return answer

    async def presses(self, where: Where, label: str, nth: int = 0) -> Answer:
        """Press the button (or the entry of a menu) with these words; a question before is answered yes."""
        found = control(where.blocks, label, nth)
        if isinstance(where, Home):
            return await self.acts_in_view(where.view, found)
        message = where.message
        assert not message.deleted, "The message is gone."
        assert message.ephemeral_to in ("", self.id), "She does not see this message."
        channel = self.state.channels[message.channel]
        payload = interactions.pressed_in_message(
            *self.card,
            channel,
            message,
            self._action(found),
            trigger_id=self.state.trigger(self.team, self.id),
            response_url=self.state.response_url(
                self.team, channel.id, self.id, message_ts=message.ts, thread_ts=message.thread_ts
            ),
        )
        return self._notes(await self.sender.interaction(payload))

    async def overflow(self, where: Where, label: str, nth: int = 0) -> Answer:
        """Choose an entry of a message's menu."""
        return await self.presses(where, label, nth)

    async def shortcut(self, callback_id: str) -> Answer:
        """Choose a global shortcut of the app."""
        payload = interactions.global_shortcut(
            *self.card,
            callback_id=callback_id,
            trigger_id=self.state.trigger(self.team, self.id),
            action_ts=self.state.new_ts(),
        )
        return self._notes(await self.sender.interaction(payload))

    async def message_shortcut(self, seen: Seen, callback_id: str) -> Answer:
        """Choose a shortcut of the app from a message's menu. Ephemeral messages have none."""
        message = seen.message
        assert not message.ephemeral_to, "A message that only one person sees has no shortcuts."
        payload = interactions.message_shortcut(
            *self.card,
            self.state.channels[message.channel],
            message,
            callback_id=callback_id,
            trigger_id=self.state.trigger(self.team, self.id),
            response_url=self.state.response_url(
                self.team, message.channel, self.id, message_ts=message.ts, thread_ts=message.thread_ts
            ),
            action_ts=self.state.new_ts(),
        )
        return self._notes(await self.sender.interaction(payload))

    async def opens_home(self, *, deliveries: int | None = None) -> bool:
        """Open the app's Home page."""
        return await self._opens("home", deliveries)

    async def opens_messages(self, *, deliveries: int | None = None) -> bool:
        """Open the direct messages with the app."""
        return await self._opens("messages", deliveries)

    async def looks_at(self, channel: str) -> bool:
        """Open a channel beside the app; "" for nothing."""
        return await self.sender.event(self.team, events.app_context_changed(channel, self.team))

    async def stops(self, thread: Thread, within_s: float | None = None) -> bool:
        """Press Slack's own Stop: shown while the thread's session is processing or a stream is open, in apps
        that listen for it. Slack ends the streams itself; the rest is the app's."""
        assert "agent_session_stopped" in self.sender.subscriptions, "The app does not offer Stop."

        def look() -> bool | None:
            session = self.state.sessions.get((thread.channel, thread.ts))
            return bool(thread.streams) or (session is not None and session.status == "processing") or None

        await self.stage.watch.until(
            look, within_s, lambda: f"There was nothing to stop in the thread: {thread.messages_now}."
        )
        streams = thread.streams
        for message in streams:
            message.streaming_since, message.stopped_by_user = None, True
        event = events.agent_session_stopped(
            self.id, thread.channel, thread.ts, [m.ts for m in streams], self.state.new_ts()
        )
        return await self.sender.event(self.team, event)

    async def installs(self, install_url: str, *, allow: bool = True) -> Page:
        """Install the app from its own install page, or think better of it on Slack's consent page. The page
        the app shows in the end."""
        return await Browser(self).installs(install_url, allow=allow)

    async def uninstalls_app(self) -> None:
        """Take the app out of the workspace, as an administrator may; returns once the app was told."""
        uninstall(self.state, self.team)
        await self.sender.settled()

    async def uploads(self, name: str, text: str = "", thread: Thread | None = None) -> Seen:
        """Share a file, with or without words, at top level or in a thread."""
        file = {"id": self.state.new_id("F"), "name": name, "title": name, "mode": "hosted", "size": 1024}
        return await self.posts(
            thread.channel if thread else self.dm.id,
            text,
            thread_ts=thread.ts if thread else "",
            subtype="file_share",
            files=[{**file, "user": self.id, "mimetype": "application/octet-stream"}],
        )

    async def joins_thread_of(self, thread: Thread) -> Thread:
        """The same thread as this person sees it. In Slack that takes a channel or a group; in the direct
        messages of another it stands for what a forged or shared conversation would bring."""
        self.state.channels[thread.channel].members.add(self.id)
        return Thread(self, thread.channel, thread.ts)

    async def posts(
        self,
        channel: str,
        text: str,
        *,
        thread_ts: str = "",
        deliveries: int | None = None,
        wait: bool = True,
        subtype: str = "",
        files: list[Body] | None = None,
        mention: str = "",
    ) -> Seen:
        """Write into any conversation she is a member of."""
        assert self.id in self.state.channels[channel].members, f"{self.id} is no member of {channel}."
        message = Message(
            channel,
            self.state.new_ts(),
            self.team,
            self.id,
            text=f"<@{mention}> {typed(text)}" if mention else typed(text),
            blocks=payloads.rich_text(text),
            thread_ts=thread_ts,
            client_msg_id=str(uuid.uuid4()),
            subtype=subtype,
            files=files or [],
        )
        self.sender.fix(channel, message.ts, deliveries)
        self.state.post(message)
        if wait:
            await self.sender.delivered(channel, message.ts)
        return Seen(self, message)

    # --- views --------------------------------------------------------------------------------------------

    async def acts_in_view(self, view: View, found: Control) -> Answer:
        """Press something in a modal or on the Home page."""
        return await self.acted_in_view(view, self._action(found))

    async def acted_in_view(self, view: View, action: Body) -> Answer:
        """Send what was done in a view."""
        trigger = self.state.trigger(self.team, self.id, view.id if view.kind == "modal" else "")
        payload = interactions.pressed_in_view(*self.card, view, action, trigger)
        return self._notes(await self.sender.interaction(payload))

    def replace_view(self, view: View, body: Body) -> None:
        """The app answered a submission with another view in place of the one submitted. Raises Refused."""
        update_view(self.state, view, checked(self.state, self.team, body, "modal", view))

    def push_view(self, body: Body) -> None:
        """The app answered a submission with a view on top of it. Raises Refused."""
        checked(self.state, self.team, body, "modal")
        push_view(self.state, self.state.new_view(self.team, self.id, body))

    # --- privately ----------------------------------------------------------------------------------------

    def _action(self, found: Control) -> Body:
        block_id = str(found.block.get("block_id", ""))
        return interactions.action_of(found.element, block_id, self.state.new_ts(), found.option)

    def _notes(self, answer: Answer) -> Answer:
        if answer.error:
            self.errors.append(answer.error)
        return answer

    async def _opens(self, tab: str, deliveries: int | None) -> bool:
        home = self.state.homes.get((self.team, self.id))
        shown = home.shown(self.state.app.id, self.workspace.bot_id) if home else None
        event = events.app_home_opened(self.id, self.dm.id, tab, self.state.new_ts(), shown)
        return await self.sender.event(self.team, event, deliveries=deliveries)

    def _shown_answer(self, where: Channel, body: object) -> None:
        """The body of a command's answer is a message: to her alone unless it says otherwise."""
        said: Body = body if isinstance(body, dict) else {"text": str(body)}
        alone = said.get("response_type", "ephemeral") != "in_channel"
        self.state.post(
            Message(
                where.id,
                self.state.new_ts(),
                self.team,
                self.workspace.bot_user,
                text=str(said.get("text", "")),
                blocks=list(said.get("blocks") or []),
                bot_id=self.workspace.bot_id,
                app_id=self.state.app.id,
                ephemeral_to=self.id if alone else "",
            )
        )

    def _told(self) -> str:
        told = f"Direct messages: {[Seen(self, m) for m in self.state.seen(self.dm.id)]}"
        return f"{told}; to her alone: {self.ephemerals}; told by Slack: {self.errors}."
