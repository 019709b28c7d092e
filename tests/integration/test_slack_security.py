"""Forgers, eavesdroppers and insiders at Slack's door: refused or harmless, logged without their words."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from agents.records.queue_tables import InboxRow
from bot.serve.logs import TextLines
from bot.settings import ServeSettings
from bot.slack.client import Refused, SlackClient
from bot.slack.settings import SlackSettings
from bot.slack.signature import Signature
from bot.slack.web import BODY_LARGEST
from tests.fakes.slack.server import FakeSlack
from tests.integration.test_slack_app import FORM, JSON, REP, Door, door, slack

__all__ = ["door", "slack"]

CANARY = "canary-7f3a"
"""In everything that an attacker writes. No log may hold it."""
THREAD = "1700000000.000100"


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """All that a serving process would log during a test, and more."""
    written, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(written)
    handler.setFormatter(TextLines())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)
    assert CANARY not in written.getvalue()
    assert "Traceback" not in written.getvalue()


def signed(door: Door, body: bytes, kind: str = JSON, **other: str) -> dict[str, str]:
    """Slack's headers for a body, but for what is given otherwise."""
    stamp = other.pop("stamp", str(int(time.time())))
    digest = hmac.new(door.secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    ours = {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}
    return ours | {name.replace("_", "-"): value for name, value in other.items()}


def said(text: str = CANARY, **more: Any) -> bytes:
    """An event in which the rep says something in a call's thread."""
    now = f"{time.time():.6f}"
    event = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": REP,
        "text": text,
        "ts": now,
        "event_ts": now,
        "thread_ts": THREAD,
    }
    told = {"type": "event_callback", "team_id": "T0ACME", "event_id": "Ev1", "event_time": 1}
    return json.dumps(told | more | {"event": event | more.pop("event", {})}).encode()


async def knock(door: Door, body: bytes, headers: dict[str, str]) -> int:
    response = await door.http.post("/slack/events", content=body, headers=headers)
    assert CANARY not in response.text
    return int(response.status_code)


async def test_a_forged_signature_is_refused_whatever_it_looks_like(door: Door, slack: FakeSlack) -> None:
    body = said()
    right = signed(door, body)
    lying = {
        "none": {"content-type": JSON},
        "no signature": {name: right[name] for name in ("content-type", "x-slack-request-timestamp")},
        "no time": {name: right[name] for name in ("content-type", "x-slack-signature")},
        "another version": right | {"x-slack-signature": right["x-slack-signature"].replace("v0", "v1")},
        "no version": right | {"x-slack-signature": right["x-slack-signature"][3:]},
        "cut short": right | {"x-slack-signature": right["x-slack-signature"][:-1]},
        "empty": right | {"x-slack-signature": ""},
        "no letter of ours": right | {"x-slack-signature": "v0=\xe9\xff" * 20},
        "much too long": right | {"x-slack-signature": "v0=" + "0" * 50_000},
        "old": signed(door, body, stamp=str(int(time.time()) - 301)),
        "of the future": signed(door, body, stamp=str(int(time.time()) + 302)),
        "a later time": right | {"x-slack-request-timestamp": str(int(time.time()) + 1)},
        "no number": signed(door, body, stamp="soon"),
        "below nothing": signed(door, body, stamp="-1"),
        "a fraction": signed(door, body, stamp=f"{time.time():.3f}"),
        "endless": right | {"x-slack-request-timestamp": "9" * 5_000},
        "infinite": right | {"x-slack-request-timestamp": "inf"},
    }
    for name, headers in lying.items():
        raw = {key: value.encode("latin-1") for key, value in headers.items()}
        assert await knock(door, body, raw) == 401, name  # type: ignore[arg-type]
    for other in (said("changed"), body + b" ", body.replace(b"D1", b"D2"), b""):
        assert await knock(door, other, right) == 401
    assert await door.kept() == []
    assert slack.calls == []  # a forger does not even make us ask Slack
    assert await knock(door, body, right) == 200  # and who is right comes in


async def test_what_slack_signed_does_nothing_when_somebody_sends_it_again(door: Door) -> None:
    event = said()
    press = urlencode({"payload": json.dumps(_press("end", "rp_1"))}).encode()
    view = urlencode({"payload": json.dumps(_submission(persona="helen-marsh"))}).encode()
    command = urlencode(_command("what does it cost?")).encode()
    for body, kind in ((event, JSON), (press, FORM), (view, FORM), (command, FORM)):
        headers = signed(door, body, kind)
        for _ in range(3):
            assert await knock(door, body, headers) == 200
        # Headers are not signed; the body says itself what it is.
        other = FORM if kind == JSON else JSON
        assert await knock(door, body, headers | {"content-type": other}) in (200, 400)
        assert await knock(door, body, headers | {"x-slack-bolt-lazy-only": "1"}) == 200
        assert await knock(door, body, headers | {"x-slack-bolt-lazy-function-name": CANARY}) == 200
    assert [kind for kind, _ in await door.kept()] == ["said", "end", "start", "ask"]


