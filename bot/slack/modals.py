"""The three forms: start a call, ask the copilot, try again from a turn. What comes back is read here too.

A value in a form is whatever the sender says it is: only what one of these forms can offer is taken, and ids
are looked up with the sender's own records behind them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.messages import Spoken
from bot.neutral import one_line
from bot.shown.customers import Card, call_type_name, customers, found
from bot.shown.seen import DIFFICULTIES
from bot.slack import limits
from bot.slack.mrkdwn import Json, plain, shown
from bot.slack.splitting import clipped, pieces

START, ASK, RETRY = "salesmate_start", "salesmate_ask", "salesmate_retry"
"""Callback ids."""
PERSONA_SEARCH = "salesmate_persona"
"""The action whose options are asked for while a person types."""
VISIBILITIES = {
    "private": ("Private practice", "Only you can see the call."),
    "manager": ("Visible to my manager", "Your manager can read the transcript and the scorecard."),
}
QUESTION_LONGEST = 2_000
SUMMARY_LONGEST = 600

_PERSONA = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ROLEPLAY = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True)
class Read:
    """A form as it came back. `errors`: sentences by block id, as Slack shows them; `data` is then empty."""

    data: dict[str, Any]
    errors: dict[str, str]


def start_modal(persona: Mapping[str, Any] | None = None, note: str = "") -> Json:
    """The form that starts a call. `persona` is a public card; `note` is said above the form."""
    customer: Json = {
        "type": "external_select",
        "action_id": PERSONA_SEARCH,
        "min_query_length": 0,
        "placeholder": plain("A name, a company, a trade or a kind of call"),
    }
    blocks = _said(note)
    summary: list[Json] = []
    if persona is not None:
        customer["initial_option"] = persona_option(persona)
        text = f"{persona['name']}, {persona['role']}, {persona['company']}. {persona['summary']}"
        summary = [{"type": "context", "elements": [plain(_cut(text, SUMMARY_LONGEST))]}]
    blocks += [
        _input("customer", "Customer", customer),
        *summary,
        _input("difficulty", "Difficulty", _select("difficulty", _difficulties(), "normal")),
        _input("visibility", "Who can see it", _radio("visibility", _visibilities(), "private")),
    ]
    return _modal(START, "Start a call", "Call", blocks)


def ask_modal(roleplay: str = "") -> Json:
    """The form for a question to the copilot, during the call `roleplay` if there is one."""
    text: Json = {
        "type": "plain_text_input",
        "action_id": "question",
        "multiline": True,
        "max_length": QUESTION_LONGEST,
        "placeholder": plain("What does early withdrawal cost?"),
    }
    blocks = [_input("question", "Question", text)]
    if roleplay:
        blocks += _small("The customer does not hear it. The answer comes into the call's thread.")
    return _modal(ASK, "Ask the copilot", "Ask", blocks, roleplay)


def retry_modal(roleplay: str, turns: Sequence[Spoken]) -> Json:
    """The form that picks the rep's turn to try again from; her last one is offered first."""
    own = [turn for turn in turns if turn.speaker == "rep"][-limits.OPTIONS :]
    if not own:
        return _modal(
            RETRY, "Try again", "", _said("You said nothing in this call. Start a new one."), roleplay
        )
    options = [_option(f"{turn.n}: {turn.text}", str(turn.n)) for turn in own]
    select = _select("turn", options, str(own[-1].n))
    hint = _small("A new thread opens. Everything before that turn is as it was; then it is your line again.")
    return _modal(
        RETRY, "Try again", "Try again", [_input("turn", "From which of your turns", select), *hint], roleplay
    )


def persona_options(query: str, cards: Sequence[Card] | None = None) -> Json:
    """The answer to a search for a customer: grouped by the kind of call, or those found."""
    query = query[: limits.OPTION_TEXT]
    hits = found(query, customers() if cards is None else cards)[: limits.OPTIONS]
    if query.strip() or not hits:
        return {"options": [persona_option(card) for card in hits]}
    groups = [
        {
            "label": plain(_cut(kind, limits.OPTION_TEXT) or "…"),
            "options": [persona_option(card) for card in group],
        }
        for kind, group in groupby(sorted(hits, key=call_type_name), key=call_type_name)
    ]
    return {"option_groups": groups}


