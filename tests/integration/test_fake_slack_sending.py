"""What the double of Slack sends and how, from Slack's documentation, to a small app of the real Bolt."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.slack import noise, payloads
from tests.fakes.slack.people import Person
from tests.fakes.slack.server import FakeSlack, Server

Body = dict[str, Any]


@dataclass
class Heard:
    """What reached the app, and how the next requests are met before Bolt sees them."""

    events: list[Body] = field(default_factory=list)
    retries: list[tuple[str, str]] = field(default_factory=list)
    """Number and reason of the retry, of every event that came."""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    meets: list[int | float] = field(default_factory=list)
    """A status answers at once with it; a fraction is a pause in seconds before Bolt goes on."""
    answers: dict[str, str] = field(default_factory=dict)
    """Headers of the statuses above."""

    def of(self, kind: str) -> list[Body]:
        """The events of a type (and subtype, after a dot)."""
        return [e for e in self.events if kind in (e["type"], f"{e['type']}.{e.get('subtype', '')}")]


def small_app(slack: FakeSlack, heard: Heard) -> AsyncApp:
    """An app that notes its events, answers /echo, and opens a modal from a shortcut or a button."""
    app = AsyncApp(
        token=slack.bot_token,
        signing_secret=slack.signing_secret,
        client=AsyncWebClient(slack.bot_token, base_url=slack.api_url),
        process_before_response=True,
        ignoring_self_events_enabled=False,
    )

    @app.middleware
    async def note(body: Body, request: Any, next: Any) -> None:  # noqa: A002 - Bolt's name
        if "event" in body:
            heard.events.append(body["event"])
            got = request.headers
            number, reason = got.get("x-slack-retry-num", [""])[0], got.get("x-slack-retry-reason", [""])[0]
            heard.retries.append((number, reason))
        await next()

    async def nothing() -> None:
        """Taken."""

    for event in (
        "message",
        "app_home_opened",
        "app_mention",
        "agent_session_stopped",
        "app_context_changed",
    ):
        app.event(event)(nothing)

    _offers_commands(app)
    _offers_a_form(app, heard)
    return app


def _offers_commands(app: AsyncApp) -> None:
    @app.command("/echo")
    async def echo(ack: Any, command: Body) -> None:
        await ack(command["text"])

    @app.command("/broken")
    async def broken() -> None:
        raise RuntimeError("on purpose")


def _offers_a_form(app: AsyncApp, heard: Heard) -> None:
    @app.shortcut("order")
    async def order(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=order_form())
        await ack()

    @app.shortcut("quote")
    async def quote(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await client.chat_postMessage(
            channel=body["channel"]["id"], text=f"You said {body['message']['text']}"
        )
        await ack()

    @app.options("customer")
    async def customers(ack: Any, payload: Body) -> None:
        found = [name for name in ("Helen Marsh", "Priya Raman") if payload["value"].lower() in name.lower()]
        await ack(options=[{"text": {"type": "plain_text", "text": n}, "value": n[:5]} for n in found])

    @app.action("more")
    async def more(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=order_form())
        await ack()

    _takes_the_form(app, heard)


def _takes_the_form(app: AsyncApp, heard: Heard) -> None:
    @app.view("order")
    async def ordered(ack: Any, view: Body) -> None:
        heard.events.append({"type": "ordered", "values": view["state"]["values"]})
        note = view["state"]["values"]["note"]["note"]["value"]
        if note == "wrong":
            await ack(response_action="errors", errors={"note": "Say something else."})
        elif note in ("update", "push"):
            await ack(response_action=note, view=order_form(title="Another"))
        elif note == "clear":
            await ack(response_action="clear")
        else:
            await ack()

    @app.view_closed("order")
    async def closed(body: Body) -> None:
        heard.events.append({"type": "closed", "id": body["view"]["id"]})

    @app.action("size")
    async def sized(payload: Body) -> None:
        heard.events.append({"type": "sized", "to": payload["selected_option"]["value"]})


def order_form(title: str = "Order") -> Body:
    """A modal with a searched menu, a menu with a first choice and a text."""
    sizes = [{"text": {"type": "plain_text", "text": s}, "value": s} for s in ("small", "large")]
    who = {"type": "external_select", "action_id": "customer", "min_query_length": 2}
    size = {"type": "static_select", "action_id": "size", "options": sizes, "initial_option": sizes[0]}
    fields = {"Customer": who, "Size": size, "Note": {"type": "plain_text_input", "action_id": "note"}}
    blocks = [
        {
            "type": "input",
            "block_id": label.lower(),
            "label": {"type": "plain_text", "text": label},
            "element": element,
        }
        for label, element in fields.items()
    ]
    blocks[1]["dispatch_action"] = True
    top, submit = ({"type": "plain_text", "text": text} for text in (title, "Send"))
    form = {"type": "modal", "callback_id": "order", "title": top, "submit": submit, "blocks": blocks}
    return form | {"notify_on_close": True}


@contextlib.asynccontextmanager
async def serving(slack: FakeSlack, app: AsyncApp, heard: Heard) -> AsyncIterator[None]:
    """The app behind an address, as `slack` is told."""
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        heard.requests.append((dict(request.headers), await request.body()))
        met = heard.meets.pop(0) if heard.meets else 0.0
        if isinstance(met, int):
            return Response(status_code=met, headers=heard.answers)
        await asyncio.sleep(met)
        return await handler.handle(request)

    listening = socket.create_server(("127.0.0.1", 0))
    slack.events_url = f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events"
    routes = [Route("/slack/events", events, methods=["POST"])]
    server = Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.force_exit = True
        server.end()
        await task


@pytest.fixture
def heard() -> Heard:
    """What reached the app."""
    return Heard()


@pytest_asyncio.fixture
async def slack(heard: Heard) -> AsyncIterator[FakeSlack]:
    """A Slack with the small app behind it."""
    async with FakeSlack() as slack, serving(slack, small_app(slack, heard), heard):
        yield slack


@pytest.fixture
def rep(slack: FakeSlack) -> Person:
    """A person."""
    return slack.person("U1REP")


async def test_a_message_in_the_direct_messages_reaches_the_app_as_slack_sends_it(
    rep: Person, heard: Heard
) -> None:
    thread = await rep.says("Hi <there> & hello")
    (event,) = heard.of("message")
    assert event["text"] == "Hi &lt;there&gt; &amp; hello"
    assert (event["user"], event["channel"], event["channel_type"]) == ("U1REP", rep.dm.id, "im")
    assert "subtype" not in event
    assert "thread_ts" not in event
    await thread.says("and this")
    assert heard.of("message")[-1]["thread_ts"] == thread.ts


async def test_every_message_of_the_conversation_is_told_also_the_apps_own(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    posted = await client.chat_postMessage(channel=rep.dm.id, text="Mine")
    await client.chat_postMessage(channel=rep.dm.id, text="Named", username="Helen", icon_emoji=":office:")
    await client.chat_update(channel=rep.dm.id, ts=posted["ts"], text="Mine, better")
    await client.chat_delete(channel=rep.dm.id, ts=posted["ts"])
    await slack.sender.settled()
    mine = heard.of("message")[0]
    assert mine["bot_id"] == rep.workspace.bot_id
    assert mine["user"] == rep.workspace.bot_user
    (named,) = heard.of("message.bot_message")
    assert named["username"] == "Helen"
    assert "user" not in named
    (changed,) = heard.of("message.message_changed")
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("Mine, better", "Mine")
    (deleted,) = heard.of("message.message_deleted")
    assert (deleted["hidden"], deleted["deleted_ts"]) == (True, posted["ts"])


async def test_people_change_and_delete_only_their_own_messages(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    thread = await rep.says("First")
    line = await thread.says("Second")
    await line.edit("Second, better")
    (changed,) = heard.of("message.message_changed")
    assert changed["message"]["edited"]["user"] == rep.id
    await line.delete()
    assert len(heard.of("message.message_deleted")) == 1
    theirs = await slack.person("U2OTHER").joins_thread_of(thread)
    with pytest.raises(AssertionError, match="only what they wrote themselves"):
        await theirs.root.edit("Mine now")


async def test_the_root_of_a_thread_leaves_a_tombstone(rep: Person, heard: Heard) -> None:
    thread = await rep.says("Root")
    await thread.says("Reply")
    await thread.root.delete()
    (changed,) = heard.of("message.message_changed")
    assert changed["message"]["subtype"] == "tombstone"
    assert not heard.of("message.message_deleted")


async def test_files_come_as_file_share_with_or_without_words(rep: Person, heard: Heard) -> None:
    thread = await rep.says("Hello")
    await rep.uploads("deck.pdf", thread=thread)
    (shared,) = heard.of("message.file_share")
    assert (shared["text"], shared["files"][0]["name"], shared["thread_ts"]) == ("", "deck.pdf", thread.ts)


async def test_the_odd_messages_of_a_conversation_have_their_subtypes(rep: Person, heard: Heard) -> None:
    thread = await rep.says("Hello")
    line = await thread.says("See https://northgate.example")
    await noise.huddle(thread)
    await noise.assistant_thread(rep)
    await noise.joins(rep, rep.dm.id)
    await noise.other_app(thread, "I am another app")
    await noise.empty(thread)
    await noise.unfurled(line)
    kinds = [event.get("subtype", "") for event in heard.of("message")]
    odd = ["huddle_thread", "assistant_app_thread", "channel_join", "bot_message", "", "message_changed"]
    assert kinds[2:] == odd
    unfurled = heard.events[-1]
    assert unfurled["message"]["text"] == unfurled["previous_message"]["text"]
    assert "edited" not in unfurled["message"]


async def test_in_a_channel_the_app_hears_mentions_and_what_it_subscribed_to(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    slack.channel("C1SALES", members=(rep.id, rep.workspace.bot_user))
    await rep.posts("C1SALES", "lunch?")
    assert not heard.events
    await rep.mentions_app("C1SALES", "what is our price?")
    (mention,) = heard.of("app_mention")
    assert mention["text"] == f"<@{rep.workspace.bot_user}> what is our price?"
    slack.sender.subscriptions.add("message.channels")
    await rep.posts("C1SALES", "lunch!")
    assert heard.of("message")[-1]["channel_type"] == "channel"


async def test_what_a_person_looks_at_is_told_without_saying_who(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    slack.channel("C1SALES", members=(rep.id,))
    await rep.looks_at("C1SALES")
    (changed,) = heard.of("app_context_changed")
    assert changed["context"]["entities"][0]["value"] == "C1SALES"
    assert "user" not in changed


async def test_a_workspace_without_the_app_sends_nothing(slack: FakeSlack, heard: Heard) -> None:
    await slack.person("U9FAR", team="T0FAR").says("Anybody here?")
    assert not heard.requests


async def test_opening_the_app_is_told_with_the_tab_and_the_page(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    await rep.opens_messages()
    await rep.opens_home()
    messages, home = heard.of("app_home_opened")
    assert (messages["tab"], home["tab"]) == ("messages", "home")
    assert "view" not in home
    with pytest.raises(AssertionError, match="published none"):
        assert rep.home.words
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "Order"}}
    page = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    await client.views_publish(user_id=rep.id, view=page)
    await rep.opens_home()
    assert heard.of("app_home_opened")[-1]["view"]["type"] == "home"
    await rep.presses(rep.home, "Order")
    assert (await rep.modal()).title == "Order"


# --- deliveries ---


async def test_an_event_not_taken_comes_again_with_its_number_and_reason(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    heard.meets = [500, 404]
    await rep.says("Hello")
    ids = {d.event_id for d in slack.sender.deliveries}
    assert [(d.attempt, d.reason) for d in slack.sender.deliveries] == [
        (0, ""),
        (1, "http_error"),
        (2, "http_error"),
    ]
    assert (len(ids), len(heard.events)) == (1, 1)
    assert heard.retries == [("2", "http_error")]


async def test_an_answer_that_takes_too_long_is_a_time_out(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    slack.sender.ack_s = 0.1
    heard.meets = [0.3]
    await rep.says("Hello")
    assert heard.retries[0] == ("1", "http_timeout")


async def test_an_app_that_is_away_gets_the_event_when_it_is_back(slack: FakeSlack, rep: Person) -> None:
    url, slack.events_url = slack.events_url, "http://127.0.0.1:9/slack/events"
    said = asyncio.create_task(rep.says("Hello"))
    await slack.until(lambda: slack.sender.deliveries)
    slack.events_url = url
    await said
    assert slack.sender.deliveries[-1].answer.taken
    assert slack.sender.deliveries[1].reason == "connection_failed"


async def test_three_retries_at_once_after_a_minute_and_after_five_then_the_event_is_lost(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    slack.sender.retry_scale = 0.001
    heard.meets = [500] * 9
    begun = time.monotonic()
    await rep.says("Hello")
    assert len(heard.requests) == 4
    assert [body["event"]["text"] for body in slack.sender.lost] == ["Hello"]
    assert time.monotonic() - begun >= 0.36


async def test_an_app_can_refuse_further_retries(slack: FakeSlack, rep: Person, heard: Heard) -> None:
    heard.meets, heard.answers = [500], {"X-Slack-No-Retry": "1"}
    await rep.says("Hello")
    assert (len(heard.requests), len(slack.sender.lost)) == (1, 1)


async def test_a_test_can_have_an_event_delivered_many_times_and_out_of_order(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    await rep.says("Hello", deliveries=4)
    assert sorted(number for number, _ in heard.retries) == ["", "1", "2", "3"]
    assert all(reason for number, reason in heard.retries if number)
    assert len({d.event_id for d in slack.sender.deliveries}) == 1
    slack.sender.copies = lambda _event: 2
    await rep.opens_home()
    await rep.says("Hello again")
    assert [len(heard.of(kind)) for kind in ("app_home_opened", "message")] == [2, 6]


async def test_a_command_is_sent_once_and_its_failure_is_shown_to_the_person(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    slack.sender.ack_s = 0.1
    heard.meets = [0.3]
    slow = await rep.types("/echo", "hello")
    broken = await rep.types("/broken")
    assert (slow.error, broken.error) == ("operation_timeout", "dispatch_failed")
    assert rep.errors == ["operation_timeout", "dispatch_failed"]
    assert len(heard.requests) == 2


async def test_the_body_of_a_commands_answer_is_shown_to_the_person_alone(rep: Person) -> None:
    await rep.types("/echo", "hello")
    assert [seen.text for seen in rep.ephemerals] == ["hello"]
    assert not rep.threads
    assert (await rep.types("/echo")).taken
    assert len(rep.ephemerals) == 1


async def test_requests_are_signed_and_a_forgery_or_a_replay_is_for_the_app_to_refuse(
    slack: FakeSlack, heard: Heard
) -> None:
    body = payloads.as_json({"type": "event_callback", "event": {"type": "message"}, "team_id": "T0ACME"})
    forged = await slack.sender.request(body, payloads.JSON, secret="another")  # noqa: S106
    old = await slack.sender.request(body, payloads.JSON, at=time.time() - 301)
    assert (forged.status, old.status) == (401, 401)
    assert not heard.events


async def test_the_request_url_is_verified_and_the_certificate_checked(
    slack: FakeSlack,
) -> None:
    assert (await slack.sender.verifies_url("abc")).body == {"challenge": "abc"}
    assert (await slack.sender.checks_ssl()).status == 200


# --- what people do ---


async def test_a_modal_is_filled_by_its_labels(rep: Person, heard: Heard) -> None:
    await rep.shortcut("order")
    modal = await rep.modal()
    assert modal.labels == ["Customer", "Size", "Note"]
    assert modal.values == {"Customer": None, "Size": "small", "Note": None}
    assert await modal.search("customer", "ma") == ["Helen Marsh", "Priya Raman"]
    missing = await modal.submit()
    assert missing is not None
    assert set(missing) == {"Customer", "Note"}
    assert not heard.of("ordered")
    await modal.choose("Customer", "Helen Marsh")
    await modal.choose("Size", "large")
    await modal.fill("Note", "wrong")
    assert await modal.submit() == {"Note": "Say something else."}
    assert modal.is_open
    await modal.fill("Note", "soon")
    assert await modal.submit() is None
    assert not rep.has_modal
    assert heard.of("sized") == [{"type": "sized", "to": "large"}]
    values = heard.of("ordered")[-1]["values"]
    assert values["customer"]["customer"]["selected_option"]["value"] == "Helen"
    assert values["size"]["size"]["selected_option"]["value"] == "large"


async def test_the_answer_to_a_submission_changes_stacks_or_clears_the_modals(rep: Person) -> None:
    await rep.shortcut("order")
    modal = await rep.modal()
    await modal.choose("Customer", "Helen Marsh")
    await modal.fill("Note", "update")
    assert await modal.submit() is None
    assert (modal.title, len(rep.open_views)) == ("Another", 1)
    await modal.fill("Note", "push")
    assert await modal.submit() is None
    top = await rep.modal()
    assert (top.id != modal.id, len(rep.open_views)) == (True, 2)
    assert top.values["Note"] is None
    await top.choose("Customer", "Helen Marsh")
    await top.fill("Note", "done")
    assert await top.submit() is None
    assert (await rep.modal()).id == modal.id
    await modal.fill("Note", "clear")
    assert await modal.submit() is None
    assert not rep.has_modal


async def test_a_modal_refuses_what_a_person_could_not_do(rep: Person) -> None:
    await rep.shortcut("order")
    modal = await rep.modal()
    with pytest.raises(AssertionError, match="no field 'Colour'"):
        await modal.fill("Colour", "red")
    with pytest.raises(AssertionError, match="offers"):
        await modal.choose("Size", "huge")
    with pytest.raises(AssertionError, match="from 2 characters"):
        await modal.search("Customer", "h")
    await modal.close()
    with pytest.raises(AssertionError, match="closed"):
        await modal.submit()
    with pytest.raises(AssertionError, match="No modal opened"):
        await rep.modal(within_s=0.05)


async def test_a_modal_that_asked_for_it_tells_when_it_is_closed(rep: Person, heard: Heard) -> None:
    await rep.shortcut("order")
    modal = await rep.modal()
    await modal.close()
    assert heard.of("closed") == [{"type": "closed", "id": modal.id}]
    assert not rep.has_modal


async def test_buttons_are_found_by_their_words(slack: FakeSlack, rep: Person) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "Order"}}
    await client.chat_postMessage(
        channel=rep.dm.id, text="Go", blocks=[{"type": "actions", "elements": [button]}]
    )
    thread = await rep.newest_thread()
    await rep.presses(thread.root, "Order")
    assert (await rep.modal()).title == "Order"
    with pytest.raises(AssertionError, match="no 'Stop' to press"):
        await rep.presses(thread.root, "Stop")


async def test_a_message_shortcut_brings_the_message(slack: FakeSlack, rep: Person) -> None:
    thread = await rep.says("Hello")
    await rep.message_shortcut(thread.root, "quote")
    assert (await rep.newest_thread()).root.text == "You said Hello"
    await slack.sender.settled()


async def test_of_a_private_message_the_app_gets_the_place_but_not_the_text(
    rep: Person, slack: FakeSlack
) -> None:
    button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "Order"}}
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    blocks = [{"type": "actions", "elements": [button]}]
    await client.chat_postEphemeral(channel=rep.dm.id, user=rep.id, text="Psst", blocks=blocks)
    (seen,) = rep.ephemerals
    await rep.presses(seen, "Order")
    assert (await rep.modal()).title == "Order"
    with pytest.raises(AssertionError, match="does not see"):
        await slack.person("U2OTHER").presses(seen, "Order")
    with pytest.raises(AssertionError, match="no shortcuts"):
        await rep.message_shortcut(seen, "quote")


async def test_stop_is_there_while_the_app_works_and_ends_its_streams(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    thread = await rep.says("Hello")
    with pytest.raises(AssertionError, match="nothing to stop"):
        await rep.stops(thread, within_s=0.05)
    stream = await client.chat_startStream(channel=rep.dm.id, thread_ts=thread.ts, markdown_text="Well,")
    assert await thread.replies(at_least=0) == []
    await rep.stops(thread)
    (stopped,) = heard.of("agent_session_stopped")
    assert stopped["streaming_message_ts"] == [stream["ts"]]
    assert "team_id" not in stopped


async def test_stop_is_there_while_a_session_is_processing(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    thread = await rep.says("Hello")
    waiting = asyncio.create_task(rep.stops(thread))
    asked = {"channel_id": rep.dm.id, "thread_ts": thread.ts, "status": "processing", "title": "Helen"}
    await client.api_call("agents.sessions.setStatus", json=asked)
    await waiting
    assert heard.of("agent_session_stopped")[0]["streaming_message_ts"] == []
    assert thread.title == "Helen"
    slack.sender.subscriptions.discard("agent_session_stopped")
    with pytest.raises(AssertionError, match="does not offer Stop"):
        await rep.stops(thread)


async def test_threads_that_the_app_begins_are_given_one_after_the_other(
    slack: FakeSlack, rep: Person
) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    await rep.says("My own root")
    await client.chat_postMessage(channel=rep.dm.id, text="One")
    assert (await rep.newest_thread()).root.text == "One"
    with pytest.raises(AssertionError, match="No thread began"):
        await rep.newest_thread(within_s=0.05)
    await client.chat_postMessage(channel=rep.dm.id, text="Two")
    assert (await rep.newest_thread()).root.text == "Two"
    assert [thread.root.text for thread in rep.threads] == ["My own root", "One", "Two"]


async def test_a_stranger_writes_in_a_thread_under_her_own_name(
    slack: FakeSlack, rep: Person, heard: Heard
) -> None:
    thread = await rep.says("Hello")
    theirs = await slack.person("U2OTHER").joins_thread_of(thread)
    await theirs.says("May I?")
    assert (heard.of("message")[-1]["user"], heard.of("message")[-1]["thread_ts"]) == ("U2OTHER", thread.ts)
    assert [seen.text for seen in await thread.replies(from_bot=False)] == ["May I?"]


async def test_a_message_shows_whom_it_pings_and_where_it_leads(slack: FakeSlack, rep: Person) -> None:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    text = "<!here> see <https://evil.example|our page>, &lt;!channel&gt;"
    await client.chat_postMessage(channel=rep.dm.id, text=text)
    seen = (await rep.newest_thread()).root
    assert seen.pings == ["!here"]
    assert seen.links == [("https://evil.example", "our page")]
    assert seen.text.endswith("<!channel>")


async def test_what_never_comes_is_said_with_what_is_there(rep: Person) -> None:
    thread = await rep.says("Hello")
    with pytest.raises(AssertionError, match=r"1 replies were waited for; the thread holds .*Hello"):
        await thread.replies(within_s=0.05)


# --- Socket Mode ---


@contextlib.asynccontextmanager
async def connected(slack: FakeSlack, heard: Heard) -> AsyncIterator[AsyncSocketModeHandler]:
    """The small app on a WebSocket."""
    client = AsyncWebClient(base_url=slack.api_url)
    handler = AsyncSocketModeHandler(
        small_app(slack, heard), slack.app.app_token, web_client=client, ping_interval=0.2
    )
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await slack.until(lambda: slack.sockets.open)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def test_over_a_socket_events_commands_and_modals_come_without_http(
    slack: FakeSlack, heard: Heard
) -> None:
    rep = slack.person("U1REP")
    async with connected(slack, heard):
        await rep.says("Hello")
        await rep.types("/echo", "hello")
        await rep.shortcut("order")
        modal = await rep.modal()
        assert await modal.search("Customer", "helen") == ["Helen Marsh"]
    assert heard.of("message")[0]["text"] == "Hello"
    assert rep.ephemerals[0].text == "hello"
    assert not heard.requests
    assert len(slack.sockets.acks) == 4


async def test_an_unacked_envelope_comes_again_under_another_id(slack: FakeSlack, heard: Heard) -> None:
    rep = slack.person("U1REP")
    slack.sender.ack_s = 0.2
    async with connected(slack, heard):
        slack.sockets.open[0].muted = True
        said = asyncio.create_task(rep.says("Hello"))
        await slack.until(lambda: heard.events)
        slack.sockets.open[0].muted = False
        await said
    assert heard.retries == [("0", ""), ("1", "timeout")]
    assert len({d.event_id for d in slack.sender.deliveries}) == 1


@pytest.mark.parametrize("how", ["warning", "refresh_requested", "dropped"])
async def test_a_connection_that_is_renewed_loses_nothing(slack: FakeSlack, heard: Heard, how: Any) -> None:
    rep = slack.person("U1REP")
    async with connected(slack, heard):
        first = slack.sockets.open[0]
        await (slack.sockets.drop() if how == "dropped" else slack.sockets.disconnect(how))
        await rep.says("Hello")
        assert slack.sockets.open
        assert slack.sockets.open[-1] is not first
    assert [event["text"] for event in heard.events] == ["Hello"]


async def test_an_address_opens_one_connection_and_an_app_has_ten(slack: FakeSlack) -> None:
    client = AsyncWebClient(base_url=slack.api_url)
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for number in range(1, 11):
            url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
            ws = await stack.enter_async_context(session.ws_connect(url))
            hello = await ws.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", number)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
        eleventh = await stack.enter_async_context(session.ws_connect(url))
        assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