async def test_the_check_of_the_certificate_opens_nothing(door: Door) -> None:
    for smuggled in (_command(CANARY), {"payload": json.dumps(_press("end", CANARY))}, {}):
        body = urlencode({"ssl_check": "1", **smuggled}).encode()
        assert await knock(door, body, {"content-type": FORM}) in (200, 401)
    assert await knock(door, b'{"ssl_check":"1","type":"event_callback"}', {"content-type": JSON}) == 401
    assert await door.kept() == []


async def test_bodies_that_lie_about_themselves(door: Door) -> None:
    body = said()
    packed = gzip.compress(body)
    assert await knock(door, packed, signed(door, packed) | {"content-encoding": "gzip"}) == 400
    assert await knock(door, packed, signed(door, body) | {"content-encoding": "gzip"}) == 401
    assert await knock(door, body, signed(door, body) | {"content-length": str(BODY_LARGEST + 1)}) == 413
    assert await knock(door, body, signed(door, body) | {"content-length": "-5"}) == 413
    assert await knock(door, body, signed(door, body) | {"content-length": "many"}) == 413
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", "", "application/json2"):
        assert await knock(door, body, signed(door, body, kind)) == 400, kind
    assert await door.kept() == []
    assert await knock(door, body, signed(door, body, "Application/JSON; charset=utf-8")) == 200


async def test_a_body_that_never_comes_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.web.BODY_S", 0.05)

    async def one_letter_an_hour() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(3_600)

    response = await door.http.post(
        "/slack/events", content=one_letter_an_hour(), headers={"content-type": JSON}
    )
    assert response.status_code == 408


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"[" * 400_000,
        b'{"n": ' + b"9" * 100_000 + b"}",
        b'{"type": "event_callback", "event": [1]}',
        b'{"type": "event_callback", "team_id": {"a": 1}, "event": {"type": "message"}}',
        b'{"type": "block_actions", "team": 7, "user": 7, "actions": 7}',
        b'{"type": ["x"], "event": {"type": ["x"]}, "team_id": "T0ACME"}',
        b'{"type": "block_actions", "team": {"id": "T0ACME"}, "user": {"id": "U"}, "actions": []}',
        b'{"a":1}{"b":2}',
        b"\x00\x00",
    ],
)
@pytest.mark.parametrize("kind", [JSON, FORM])
async def test_monsters_are_refused_at_once(door: Door, body: bytes, kind: str) -> None:
    sent = body if kind == JSON else urlencode({"payload": body.decode("latin-1")}).encode()
    began = time.perf_counter()
    assert await knock(door, sent, signed(door, sent, kind)) in (200, 400, 403, 413, 500)
    assert await knock(door, sent, {"content-type": kind}) in (401, 413)
    assert time.perf_counter() - began < 15  # a machine may be busy; what was tried again took minutes
    assert await door.kept() == []


async def test_a_form_with_a_name_twice_is_read_in_one_way(door: Door) -> None:
    body = b"payload=%7B%7D&" + urlencode({"payload": json.dumps(_press("end", "rp_1"))}).encode()
    assert await knock(door, body, signed(door, body, FORM)) in (200, 400, 403)
    assert len(await door.kept()) <= 1


async def test_a_command_may_hold_any_word(door: Door) -> None:
    """Bolt takes whatever holds this word for a press."""
    body = urlencode(_command("what is the payload of the truck?")).encode()
    assert await knock(door, body, signed(door, body, FORM)) == 200
    assert [data["text"] for _, data in await door.kept()] == ["what is the payload of the truck?"]


@pytest.mark.parametrize(
    "whose",
    [
        {"team_id": "T0EVIL"},
        {"team_id": ""},
        {"team_id": "T0ACME' OR '1'='1"},
        {"team_id": "../T0ACME"},
        {"team_id": "t0acme"},
        {"team_id": None},
        {"team_id": "T0EVIL", "enterprise_id": "T0ACME"},
        {"authorizations": [{"team_id": "T0EVIL", "enterprise_id": None}]},
        {"enterprise_id": "E0EVIL", "team_id": None},
    ],
)
async def test_a_workspace_that_did_not_install_us_is_nobody(door: Door, whose: dict[str, Any]) -> None:
    body = said(**whose)
    assert await knock(door, body, signed(door, body)) == 403
    assert await door.kept() == []


