"""The door that Slack knocks at: who is let in, and what is kept before Slack hears that it arrived."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, text
from starlette.applications import Starlette

from agents.records.database import Database
from agents.records.errors import NotFound
from agents.records.queue_tables import InboxRow
from bot.messages import Spoken
from bot.slack.app import create_slack_app
from bot.slack.client import SlackClient
from bot.slack.delivery import SlackSurface
from bot.slack.intake import Front, Intake, Later
from bot.slack.opening import TOO_LATE, Opening
from bot.slack.settings import SlackSettings
from bot.slack.tokens import OneToken
from bot.slack.web import BODY_LARGEST, slack_routes
from bot.turns.queue import Queue, open_queue
from tests.fakes.slack.server import FakeSlack

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
REP = "U1REP"


@dataclass
class Door:
    """What a test knocks at."""

    http: httpx.AsyncClient
    secret: str
    database: Database
    queue: Queue
    later: Later
    said: dict[str, list[Spoken]] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    async def post(self, body: bytes, kind: str = JSON, *, secret: str = "", at: float | None = None) -> Any:
        """A request, signed as Slack does."""
        stamp = str(int(time.time() if at is None else at))
        base = b"v0:" + stamp.encode() + b":" + body
        signature = hmac.new((secret or self.secret).encode(), base, hashlib.sha256).hexdigest()
        headers = {
            "content-type": kind,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={signature}",
        }
        return await self.http.post("/slack/events", content=body, headers=headers)

    async def event(self, team: str = "T0ACME", event_id: str = "", **event: Any) -> Any:
        """An event of a workspace."""
        told = {
            "type": "event_callback",
            "team_id": team,
            "api_app_id": "A1",
            "event_id": event_id or f"Ev{next(self.ids)}",
            "event_time": int(time.time()),
            "event": event,
        }
        return await self.post(json.dumps(told).encode())

    async def says(self, words: str, event_id: str = "", **more: Any) -> Any:
        """A message of the rep in a thread of her own messages with the app."""
        now = f"{time.time():.6f}"
        message = {
            "type": "message",
            "channel": "D1",
            "channel_type": "im",
            "user": REP,
            "text": words,
            "ts": now,
            "event_ts": now,
            "thread_ts": "1700000000.000100",
        }
        return await self.event(event_id=event_id, **(message | more))

    async def interacts(self, **payload: Any) -> Any:
        """A press, a shortcut, a submission."""
        told = {"user": {"id": REP, "team_id": "T0ACME"}, "team": {"id": "T0ACME"}, **payload}
        return await self.post(urlencode({"payload": json.dumps(told)}).encode(), FORM)

    async def kept(self) -> list[tuple[str, dict[str, Any]]]:
        """What waits in the queue."""
        async with self.database.house(reading=True) as connection:
            rows = await connection.execute(select(InboxRow.kind, InboxRow.data).order_by(InboxRow.id))
            return [(row.kind, row.data) for row in rows]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as double:
        yield double


@pytest.fixture
async def door(slack: FakeSlack, database: Database) -> AsyncIterator[Door]:
    settings = SlackSettings(
        slack_bot_token=slack.bot_token,
        slack_signing_secret=slack.signing_secret,
        slack_api_url=slack.api_url,
    )
    client = SlackClient(settings.api_url)
    tokens = OneToken(slack.bot_token, AsyncWebClient(base_url=settings.api_url))
    queue, later = open_queue(database), Later()
    said: dict[str, list[Spoken]] = {}

    async def turns_of(_tenant: str, _person: str, roleplay: str) -> list[Spoken]:
        if roleplay not in said:
            raise NotFound("There is no such call.")
        return said[roleplay]

    surface = SlackSurface(client, tokens)
    front = Front(
        intake=Intake(queue),
        tokens=tokens,
        later=later,
        opening=Opening(client),
        turns_of=turns_of,
        suggests=surface,
    )
    web = Starlette(routes=slack_routes(create_slack_app(settings, front), slack.signing_secret))
    transport = httpx.ASGITransport(app=web)
    async with httpx.AsyncClient(transport=transport, base_url="http://salesmate") as http:
        yield Door(http, slack.signing_secret, database, queue, later, said)
    await later.close()
    await surface.close()
    await client.close()


async def test_what_is_acknowledged_is_kept(door: Door) -> None:
    response = await door.says("Hi Helen")
    assert response.status_code == 200
    assert [kind for kind, _ in await door.kept()] == ["said"]


async def test_the_same_event_is_kept_once(door: Door) -> None:
    for _ in range(4):
        assert (await door.says("Hi Helen", event_id="Ev7")).status_code == 200
    assert len(await door.kept()) == 1


async def test_what_cannot_be_kept_is_not_acknowledged(door: Door, caplog: Any) -> None:
    await door.says("first")
    async with door.database.house() as connection:
        await connection.execute(text("DROP TABLE outbox"))
        await connection.execute(text("DROP TABLE inbox"))
    response = await door.says("a secret remark")
    assert response.status_code == 500
    assert "secret remark" not in caplog.text + response.text


async def test_the_signature_is_checked(door: Door) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T0ACME", "event": {"type": "message"}}).encode()
    assert (await door.post(body, secret=door.secret[::-1])).status_code == 401
    assert (await door.post(body, at=time.time() - 600)).status_code == 401
    unsigned = await door.http.post("/slack/events", content=body, headers={"content-type": JSON})
    assert unsigned.status_code == 401
    assert await door.kept() == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", JSON, 400),
        (b"{", JSON, 400),
        (b'"text"', JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"payload=nonsense", FORM, 400),
        (b'{"event": "x"}', JSON, 400),
        (b'{"authorizations": 7}', JSON, 400),
        (b"<a/>", "text/xml", 400),
        (b"", JSON, 403),
    ],
)
async def test_nonsense_is_refused(door: Door, body: bytes, kind: str, status: int) -> None:
    assert (await door.post(body, kind)).status_code == status
    unsigned = await door.http.post("/slack/events", content=body, headers={"content-type": kind})
    assert unsigned.status_code == (400 if kind == "text/xml" else 401)  # not even looked at


async def test_a_huge_body_is_refused_unread(door: Door) -> None:
    assert (await door.post(b"x" * (BODY_LARGEST + 1))).status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000

    response = await door.http.post("/slack/events", content=endless(), headers={"content-type": JSON})
    assert response.status_code == 413


async def test_slack_may_verify_the_address(door: Door) -> None:
    response = await door.post(json.dumps({"type": "url_verification", "challenge": "c"}).encode())
    assert (response.status_code, response.json()) == (200, {"challenge": "c"})
    assert (await door.post(b"ssl_check=1&token=x", FORM)).status_code == 200


async def test_a_workspace_that_is_not_ours_is_turned_away(door: Door, slack: FakeSlack) -> None:
    response = await door.event(team="T0OTHER", type="message", text="hi", channel="D9", user="U9", ts="1.1")
    assert response.status_code == 403
    assert response.headers["x-slack-no-retry"] == "1"
    assert await door.kept() == []
    assert len(slack.called("auth.test")) == 1


async def test_nobody_asks_slack_before_an_event_is_kept(door: Door, slack: FakeSlack) -> None:
    for words in ("one", "two", "three"):
        await door.says(words)
    assert [call.method for call in slack.calls] == ["auth.test"]


async def test_the_bots_own_words_and_unknown_events_are_left_alone(door: Door, slack: FakeSlack) -> None:
    workspace = slack.workspaces["T0ACME"]
    assert (await door.says("Hello.", user=workspace.bot_user)).status_code == 200
    assert (await door.event(type="app_context_changed", user=REP)).status_code == 200
    assert (await door.event(type="something_new", user=REP)).status_code == 200
    assert await door.kept() == []


async def test_nothing_that_people_write_is_logged(door: Door, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    for logger in ("slack_bolt", "slack_sdk", "salesmate-bolt"):
        logging.getLogger(logger).setLevel(logging.DEBUG)
    await door.says("a secret remark")
    await door.event(type="something_new", user=REP, text="a secret remark")
    await door.interacts(
        type="block_actions", trigger_id="1", actions=[{"action_id": "x", "value": "a secret"}]
    )
    await door.event(
        team="T0OTHER", type="message", text="a secret remark", user="U9", channel="D9", ts="1.1"
    )
    ours = [
        record for record in caplog.records if not record.name.startswith(("aiosqlite", "httpx", "asyncio"))
    ]
    assert "secret" not in "\n".join(record.getMessage() for record in ours)


async def test_stop_stops_a_reply_or_is_a_word_like_any_other(door: Door) -> None:
    await door.says("Hi Helen")
    for _ in range(3):
        await door.says("stop", event_id="EvStop")
    async with door.database.house(reading=True) as connection:
        rows = (await connection.execute(select(InboxRow.stop_asked))).scalars().all()
    assert list(rows) == [True]
    await door.says("stop", thread_ts="1700000001.000100")
    assert [data["text"] for _, data in await door.kept()] == ["Hi Helen", "stop"]


async def test_a_question_by_command_is_acknowledged_with_a_word(door: Door) -> None:
    command = {
        "command": "/copilot",
        "text": "what is the fee?",
        "team_id": "T0ACME",
        "user_id": REP,
        "channel_id": "C1",
        "trigger_id": "13.7",
        "response_url": "https://hooks.slack.invalid/1",
    }
    response = await door.post(urlencode(command).encode(), FORM)
    assert response.json() == {"text": "Looking in your documents …", "response_type": "ephemeral"}
    help_for = await door.post(urlencode(command | {"text": "", "trigger_id": "13.8"}).encode(), FORM)
    assert (help_for.status_code, help_for.text) == (200, "")
    assert [kind for kind, _ in await door.kept()] == ["ask", "help"]


async def test_a_modal_that_lacks_something_says_so_and_does_nothing(door: Door) -> None:
    view = {
        "id": "V1",
        "type": "modal",
        "hash": "1.a",
        "callback_id": "salesmate_start",
        "state": {"values": {}},
        "blocks": [],
    }
    wrong = await door.interacts(type="view_submission", view=view)
    assert wrong.json()["response_action"] == "errors"
    assert await door.kept() == []
    chosen = {"customer": {"salesmate_persona": {"selected_option": {"value": "helen-marsh"}}}}
    for _ in range(2):
        right = await door.interacts(type="view_submission", view=view | {"state": {"values": chosen}})
        assert (right.status_code, right.text) == (200, "")
    assert await door.kept() == [
        ("start", {"persona": "helen-marsh", "difficulty": "normal", "visibility": "private"})
    ]


async def test_customers_are_found_while_she_types(door: Door) -> None:
    found = await door.interacts(
        type="block_suggestion", action_id="salesmate_persona", block_id="customer", value="helen"
    )
    assert [option["value"] for option in found.json()["options"]] == ["helen-marsh"]


async def test_a_call_is_chosen_in_a_window(door: Door, slack: FakeSlack) -> None:
    trigger = slack.trigger("T0ACME", slack.person(REP).id)
    await door.interacts(type="shortcut", callback_id="start_roleplay", trigger_id=trigger)
    await slack.until(lambda: slack.called("views.open", ok=True), what="the window")
    assert await door.kept() == []


async def test_a_window_that_cannot_open_is_said(door: Door, slack: FakeSlack, caplog: Any) -> None:
    asked = {"type": "block_actions", "trigger_id": "long-gone", "response_url": f"{slack.base_url}/nowhere"}
    await door.interacts(**asked, actions=[{"action_id": "salesmate_ask", "value": "", "type": "button"}])
    await door.later.close()
    assert slack.called("views.open", ok=False)
    assert TOO_LATE not in caplog.text
