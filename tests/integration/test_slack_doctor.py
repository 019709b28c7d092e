"""`salesmate doctor` on Slack: each mistake that people make is named, with what to do about it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from agents.records.database import open_database
from agents.records.queue_tables import InboxRow
from agents.records.tables import now
from bot.findings import Finding
from bot.presentation import Place
from bot.slack import doctor
from bot.slack.arrivals import request_url
from bot.turns.incoming import Incoming, Kind
from bot.turns.queue import open_queue
from tests.fakes.slack.server import FakeSlack, Server

BOT, APP = "SALESMATE_SLACK_BOT_TOKEN", "SALESMATE_SLACK_APP_TOKEN"
SECRET = "SALESMATE_SLACK_SIGNING_SECRET"  # noqa: S105
WRONG = "xoxb-not-of-this-workspace"


@pytest.fixture(autouse=True)
def nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SALESMATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SALESMATE_HOME", str(tmp_path))


async def looked(settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Finding]:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = await asyncio.to_thread(lambda: list(doctor.slack(None)))
    told = " ".join(finding.sentence + finding.do for finding in found)
    for name, value in settings.items():
        assert name.endswith(("_URL", "_FILE")) or value.strip("\"' ") not in told, name
    return {finding.name: finding for finding in found}


def over_socket(slack: FakeSlack) -> dict[str, str]:
    return {BOT: slack.bot_token, APP: slack.app.app_token, "SALESMATE_SLACK_API_URL": slack.api_url}


async def test_nothing_set_up_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = (await looked({}, monkeypatch)).values()
    assert (found.status, found.sentence) == ("ok", "not set up.")


async def test_a_good_setup_lacks_nothing_but_a_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeSlack() as slack:
        found = await looked(over_socket(slack), monkeypatch)
    unwell = {name for name, finding in found.items() if finding.status != "ok"}
    assert unwell == {"Slack events"}
    assert "salesmate serve" in found["Slack events"].do
    assert "T0Acme" in found["Slack bot token"].sentence


async def test_scopes_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeSlack() as slack:
        token = slack.tokens[slack.bot_token]
        slack.tokens[slack.bot_token] = replace(token, scopes=token.scopes - {"im:history", "files:write"})
        found = await looked(over_socket(slack), monkeypatch)
    assert found["Slack scopes"].status == "fail"
    assert "files:write, im:history" in found["Slack scopes"].sentence
    assert "Reinstall" in found["Slack scopes"].do


@pytest.mark.parametrize(
    ("token", "code", "do"),
    [(WRONG, "invalid_auth", "Copy the Bot User OAuth Token"), ("", "token_expired", "token rotation is on")],
)
async def test_a_token_that_slack_refuses_is_said_with_why(
    token: str, code: str, do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeSlack() as slack:
        slack.tokens[slack.bot_token].expires_at = 1.0
        found = await looked(over_socket(slack) | {BOT: token or slack.bot_token}, monkeypatch)
    assert found["Slack bot token"].status == "fail"
    assert code in found["Slack bot token"].sentence
    assert do in found["Slack bot token"].do
    assert "Slack scopes" not in found


async def test_an_app_token_that_opens_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeSlack() as slack:
        found = await looked(over_socket(slack) | {APP: "xapp-1-of-another-app"}, monkeypatch)
    assert found["Slack Socket Mode"].status == "fail"
    assert "connections:write" in found["Slack Socket Mode"].do


async def test_values_in_each_others_place_are_named_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeSlack() as slack:
        swapped = {BOT: slack.app.app_token, APP: slack.bot_token}
        found = await looked(over_socket(slack) | swapped, monkeypatch)
        assert not slack.calls
    assert found["Slack"].status == "fail"
    assert "SALESMATE_SLACK_APP_TOKEN holds a bot token" in found["Slack"].sentence


async def test_quotation_marks_and_blanks_around_a_token_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeSlack() as slack:
        pasted = {BOT: f' "{slack.bot_token}" ', APP: f"'{slack.app.app_token}'\n"}
        found = await looked(over_socket(slack) | pasted, monkeypatch)
    assert found["Slack bot token"].status == found["Slack Socket Mode"].status == "ok"


async def test_a_slack_out_of_reach_is_not_taken_for_a_wrong_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}/api/"
    setup = {BOT: "xoxb-1", APP: "xapp-1", "SALESMATE_SLACK_API_URL": address}
    found = await looked(setup, monkeypatch)
    assert "did not answer" in found["Slack bot token"].sentence
    assert "SALESMATE_SLACK_API_URL" in found["Slack bot token"].do


async def test_an_address_that_is_none_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = {BOT: "xoxb-1", SECRET: "s" * 32, "SALESMATE_PUBLIC_URL": "salesmate.example"}
    (found,) = (await looked(setup, monkeypatch)).values()
    assert found.sentence.startswith("SALESMATE_PUBLIC_URL cannot be used: give the address")


async def test_turns_that_wait_for_nobody_are_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = await open_database(str(tmp_path / "salesmate.sqlite"))
    await open_queue(database).put(an_event())
    async with database.house() as connection:
        await connection.execute(update(InboxRow).values(received_at=now() - timedelta(minutes=5)))
    await database.close()
    async with FakeSlack() as slack:
        found = await looked(over_socket(slack), monkeypatch)
    assert "5 min ago" in found["Slack events"].sentence
    assert "5 min" in found["Turns"].sentence
    assert "salesmate serve" in found["Turns"].do


def an_event() -> Incoming:
    return Incoming(
        kind=Kind.HOME,
        platform="slack",
        tenant="slack-T0ACME",
        person="U1",
        event_key="Ev1",
        place=Place(person="U1"),
        conversation="slack-T0ACME:home:U1",
    )


async def answers(status: int, secret: str = "s" * 32) -> Finding:
    """The doctor's finding about an address where something else than SalesMate answers."""

    async def other(_: object) -> PlainTextResponse:
        return PlainTextResponse("Welcome!", status)

    web = Starlette(routes=[Route("/slack/events", other, methods=["POST"])] if status != 404 else [])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(uvicorn.Config(web, log_level="critical", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            return await request_url(f"http://127.0.0.1:{listening.getsockname()[1]}", secret)
        finally:
            server.end()
            await serving


async def test_an_address_where_somebody_else_answers_is_told_from_ours() -> None:
    elsewhere, refused, stranger = await answers(404), await answers(401), await answers(200)
    assert "Nothing is there under /slack/events" in elsewhere.do
    assert "another SALESMATE_SLACK_SIGNING_SECRET" in refused.do
    assert {one.status for one in (elsewhere, refused, stranger)} == {"fail"}
    nobody = await request_url("http://127.0.0.1:9", "s" * 32)
    assert "does not answer" in nobody.sentence
    unset = await request_url(None, "s" * 32)
    assert "SALESMATE_PUBLIC_URL" in unset.sentence
