"""What the double of Slack's Web API answers, from Slack's documentation, asked by Slack's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models import blocks
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import limits
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.server import HOME_TEAM, FakeSlack
from tests.fakes.slack.state import ALL_SCOPES, Body, Message

REP = "U1REP"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=clock) as running:
        running.user(REP, name="Robin Reed")
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def dm(slack: FakeSlack) -> str:
    return slack.dm(HOME_TEAM, REP).id


def client_of(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    """Slack's client, which tries nothing again by itself: what fails here is seen to fail."""
    value = slack.bot_token if token is None else token
    return AsyncWebClient(value, base_url=slack.api_url, timeout=4, retry_handlers=[])


async def refusal(call: Awaitable[Any]) -> Body:
    """What Slack answers to a call that it refuses."""
    with pytest.raises(SlackApiError) as refused:
        await call
    body: Body = refused.value.response.data
    return body


async def error(call: Awaitable[Any]) -> str:
    return str((await refusal(call))["error"])


async def status(http: aiohttp.ClientSession, url: str, **sent: Any) -> int:
    """What it answers to a post."""
    async with http.post(url, **sent) as answer:
        return answer.status


def section(text: str = "Hello") -> Body:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action: str = "go", label: str = "Go", **more: Any) -> Body:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label}, **more}


def actions(*elements: Body) -> Body:
    return {"type": "actions", "elements": list(elements)}


def modal(title: str = "Start", **more: Any) -> Body:
    return {"type": "modal", "title": {"type": "plain_text", "text": title}, "blocks": [section()], **more}


def home(*blocks: Body) -> Body:
    return {"type": "home", "blocks": list(blocks)}


class TestTokens:
    async def test_a_call_without_a_token_is_not_authed(self, slack: FakeSlack) -> None:
        assert await error(client_of(slack, "").auth_test()) == "not_authed"

    async def test_an_unknown_token_is_invalid(self, slack: FakeSlack) -> None:
        assert await error(client_of(slack, "xoxb-made-up").auth_test()) == "invalid_auth"

    async def test_a_token_tells_whose_it_is(self, slack: FakeSlack, client: AsyncWebClient) -> None:
        told = await client.auth_test()
        workspace = slack.workspace(HOME_TEAM)
        assert (told["team_id"], told["user_id"], told["bot_id"]) == (
            HOME_TEAM,
            workspace.bot_user,
            workspace.bot_id,
        )

    async def test_a_revoked_token_is_worth_nothing(self, client: AsyncWebClient) -> None:
        assert (await client.auth_revoke(test=True))["revoked"] is False
        assert (await client.auth_revoke())["revoked"] is True
        assert await error(client.auth_test()) == "account_inactive"

    async def test_an_expired_token_says_so(
        self, slack: FakeSlack, clock: Clock, client: AsyncWebClient
    ) -> None:
        slack.tokens[slack.bot_token].expires_at = clock.now + 10
        assert (await client.auth_test())["ok"]
        clock.now += 10
        assert await error(client.auth_test()) == "token_expired"

    async def test_a_missing_scope_is_named(self, slack: FakeSlack, dm: str) -> None:
        token = slack.install("T0OTHER", frozenset({"im:read"})).value
        channel = slack.dm("T0OTHER", slack.user("U9OTHER", "T0OTHER").id).id
        refused = await refusal(client_of(slack, token).chat_postMessage(channel=channel, text="Hello"))
        assert (refused["error"], refused["needed"], refused["provided"]) == (
            "missing_scope",
            "chat:write",
            "im:read",
        )

    async def test_another_name_on_a_message_needs_a_scope_of_its_own(self, slack: FakeSlack) -> None:
        token = slack.install("T0OTHER", ALL_SCOPES - {"chat:write.customize"}).value
        channel = slack.dm("T0OTHER", slack.user("U9OTHER", "T0OTHER").id).id
        other = client_of(slack, token)
        assert (await other.chat_postMessage(channel=channel, text="Hello"))["ok"]
        posting = other.chat_postMessage(channel=channel, text="Hello", username="Helen Marsh")
        assert (await refusal(posting))["needed"] == "chat:write.customize"

    async def test_one_workspace_cannot_see_into_another(self, slack: FakeSlack, dm: str) -> None:
        other = client_of(slack, slack.install("T0OTHER").value)
        assert await error(other.chat_postMessage(channel=dm, text="Hello")) == "channel_not_found"
        assert await error(other.users_info(user=REP)) == "user_not_found"
        assert await error(other.views_publish(user_id=REP, view=home())) == "user_not_found"

    async def test_socket_mode_is_asked_for_with_the_app_token_only(
        self, slack: FakeSlack, client: AsyncWebClient
    ) -> None:
        opened = await client.apps_connections_open(app_token=slack.app.app_token)
        assert opened["url"].startswith("ws://127.0.0.1:")
        refused = client.apps_connections_open(app_token=slack.bot_token)
        assert await error(refused) == "not_allowed_token_type"
        app_level = client_of(slack, slack.app.app_token)
        assert await error(app_level.users_info(user=REP)) == "not_allowed_token_type"

    async def test_an_app_can_put_itself_out(self, slack: FakeSlack, client: AsyncWebClient) -> None:
        happened: list[str] = []
        slack.subscribe(lambda change: happened.append(change.kind))
        app = slack.app
        leaving = client.apps_uninstall(client_id=app.client_id, client_secret="wrong")  # noqa: S106
        assert await error(leaving) == "bad_client_secret"
        await client.apps_uninstall(client_id=app.client_id, client_secret=app.client_secret)
        assert happened == ["tokens_revoked", "app_uninstalled"]
        assert await error(client.auth_test()) == "account_inactive"


