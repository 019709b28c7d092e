"""What Slack sends, as what a person did. Pure: a payload goes in, an Incoming or nothing comes out.

Where things happen (team, user, channel, timestamps) is taken from Slack's signed payload alone. What a
button or a modal carries only names something, which is later looked up among the person's own records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.presentation import Place
from bot.shown.seen import ON_CARD
from bot.slack.blocks import ACTION_PREFIX
from bot.slack.tokens import tenant_of
from bot.slack.written import written
from bot.turns.incoming import Incoming, Kind

Payload = Mapping[str, Any]

PLATFORM = "slack"
SPOKEN = frozenset(("", "file_share", "thread_broadcast", "me_message"))
"""Subtypes of a message that a person wrote; all others are Slack's own or another app's."""
STOP_WORDS = frozenset(("stop", "stop!", "stop."))
SLACKBOT = "USLACKBOT"
MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^<>]*)?>")


# --- events


def message(team: str, event_id: str, event: Payload) -> Incoming | None:
    """A message event in the person's own conversation with SalesMate; None for what is nobody's word."""
    if event.get("channel_type", "im") != "im":
        return None
    match event.get("subtype") or "":
        case "message_changed":
            return _changed(team, event_id, event)
        case "message_deleted":
            return _deleted(team, event_id, event, event.get("previous_message") or {})
        case subtype if subtype in SPOKEN and not event.get("hidden") and _by_a_person(event):
            return _said(team, event_id, event)
    return None


def is_stop(incoming: Incoming | None) -> bool:
    """Whether she wrote nothing but "stop"."""
    return (
        incoming is not None
        and incoming.kind is Kind.SAID
        and str(incoming.data["text"]).casefold() in STOP_WORDS
    )


def _said(team: str, event_id: str, event: Payload) -> Incoming | None:
    text = written(event.get("text") or "")
    if text:
        return _in_thread(team, event_id, event, event, Kind.SAID, text=text, message=event["ts"])
    if event.get("files"):
        return _in_thread(team, event_id, event, event, Kind.HELP, about="files")
    return None


def _changed(team: str, event_id: str, event: Payload) -> Incoming | None:
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if now.get("subtype") == "tombstone":
        # The root of a thread that others have answered stays as "This message was deleted."
        return _deleted(team, event_id, event, before)
    text = written(now.get("text") or "")
    if not _by_a_person(now) or text == written(before.get("text") or ""):
        return None  # ours, or a preview was unfolded, or a reply counted
    return _in_thread(team, event_id, event, now, Kind.EDITED, message=now["ts"], text=text)


def _deleted(team: str, event_id: str, event: Payload, before: Payload) -> Incoming | None:
    if not _by_a_person(before):
        return None
    return _in_thread(team, event_id, event, before, Kind.DELETED, message=before["ts"])


def _by_a_person(message: Payload) -> bool:
    author = message.get("user")
    return bool(author) and author != SLACKBOT and not (message.get("bot_id") or message.get("app_id"))


def home_opened(team: str, event_id: str, event: Payload) -> Incoming | None:
    """Her page is to be drawn; None for the other tab, the messages."""
    if event.get("tab", "home") != "home":
        return None
    person = str(event["user"])
    conversation = f"{tenant_of(team)}:home:{person}"
    return _incoming(team, event_id, conversation, Kind.HOME, Place(person=person))


def mention(team: str, event_id: str, event: Payload, *, outsiders: bool = False) -> Incoming | None:
    """The copilot was asked in a channel; named alone, it says what it can do.

    Where `outsiders` are in it (Slack Connect), they are not heard, and do not read what the papers say.
    """
    if event.get("channel_type") == "im" or not _by_a_person(event) or (outsiders and _home(event) != team):
        return None
    if question := written(MENTION.sub(" ", event.get("text") or "")):
        alone = {"private": "yes"} if outsiders else {}
        return _in_thread(team, event_id, event, event, Kind.ASK, text=question, roleplay="", **alone)
    return _in_thread(team, event_id, event, event, Kind.HELP, about="copilot")


def _home(event: Payload) -> str:
    """The workspace of whoever wrote, as Slack names it in channels that several share."""
    return str(event.get("user_team") or event.get("source_team") or event.get("team") or "")


def stopped_session(team: str, event: Payload) -> str:
    """The conversation whose Stop, Slack's own, was pressed."""
    return _thread(team, str(event["channel"]), str(event["thread_ts"]))


# --- commands and shortcuts


def roleplay_command(team: str, form: Payload) -> Incoming | None:
    """`/roleplay end` and `/roleplay help`; None when a call is to be chosen."""
    match written(form.get("text") or "").casefold():
        case "end":
            conversation = f"{tenant_of(team)}:start:{form['user_id']}"
            return _incoming(team, form["trigger_id"], conversation, Kind.END, _asked_at(form), roleplay="")
        case "help" | "?":
            return _privately(team, form, Kind.HELP, about="roleplay")
    return None


def copilot_command(team: str, form: Payload) -> Incoming:
    """`/copilot QUESTION`; alone it explains itself."""
    question = written(form.get("text") or "")
    if question.casefold() in ("", "help"):
        return _privately(team, form, Kind.HELP, about="copilot")
    return _privately(team, form, Kind.ASK, text=question, roleplay="")


