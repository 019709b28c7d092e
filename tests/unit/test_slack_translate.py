"""What Slack sends becomes what a person did; everything else becomes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import translate
from bot.slack.written import written
from bot.turns.incoming import Incoming, Kind

TEAM = "T0ACME"
DM = {"channel": "D1", "channel_type": "im", "event_ts": "10.1"}
ROOT, LATER = "1700000000.000100", "1700000009.000200"


def said(**event: Any) -> Incoming | None:
    return translate.message(TEAM, "Ev1", {"type": "message", "user": "U1", "ts": LATER, **DM, **event})


def button(action_id: str, value: str = "", **body: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U1"},
        "trigger_id": "13.7",
        "container": {"type": "message", "message_ts": LATER, "channel_id": "D1", "thread_ts": ROOT},
        "actions": [{"action_id": action_id, "value": value, "action_ts": "11.1"}],
        **body,
    }


def test_words_in_a_thread_belong_to_its_conversation() -> None:
    incoming = said(text="Hi Helen", thread_ts=ROOT)
    assert incoming is not None
    assert (incoming.kind, incoming.tenant, incoming.person) == (Kind.SAID, "slack-T0ACME", "U1")
    assert incoming.conversation == f"slack-T0ACME:D1:{ROOT}"
    assert incoming.event_key == "Ev1"
    assert incoming.place.model_dump() == {
        "person": "U1",
        "channel": "D1",
        "thread": ROOT,
        "reply_url": "",
    }
    assert incoming.data == {"text": "Hi Helen", "message": LATER}


def test_words_outside_a_thread_begin_one() -> None:
    incoming = said(text="Rehearse with Helen Marsh")
    assert incoming is not None
    assert incoming.place.thread == incoming.data["message"] == LATER
    assert incoming.conversation == f"slack-T0ACME:D1:{LATER}"


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("5 &lt; 6 &amp; 7 &gt; 6", "5 < 6 & 7 > 6"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("see <https://a.example/x?y=1|a.example>", "see a.example"),
        ("see <https://a.example/x>", "see https://a.example/x"),
        ("<@U9|dana> and <@U9>", "@dana and @U9"),
        ("<#C1|sales> <!here> <!subteam^S1|@team>", "#sales @here @team"),
        ("a <b> c", "a <b> c"),
    ],
)
def test_the_text_is_what_was_typed(sent: str, typed: str) -> None:
    assert written(sent) == typed


@given(st.text())
def test_any_text_survives_slacks_escaping(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert written(escaped) == text.strip()


@pytest.mark.parametrize(
    "event",
    [
        {"text": "hi", "bot_id": "B1"},
        {"text": "hi", "app_id": "A1", "bot_id": "B2"},
        {"text": "hi", "subtype": "bot_message"},
        {"text": "hi", "subtype": "channel_join"},
        {"text": "hi", "subtype": "assistant_app_thread"},
        {"text": "", "subtype": "huddle_thread"},
        {"text": "hi", "hidden": True},
        {"text": "hi", "user": "USLACKBOT"},
        {"text": "hi", "user": None},
        {"text": "hi", "channel": "C1", "channel_type": "channel"},
        {"text": ""},
        {"text": "  \n "},
    ],
)
def test_what_nobody_said_is_ignored(event: dict[str, Any]) -> None:
    assert said(**event) is None


def test_a_file_with_words_is_words_and_one_without_is_answered() -> None:
    files = [{"id": "F1"}]
    with_words = said(text="our offer", subtype="file_share", files=files)
    assert with_words is not None
    assert with_words.kind is Kind.SAID
    alone = said(text="", subtype="file_share", files=files, thread_ts=ROOT)
    assert alone is not None
    assert (alone.kind, alone.data) == (Kind.HELP, {"about": "files"})


def changed(before: dict[str, Any], after: dict[str, Any]) -> Incoming | None:
    known = {"user": "U1", "ts": LATER, "thread_ts": ROOT}
    return said(
        user=None,
        subtype="message_changed",
        hidden=True,
        message=known | after,
        previous_message=known | before,
    )


def test_an_edit_names_the_message_and_its_new_words() -> None:
    incoming = changed({"text": "Hi"}, {"text": "Hello", "edited": {"user": "U1", "ts": "1.2"}})
    assert incoming is not None
    assert (incoming.kind, incoming.person) == (Kind.EDITED, "U1")
    assert incoming.data == {"message": LATER, "text": "Hello"}
    assert incoming.conversation == f"slack-T0ACME:D1:{ROOT}"


def test_previews_and_our_own_updates_are_no_edits() -> None:
    link = "<https://a.example>"
    assert changed({"text": link}, {"text": link, "attachments": [{"title": "A"}]}) is None
    assert changed({"text": "…", "bot_id": "B1"}, {"text": "Hello.", "bot_id": "B1"}) is None


def test_a_deletion_names_the_message() -> None:
    previous = {"user": "U1", "ts": LATER, "thread_ts": ROOT, "text": "Hi"}
    gone = said(user=None, subtype="message_deleted", hidden=True, previous_message=previous)
    assert gone is not None
    assert (gone.kind, gone.data) == (Kind.DELETED, {"message": LATER})
    assert gone.place.thread == ROOT
    root = changed({"text": "Hi"}, {"text": "This message was deleted.", "subtype": "tombstone"})
    assert root is not None
    assert root.kind is Kind.DELETED
    ours = said(user=None, subtype="message_deleted", previous_message=previous | {"bot_id": "B1"})
    assert ours is None


@pytest.mark.parametrize(
    ("text", "stops"), [("stop", True), ("Stop!", True), ("stop it", False), ("?", False)]
)
def test_stop_is_stop_when_it_stands_alone(*, text: str, stops: bool) -> None:
    assert translate.is_stop(said(text=text, thread_ts=ROOT)) is stops


def test_the_home_tab_is_drawn_and_the_messages_tab_is_not() -> None:
    home = translate.home_opened(TEAM, "Ev1", {"user": "U1", "tab": "home", "channel": "D1"})
    assert home is not None
    assert (home.kind, home.conversation) == (Kind.HOME, "slack-T0ACME:home:U1")
    assert translate.home_opened(TEAM, "Ev1", {"user": "U1", "tab": "messages"}) is None


def test_a_mention_is_a_question_and_alone_a_cry_for_help() -> None:
    event = {"user": "U1", "channel": "C1", "ts": LATER}
    asked = translate.mention(TEAM, "Ev1", event | {"text": "<@U0BOT> what is the fee?"})
    assert asked is not None
    assert asked.kind is Kind.ASK
    assert asked.data == {"text": "what is the fee?", "roleplay": ""}
    assert (asked.place.channel, asked.place.thread) == ("C1", LATER)
    alone = translate.mention(TEAM, "Ev1", event | {"text": "<@U0BOT>"})
    assert alone is not None
    assert (alone.kind, alone.data) == (Kind.HELP, {"about": "copilot"})


def command(text: str) -> dict[str, Any]:
    return {
        "user_id": "U1",
        "channel_id": "C1",
        "text": text,
        "trigger_id": "13.7",
        "response_url": "https://hooks.example/1",
    }


def test_a_question_by_command_is_answered_the_way_it_came() -> None:
    incoming = translate.copilot_command(TEAM, command("what is the fee?"))
    assert (incoming.kind, incoming.data["text"]) == (Kind.ASK, "what is the fee?")
    assert incoming.place.reply_url == "https://hooks.example/1"
    assert incoming.conversation == "slack-T0ACME:ask:13.7"
    assert incoming.event_key == "13.7"
    assert translate.copilot_command(TEAM, command(" ")).kind is Kind.HELP


def test_the_roleplay_command_ends_helps_or_leaves_the_choice_to_a_modal() -> None:
    ended = translate.roleplay_command(TEAM, command("End"))
    assert ended is not None
    assert (ended.kind, ended.data) == (Kind.END, {"roleplay": ""})
    helped = translate.roleplay_command(TEAM, command("help"))
    assert helped is not None
    assert helped.data == {"about": "roleplay"}
    assert translate.roleplay_command(TEAM, command("")) is None
    assert translate.roleplay_command(TEAM, command("helen-marsh")) is None


@pytest.mark.parametrize(
    ("action", "value", "kind", "data"),
    [
        ("hint", "rp1", Kind.HINT, {"roleplay": "rp1"}),
        ("end", "rp1", Kind.END, {"roleplay": "rp1"}),
        ("answer", "rp1", Kind.ANSWER, {"roleplay": "rp1"}),
        ("export", "rp1", Kind.EXPORT, {"roleplay": "rp1"}),
        ("scorecard", "rp1", Kind.SCORECARD, {"roleplay": "rp1"}),
        ("share", "q1", Kind.SHARE, {"question": "q1"}),
        ("helpful", "q1", Kind.FEEDBACK, {"question": "q1", "verdict": "helpful"}),
        ("unhelpful", "q1", Kind.FEEDBACK, {"question": "q1", "verdict": "unhelpful"}),
        (
            "visibility",
            "rp1 manager",
            Kind.VISIBILITY,
            {"roleplay": "rp1", "visibility": "manager", "card": ""},
        ),
        (
            "visibility",
            "rp1 private card",
            Kind.VISIBILITY,
            {"roleplay": "rp1", "visibility": "private", "card": LATER},
        ),
    ],
)
def test_a_button_in_a_thread(action: str, value: str, kind: Kind, data: dict[str, Any]) -> None:
    incoming = translate.pressed(TEAM, button(f"salesmate_{action}", value))
    assert incoming is not None
    assert (incoming.kind, incoming.data) == (kind, data)
    assert incoming.conversation == f"slack-T0ACME:D1:{ROOT}"
    assert (incoming.place.channel, incoming.place.thread) == ("D1", ROOT)


def test_a_harder_call_does_not_wait_for_the_one_that_was() -> None:
    incoming = translate.pressed(TEAM, button("salesmate_harder", "rp1"))
    assert incoming is not None
    assert incoming.conversation == "slack-T0ACME:start:U1"


def test_a_button_on_the_home_tab_is_answered_in_her_messages() -> None:
    home = button("salesmate_scorecard", "rp1", container={"type": "view", "view_id": "V1"})
    incoming = translate.pressed(TEAM, home)
    assert incoming is not None
    assert (incoming.place.person, incoming.place.channel) == ("U1", "")


def test_a_button_under_a_private_answer_keeps_the_way_back() -> None:
    container = {"type": "message", "message_ts": LATER, "channel_id": "C1", "is_ephemeral": True}
    shared = translate.pressed(
        TEAM, button("salesmate_share", "q1", container=container, response_url="https://hooks.example/2")
    )
    assert shared is not None
    assert (shared.place.channel, shared.place.thread) == ("C1", "")
    assert shared.place.reply_url == "https://hooks.example/2"


def test_a_button_of_nobody_does_nothing() -> None:
    assert translate.pressed(TEAM, button("salesmate_open")) is None
    assert translate.pressed(TEAM, button("salesmate_drop_tables")) is None


def test_a_modal_is_sent_once() -> None:
    body = {"user": {"id": "U1"}, "view": {"id": "V1", "hash": "1.a"}}
    incoming = translate.submitted(TEAM, body, Kind.START, persona="helen-marsh")
    assert (incoming.event_key, incoming.conversation) == ("V1:1.a", "slack-T0ACME:start:U1")
    assert incoming.data == {"persona": "helen-marsh"}
    asked = translate.submitted(TEAM, body, Kind.ASK, text="?", roleplay="rp1")
    assert asked.conversation == "slack-T0ACME:ask:V1:1.a"


def test_the_shortcut_on_a_message_asks_about_its_words() -> None:
    body = {
        "user": {"id": "U1"},
        "channel": {"id": "D1"},
        "trigger_id": "13.7",
        "response_url": "https://hooks.example/3",
        "message": {"ts": LATER, "thread_ts": ROOT, "text": "What do you charge?", "bot_id": "B1"},
    }
    own = translate.message_shortcut(TEAM, body)
    assert (own.kind, own.data["text"]) == (Kind.ASK, "What do you charge?")
    assert (own.place.thread, own.place.reply_url) == (ROOT, "")
    among_others = translate.message_shortcut(TEAM, body | {"channel": {"id": "C1"}})
    assert among_others.place.reply_url == "https://hooks.example/3"