def persona_option(card: Mapping[str, Any]) -> Json:
    """A customer in the list."""
    option = _option(str(card["name"]), str(card["id"]))
    return option | {"description": plain(_cut(f"{card['role']}, {card['company']}", limits.OPTION_TEXT))}


def read_start(view: Mapping[str, Any]) -> Read:
    """data: persona, difficulty, visibility. What is missing, or was never offered, is as at first."""
    persona = _chosen(view, "customer")
    if not _PERSONA.fullmatch(persona) or len(persona) > limits.OPTION_VALUE:
        return Read({}, {"customer": "Pick a customer from the list."})
    difficulty, visibility = _chosen(view, "difficulty"), _chosen(view, "visibility")
    data = {
        "persona": persona,
        "difficulty": difficulty if difficulty in DIFFICULTIES else "normal",
        "visibility": visibility if visibility in VISIBILITIES else "private",
    }
    return Read(data, {})


def read_ask(view: Mapping[str, Any]) -> Read:
    """data: text, roleplay (empty outside a call)."""
    text = str(_element(view, "question").get("value") or "").strip()
    if not text:
        return Read({}, {"question": "Write a question."})
    return Read({"text": text[:QUESTION_LONGEST], "roleplay": roleplay_of(view)}, {})


def read_retry(view: Mapping[str, Any]) -> Read:
    """data: roleplay, turn (a number)."""
    roleplay, turn = roleplay_of(view), _chosen(view, "turn")
    if not roleplay or not re.fullmatch(r"[0-9]{1,6}", turn):
        return Read({}, {"turn": "Pick one of your turns."})
    return Read({"roleplay": roleplay, "turn": int(turn)}, {})


def roleplay_of(view: Mapping[str, Any]) -> str:
    """The call a form belongs to, as the sender has it; empty for none. Whose it is, the records know."""
    try:
        kept = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        return ""
    roleplay = kept.get("roleplay") if isinstance(kept, dict) else None
    return roleplay if isinstance(roleplay, str) and _ROLEPLAY.fullmatch(roleplay) else ""


def _modal(callback: str, title: str, submit: str, blocks: Sequence[Json], roleplay: str = "") -> Json:
    view: Json = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "close": plain("Cancel"),
        "blocks": list(blocks),
        "private_metadata": json.dumps({"roleplay": roleplay} if roleplay else {}),
    }
    return view | {"submit": plain(submit)} if submit else view


def _input(block: str, label: str, element: Json) -> Json:
    return {"type": "input", "block_id": block, "label": plain(label), "element": element}


def _select(action: str, options: Sequence[Json], first: str) -> Json:
    """`first` is the value that is chosen until she chooses another."""
    return {
        "type": "static_select",
        "action_id": action,
        "options": list(options),
        "initial_option": next(option for option in options if option["value"] == first),
    }


def _radio(action: str, options: Sequence[Json], first: str) -> Json:
    return _select(action, options, first) | {"type": "radio_buttons"}


def _difficulties() -> list[Json]:
    return [_option(name, value) for value, name in DIFFICULTIES.items()]


def _visibilities() -> list[Json]:
    return [
        _option(name, value) | {"description": plain(told)} for value, (name, told) in VISIBILITIES.items()
    ]


def _option(text: str, value: str) -> Json:
    return {"text": plain(_cut(text, limits.OPTION_TEXT) or "…"), "value": value}


def _cut(text: str, longest: int) -> str:
    return clipped(shown(one_line(text)), longest)


def _said(text: str) -> list[Json]:
    return [{"type": "section", "text": plain(piece)} for piece in pieces(shown(text), limits.SECTION)]


def _small(text: str) -> list[Json]:
    return [{"type": "context", "elements": [plain(text)]}]


def _chosen(view: Mapping[str, Any], block: str) -> str:
    """The value that was chosen; where nothing came, the one first shown."""
    element = _element(view, block)
    option = element.get("selected_option") or {}
    if not option:
        at_first: Json = next((one for one in view.get("blocks") or () if one.get("block_id") == block), {})
        option = (at_first.get("element") or {}).get("initial_option") or {}
    return str(option.get("value") or "")


def _element(view: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    """The state of the only element in a block."""
    values = (view.get("state") or {}).get("values") or {}
    return next(iter((values.get(block) or {}).values()), None) or {}
