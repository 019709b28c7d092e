"""How the double of Slack lets an app be installed: consent, codes, tokens, rotation, removal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot, FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from tests.fakes.slack.browser import Browser, answer_in
from tests.fakes.slack.people import Person
from tests.fakes.slack.server import FakeSlack, Server

TEAM = "T0NORTH"
BACK = "https://app.example/slack/oauth_redirect"


@dataclass
class Clock:
    """A time that passes when a test says so."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest_asyncio.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    """A Slack."""
    async with FakeSlack(clock=clock) as slack:
        yield slack


@pytest.fixture
def admin(slack: FakeSlack) -> Person:
    """Somebody who may install apps in a workspace that has none yet."""
    return slack.person("U1ADMIN", team=TEAM)


def authorize(slack: FakeSlack, **changed: str) -> str:
    """The address an app sends people to."""
    asked = {
        "client_id": slack.app.client_id,
        "scope": "chat:write,commands",
        "redirect_uri": BACK,
        "state": "s1",
    }
    return f"{slack.base_url}/oauth/v2/authorize?{urlencode(asked | changed)}"


async def new_code(slack: FakeSlack, admin: Person, **changed: str) -> str:
    """A code, as the app gets it back."""
    browser = Browser(admin)
    back = await browser.decides(await browser.get(authorize(slack, **changed)), allow=True)
    return answer_in(back.location)["code"]


async def redeem(slack: FakeSlack, code: str, **changed: str) -> Any:
    """The tokens for a code."""
    asked = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret, "redirect_uri": BACK}
    return await AsyncWebClient(base_url=slack.api_url).oauth_v2_access(**(asked | {"code": code} | changed))


async def refresh(slack: FakeSlack, token: str) -> Any:
    """The next tokens for a refresh token."""
    return await AsyncWebClient(base_url=slack.api_url).oauth_v2_access(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        grant_type="refresh_token",
        refresh_token=token,
    )


def client(slack: FakeSlack, token: str) -> AsyncWebClient:
    """The Web API with a token."""
    return AsyncWebClient(token, base_url=slack.api_url)


async def test_consent_names_the_scopes_and_comes_back_with_a_code_and_the_state(
    slack: FakeSlack, admin: Person
) -> None:
    browser = Browser(admin)
    page = await browser.get(authorize(slack))
    assert "chat:write" in page.text
    back = await browser.decides(page, allow=True)
    assert back.location.startswith(BACK)
    assert set(answer_in(back.location)) == {"code", "state"}
    assert answer_in(back.location)["state"] == "s1"


async def test_a_person_who_declines_comes_back_with_access_denied(slack: FakeSlack, admin: Person) -> None:
    browser = Browser(admin)
    back = await browser.decides(await browser.get(authorize(slack)), allow=False)
    assert answer_in(back.location) == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "9.9"}, "Invalid client_id"),
        ({"scope": "chat:write,fly"}, "fly"),
        ({"scope": ""}, "Invalid permissions"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri did not match"),
    ],
)
async def test_slack_shows_no_consent_page_for_what_the_app_is_not(
    slack: FakeSlack, admin: Person, changed: dict[str, str], said: str
) -> None:
    slack.oauth.redirect_urls = [BACK]
    page = await Browser(admin).get(authorize(slack, **changed))
    assert page.status == 400
    assert said in page.text


async def test_a_code_gives_the_bot_its_token_with_the_scopes_consented_to(
    slack: FakeSlack, admin: Person
) -> None:
    granted = await redeem(slack, await new_code(slack, admin))
    assert granted["team"]["id"] == TEAM
    assert granted["authed_user"] == {"id": admin.id}
    assert (granted["token_type"], granted["scope"]) == ("bot", "chat:write,commands")
    assert "refresh_token" not in granted
    me = await client(slack, granted["access_token"]).auth_test()
    assert (me["team_id"], me["user_id"]) == (TEAM, granted["bot_user_id"])
    with pytest.raises(SlackApiError, match="missing_scope"):
        await client(slack, granted["access_token"]).users_list()


async def test_user_scopes_give_the_person_a_token_of_her_own(slack: FakeSlack, admin: Person) -> None:
    granted = await redeem(slack, await new_code(slack, admin, user_scope="users:read"))
    assert granted["authed_user"]["scope"] == "users:read"
    assert (await client(slack, granted["authed_user"]["access_token"]).auth_test())["user_id"] == admin.id


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": "1.1"}, "invalid_code"),
        ({"client_id": "9.9"}, "invalid_client_id"),
        ({"client_secret": "guess"}, "bad_client_secret"),
        ({"redirect_uri": "https://evil.example"}, "bad_redirect_uri"),
        ({"grant_type": "password"}, "invalid_grant_type"),
    ],
)
async def test_a_code_is_for_the_app_it_was_given_to(
    slack: FakeSlack, admin: Person, changed: dict[str, str], error: str
) -> None:
    code = await new_code(slack, admin)
    with pytest.raises(SlackApiError, match=error):
        await redeem(slack, **({"code": code} | changed))
    await redeem(slack, code)


async def test_a_code_is_good_once_and_for_ten_minutes(slack: FakeSlack, admin: Person, clock: Clock) -> None:
    used, old = await new_code(slack, admin), await new_code(slack, admin)
    await redeem(slack, used)
    with pytest.raises(SlackApiError, match="code_already_used"):
        await redeem(slack, used)
    clock.now += 601
    with pytest.raises(SlackApiError, match="code_expired"):
        await redeem(slack, old)


async def test_rotating_tokens_expire_and_a_refresh_token_dies_once_used(
    slack: FakeSlack, admin: Person, clock: Clock
) -> None:
    slack.app.token_rotation = True
    first = await redeem(slack, await new_code(slack, admin))
    assert first["expires_in"] == 12 * 3600
    second = await refresh(slack, first["refresh_token"])
    with pytest.raises(SlackApiError, match="invalid_refresh_token"):
        await refresh(slack, first["refresh_token"])
    await client(slack, first["access_token"]).auth_test()
    clock.now += 12 * 3600
    with pytest.raises(SlackApiError, match="token_expired"):
        await client(slack, second["access_token"]).auth_test()
    third = await refresh(slack, second["refresh_token"])
    assert (await client(slack, third["access_token"]).auth_test())["team_id"] == TEAM


async def test_of_two_workers_that_refresh_at_once_one_loses(slack: FakeSlack, admin: Person) -> None:
    slack.app.token_rotation = True
    first = await redeem(slack, await new_code(slack, admin))
    both = (refresh(slack, first["refresh_token"]), refresh(slack, first["refresh_token"]))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(outcome, SlackApiError) for outcome in outcomes) == 1


async def test_a_token_for_ever_can_be_exchanged_for_a_rotating_one(slack: FakeSlack, admin: Person) -> None:
    forever = (await redeem(slack, await new_code(slack, admin)))["access_token"]
    rotating = await client(slack, forever).oauth_v2_exchange(
        token=forever, client_id=slack.app.client_id, client_secret=slack.app.client_secret
    )
    assert rotating["expires_in"] == 12 * 3600
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client(slack, forever).auth_test()


# --- with the real Bolt ---


@dataclass
class Bolt:
    """A small app with Bolt's own OAuth."""

    install_url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    store: Any = None