class TestWhoIsWho:
    async def test_people_are_told_with_their_address_only_by_scope(self, slack: FakeSlack) -> None:
        seen = (await client_of(slack).users_info(user=REP))["user"]
        assert seen["profile"] == {
            "real_name": "Robin Reed",
            "display_name": "robin",
            "email": "robin@t0acme.example",
        }
        token = slack.install(HOME_TEAM, ALL_SCOPES - {"users:read.email"}).value
        assert "email" not in (await client_of(slack, token).users_info(user=REP))["user"]["profile"]

    async def test_the_workspace_the_bot_and_everybody(
        self, slack: FakeSlack, client: AsyncWebClient
    ) -> None:
        workspace = slack.workspace(HOME_TEAM)
        assert (await client.team_info())["team"]["id"] == HOME_TEAM
        assert (await client.bots_info(bot=workspace.bot_id))["bot"]["user_id"] == workspace.bot_user
        assert {member["id"] for member in (await client.users_list())["members"]} == {
            REP,
            workspace.bot_user,
        }


class TestMethodsAndArguments:
    async def test_a_method_that_is_not_there_is_unknown(self, client: AsyncWebClient) -> None:
        assert await error(client.api_call("chat.postEverywhere")) == "unknown_method"

    @pytest.mark.parametrize(
        "method",
        [
            *("agents.sessions.setStatus", "agents.sessions.rename", "assistant.threads.setStatus"),
            *("assistant.threads.setTitle", "assistant.threads.setSuggestedPrompts"),
            *("chat.startStream", "chat.appendStream", "chat.stopStream"),
        ],
    )
    async def test_an_older_workspace_knows_nothing_of_newer_methods(self, method: str) -> None:
        async with FakeSlack(newer=False) as older:
            assert await error(client_of(older).api_call(method)) == "unknown_method"

    async def test_arguments_come_as_json_as_a_form_or_in_the_address(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        await client.api_call("chat.postMessage", json={"channel": dm, "blocks": [section("as json")]})
        form = {"channel": dm, "blocks": f"[{str(section('as a form')).replace(chr(39), chr(34))}]"}
        await client.api_call("chat.postMessage", data=form)
        await client.api_call(
            "chat.postMessage", http_verb="GET", params={"channel": dm, "text": "as a query"}
        )
        first, second, third = slack.seen(dm)
        assert [block["text"]["text"] for block in (first.blocks + second.blocks)] == ["as json", "as a form"]
        assert third.text == "as a query"

    async def test_what_cannot_be_read_is_refused(self, slack: FakeSlack) -> None:
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        kinds = {
            "application/json": (b"{", "invalid_json"),
            "text/csv": (b"a,b", "invalid_post_type"),
            "application/x-www-form-urlencoded": (b"blocks=[", "invalid_blocks_format"),
        }
        async with aiohttp.ClientSession() as http:
            for kind, (body, expected) in kinds.items():
                url = f"{slack.api_url}chat.postMessage"
                async with http.post(url, data=body, headers=headers | {"Content-Type": kind}) as answer:
                    assert (await answer.json())["error"] == expected

    async def test_every_call_is_logged(self, slack: FakeSlack, client: AsyncWebClient, dm: str) -> None:
        await client.chat_postMessage(channel=dm, text="Hello")
        await error(client.chat_postMessage(channel="D0NOBODY", text="Hello"))
        good, bad = slack.called("chat.postMessage")
        assert (good.args["text"], good.token, good.error) == ("Hello", slack.bot_token, "")
        assert bad.error == "channel_not_found"
        assert slack.called("chat.postMessage", ok=True) == [good]


class TestConversations:
    async def test_direct_messages_are_opened_once(self, client: AsyncWebClient, dm: str) -> None:
        for _ in range(2):
            assert (await client.conversations_open(users=REP))["channel"]["id"] == dm
        assert await error(client.conversations_open(users="U0NOBODY")) == "user_not_found"
        assert await error(client.conversations_open(users="")) == "users_list_not_supplied"

    async def test_a_bot_has_no_direct_messages_with_itself(
        self, slack: FakeSlack, client: AsyncWebClient
    ) -> None:
        bot = slack.workspace(HOME_TEAM).bot_user
        assert await error(client.conversations_open(users=bot)) == "cannot_dm_bot"

    async def test_what_kind_of_conversation_it_is(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        about = (await client.conversations_info(channel=dm))["channel"]
        assert (about["is_im"], about["user"]) == (True, REP)
        slack.channel("C1SALES")
        assert (await client.conversations_info(channel="C1SALES"))["channel"]["is_member"] is False

    async def test_a_thread_is_read_from_its_root_whichever_message_is_named(
        self, client: AsyncWebClient, dm: str
    ) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        replies = [
            (await client.chat_postMessage(channel=dm, text=f"reply {n}", thread_ts=root))["ts"]
            for n in range(3)
        ]
        await client.chat_postMessage(channel=dm, text="elsewhere")
        for named in (root, replies[1]):
            read = (await client.conversations_replies(channel=dm, ts=named))["messages"]
            assert [message["text"] for message in read] == ["root", "reply 0", "reply 1", "reply 2"]
        assert read[0]["reply_count"] == 3
        assert {message["thread_ts"] for message in read} == {root}
        assert await error(client.conversations_replies(channel=dm, ts="1.000001")) == "thread_not_found"

    async def test_history_is_newest_first_without_replies(self, client: AsyncWebClient, dm: str) -> None:
        root = (await client.chat_postMessage(channel=dm, text="first"))["ts"]
        await client.chat_postMessage(channel=dm, text="reply", thread_ts=root)
        await client.chat_postMessage(channel=dm, text="second")
        read = (await client.conversations_history(channel=dm))["messages"]
        assert [message["text"] for message in read] == ["second", "first"]
        later = (await client.conversations_history(channel=dm, oldest=root))["messages"]
        assert [message["text"] for message in later] == ["second"]
        both = await client.conversations_history(channel=dm, oldest=root, inclusive=True)
        assert len(both["messages"]) == 2

    async def test_metadata_is_read_only_by_those_who_ask_for_it(
        self, client: AsyncWebClient, dm: str
    ) -> None:
        metadata = {"event_type": "posted", "event_payload": {"key": "k1"}}
        ts = (await client.chat_postMessage(channel=dm, text="Hello", metadata=metadata))["ts"]
        plain = await client.conversations_replies(channel=dm, ts=ts)
        told = await client.conversations_replies(channel=dm, ts=ts, include_all_metadata=True)
        assert "metadata" not in plain["messages"][0]
        assert told["messages"][0]["metadata"] == metadata

    async def test_long_threads_come_in_pages(self, client: AsyncWebClient, dm: str) -> None:
        root = (await client.chat_postMessage(channel=dm, text="0"))["ts"]
        for n in range(1, 6):
            await client.chat_postMessage(channel=dm, text=str(n), thread_ts=root)
        texts: list[str] = []
        cursor = ""
        while not texts or cursor:
            page = await client.conversations_replies(channel=dm, ts=root, limit=2, cursor=cursor)
            texts += [message["text"] for message in page["messages"]]
            cursor = str((page.get("response_metadata") or {"next_cursor": ""})["next_cursor"])
            assert page["has_more"] is bool(cursor)
        assert texts == ["0", "1", "2", "3", "4", "5"]
        forged = client.conversations_replies(channel=dm, ts=root, cursor="bm9wZQ==")
        assert await error(forged) == "invalid_cursor"

    async def test_reading_needs_the_scope_of_that_kind_of_conversation(self, slack: FakeSlack) -> None:
        token = slack.install(HOME_TEAM, ALL_SCOPES - {"im:history"}).value
        reading = client_of(slack, token).conversations_history(channel=slack.dm(HOME_TEAM, REP).id)
        assert (await refusal(reading))["needed"] == "im:history"


class TestMessages:
    async def test_time_stamps_are_unique_and_rise(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        posted = await asyncio.gather(*(client.chat_postMessage(channel=dm, text=str(n)) for n in range(20)))
        stamps = [answer["ts"] for answer in posted]
        assert len(set(stamps)) == 20
        assert [message.ts for message in slack.seen(dm)] == sorted(stamps)

    async def test_posting_twice_posts_two_messages(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        metadata = {"event_type": "posted", "event_payload": {"key": "same"}}
        for _ in range(2):
            await client.chat_postMessage(channel=dm, text="Hello", metadata=metadata)
        assert len(slack.seen(dm)) == 2

    async def test_a_message_bears_the_name_and_picture_it_asks_for(
        self, client: AsyncWebClient, dm: str
    ) -> None:
        posted = await client.chat_postMessage(
            channel=dm, text="Good morning.", username="Helen Marsh", icon_emoji=":office_worker:"
        )
        message = posted["message"]
        assert (message["username"], message["icons"]) == ("Helen Marsh", {"emoji": ":office_worker:"})

    async def test_a_message_to_a_person_goes_to_the_direct_messages(
        self, client: AsyncWebClient, dm: str
    ) -> None:
        assert (await client.chat_postMessage(channel=REP, text="Hello"))["channel"] == dm

    async def test_a_reply_to_a_reply_is_in_the_same_thread(self, client: AsyncWebClient, dm: str) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        reply = (await client.chat_postMessage(channel=dm, text="reply", thread_ts=root))["ts"]
        nested = await client.chat_postMessage(channel=dm, text="nested", thread_ts=reply)
        assert nested["message"]["thread_ts"] == root

    async def test_there_is_no_replying_to_what_is_gone(self, client: AsyncWebClient, dm: str) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        await client.chat_delete(channel=dm, ts=root)
        late = client.chat_postMessage(channel=dm, text="late", thread_ts=root)
        assert await error(late) == "thread_not_found"

    async def test_a_deleted_root_with_replies_leaves_a_tombstone_and_its_thread(
        self, client: AsyncWebClient, dm: str
    ) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        await client.chat_postMessage(channel=dm, text="reply", thread_ts=root)
        await client.chat_delete(channel=dm, ts=root)
        await client.chat_postMessage(channel=dm, text="and on", thread_ts=root)
        first, *rest = (await client.conversations_replies(channel=dm, ts=root))["messages"]
        assert (first["subtype"], first["text"]) == ("tombstone", "This message was deleted.")
        assert [message["text"] for message in rest] == ["reply", "and on"]

    async def test_a_message_says_something(self, client: AsyncWebClient, dm: str) -> None:
        assert await error(client.api_call("chat.postMessage", json={"channel": dm})) == "no_text"

    async def test_a_very_long_text_is_cut_with_a_warning(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        answer = await client.chat_postMessage(channel=dm, text="a" * 40_001)
        assert answer["warning"] == "message_truncated"
        assert len(slack.seen(dm)[0].text) == 40_000

    async def test_a_channel_takes_messages_of_members_or_with_a_scope_for_all(
        self, slack: FakeSlack
    ) -> None:
        slack.channel("C1SALES", members=(REP,))
        token = slack.install(HOME_TEAM, ALL_SCOPES - {"chat:write.public"}).value
        outside = client_of(slack, token)
        assert await error(outside.chat_postMessage(channel="C1SALES", text="Hello")) == "not_in_channel"
        slack.channel("C1SALES", members=(slack.workspace(HOME_TEAM).bot_user,))
        assert (await outside.chat_postMessage(channel="C1SALES", text="Hello"))["ok"]

    async def test_metadata_has_a_type_and_a_payload(self, client: AsyncWebClient, dm: str) -> None:
        wrong_ones: list[Any] = [{"event_type": "posted"}, {"event_payload": {}}, "text"]
        for wrong in wrong_ones:
            body = {"channel": dm, "text": "Hello", "metadata": wrong}
            refused = await error(client.api_call("chat.postMessage", json=body))
            assert refused in {"invalid_metadata_format", "invalid_arguments"}

    async def test_a_message_of_ones_own_is_changed_and_keeps_its_metadata(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        metadata = {"event_type": "posted", "event_payload": {"key": "k1"}}
        ts = (await client.chat_postMessage(channel=dm, text="one", metadata=metadata))["ts"]
        await client.chat_update(channel=dm, ts=ts, text="two", blocks=[section("two")])
        message = slack.seen(dm)[0]
        assert (message.text, message.metadata, message.history) == ("two", metadata, ["one"])
        assert message.edited

    async def test_what_cannot_be_changed(self, slack: FakeSlack, client: AsyncWebClient, dm: str) -> None:
        hers = slack.post(Message(dm, slack.new_ts(), HOME_TEAM, REP, "mine")).ts
        assert await error(client.chat_update(channel=dm, ts=hers, text="x")) == "cant_update_message"
        assert await error(client.chat_delete(channel=dm, ts=hers)) == "cant_delete_message"
        assert await error(client.chat_update(channel=dm, ts="1.000001", text="x")) == "message_not_found"
        own = (await client.chat_postMessage(channel=dm, text="own"))["ts"]
        assert await error(client.chat_update(channel=dm, ts=own, text="a" * 4_001)) == "msg_too_long"
        await client.chat_delete(channel=dm, ts=own)
        assert await error(client.chat_update(channel=dm, ts=own, text="x")) == "message_not_found"

    async def test_an_ephemeral_message_is_seen_by_one_and_never_found_again(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        shown = await client.chat_postEphemeral(channel=dm, user=REP, text="Only you")
        assert [message.text for message in slack.ephemerals(REP)] == ["Only you"]
        assert (await client.conversations_history(channel=dm))["messages"] == []
        changing = client.chat_update(channel=dm, ts=shown["message_ts"], text="x")
        assert await error(changing) == "message_not_found"
        slack.user("U2OTHER")
        asking = client.chat_postEphemeral(channel=dm, user="U2OTHER", text="Psst")
        assert await error(asking) == "user_not_in_channel"

    async def test_a_message_has_an_address(self, client: AsyncWebClient, dm: str) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        reply = (await client.chat_postMessage(channel=dm, text="reply", thread_ts=root))["ts"]
        link = (await client.chat_getPermalink(channel=dm, message_ts=reply))["permalink"]
        path = f"archives/{dm}/p{reply.replace('.', '')}?thread_ts={root}&cid={dm}"
        assert link == f"https://t0acme.slack.com/{path}"


TOO_MUCH: dict[str, tuple[list[Body], str]] = {
    "51 blocks": ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "a section of 3,001 characters": (
        [section("a" * 3_001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "an empty section": (
        [section("")],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a header of 151 characters": (
        [{"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a header with markup": (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}],
        "must be a valid enum value [json-pointer:/blocks/0/text/type]",
    ),
    "a button of 76 characters": (
        [actions(button(label="a" * 76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "a button with a value of 2,001 characters": (
        [actions(button(value="a" * 2_001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "an action id of 256 characters": (
        [actions(button("a" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "the same action id twice in a block": (
        [actions(button(), button())],
        '`action_id` "go" already exists for another element [json-pointer:/blocks/0/elements/1/action_id]',
    ),
    "the same block id twice": (
        [section() | {"block_id": "b"}] * 2,
        '`block_id` "b" already exists for another block [json-pointer:/blocks/1/block_id]',
    ),
    "26 buttons": (
        [actions(*(button(f"go{n}") for n in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "no button at all": (
        [actions()],
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "11 pieces of context": (
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "11 fields": (
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "a"}] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "a field of 2,001 characters": (
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "a" * 2_001}]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "101 options": (
        [actions({"type": "static_select", "action_id": "s", "options": []} | {"options": [{}] * 101})],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "a block nobody knows": (
        [{"type": "hologram"}],
        "unsupported type: hologram [json-pointer:/blocks/0/type]",
    ),
    "an input in a message": (
        [{"type": "input", "label": {"type": "plain_text", "text": "a"}}],
        "unsupported type: input [json-pointer:/blocks/0/type]",
    ),
    "a property nobody knows": (
        [section() | {"colour": "red"}],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "a style nobody knows": (
        [actions(button(style="plain"))],
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "a question without an answer": (
        [actions(button(confirm={"title": {"type": "plain_text", "text": "Sure?"}}))],
        "missing required field: confirm [json-pointer:/blocks/0/elements/0/confirm]",
    ),
}


class TestBlocks:
    async def test_as_much_as_fits_is_taken(self, client: AsyncWebClient, dm: str) -> None:
        fits: list[Body] = [
            section("a" * 3_000),
            {"type": "header", "text": {"type": "plain_text", "text": "a" * 150}},
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "a" * 200}] * 10},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}] * 10},
            actions(*(button(f"go{n}", "a" * 75, value="a" * 2_000) for n in range(25))),
            *({"type": "divider"} for _ in range(45)),
        ]
        assert (await client.chat_postMessage(channel=dm, text="a", blocks=fits))["ok"]

    @pytest.mark.parametrize(("given", "problem"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
    async def test_what_does_not_fit_is_pointed_at(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, given: list[Body], problem: str
    ) -> None:
        refused = await refusal(client.chat_postMessage(channel=dm, text="a", blocks=given))
        assert refused["error"] == "invalid_blocks"
        assert f"[ERROR] {problem}" in refused["response_metadata"]["messages"]
        assert slack.seen(dm) == []

    async def test_all_blocks_together_have_a_limit_too(self, client: AsyncWebClient, dm: str) -> None:
        long = client.chat_postMessage(channel=dm, text="a", blocks=[section("a" * 3_000)] * 5)
        assert await error(long) == "msg_blocks_too_long"

    async def test_a_lenient_workspace_takes_what_no_real_one_would(self) -> None:
        async with FakeSlack(strict=False) as lenient:
            lenient.user(REP)
            many = [section()] * 51
            assert (await client_of(lenient).chat_postMessage(channel=REP, text="a", blocks=many))["ok"]

    def test_the_limits_are_those_of_slacks_own_models(self) -> None:
        assert blocks.SectionBlock.text_max_length == limits.SECTION
        assert blocks.SectionBlock.fields_max_length == limits.FIELDS
        assert blocks.HeaderBlock.text_max_length == limits.HEADER
        assert blocks.ActionsBlock.elements_max_length == limits.ACTIONS
        assert blocks.ContextBlock.elements_max_length == limits.CONTEXT
        assert blocks.InputBlock.label_max_length == limits.LABEL
        assert blocks.MarkdownBlock.text_max_length == limits.MARKDOWN
        assert blocks.SectionBlock.block_id_max_length == limits.ID
        assert blocks.ButtonElement.action_id_max_length == limits.ID
        assert blocks.ButtonElement.text_max_length == limits.BUTTON
        assert blocks.ButtonElement.value_max_length == limits.BUTTON_VALUE
        assert blocks.Option.label_max_length == limits.OPTION
        assert blocks.Option.value_max_length == limits.OPTION_VALUE
        assert blocks.StaticSelectElement.options_max_length == limits.OPTIONS
        assert View.title_max_length == limits.TITLE
        assert View.private_metadata_max_length == limits.PRIVATE_METADATA
        assert View.blocks_max_length == limits.VIEW_BLOCKS


class TestViews:
    async def test_a_trigger_opens_one_modal(self, slack: FakeSlack, client: AsyncWebClient) -> None:
        trigger = slack.trigger(HOME_TEAM, REP)
        view = (await client.views_open(trigger_id=trigger, view=modal()))["view"]
        assert [opened.id for opened in slack.modals[HOME_TEAM, REP]] == [view["id"]]
        again = client.views_open(trigger_id=trigger, view=modal())
        assert await error(again) == "exchanged_trigger_id"

    async def test_a_trigger_lives_three_seconds(
        self, slack: FakeSlack, clock: Clock, client: AsyncWebClient
    ) -> None:
        trigger = slack.trigger(HOME_TEAM, REP)
        clock.now += 3.01
        assert await error(client.views_open(trigger_id=trigger, view=modal())) == "expired_trigger_id"
        made_up = client.views_open(trigger_id="1.2.abc", view=modal())
        assert await error(made_up) == "invalid_trigger_id"

    @pytest.mark.parametrize(
        ("view", "problem"),
        [
            (modal("a" * 25), "must be less than 25 characters [json-pointer:/view/title/text]"),
            (
                modal(private_metadata="a" * 3_001),
                "must be less than 3001 characters [json-pointer:/view/private_metadata]",
            ),
            (
                modal(callback_id="a" * 256),
                "must be less than 256 characters [json-pointer:/view/callback_id]",
            ),
            (
                modal() | {"blocks": [section()] * 101},
                "no more than 100 items allowed [json-pointer:/view/blocks]",
            ),
            (
                modal()
                | {
                    "blocks": [
                        {
                            "type": "input",
                            "label": {"type": "plain_text", "text": "Question"},
                            "element": {"type": "plain_text_input"},
                        }
                    ]
                },
                "missing required field: submit [json-pointer:/view]",
            ),
        ],
    )
    async def test_a_view_beyond_the_limits_is_refused_and_costs_no_trigger(
        self, slack: FakeSlack, client: AsyncWebClient, view: Body, problem: str
    ) -> None:
        trigger = slack.trigger(HOME_TEAM, REP)
        refused = await refusal(client.views_open(trigger_id=trigger, view=view))
        assert refused["error"] == "invalid_arguments"
        assert refused["response_metadata"]["messages"] == [f"[ERROR] {problem}"]
        assert (await client.views_open(trigger_id=trigger, view=modal()))["ok"]

    async def test_a_stack_is_three_views_deep(self, slack: FakeSlack, client: AsyncWebClient) -> None:
        root = await client.views_open(trigger_id=slack.trigger(HOME_TEAM, REP), view=modal())
        for _ in range(2):
            pushed = await client.views_push(trigger_id=slack.trigger(HOME_TEAM, REP), view=modal())
        assert pushed["view"]["root_view_id"] == root["view"]["id"]
        fourth = client.views_push(trigger_id=slack.trigger(HOME_TEAM, REP), view=modal())
        assert await error(fourth) == "push_limit_reached"

    async def test_a_view_is_changed_under_its_newest_hash(
        self, slack: FakeSlack, client: AsyncWebClient
    ) -> None:
        opened = (await client.views_open(trigger_id=slack.trigger(HOME_TEAM, REP), view=modal()))["view"]
        changing = {"view_id": opened["id"], "hash": opened["hash"], "view": modal("Changed")}
        changed = (await client.views_update(**changing))["view"]
        assert changed["title"]["text"] == "Changed"
        assert changed["hash"] != opened["hash"]
        assert await error(client.views_update(**changing)) == "hash_conflict"
        assert await error(client.views_update(view_id="V0NONE", view=modal())) == "not_found"

    async def test_an_external_id_names_one_view(self, slack: FakeSlack, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=slack.trigger(HOME_TEAM, REP), view=modal(external_id="x1"))
        updated = await client.views_update(external_id="x1", view=modal("Changed", external_id="x1"))
        assert updated["view"]["external_id"] == "x1"
        slack.user("U2OTHER")
        second = client.views_open(
            trigger_id=slack.trigger(HOME_TEAM, "U2OTHER"), view=modal(external_id="x1")
        )
        assert await error(second) == "duplicate_external_id"

    async def test_a_home_page_stays_one_view_and_guards_its_hash(
        self, slack: FakeSlack, client: AsyncWebClient
    ) -> None:
        first = (await client.views_publish(user_id=REP, view=home(section("one"))))["view"]
        second = await client.views_publish(user_id=REP, view=home(section("two")), hash=first["hash"])
        assert second["view"]["id"] == first["id"]
        late = client.views_publish(user_id=REP, view=home(), hash=first["hash"])
        assert await error(late) == "hash_conflict"
        assert slack.homes[HOME_TEAM, REP].body["blocks"][0]["text"]["text"] == "two"
        assert await error(client.views_publish(user_id=REP, view=modal())) == "invalid_arguments"


class TestResponseUrls:
    async def test_it_answers_five_times_in_half_an_hour(
        self, slack: FakeSlack, clock: Clock, dm: str
    ) -> None:
        url = slack.response_url(HOME_TEAM, dm, REP)
        late = slack.response_url(HOME_TEAM, dm, REP)
        async with aiohttp.ClientSession() as http:
            statuses = [await status(http, url, json={"text": f"{n}"}) for n in range(6)]
            clock.now += 30 * 60 + 1
            assert await status(http, late, json={"text": "too late"}) == 404
        assert statuses == [200] * 5 + [404]
        assert [message.text for message in slack.ephemerals(REP)] == ["0", "1", "2", "3", "4"]

    async def test_it_shows_everybody_only_when_told_to(self, slack: FakeSlack, dm: str) -> None:
        url = slack.response_url(HOME_TEAM, dm, REP)
        async with aiohttp.ClientSession() as http:
            await status(http, url, json={"text": "Only you"})
            await status(http, url, json={"text": "All of you", "response_type": "in_channel"})
        assert [message.text for message in slack.seen(dm)] == ["All of you"]

    async def test_it_replaces_or_takes_away_the_message_it_came_from(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        ts = (await client.chat_postMessage(channel=dm, text="one"))["ts"]
        url = slack.response_url(HOME_TEAM, dm, REP, message_ts=ts)
        async with aiohttp.ClientSession() as http:
            await status(http, url, json={"text": "two", "replace_original": True})
            assert [message.text for message in slack.seen(dm)] == ["two"]
            await status(http, url, json={"delete_original": True})
        assert slack.seen(dm) == []

    async def test_its_uses_are_logged_and_fail_when_told_to(self, slack: FakeSlack, dm: str) -> None:
        url = slack.response_url(HOME_TEAM, dm, REP)
        slack.faults.next("response_url", "500_after")
        async with aiohttp.ClientSession() as http:
            statuses = [await status(http, url, json={"text": f"{n}"}) for n in range(2)]
        assert statuses == [500, 200]
        assert [message.text for message in slack.ephemerals(REP)] == ["0", "1"]
        assert [call.status for call in slack.called("response_url")] == [500, 200]

    async def test_it_takes_no_more_than_a_message_does(self, slack: FakeSlack, dm: str) -> None:
        url = slack.response_url(HOME_TEAM, dm, REP)
        wrong: list[Body] = [{}, {"text": "a", "response_type": "loud"}, {"blocks": [section("a" * 3_001)]}]
        async with aiohttp.ClientSession() as http:
            assert [await status(http, url, json=body) for body in wrong] == [400] * 3


class TestFiles:
    async def test_a_file_is_uploaded_then_shared_in_a_thread(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        root = (await client.chat_postMessage(channel=dm, text="root"))["ts"]
        await client.files_upload_v2(
            channel=dm, thread_ts=root, content="Robin: Hello", filename="call.txt", initial_comment="Yours"
        )
        shared = slack.thread(dm, root)[-1]
        assert (shared.text, shared.files[0]["name"]) == ("Yours", "call.txt")
        assert slack.uploads[shared.files[0]["id"]].content == b"Robin: Hello"

    async def test_what_was_not_uploaded_cannot_be_shared(self, client: AsyncWebClient, dm: str) -> None:
        ticket = await client.files_getUploadURLExternal(filename="a.txt", length=3)
        sharing = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id=dm)
        assert await error(sharing) == "file_not_found"
        async with aiohttp.ClientSession() as http:
            assert await status(http, ticket["upload_url"], data=b"four") == 400
            assert await status(http, ticket["upload_url"], data=b"abc") == 200


class TestStreams:
    @pytest.fixture
    async def root(self, client: AsyncWebClient, dm: str) -> str:
        return str((await client.chat_postMessage(channel=dm, text="root"))["ts"])

    async def test_a_stream_is_begun_written_to_and_ended(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        ts = (await client.chat_startStream(channel=dm, thread_ts=root, markdown_text="Good "))["ts"]
        assert slack.sessions[dm, root].status == "processing"
        editing = client.chat_update(channel=dm, ts=ts, text="x")
        assert await error(editing) == "streaming_state_conflict"
        await client.chat_appendStream(channel=dm, ts=ts, markdown_text="morn")
        await client.chat_stopStream(channel=dm, ts=ts, markdown_text="ing.", blocks=[section()])
        assert slack.thread(dm, root)[-1].text == "Good morning."
        assert slack.sessions[dm, root].status == "active"
        late = client.chat_appendStream(channel=dm, ts=ts, markdown_text="x")
        assert await error(late) == "message_not_in_streaming_state"
        assert (await client.chat_update(channel=dm, ts=ts, text="Good evening."))["ok"]

    async def test_a_stream_dies_after_five_minutes_though_it_is_written_to(
        self, clock: Clock, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        ts = (await client.chat_startStream(channel=dm, thread_ts=root))["ts"]
        for _ in range(5):
            clock.now += 60
            await client.chat_appendStream(channel=dm, ts=ts, markdown_text="word ")
        clock.now += 1
        for late in (
            client.chat_appendStream(channel=dm, ts=ts, markdown_text="x"),
            client.chat_stopStream(channel=dm, ts=ts),
        ):
            assert await error(late) == "message_not_in_streaming_state"
        assert (await client.chat_update(channel=dm, ts=ts, text="All of it."))["ok"]

    async def test_a_stream_takes_nothing_more_once_a_person_has_pressed_stop(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        ts = (await client.chat_startStream(channel=dm, thread_ts=root, markdown_text="Good "))["ts"]
        slack.thread(dm, root)[-1].stopped_by_user = True
        late = client.chat_appendStream(channel=dm, ts=ts, markdown_text="morning.")
        assert await error(late) == "stopped_by_user"
        assert slack.thread(dm, root)[-1].text == "Good "

    async def test_what_a_stream_does_not_take(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        long = client.chat_startStream(channel=dm, thread_ts=root, markdown_text="a" * 12_001)
        assert await error(long) == "msg_too_long"
        ts = (await client.chat_startStream(channel=dm, thread_ts=root))["ts"]
        nothing = client.chat_appendStream(channel=dm, ts=ts, markdown_text="")
        assert await error(nothing) == "markdown_text_or_chunks_required"
        not_a_stream = client.chat_appendStream(channel=dm, ts=root, markdown_text="x")
        assert await error(not_a_stream) == "message_not_in_streaming_state"
        slack.channel("C1SALES", members=(slack.workspace(HOME_TEAM).bot_user,))
        asked = (await client.chat_postMessage(channel="C1SALES", text="asked"))["ts"]
        in_channel = client.chat_startStream(channel="C1SALES", thread_ts=asked)
        assert await error(in_channel) == "missing_recipient_team_id"


class TestSessions:
    @pytest.fixture
    async def root(self, client: AsyncWebClient, dm: str) -> str:
        return str((await client.chat_postMessage(channel=dm, text="root"))["ts"])

    async def test_a_session_has_one_of_four_states_and_a_title(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        thread = {"channel_id": dm, "thread_ts": root}
        await client.agents_sessions_setStatus(**thread, status="processing", title="Helen Marsh")
        await client.agents_sessions_setStatus(**thread, status="active", title="Not used any more")
        assert slack.sessions[dm, root].title == "Helen Marsh"
        await client.agents_sessions_rename(**thread, title="Helen Marsh, again")
        assert slack.sessions[dm, root].title == "Helen Marsh, again"
        assert slack.sessions[dm, root].history == ["processing", "active"]
        free_text = client.agents_sessions_setStatus(**thread, status="is typing…")
        assert await error(free_text) == "invalid_arguments"
        too_long = client.agents_sessions_rename(**thread, title="a" * 201)
        assert await error(too_long) == "invalid_arguments"

    async def test_a_status_lasts_until_the_next_message(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, root: str
    ) -> None:
        await client.assistant_threads_setStatus(channel_id=dm, thread_ts=root, status="is typing…")
        assert slack.thread_status[dm, root] == "is typing…"
        await client.chat_postMessage(channel=dm, thread_ts=root, text="Good morning.")
        assert (dm, root) not in slack.thread_status

    async def test_prompts_are_four_at_most_and_need_no_thread(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str
    ) -> None:
        prompt = {"title": "Helen Marsh", "message": "Rehearse with Helen Marsh"}
        await client.assistant_threads_setSuggestedPrompts(channel_id=dm, prompts=[prompt] * 4)
        assert slack.prompts[dm] == [prompt] * 4
        five = client.assistant_threads_setSuggestedPrompts(channel_id=dm, prompts=[prompt] * 5)
        assert await error(five) == "invalid_arguments"


class TestRateLimits:
    async def test_a_channel_takes_a_short_burst_then_a_message_a_second(
        self, slack: FakeSlack, clock: Clock, client: AsyncWebClient, dm: str
    ) -> None:
        slack.rate_limits = True
        for n in range(4):
            await client.chat_postMessage(channel=dm, text=str(n))
        with pytest.raises(SlackApiError) as limited:
            await client.chat_postMessage(channel=dm, text="too many")
        assert limited.value.response.status_code == 429
        assert limited.value.response.headers["Retry-After"] == "1"
        slack.user("U2OTHER")
        assert (await client.chat_postMessage(channel="U2OTHER", text="elsewhere"))["ok"]
        clock.now += 1
        assert (await client.chat_postMessage(channel=dm, text="4"))["ok"]

    async def test_a_method_has_its_tier(
        self, slack: FakeSlack, clock: Clock, client: AsyncWebClient
    ) -> None:
        slack.rate_limits = True
        for _ in range(20):
            await client.users_list()
        assert await error(client.users_list()) == "ratelimited"
        clock.now += 3
        assert (await client.users_list())["ok"]


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "posted"),
        [
            ("500_before", 0),
            ("500_after", 1),
            ("503_after", 1),
            ("429", 0),
            ("reset_before", 0),
            ("reset_after", 1),
            ("timeout_before", 0),
            ("timeout_after", 1),
        ],
    )
    async def test_a_call_fails_before_or_after_its_effect(
        self, slack: FakeSlack, client: AsyncWebClient, dm: str, kind: str, posted: int
    ) -> None:
        slack.faults.next("chat.postMessage", kind)
        with pytest.raises((SlackApiError, aiohttp.ClientError, TimeoutError)):
            await client.chat_postMessage(channel=dm, text="Hello")
        assert len(slack.seen(dm)) == posted
        assert slack.calls[-1].effect is bool(posted)
        assert (await client.chat_postMessage(channel=dm, text="Hello"))["ok"]

    async def test_slacks_own_client_posts_twice_when_an_answer_is_lost(
        self, slack: FakeSlack, dm: str
    ) -> None:
        """Its default retries a broken connection: whoever must not double has to switch that off."""
        usual = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await usual.chat_postMessage(channel=dm, text="warm")
        slack.faults.next("chat.postMessage", "reset_after")
        await usual.chat_postMessage(channel=dm, text="Hello")
        assert [message.text for message in slack.seen(dm)] == ["warm", "Hello", "Hello"]

    def test_the_same_seed_draws_the_same_faults_of_both_sides(self) -> None:
        drawn = []
        for _ in range(2):
            faults = Faults(rate=0.1, seed=7)
            drawn.append([faults.draw("chat.postMessage") for _ in range(2_000)])
        assert drawn[0] == drawn[1]
        struck = [kind for kind in drawn[0] if kind]
        assert 150 < len(struck) < 250
        sides = {"before", "after"}
        expected = {"429"} | {f"{kind}_{side}" for kind in ("500", "timeout", "reset") for side in sides}
        assert set(struck) == expected


class TestWaiting:
    async def test_a_wait_in_vain_names_what_it_waited_for(self, slack: FakeSlack) -> None:
        with pytest.raises(AssertionError, match="the moon is full"):
            await slack.until(lambda: False, timeout=0.05, what="the moon is full")