def message_shortcut(team: str, body: Payload) -> Incoming:
    """What the copilot knows about a message: answered beside it, or privately where others read along."""
    message, channel = body["message"], str(body["channel"]["id"])
    thread = str(message.get("thread_ts") or message["ts"])
    alone = channel.startswith("D")
    place = Place(
        person=str(body["user"]["id"]),
        channel=channel,
        thread=thread,
        reply_url="" if alone else str(body.get("response_url") or ""),
    )
    conversation = _thread(team, channel, thread)
    if question := written(message.get("text") or ""):
        return _incoming(team, body["trigger_id"], conversation, Kind.ASK, place, text=question, roleplay="")
    return _incoming(team, body["trigger_id"], conversation, Kind.HELP, place, about="copilot")


def _privately(team: str, form: Payload, kind: Kind, **data: Any) -> Incoming:
    conversation = f"{tenant_of(team)}:ask:{form['trigger_id']}"
    return _incoming(team, form["trigger_id"], conversation, kind, _asked_at(form), **data)


def _asked_at(form: Payload) -> Place:
    return Place(
        person=str(form["user_id"]),
        channel=str(form.get("channel_id") or ""),
        reply_url=str(form.get("response_url") or ""),
    )


# --- buttons and modals


def _roleplay(value: str, _: Payload) -> dict[str, Any]:
    return {"roleplay": value}


def _visibility(value: str, body: Payload) -> dict[str, Any]:
    roleplay, _, wanted = value.partition(" ")
    visibility, _, where = wanted.partition(" ")
    card = (body.get("container") or {}).get("message_ts") if where == ON_CARD else ""
    return {"roleplay": roleplay, "visibility": visibility, "card": card or ""}


def _question(value: str, _: Payload) -> dict[str, Any]:
    return {"question": value}


def _helpful(value: str, _: Payload) -> dict[str, Any]:
    return {"question": value, "verdict": "helpful"}


def _unhelpful(value: str, _: Payload) -> dict[str, Any]:
    return {"question": value, "verdict": "unhelpful"}


PRESSED: dict[str, tuple[Kind, Callable[[str, Payload], dict[str, Any]]]] = {
    "hint": (Kind.HINT, _roleplay),
    "end": (Kind.END, _roleplay),
    "answer": (Kind.ANSWER, _roleplay),
    "harder": (Kind.HARDER, _roleplay),
    "export": (Kind.EXPORT, _roleplay),
    "scorecard": (Kind.SCORECARD, _roleplay),
    "visibility": (Kind.VISIBILITY, _visibility),
    "share": (Kind.SHARE, _question),
    "helpful": (Kind.FEEDBACK, _helpful),
    "unhelpful": (Kind.FEEDBACK, _unhelpful),
}
"""What a button does at once; those not here open a modal, stop a reply or are links."""


def pressed(team: str, body: Payload) -> Incoming | None:
    """A button; None for one that does nothing here."""
    action = body["actions"][0]
    name = str(action["action_id"]).removeprefix(ACTION_PREFIX)
    if name not in PRESSED:
        return None
    kind, read = PRESSED[name]
    place = pressed_at(body)
    conversation = (
        _thread(team, place.channel, place.thread)
        if place.thread and kind is not Kind.HARDER
        else f"{tenant_of(team)}:start:{place.person}"
    )
    data = read(str(action.get("value") or ""), body)
    key = f"{body.get('trigger_id') or action.get('action_ts')}:{name}"
    return _incoming(team, key, conversation, kind, place, **data)


def pressed_at(body: Payload) -> Place:
    """Where the button is: in a thread, under a message that only she sees, or on her own page."""
    container, shown = body.get("container") or {}, body.get("message") or {}
    person = str(body["user"]["id"])
    channel = str(container.get("channel_id") or (body.get("channel") or {}).get("id") or "")
    if not channel:
        return Place(person=person)
    thread = container.get("thread_ts") or shown.get("thread_ts") or ""
    if container.get("is_ephemeral"):
        # Nothing can be written under it; what answers it goes the way that it came.
        url = str(body.get("response_url") or "")
        return Place(person=person, channel=channel, thread=str(thread), reply_url=url)
    return Place(person=person, channel=channel, thread=str(thread or container.get("message_ts") or ""))


def thread_of(team: str, place: Place) -> str:
    """The conversation that a thread is."""
    return _thread(team, place.channel, place.thread)


def submitted(team: str, body: Payload, kind: Kind, **data: Any) -> Incoming:
    """A modal was sent. Where it was opened is not known any more: answers go to her own messages."""
    view, person = body["view"], str(body["user"]["id"])
    key = f"{view['id']}:{view.get('hash') or ''}"
    about = f"ask:{key}" if kind is Kind.ASK else f"start:{person}"
    return _incoming(team, key, f"{tenant_of(team)}:{about}", kind, Place(person=person), **data)


def _in_thread(
    team: str, event_id: str, event: Payload, message: Payload, kind: Kind, /, **data: Any
) -> Incoming:
    """Something about `message`, in its thread or in the one that it begins."""
    channel, thread = str(event["channel"]), str(message.get("thread_ts") or message["ts"])
    place = Place(person=str(message["user"]), channel=channel, thread=thread)
    return _incoming(team, event_id, _thread(team, channel, thread), kind, place, **data)


def _thread(team: str, channel: str, thread: str) -> str:
    return f"{tenant_of(team)}:{channel}:{thread}"


def _incoming(team: str, key: str, conversation: str, kind: Kind, place: Place, /, **data: Any) -> Incoming:
    return Incoming(
        platform=PLATFORM,
        tenant=tenant_of(team),
        event_key=str(key),
        conversation=conversation,
        kind=kind,
        person=place.person,
        place=place,
        data=data,
    )