@pytest_asyncio.fixture
async def bolt(tmp_path: Path) -> AsyncIterator[tuple[FakeSlack, Bolt]]:
    """Bolt behind an address, and a Slack that knows it."""
    bolt = Bolt()
    async with FakeSlack() as slack:
        listening = socket.create_server(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        bolt.install_url, slack.events_url = f"{host}/slack/install", f"{host}/slack/events"
        slack.oauth.redirect_urls = [f"{host}/slack/oauth_redirect"]
        bolt.store = FileInstallationStore(base_dir=str(tmp_path / "i"), client_id=slack.app.client_id)
        settings = AsyncOAuthSettings(
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            scopes=["chat:write", "im:history", "commands"],
            installation_store=bolt.store,
            state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path / "s")),
            authorization_url=f"{slack.base_url}/oauth/v2/authorize",
        )
        app = AsyncApp(
            signing_secret=slack.signing_secret,
            client=AsyncWebClient(base_url=slack.api_url),
            oauth_settings=settings,
            process_before_response=True,
        )

        @app.event("message")
        async def heard(event: dict[str, Any], client: AsyncWebClient) -> None:
            bolt.events.append(event)
            await client.chat_postMessage(channel=event["channel"], text="Heard", thread_ts=event["ts"])

        @app.event("tokens_revoked")
        async def revoked(event: dict[str, Any]) -> None:
            bolt.events.append(event)

        @app.event("app_uninstalled")
        async def uninstalled(event: dict[str, Any], context: Any) -> None:
            bolt.events.append(event)
            await bolt.store.async_delete_all(enterprise_id=None, team_id=context.team_id)

        handler = AsyncSlackRequestHandler(app)
        routes = [
            Route("/slack/events", handler.handle, methods=["POST"]),
            Route("/slack/install", handler.handle, methods=["GET"]),
            Route("/slack/oauth_redirect", handler.handle, methods=["GET"]),
        ]
        server = Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield slack, bolt
        server.force_exit = True
        server.end()
        await task


