"""Attacks on installing, and on the walls between workspaces that share one SalesMate."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, text

from agents.records.queue_tables import InboxRow
from agents.records.surface_tables import InstallationRow, OAuthStateRow
from bot.slack.oauth import STATE_S
from tests.fakes.slack.browser import Browser
from tests.fakes.slack.payloads import signed_headers
from tests.integration.test_slack_oauth import Installed, here
from tests.integration.test_slack_security import CANARY, log

__all__ = ["here", "log"]

XSS = f"<script>{CANARY}</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("name", ["error", "state", "code", "team", "redirect_uri", "success_url"])
@pytest.mark.parametrize(
    "value", [XSS, f"https://{CANARY}.example/", "\x00", "a" * 8_000, "%ff", "access_denied"]
)
async def test_nothing_in_the_address_comes_back_or_leads_elsewhere(
    here: Installed, name: str, value: str
) -> None:
    async with httpx.AsyncClient(base_url=here.url) as browser:
        page = await browser.get(f"/slack/oauth_redirect?{name}={quote(value)}")
    assert page.status_code in (200, 400, 401)
    assert "location" not in page.headers
    assert CANARY not in page.text + str(page.headers)
    assert "<script" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert await here.sealed() == []


async def test_a_team_name_is_a_name_and_no_page(here: Installed) -> None:
    here.slack.workspace("T0BOREAL").name = XSS
    page = await here.admin.installs(here.install_url)
    assert page.status == 200
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_state_is_kept_for_ten_minutes_and_stolen_for_nothing(here: Installed) -> None:
    """A code of one's own, slipped into another's browser, would install the attacker's workspace there."""
    attacker, victim = here.admin, Browser(here.slack.person("U2VICTIM", team="T0BOREAL"))
    back = await attacker.decides(await attacker.consent_page(here.install_url), allow=True)
    refused = await victim.get(back.location)
    assert refused.status == 400
    for forged in (f"{here.url}/slack/oauth_redirect?code=1.2&state=", back.location + "x"):
        assert (await attacker.get(forged)).status in (400, 401)
    assert await here.sealed() == []
    async with here.database.house(reading=True) as connection:
        hashes = list(await connection.scalars(select(OAuthStateRow.hashed)))
    assert not [hashed for hashed in hashes if hashed in back.location]
    assert STATE_S <= 600


async def test_a_database_that_is_gone_is_a_page_that_says_what_to_do(here: Installed) -> None:
    async with here.database.house() as connection:
        await connection.execute(text("DROP TABLE oauth_states"))
    async with httpx.AsyncClient(base_url=here.url) as browser:
        page = await browser.get("/slack/install")
    assert page.status_code == 503
    assert "Ask whoever runs it" in page.text
    assert "oauth_states" not in page.text


async def test_two_workspaces_share_ids_and_nothing_else(here: Installed) -> None:
    """Slack gives ids of its own to each; were they the same, nobody would notice."""
    for team in ("T0ACME", "T0BOREAL"):
        admin = Browser(here.slack.person(f"U{team}", team=team))
        assert (await admin.installs(here.install_url)).status == 200
    for team in ("T0ACME", "T0BOREAL", "T0EVIL"):
        assert await _says(here, team, f"{CANARY} of {team}") == (403 if team == "T0EVIL" else 200)
    async with here.database.house(reading=True) as connection:
        rows = (await connection.execute(select(InboxRow.tenant, InboxRow.conversation, InboxRow.data))).all()
        installed = list(await connection.scalars(select(InstallationRow.sealed)))
    assert {(row.tenant, row.data["text"]) for row in rows} == {
        ("slack-T0ACME", f"{CANARY} of T0ACME"),
        ("slack-T0BOREAL", f"{CANARY} of T0BOREAL"),
    }
    assert len({row.conversation for row in rows}) == 2
    assert len(installed) == 2
    assert "xox" not in "".join(installed)


async def test_a_stop_in_one_workspace_stops_nobody_in_another(here: Installed) -> None:
    for team in ("T0ACME", "T0BOREAL"):
        admin = Browser(here.slack.person(f"U{team}", team=team))
        assert (await admin.installs(here.install_url)).status == 200
        await _says(here, team, CANARY)
    await _says(here, "T0BOREAL", "stop", event_id="EvStop")
    async with here.database.house(reading=True) as connection:
        rows = (await connection.execute(select(InboxRow.tenant, InboxRow.stop_asked))).all()
    assert {(row.tenant, row.stop_asked) for row in rows} == {
        ("slack-T0ACME", False),
        ("slack-T0BOREAL", True),
    }


async def _says(here: Installed, team: str, words: str, event_id: str = "Ev1") -> int:
    """The same person, channel, thread and event of each workspace."""
    now = f"{time.time():.6f}"
    event: dict[str, Any] = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1REP"}
    event |= {"text": words, "ts": now, "event_ts": now, "thread_ts": "1700000000.000100"}
    told = {"type": "event_callback", "team_id": team, "event_id": event_id, "event": event}
    body = json.dumps(told).encode()
    headers = signed_headers(here.slack.signing_secret, body, time.time(), "application/json")
    async with httpx.AsyncClient(base_url=here.url) as http:
        return (await http.post("/slack/events", content=body, headers=headers)).status_code