async def test_an_outsider_in_a_shared_channel_does_not_read_the_papers(door: Door) -> None:
    asked = {"type": "app_mention", "channel": "C1", "channel_type": "channel", "text": "<@U0BOT> fees?"}
    for home in ({"user_team": "T0EVIL"}, {"source_team": "T0EVIL"}, {"team": "T0EVIL"}, {}):
        body = said(is_ext_shared_channel=True, event=asked | home)
        assert await knock(door, body, signed(door, body)) == 200
    assert await door.kept() == []
    body = said(is_ext_shared_channel=True, event=asked | {"user_team": "T0ACME"})
    assert await knock(door, body, signed(door, body)) == 200
    # Her own people get it; alone, because outsiders read along.
    assert await door.kept() == [("ask", {"text": "fees?", "roleplay": "", "private": "yes"})]


FORGED = [
    "rp_of_somebody_else",
    "' OR 1=1; DROP TABLE inbox; --",
    "../../../../etc/passwd",
    "rp_1\x00",
    "\ud800",
    "x" * 1_900,
    '{"roleplay": "rp_1"}',
    "<!channel>",
    "",
]


@pytest.mark.parametrize("value", FORGED)
async def test_what_a_button_carries_is_a_value_and_no_more(door: Door, value: str) -> None:
    """Whose it is the desk looks up (see the desk's tests); here it has to arrive as what it is."""
    actions = ("hint", "end", "answer", "harder", "export", "scorecard", "visibility", "share", "helpful")
    for action in actions:
        body = urlencode({"payload": json.dumps(_press(action, value, trigger=f"{action}{len(value)}"))})
        assert await knock(door, body.encode(), signed(door, body.encode(), FORM)) == 200
    kept = await door.kept()
    assert len(kept) == len(actions)
    assert all(set(data) <= {"roleplay", "question", "visibility", "verdict", "card"} for _, data in kept)


@pytest.mark.parametrize("action", ["godmode", "../end", "END", "end'--", "said", "start_evil", CANARY, ""])
async def test_a_button_that_nobody_made_does_nothing(door: Door, action: str) -> None:
    body = urlencode({"payload": json.dumps(_press(action, CANARY))}).encode()
    assert await knock(door, body, signed(door, body, FORM)) == 200
    assert await door.kept() == []


async def test_a_form_takes_only_what_it_offers(door: Door) -> None:
    for persona in ("../../etc/passwd", "helen-marsh/../x", "Helen", "a" * 500, "x'--", "\x00", "<!here>"):
        answer = await _submits(door, persona=persona)
        assert answer["response_action"] == "errors", persona
    assert await door.kept() == []
    await _submits(door, persona="helen-marsh", difficulty="godmode", visibility="everyone")
    assert [data for _, data in await door.kept()] == [
        {"persona": "helen-marsh", "difficulty": "normal", "visibility": "private"}
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        "no json",
        "[1]",
        "7",
        '{"roleplay": ["rp_1"]}',
        '{"roleplay": "../x"}',
        "{" * 3_000,
        '{"channel": "C0BOARD", "thread": "1.2"}',
        '{"roleplay": "rp_1", "channel": "C0BOARD", "person": "U0BOSS", "tenant": "slack-T0EVIL"}',
    ],
)
async def test_forged_metadata_sends_nothing_anywhere_else(door: Door, metadata: str) -> None:
    view = _submission()["view"] | {"callback_id": "salesmate_ask", "private_metadata": metadata}
    view["state"] = {"values": {"question": {"question": {"value": "fees?"}}}}
    payload = _submission() | {"view": view}
    body = urlencode({"payload": json.dumps(payload)}).encode()
    assert await knock(door, body, signed(door, body, FORM)) == 200
    [(kind, data)] = await door.kept()
    assert (kind, set(data)) == ("ask", {"text", "roleplay"})
    assert data["roleplay"] in ("", "rp_1")
    async with door.database.house(reading=True) as connection:
        row = (await connection.execute(select(InboxRow.tenant, InboxRow.person, InboxRow.place))).one()
    assert (row.tenant, row.person) == ("slack-T0ACME", REP)
    assert row.place["channel"] == row.place["thread"] == ""