async def test_an_administrator_installs_the_app_and_people_are_answered(
    bolt: tuple[FakeSlack, Bolt],
) -> None:
    slack, app = bolt
    admin = slack.person("U1ADMIN", team=TEAM)
    page = await admin.installs(app.install_url)
    assert page.status == 200
    rep = slack.person("U2REP", team=TEAM)
    thread = await rep.says("Hello")
    assert [reply.text for reply in await thread.replies()] == ["Heard"]


async def test_one_who_declines_gets_the_apps_page_and_nothing_is_installed(
    bolt: tuple[FakeSlack, Bolt],
) -> None:
    slack, app = bolt
    page = await slack.person("U1ADMIN", team=TEAM).installs(app.install_url, allow=False)
    assert "access_denied" in page.text
    assert not slack.workspace(TEAM).installed


async def test_a_code_carried_into_another_browser_is_refused_by_its_state(
    bolt: tuple[FakeSlack, Bolt],
) -> None:
    slack, app = bolt
    mine, other = Browser(slack.person("U1ADMIN", team=TEAM)), Browser(slack.person("U9EVIL", team="T0EVIL"))
    back = await other.decides(await other.consent_page(app.install_url), allow=True)
    assert (await mine.get(back.location)).status == 400
    assert not slack.workspace("T0EVIL").installed


async def test_taking_the_app_out_tells_it_twice_and_kills_its_tokens(bolt: tuple[FakeSlack, Bolt]) -> None:
    slack, app = bolt
    admin = slack.person("U1ADMIN", team=TEAM)
    await admin.installs(app.install_url)
    (old,) = (token.value for token in slack.tokens.values() if token.team == TEAM)
    await admin.uninstalls_app()
    revoked, gone = sorted(app.events, key=lambda event: str(event["type"]), reverse=True)
    assert revoked["tokens"] == {"oauth": [], "bot": [admin.workspace.bot_user]}
    assert gone["type"] == "app_uninstalled"
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client(slack, old).auth_test()
    await admin.installs(app.install_url)
    living = [token.value for token in slack.tokens.values() if token.team == TEAM and not token.revoked]
    assert living
    assert old not in living


async def test_the_sdks_own_rotation_works(slack: FakeSlack, admin: Person) -> None:
    slack.app.token_rotation = True
    first = await redeem(slack, await new_code(slack, admin))
    rotator = AsyncTokenRotator(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        client=AsyncWebClient(base_url=slack.api_url),
    )
    bot = Bot(
        team_id=TEAM,
        bot_token=first["access_token"],
        bot_id="B1",
        bot_user_id=first["bot_user_id"],
        bot_refresh_token=first["refresh_token"],
        bot_token_expires_at=1,
        installed_at=1.0,
    )
    renewed = await rotator.perform_bot_token_rotation(bot=bot)
    assert renewed is not None
    assert renewed.bot_refresh_token != first["refresh_token"]
    assert (await client(slack, renewed.bot_token).auth_test())["team_id"] == TEAM
