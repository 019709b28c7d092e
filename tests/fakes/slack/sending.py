"""How Slack delivers: events again and again by its rules, commands and interactions once.

Events want a 2xx within three seconds; else they come again at once, after a minute and after five, with the
number and the reason of the retry, unless the answer said `X-Slack-No-Retry: 1`. A command, a press or a
submission is never sent again: a failure is shown to the person. (Slack: Events API, Interactivity.)
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.fakes.slack import events, payloads
from tests.fakes.slack.socket import Sockets
from tests.fakes.slack.state import Body, Change, Message, State, Token

ACK_S = 3.0
RETRIES_AFTER_S = (0.0, 60.0, 300.0)
SHORT = 0.005
"""Minutes between retries become fractions of a second in a test."""
REASONS = ("http_timeout", "http_error", "connection_failed")
USUAL_SUBSCRIPTIONS = frozenset(
    [
        "agent_session_stopped",
        "agent_session_title_changed",
        "app_context_changed",
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "message.im",
        "tokens_revoked",
    ]
)
_PLURAL = {"im": "im", "channel": "channels", "group": "groups", "mpim": "mpim"}


@dataclass(frozen=True)
class Answer:
    """What the app answered: `error` is what the person is told where it did not, in Slack's words."""

    status: int
    body: Any = None
    error: str = ""
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> bool:
        """A 2xx in time."""
        return not self.error and 200 <= self.status < 300


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an event, as the log keeps it. `reason` says why it was an attempt again."""

    event_id: str
    event: Body
    attempt: int
    reason: str
    answer: Answer


class Sender:
    """Sends what happens in `state` to the app at `url`, or over its sockets where it has opened any."""

    def __init__(self, state: State, sockets: Sockets, *, seed: int = 1) -> None:
        self.state = state
        self.sockets = sockets
        self.url = ""
        self.ack_s = ACK_S
        self.retry_scale = SHORT
        self.subscriptions: set[str] = set(USUAL_SUBSCRIPTIONS)
        self.copies: Callable[[Body], int] = lambda _event: 1
        """How often an event is delivered whose number nobody has fixed."""
        self.deliveries: list[Delivery] = []
        self.lost: list[Body] = []
        """Events given up after the last retry."""
        self._random = random.Random(seed)
        self._fixed: dict[tuple[str, str], int] = {}
        self._events: dict[tuple[str, str], list[asyncio.Task[bool]]] = {}
        self._running: set[asyncio.Task[bool]] = set()
        self._session: aiohttp.ClientSession | None = None
        state.subscribe(self._on_change)

    # --- events -------------------------------------------------------------------------------------------

    def event(self, team: str, event: Body, *, deliveries: int | None = None) -> asyncio.Task[bool]:
        """Deliver an event; the task is done once it was taken (True) or given up. `deliveries` above 1 sends
        it that often, out of order and with retry headers, as a Slack that did not hear the first answer."""
        workspace = self.state.workspace(team)
        body = events.event_callback(
            self.state.app, workspace, event, self.state.new_id("Ev"), self.state.clock()
        )
        count = self.copies(event) if deliveries is None else deliveries
        task = asyncio.create_task(self._deliver(body, count))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def fix(self, channel: str, ts: str, deliveries: int | None) -> None:
        """The next event of the message of that ts will be delivered so often (None: as `copies` says)."""
        if deliveries is not None:
            self._fixed[channel, ts] = deliveries

    async def delivered(self, channel: str, ts: str) -> bool:
        """Wait until a message's event was taken or given up. False where none was sent or it was lost."""
        tasks = self._events.get((channel, ts), [])
        return bool(tasks) and all(await asyncio.gather(*tasks))

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _deliver(self, body: Body, count: int) -> bool:
        if count <= 1:
            return await self._until_taken(body, 0, "")
        order = list(range(count))
        self._random.shuffle(order)
        gaps = [self._random.uniform(0, 0.01) for _ in order]
        answers = await asyncio.gather(
            *(self._copy(body, min(n, 3), sum(gaps[: place + 1])) for place, n in enumerate(order))
        )
        return any(a.taken for a in answers) or await self._until_taken(body, 1, "http_error")

    async def _copy(self, body: Body, attempt: int, after_s: float) -> Answer:
        await asyncio.sleep(after_s)
        return await self._attempt(body, attempt, self._random.choice(REASONS) if attempt else "")

    async def _until_taken(self, body: Body, attempt: int, reason: str) -> bool:
        while True:
            if attempt:
                await asyncio.sleep(RETRIES_AFTER_S[attempt - 1] * self.retry_scale)
            answer = await self._attempt(body, attempt, reason)
            if answer.taken:
                return True
            if attempt == len(RETRIES_AFTER_S) or answer.headers.get("x-slack-no-retry") == "1":
                self.lost.append(body)
                return False
            attempt, reason = attempt + 1, answer.error or "http_error"

    async def _attempt(self, body: Body, attempt: int, reason: str) -> Answer:
        if self.sockets.wanted:
            answer = await self.sockets.send("events_api", body, self.ack_s, attempt, reason)
        else:
            retry = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason} if attempt else {}
            answer = await self.request(payloads.as_json(body), payloads.JSON, headers=retry)
        self.deliveries.append(Delivery(body["event_id"], body["event"], attempt, reason, answer))
        return answer

    # --- what is sent once --------------------------------------------------------------------------------

    async def command(self, fields: dict[str, str]) -> Answer:
        """Send a slash command. The answer's error is what Slack shows the person."""
        if self.sockets.wanted:
            return _for_person(await self.sockets.send("slash_commands", fields, self.ack_s))
        return _for_person(await self.request(payloads.form(fields), payloads.FORM))

    async def interaction(self, payload: Body) -> Answer:
        """Send a press, a submission, a shortcut or a search in a menu."""
        if self.sockets.wanted:
            return _for_person(await self.sockets.send("interactive", payload, self.ack_s))
        body = payloads.form({"payload": json.dumps(payload)})
        return _for_person(await self.request(body, payloads.FORM))

    async def verifies_url(self, challenge: str = "3eZbrw1aB10") -> Answer:
        """What happens when the request URL is saved: the app has to answer with the challenge."""
        return await self.request(payloads.as_json(payloads.url_verification(challenge)), payloads.JSON)

    async def checks_ssl(self) -> Answer:
        """The check of the certificate that comes now and then."""
        return await self.request(payloads.form(payloads.ssl_check()), payloads.FORM)

    async def request(
        self,
        body: bytes,
        content_type: str,
        *,
        headers: dict[str, str] | None = None,
        secret: str = "",
        at: float | None = None,
    ) -> Answer:
        """One signed request over HTTP. Another `secret` or time `at` makes it a forgery or a replay, and
        `headers` come on top and may replace the signature."""
        signed = payloads.signed_headers(
            secret or self.state.app.signing_secret,
            body,
            self.state.clock() if at is None else at,
            content_type,
        )
        begun = asyncio.get_running_loop().time()
        try:
            async with self._client().post(
                self.url,
                data=body,
                headers={**signed, **(headers or {})},
                max_redirects=2,
                timeout=aiohttp.ClientTimeout(total=self.ack_s),
            ) as response:
                text = await response.text()
                seconds = asyncio.get_running_loop().time() - begun
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, _parsed(text), "", seconds, found)
        except TimeoutError:
            error = "http_timeout"
        except aiohttp.TooManyRedirects:
            error = "too_many_redirects"
        except (aiohttp.ClientError, ValueError):
            error = "connection_failed"
        return Answer(0, None, error, asyncio.get_running_loop().time() - begun)

    async def close(self) -> None:
        """Give up what is on its way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    # --- what happens in the workspace --------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        if change.kind in ("message", "message_changed", "message_deleted"):
            self._message(change)
        elif change.kind == "tokens_revoked":
            self._send_if("tokens_revoked", change.team, self._revoked(change))
        elif change.kind == "app_uninstalled":
            self._send_if("app_uninstalled", change.team, events.app_uninstalled(self.state.new_ts()))

    def _send_if(self, subscription: str, team: str, event: Body) -> asyncio.Task[bool] | None:
        return self.event(team, event) if self._hears(subscription) else None

    def _hears(self, subscription: str) -> bool:
        return subscription in self.subscriptions

    def _revoked(self, change: Change) -> Body:
        tokens: list[Token] = change.what
        bots, users = ([t.user for t in tokens if t.kind == kind] for kind in ("bot", "user"))
        return events.tokens_revoked(sorted(set(bots)), self.state.new_ts(), sorted(set(users)))

    def _message(self, change: Change) -> None:
        message: Message = change.what
        channel = self.state.channels[message.channel]
        workspace = self.state.workspace(channel.team)
        if not workspace.installed or workspace.bot_user not in channel.members:
            return
        count = self._fixed.pop((message.channel, message.ts), None)
        told = [self._event_of(change, message)] if self._hears(f"message.{_PLURAL[channel.kind]}") else []
        mentioned = change.kind == "message" and f"<@{workspace.bot_user}>" in message.text
        if mentioned and channel.kind != "im" and self._hears("app_mention"):
            said = self._event_of(change, message)
            told.append({k: v for k, v in said.items() if k != "channel_type"} | {"type": "app_mention"})
        self._events[message.channel, message.ts] = [
            self.event(workspace.id, event, deliveries=count) for event in told
        ]

    def _event_of(self, change: Change, message: Message) -> Body:
        channel = self.state.channels[message.channel]
        if change.kind == "message":
            workspace = self.state.workspace(channel.team)
            return events.message_event(message, channel, workspace, self.state.app)
        now_ts = self.state.new_ts()
        if change.kind == "message_changed":
            return events.changed_event(message, change.previous, channel, now_ts)
        return events.deleted_event(message, change.previous, channel, now_ts)


def _for_person(answer: Answer) -> Answer:
    """Slack's words for what went wrong, as they are shown under the composer or in the modal."""
    if answer.status == 200:
        return answer
    shown = "operation_timeout" if answer.error else "dispatch_failed"
    return Answer(answer.status, answer.body, shown, answer.seconds, answer.headers)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