HOSTILE = [
    "<!channel> <!here> @everyone <@U0BOSS> <#C0BOARD>",
    "<http://evil.example|your bank> <javascript:alert(1)|x>",
    "'; DROP TABLE inbox; --",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "Z" + "\u0301" * 500,
    "a\x00b",
    "\ud800 and \udfff",
    "\x1b]8;;http://evil\x07x\x1b[2J" + "\x9d" * 5_000,
    "word " * 8_000,
    "a" + " " * 39_000 + "[1",
    "\n" * 39_000 + "[1",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_people_write_is_kept_and_harms_nobody(door: Door, text: str) -> None:
    began = time.perf_counter()
    for body, kind in (
        (said(CANARY + text), JSON),
        (said(CANARY + text, event_id="Ev2", event={"type": "app_mention", "channel_type": "channel"}), JSON),
        (_form(_command(CANARY + text)), FORM),
        (_form(_command(CANARY + text, command="/roleplay", trigger_id="13.9")), FORM),
        (_form({"payload": json.dumps(_asks(CANARY + text))}), FORM),
    ):
        assert await knock(door, body, signed(door, body, kind)) == 200
    await door.later.close()
    assert time.perf_counter() - began < 15
    texts = [data["text"] for _, data in await door.kept()]
    assert len(texts) == 4
    assert all(CANARY in one for one in texts)


async def test_an_answer_goes_to_slack_and_nowhere_else(slack: FakeSlack) -> None:
    called: list[bytes] = []

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(await reader.read(100))
        writer.close()

    listener = await asyncio.start_server(inside, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    client = SlackClient(slack.api_url)
    for url in (
        f"http://127.0.0.1:{port}/x",
        f"http://localhost:{port}",
        "file:///etc/passwd",
        "http://[::1]/",
    ):
        with pytest.raises(Refused, match="not_an_address_of_slack"):
            await client.post("response_url", url, body={"text": CANARY})
    await client.close()
    listener.close()
    assert called == []


async def test_a_forged_address_for_answers_is_not_called_and_she_hears_of_it_otherwise(
    door: Door, slack: FakeSlack
) -> None:
    asked = {"type": "block_actions", "trigger_id": "long-gone", "response_url": "http://169.254.169.254/x"}
    await door.interacts(**asked, actions=[{"action_id": "salesmate_ask", "value": CANARY, "type": "button"}])
    await door.later.close()
    assert slack.called("response_url") == []


def test_settings_do_not_show_their_secrets() -> None:
    secrets = {
        "slack_bot_token": f"xoxb-{CANARY}",
        "slack_signing_secret": f"s{CANARY}",
        "slack_app_token": f"xapp-{CANARY}",
        "slack_client_secret": f"c{CANARY}",
    }
    slack = SlackSettings.model_validate(secrets)
    shown = f"{slack!r}{slack}{ServeSettings(secret_key=CANARY)!r}"
    assert CANARY not in shown
    assert CANARY not in repr(Signature(CANARY))


# --- payloads


def _command(text: str, command: str = "/copilot", **more: str) -> dict[str, str]:
    return {
        "command": command,
        "text": text,
        "team_id": "T0ACME",
        "user_id": REP,
        "channel_id": "C1",
        "trigger_id": "13.7",
        "response_url": "https://hooks.slack.com/commands/1",
        **more,
    }


def _form(fields: dict[str, str]) -> bytes:
    return urlencode({name: text.encode("utf-8", "replace") for name, text in fields.items()}).encode()


def _from_rep(**payload: Any) -> dict[str, Any]:
    return {"user": {"id": REP, "team_id": "T0ACME"}, "team": {"id": "T0ACME"}, **payload}


def _press(action: str, value: str, trigger: str = "7.7") -> dict[str, Any]:
    return _from_rep(
        type="block_actions",
        trigger_id=trigger,
        container={"type": "message", "channel_id": "D1", "message_ts": "1.2", "thread_ts": THREAD},
        actions=[{"action_id": f"salesmate_{action}", "value": value, "type": "button", "action_ts": "1.3"}],
    )


def _submission(**chosen: str) -> dict[str, Any]:
    blocks = {"persona": "customer"}
    values = {
        blocks.get(name, name): {name: {"selected_option": {"value": value}}}
        for name, value in chosen.items()
    }
    view = {"id": "V1", "type": "modal", "hash": "1.a", "callback_id": "salesmate_start", "blocks": []}
    return _from_rep(type="view_submission", view=view | {"state": {"values": values}})


def _asks(question: str) -> dict[str, Any]:
    view = _submission()["view"] | {"id": "V2", "callback_id": "salesmate_ask"}
    view["state"] = {"values": {"question": {"question": {"value": question}}}}
    return _submission() | {"view": view}


async def _submits(door: Door, **chosen: str) -> Any:
    body = urlencode({"payload": json.dumps(_submission(**chosen))}).encode()
    response = await door.http.post("/slack/events", content=body, headers=signed(door, body, FORM))
    return response.json() if response.text else None
