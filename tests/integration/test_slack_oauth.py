"""Many workspaces: SalesMate is installed, its tokens are sealed and renewed, and it can be taken out."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import uvicorn
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, update
from starlette.applications import Starlette

from agents.records.database import Database, open_database
from agents.records.queue_tables import InboxRow
from agents.records.surface_tables import InstallationRow, OAuthStateRow
from agents.records.tables import now
from bot.messages import Spoken
from bot.presentation import Place
from bot.settings import ServeSettings
from bot.slack.app import create_slack_app
from bot.slack.client import SlackClient
from bot.slack.delivery import SlackSurface
from bot.slack.installations import Installations
from bot.slack.installed import OAuthTokens
from bot.slack.intake import Front, Intake, Later
from bot.slack.manifest import bot_scopes
from bot.slack.oauth import Installing, authorize_url, installing
from bot.slack.opening import Opening
from bot.slack.rotation import Rotation
from bot.slack.sealing import Seal, SealBroken, UnusableKey, new_key
from bot.slack.settings import SlackSettings
from bot.slack.tokens import NotInstalled, TokenUnreachable
from bot.slack.web import install_routes, slack_routes
from bot.turns.backlog import Backlog
from bot.turns.incoming import Incoming, Kind
from bot.turns.queue import open_queue
from tests.fakes.slack.browser import Browser, answer_in
from tests.fakes.slack.methods.identity import uninstall
from tests.fakes.slack.server import FakeSlack, Server

KEY = new_key()
OWN = "xoxp-1"
TEAM, TENANT = "T0BOREAL", "slack-T0BOREAL"
HOUR_S = 3600.0


@dataclass
class Installed:
    """SalesMate with OAuth, served to the browsers of a double of Slack."""

    slack: FakeSlack
    oauth: Installing
    database: Database
    url: str

    @property
    def install_url(self) -> str:
        return f"{self.url}/slack/install"

    @property
    def admin(self) -> Browser:
        """A new browser of somebody who may install apps in Boreal."""
        return Browser(self.slack.person("U1ADMIN", team=TEAM))

    async def sealed(self) -> list[str]:
        """What the database keeps."""
        async with self.database.house(reading=True) as connection:
            return list(await connection.scalars(select(InstallationRow.sealed)))

    async def envelope(self, event: dict[str, Any], *, at: float | None = None) -> None:
        """What Slack sends when a permission ends; `at`: when it happened."""
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "event": event,
            "event_time": int(at or time.time()),
        }
        await self.oauth.tokens.taken_back(body)


@pytest.fixture
async def here(database: Database) -> AsyncIterator[Installed]:
    """A double with the address of a SalesMate that nobody has installed yet."""
    async with FakeSlack() as slack:
        slack.app.token_rotation = True
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        oauth = installing(slack_settings(slack), serve_settings(url), database, bot_scopes())
        routes = [
            *install_routes(oauth.flow),
            *slack_routes(
                create_slack_app(slack_settings(slack), front(slack, database, oauth)), slack.signing_secret
            ),
        ]
        server = Server(
            uvicorn.Config(
                Starlette(routes=routes), lifespan="off", log_level="critical", timeout_graceful_shutdown=1
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        slack.events_url = f"{url}/slack/events"
        yield Installed(slack, oauth, database, url)
        server.end()
        await serving
        await oauth.close()


def front(slack: FakeSlack, database: Database, oauth: Installing) -> Front:
    """What listeners stand on; the real parts."""
    client = SlackClient(slack.api_url)

    async def no_turns(*_: str) -> Sequence[Spoken]:
        return ()

    return Front(
        intake=Intake(open_queue(database)),
        tokens=oauth.tokens,
        later=Later(),
        opening=Opening(client),
        turns_of=no_turns,
        suggests=SlackSurface(client, oauth.tokens),
        taken_back=oauth.tokens.taken_back,
    )


def slack_settings(slack: FakeSlack, secret: str = "") -> SlackSettings:
    return SlackSettings(
        slack_client_id=slack.app.client_id,
        slack_client_secret=secret or slack.app.client_secret,
        slack_signing_secret=slack.signing_secret,
        slack_api_url=slack.api_url,
    )


def serve_settings(url: str) -> ServeSettings:
    return ServeSettings(public_url=url, secret_key=KEY)


def worker(here: Installed, *, hours: float = 0.0, secret: str = "") -> OAuthTokens:
    """The tokens as another process sees them, so many hours later."""
    clock = lambda: time.time() + hours * HOUR_S  # noqa: E731
    app = here.slack.app
    installations = Installations(here.database, Seal(KEY), app.client_id)
    rotation = Rotation(
        installations,
        AsyncWebClient(base_url=here.slack.api_url, timeout=2, retry_handlers=[]),
        client_id=app.client_id,
        client_secret=secret or app.client_secret,
        clock=clock,
    )
    return OAuthTokens(installations, rotation, Backlog(here.database))


def refreshes(here: Installed) -> int:
    """How often Slack was asked for a new token."""
    asked = here.slack.called("oauth.v2.access")
    return sum(call.args.get("grant_type") == "refresh_token" for call in asked)


# --- installing -------------------------------------------------------------------------------------------


async def test_an_administrator_installs_and_the_workspace_can_be_served(here: Installed) -> None:
    page = await here.admin.installs(here.install_url)
    assert (page.status, "is installed in" in page.text) == (200, True)
    installed = await here.oauth.tokens.bot(TENANT)
    assert here.slack.tokens[installed.token].team == TEAM
    assert (installed.bot_user_id, installed.bot_id) == ("U0BOREALBOT", "B0BOREALBOT")
    assert installed.workspace_url == here.slack.workspace(TEAM).url


async def test_slack_is_asked_for_the_scopes_of_the_manifest_and_for_no_person_s_own(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    token = (await here.oauth.tokens.bot(TENANT)).token
    assert here.slack.tokens[token].scopes == set(bot_scopes())
    assert {known.kind for known in here.slack.tokens.values()} == {"bot", "app"} & {
        known.kind for known in here.slack.tokens.values()
    }


async def test_the_install_page_takes_nothing_from_elsewhere_and_is_not_kept(here: Installed) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(here.install_url) as page:
        text = await page.text()
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in text
    assert "<img" not in text
    assert "HttpOnly" in page.headers["Set-Cookie"]


async def test_a_team_in_the_address_cannot_change_where_slack_sends_people(here: Installed) -> None:
    consent = await here.admin.consent_page(f"{here.install_url}?team=T1%26redirect_uri=https://evil.example")
    query = parse_qs(urlsplit(consent.url).query)
    assert query["redirect_uri"] == [f"{here.url}/slack/oauth_redirect"]
    assert query["team"] == ["T1&redirect_uri=https://evil.example"]


async def test_tokens_lie_sealed(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    installed = await here.oauth.tokens.bot(TENANT)
    refresh_token = here.slack.tokens[installed.token].refresh_token
    for sealed in await here.sealed():
        assert "xox" not in sealed
        opened = json.loads(Seal(KEY).open(sealed))
        assert (opened["bot_token"], opened["bot_refresh_token"]) == (installed.token, refresh_token)


async def test_no_byte_of_a_token_lies_in_the_database_s_files(tmp_path: Path, sqlite_url: str) -> None:
    database = await open_database(sqlite_url)
    await Installations(database, Seal(KEY), "1.2").async_save(some_installation(bot="xoxb-very-secret"))
    await database.close()
    files = await asyncio.to_thread(lambda: [file.read_bytes() for file in tmp_path.iterdir()])
    assert files
    assert not [kept for kept in files if b"very-secret" in kept]


async def test_denied_consent_installs_nothing_and_says_so(here: Installed) -> None:
    page = await here.admin.installs(here.install_url, allow=False)
    assert "You did not allow it, so nothing was installed" in page.text
    assert await here.sealed() == []
    with pytest.raises(NotInstalled):
        await here.oauth.tokens.bot(TENANT)


async def test_a_state_is_good_once(here: Installed) -> None:
    browser = here.admin
    back = await browser.decides(await browser.consent_page(here.install_url), allow=True)
    cookies = {host: dict(jar) for host, jar in browser.cookies.items()}
    assert (await browser.get(back.location)).status == 200
    browser.cookies = cookies
    again = await browser.get(back.location)
    assert again.status == 401
    assert "finished already" in again.text


async def test_a_state_begun_in_another_browser_is_refused(here: Installed) -> None:
    browser, victim = here.admin, here.admin
    back = await browser.decides(await browser.consent_page(here.install_url), allow=True)
    page = await victim.get(back.location)
    assert page.status == 400
    assert "in the browser it began in" in page.text
    assert await here.sealed() == []


async def test_a_forged_state_is_refused_even_with_a_cookie_that_fits(here: Installed) -> None:
    browser = here.admin
    await browser.consent_page(here.install_url)
    for jar in browser.cookies.values():
        jar["slack-app-oauth-state"] = "forged"
    page = await browser.get(f"{here.url}/slack/oauth_redirect?code=1.2&state=forged")
    assert page.status == 401
    assert not here.slack.called("oauth.v2.access")


async def test_a_state_lives_ten_minutes_and_is_kept_by_its_hash_only(here: Installed) -> None:
    browser = here.admin
    back = await browser.decides(await browser.consent_page(here.install_url), allow=True)
    async with here.database.house() as connection:
        hashes = list(await connection.scalars(select(OAuthStateRow.hashed)))
        assert answer_in(back.location)["state"] not in hashes
        await connection.execute(update(OAuthStateRow).values(expires_at=now()))
    assert (await browser.get(back.location)).status == 401


async def test_a_code_that_slack_does_not_know_installs_nothing(here: Installed) -> None:
    browser = here.admin
    back = await browser.decides(await browser.consent_page(here.install_url), allow=True)
    page = await browser.get(back.location.replace("code=", "code=9"))
    assert (page.status, "Slack did not confirm" in page.text) == (401, True)
    assert await here.sealed() == []


async def test_a_slack_that_does_not_answer_is_said_on_the_page(here: Installed) -> None:
    here.slack.faults.next("oauth.v2.access", "reset_before")
    page = await here.admin.installs(here.install_url)
    assert "Slack did not confirm" in page.text


def test_the_consent_page_lies_beside_the_web_api() -> None:
    assert authorize_url("https://slack.com/api/") == "https://slack.com/oauth/v2/authorize"
    assert authorize_url("https://slack-gov.com/api/") == "https://slack-gov.com/oauth/v2/authorize"


# --- renewing ---------------------------------------------------------------------------------------------


async def test_two_workers_renew_a_token_once(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    old = (await here.oauth.tokens.bot(TENANT)).token
    workers = [worker(here, hours=11) for _ in range(4)]
    await asyncio.gather(*(one.bot(TENANT) for one in workers for _ in range(5)))
    assert refreshes(here) == 1
    new = {(await worker(here).bot(TENANT)).token for _ in range(2)}
    assert len(new) == 1
    assert old not in new


async def test_after_its_end_those_who_come_second_wait_for_the_new_token(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    old = (await here.oauth.tokens.bot(TENANT)).token
    found = await asyncio.gather(
        *(worker(here, hours=12.5).bot(TENANT) for _ in range(3)), return_exceptions=True
    )
    tokens = {one.token for one in found if not isinstance(one, BaseException)}
    assert refreshes(here) == 1
    assert len(tokens) == 1
    assert old not in tokens


async def test_a_caller_who_gives_up_does_not_lose_the_new_token(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    one = worker(here, hours=11)
    asking = asyncio.create_task(one.bot(TENANT))
    await here.slack.until(lambda: refreshes(here))
    asking.cancel()
    await one.close()
    renewed = (await worker(here).bot(TENANT)).token
    assert renewed.startswith("xoxe.xoxb-")
    assert refreshes(here) == 1


async def test_while_slack_is_away_the_old_token_serves_until_it_ends(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    old = (await here.oauth.tokens.bot(TENANT)).token
    here.slack.faults.next("oauth.v2.access", "500_before")
    assert (await worker(here, hours=11).bot(TENANT)).token == old
    async with here.database.house() as connection:
        await connection.execute(update(InstallationRow).values(claimed_until=None))
    here.slack.faults.next("oauth.v2.access", "500_before")
    with pytest.raises(TokenUnreachable):
        await worker(here, hours=12.5).bot(TENANT)
    assert (await worker(here, hours=12.5).bot(TENANT)).token != old


async def test_a_refresh_token_that_slack_refuses_makes_the_workspace_unreachable_and_says_why(
    here: Installed,
) -> None:
    await here.admin.installs(here.install_url)
    old = (await here.oauth.tokens.bot(TENANT)).token
    here.slack.tokens[old].refresh_token = "used-by-somebody-else"  # noqa: S105
    assert (await worker(here, hours=11).bot(TENANT)).token == old
    with pytest.raises(NotInstalled, match="Install SalesMate there again"):
        await worker(here, hours=12.5).bot(TENANT)
    assert refreshes(here) == 1
    await here.admin.installs(here.install_url)
    assert (await worker(here).bot(TENANT)).token != old


async def test_a_wrong_client_secret_costs_nobody_the_installation(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    old = await here.oauth.tokens.bot(TENANT)
    assert await worker(here, hours=11, secret="mistyped").bot(TENANT) == old  # noqa: S106
    async with here.database.house() as connection:
        await connection.execute(update(InstallationRow).values(claimed_until=None))
    assert (await worker(here, hours=11).bot(TENANT)).token.startswith("xoxe.xoxb-")


# --- leaving ----------------------------------------------------------------------------------------------


async def test_uninstalled_it_forgets_the_tokens_and_drops_what_waited_there(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    await waiting(here, TENANT)
    await waiting(here, "slack-T0ACME")
    uninstall(here.slack, TEAM)
    await here.slack.sender.settled()
    assert await here.sealed() == []
    with pytest.raises(NotInstalled):
        await here.oauth.tokens.bot(TENANT)
    async with here.database.house(reading=True) as connection:
        found = {
            row.tenant: row.status
            for row in await connection.execute(select(InboxRow.tenant, InboxRow.status))
        }
    assert found == {TENANT: "dropped", "slack-T0ACME": "queued"}


async def test_installed_again_it_serves_with_the_new_token(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    old = (await here.oauth.tokens.bot(TENANT)).token
    uninstall(here.slack, TEAM)
    await here.slack.sender.settled()
    await here.admin.installs(here.install_url)
    new = (await here.oauth.tokens.bot(TENANT)).token
    assert new != old
    assert len(await here.sealed()) == 1


async def test_a_farewell_that_comes_late_does_not_undo_a_new_installation(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    await here.envelope({"type": "app_uninstalled"}, at=time.time() - 300)
    assert (await here.oauth.tokens.bot(TENANT)).team_id == TEAM


async def test_a_revoked_bot_token_is_deleted_and_somebody_s_own_is_not_the_bot_s(here: Installed) -> None:
    await here.admin.installs(here.install_url)
    await here.envelope({"type": "tokens_revoked", "tokens": {"oauth": ["U1ADMIN"], "bot": []}})
    assert (await here.oauth.tokens.bot(TENANT)).team_id == TEAM
    await here.envelope({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOREALBOT"]}})
    with pytest.raises(NotInstalled):
        await here.oauth.tokens.bot(TENANT)


# --- the store --------------------------------------------------------------------------------------------


def some_installation(bot: str = "xoxb-1", **fields: Any) -> Installation:
    """As Slack grants it; `bot` is the token."""
    known = {"team_id": TEAM, "user_id": "U1ADMIN", "bot_token": bot, "bot_id": "B1", "bot_user_id": "U1BOT"}
    return Installation(**(known | fields))


def bot_of(found: Installation | Bot | None) -> str:
    """Its token."""
    assert found is not None
    return found.bot_token or ""


@pytest.fixture
def store(database: Database) -> Installations:
    return Installations(database, Seal(KEY), "1.2")


async def test_the_newest_installation_replaces_the_one_before(store: Installations) -> None:
    await store.async_save(some_installation(bot="xoxb-1"))
    await store.async_save(some_installation(bot="xoxb-2", enterprise_id="E1"))
    assert len(await store.everywhere()) == 1
    found = await store.async_find_bot(enterprise_id=None, team_id=TEAM)
    assert bot_of(found) == "xoxb-2"


async def test_an_organisation_s_installation_serves_each_of_its_workspaces(
    store: Installations, database: Database
) -> None:
    whole = some_installation(team_id=None, enterprise_id="E1", is_enterprise_install=True, bot="xoxb-org")
    await store.async_save(whole)
    client = AsyncWebClient()
    tokens = OAuthTokens(store, Rotation(store, client, client_id="1.2", client_secret=""), Backlog(database))
    with pytest.raises(NotInstalled):
        await tokens.bot("slack-T1")
    first = await tokens.bot("slack-T1", "E1")
    tokens.forget()
    known = await tokens.bot("slack-T1")
    assert (known.token, known.team_id, known.enterprise_id) == ("xoxb-org", "T1", "E1")
    assert known == first
    gone = {"type": "app_uninstalled"}
    await tokens.taken_back(
        {"event": gone, "event_time": time.time() + 9, "enterprise_id": "E1", "is_enterprise_install": True}
    )
    with pytest.raises(NotInstalled):
        await tokens.bot("slack-T1", "E1")


async def test_a_person_s_own_token_is_kept_apart_and_deleted_apart(store: Installations) -> None:
    await store.async_save(some_installation(user_token=OWN))
    hers = await store.async_find_installation(enterprise_id=None, team_id=TEAM, user_id="U1ADMIN")
    assert hers is not None
    assert hers.user_token
    await store.async_delete_installation(enterprise_id=None, team_id=TEAM, user_id="U1ADMIN")
    assert await store.async_find_installation(enterprise_id=None, team_id=TEAM, user_id="U1ADMIN") is None
    assert await store.async_find_installation(enterprise_id=None, team_id=TEAM)


async def test_one_app_s_installations_are_not_another_s(store: Installations, database: Database) -> None:
    await store.async_save(some_installation())
    assert (
        await Installations(database, Seal(KEY), "3.4").async_find_bot(enterprise_id=None, team_id=TEAM)
        is None
    )


async def test_a_bot_alone_can_be_saved(store: Installations) -> None:
    await store.async_save_bot(some_installation(bot="xoxb-7").to_bot())
    found = await store.async_find_installation(enterprise_id=None, team_id=TEAM)
    assert bot_of(found) == "xoxb-7"


async def test_keys_are_changed_while_installations_go_on(store: Installations, database: Database) -> None:
    await store.async_save(some_installation())
    newer = new_key()
    assert await Installations(database, Seal(f"{newer}, {KEY}"), "1.2").find(TEAM, None)
    with pytest.raises(SealBroken, match="Add the key"):
        await Installations(database, Seal(newer), "1.2").find(TEAM, None)


async def test_without_a_key_the_client_secret_makes_one(database: Database) -> None:
    by_secret = Installations(database, Seal(None, "client-secret"), "1.2")
    await by_secret.async_save(some_installation())
    assert await Installations(database, Seal(None, "client-secret"), "1.2").find(TEAM, None)
    assert await Installations(database, Seal(new_key(), "client-secret"), "1.2").find(TEAM, None)
    with pytest.raises(SealBroken, match="install SalesMate there again"):
        await Installations(database, Seal(None, "another secret"), "1.2").find(TEAM, None)


@pytest.mark.parametrize(("keys", "said"), [(None, "is not set"), (" , ", "is not set"), ("short", "no key")])
def test_a_key_that_is_missing_or_none_is_said_without_quoting_it(keys: str | None, said: str) -> None:
    with pytest.raises(UnusableKey, match=said) as refused:
        Seal(keys)
    assert "short" not in str(refused.value)
    assert "salesmate slack new-key" in str(refused.value)


async def waiting(here: Installed, tenant: str) -> None:
    """Something that a person of that workspace asked for, which nobody has worked yet."""
    place = Place(person="U1REP", channel="D1")
    incoming = Incoming(
        platform="slack",
        tenant=tenant,
        event_key="Ev1",
        conversation=f"{tenant}:home:U1REP",
        kind=Kind.HOME,
        person="U1REP",
        place=place,
    )
    await open_queue(here.database).put(incoming)
