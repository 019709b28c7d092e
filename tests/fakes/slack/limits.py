"""What Slack takes in texts, blocks and views, as its Block Kit reference says it.

A problem is a sentence in Slack's own form, such as
"must be less than 3001 characters [json-pointer:/blocks/0/text/text]".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.slack.state import Body

TEXT = 40_000
"""Longer texts of a new message are cut, not refused."""
UPDATE_TEXT = 4_000
MARKDOWN = 12_000
BLOCKS_TEXT = 13_200
"""Characters of all blocks of a message together; not documented, seen by others at about this."""
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
SECTION, HEADER, FIELD, FIELDS, CONTEXT, ACTIONS = 3_000, 150, 2_000, 10, 10, 25
BUTTON, BUTTON_VALUE, ID, PLACEHOLDER, LABEL, HINT = 75, 2_000, 255, 150, 2_000, 2_000
OPTION, OPTION_VALUE, OPTION_DESCRIPTION, OPTIONS, OPTION_GROUPS = 75, 150, 75, 100, 100
RADIO_OPTIONS, OVERFLOW_OPTIONS, INPUT_LENGTH, URL, ALT = 10, 5, 3_000, 3_000, 2_000
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
TITLE, PRIVATE_METADATA, VIEW_BYTES = 24, 3_000, 250_000
PLAIN, MRKDWN = ("plain_text",), ("plain_text", "mrkdwn")

Problems = Iterator[str]


def message_problems(blocks: list[Any]) -> list[str]:
    """Why Slack would refuse these blocks in a message; empty if it would take them."""
    return list(_blocks(blocks, MESSAGE_BLOCKS, MESSAGE))


def view_problems(view: Any) -> list[str]:
    """Why Slack would refuse this view; empty if it would take it."""
    return list(_view(view))


def characters(blocks: Any) -> int:
    """The characters of every text in the blocks together."""
    if isinstance(blocks, list):
        return sum(map(characters, blocks))
    if isinstance(blocks, dict):
        own = len(blocks["text"]) if isinstance(blocks.get("text"), str) else 0
        return own + sum(characters(inner) for inner in blocks.values())
    return 0


def with_ids(blocks: list[Body]) -> list[Body]:
    """The blocks as Slack keeps them: each with a block_id."""
    return [{**block, "block_id": block.get("block_id") or f"b{place}"} for place, block in enumerate(blocks)]


def _at(pointer: str, complaint: str) -> str:
    return f"{complaint} [json-pointer:{pointer}]"


def _string(value: Any, at: str, longest: int, *, shortest: int = 0) -> Problems:
    if not isinstance(value, str):
        yield _at(at, "must be a string")
    elif len(value) > longest:
        yield _at(at, f"must be less than {longest + 1} characters")
    elif len(value) < shortest:
        yield _at(at, f"must be more than {shortest - 1} characters")


def _optional(body: Body, name: str, at: str, longest: int) -> Problems:
    if body.get(name) is not None:
        yield from _string(body[name], f"{at}/{name}", longest)


def _text(body: Body, name: str, at: str, longest: int, kinds: tuple[str, ...] = PLAIN) -> Problems:
    """A text object that has to be there."""
    at, value = f"{at}/{name}", body.get(name)
    if value is None:
        yield _at(at.rpartition("/")[0], f"missing required field: {name}")
    elif not isinstance(value, dict):
        yield _at(at, "must provide an object")
    elif value.get("type") not in kinds:
        yield _at(f"{at}/type", "must be a valid enum value")
    else:
        allowed = {"type", "text", "emoji"} if value["type"] == "plain_text" else {"type", "text", "verbatim"}
        yield from _unknown(value, allowed, at)
        yield from _string(value.get("text"), f"{at}/text", longest, shortest=1)


def _maybe_text(body: Body, name: str, at: str, longest: int, kinds: tuple[str, ...] = PLAIN) -> Problems:
    if body.get(name) is not None:
        yield from _text(body, name, at, longest, kinds)


def _unknown(body: Body, allowed: set[str], at: str) -> Problems:
    for name in sorted(set(body) - allowed):
        yield _at(at, f"invalid additional property: {name}")


def _list(body: Body, name: str, at: str, most: int) -> Iterator[tuple[str, Any]]:
    """The entries with their pointers; call `_count` for what is wrong with the list itself."""
    value = body.get(name)
    for place, entry in enumerate(value if isinstance(value, list) else ()):
        if place < most:
            yield f"{at}/{name}/{place}", entry


def _count(body: Body, name: str, at: str, most: int) -> Problems:
    value = body.get(name)
    if not isinstance(value, list):
        yield _at(at, f"missing required field: {name}")
    elif not value:
        yield _at(f"{at}/{name}", "no fewer than 1 items allowed")
    elif len(value) > most:
        yield _at(f"{at}/{name}", f"no more than {most} items allowed")


def _confirm(body: Body, at: str) -> Problems:
    if body.get("confirm") is None:
        return
    confirm, at = body["confirm"], f"{at}/confirm"
    yield from _text(confirm, "title", at, CONFIRM_TITLE)
    yield from _text(confirm, "text", at, CONFIRM_TEXT, MRKDWN)
    yield from _text(confirm, "confirm", at, CONFIRM_BUTTON)
    yield from _text(confirm, "deny", at, CONFIRM_BUTTON)
    if confirm.get("style") not in {None, "primary", "danger"}:
        yield _at(f"{at}/style", "must be a valid enum value")


def _button(body: Body, at: str) -> Problems:
    yield from _text(body, "text", at, BUTTON)
    yield from _optional(body, "value", at, BUTTON_VALUE)
    yield from _optional(body, "url", at, URL)
    if body.get("style") not in {None, "primary", "danger"}:
        yield _at(f"{at}/style", "must be a valid enum value")
    yield from _confirm(body, at)


def _option(entry: Any, at: str, kinds: tuple[str, ...] = PLAIN) -> Problems:
    if not isinstance(entry, dict):
        yield _at(at, "must provide an object")
        return
    yield from _text(entry, "text", at, OPTION, kinds)
    yield from _string(entry.get("value"), f"{at}/value", OPTION_VALUE)
    yield from _maybe_text(entry, "description", at, OPTION_DESCRIPTION, kinds)


def _options(body: Body, at: str, most: int, kinds: tuple[str, ...] = PLAIN) -> Problems:
    yield from _count(body, "options", at, most)
    for pointer, entry in _list(body, "options", at, most):
        yield from _option(entry, pointer, kinds)


def _static_select(body: Body, at: str) -> Problems:
    yield from _maybe_text(body, "placeholder", at, PLACEHOLDER)
    if body.get("option_groups") is None:
        yield from _options(body, at, OPTIONS)
        offered = body.get("options")
    else:
        yield from option_groups(body, at)
        offered = [o for group in body["option_groups"] for o in group.get("options", [])]
    initial = body.get("initial_option")
    if initial is not None and initial not in (offered or []):
        yield _at(f"{at}/initial_option", "must match one of the options")
    yield from _confirm(body, at)


def option_groups(body: Body, at: str) -> Problems:
    """What is wrong with the option groups of a select, or of an answer to a search in one."""
    yield from _count(body, "option_groups", at, OPTION_GROUPS)
    for pointer, group in _list(body, "option_groups", at, OPTION_GROUPS):
        yield from _text(group, "label", pointer, OPTION)
        yield from _options(group, pointer, OPTIONS)


def options_problems(answer: Body) -> list[str]:
    """Why Slack would refuse this answer to a search in an external select; empty if it would take it."""
    if "option_groups" in answer:
        return list(option_groups(answer, ""))
    if isinstance(answer.get("options"), list) and not answer["options"]:
        return []
    return list(_options(answer, "", OPTIONS))


def _external_select(body: Body, at: str) -> Problems:
    yield from _maybe_text(body, "placeholder", at, PLACEHOLDER)
    if body.get("initial_option") is not None:
        yield from _option(body["initial_option"], f"{at}/initial_option")
    if not isinstance(body.get("min_query_length", 1), int):
        yield _at(f"{at}/min_query_length", "must be an integer")
    yield from _confirm(body, at)


def _people_select(body: Body, at: str) -> Problems:
    yield from _maybe_text(body, "placeholder", at, PLACEHOLDER)


def _radio(body: Body, at: str) -> Problems:
    yield from _options(body, at, RADIO_OPTIONS, MRKDWN)
    if body.get("initial_option") is not None and body["initial_option"] not in body.get("options", []):
        yield _at(f"{at}/initial_option", "must match one of the options")
    yield from _confirm(body, at)


def _checkboxes(body: Body, at: str) -> Problems:
    yield from _options(body, at, RADIO_OPTIONS, MRKDWN)
    yield from _confirm(body, at)


def _overflow(body: Body, at: str) -> Problems:
    yield from _options(body, at, OVERFLOW_OPTIONS)
    yield from _confirm(body, at)


def _input(body: Body, at: str) -> Problems:
    yield from _maybe_text(body, "placeholder", at, PLACEHOLDER)
    for name in ("min_length", "max_length"):
        length = body.get(name)
        lowest = 0 if name == "min_length" else 1
        if length is not None and not (isinstance(length, int) and lowest <= length <= INPUT_LENGTH):
            yield _at(f"{at}/{name}", f"must be between {lowest} and {INPUT_LENGTH}")
    yield from _optional(body, "initial_value", at, min(INPUT_LENGTH, body.get("max_length") or INPUT_LENGTH))


def _image(body: Body, at: str) -> Problems:
    if not body.get("slack_file"):
        yield from _string(body.get("image_url"), f"{at}/image_url", URL, shortest=1)
    yield from _string(body.get("alt_text"), f"{at}/alt_text", ALT, shortest=1)
    yield from _maybe_text(body, "title", at, ALT)


def _feedback(body: Body, at: str) -> Problems:
    for name in ("positive_button", "negative_button"):
        if not isinstance(body.get(name), dict):
            yield _at(at, f"missing required field: {name}")
            continue
        yield from _text(body[name], "text", f"{at}/{name}", BUTTON)
        yield from _string(body[name].get("value"), f"{at}/{name}/value", BUTTON_VALUE)


ELEMENTS: dict[str, Callable[[Body, str], Problems]] = {
    "button": _button,
    "static_select": _static_select,
    "external_select": _external_select,
    "users_select": _people_select,
    "conversations_select": _people_select,
    "channels_select": _people_select,
    "radio_buttons": _radio,
    "checkboxes": _checkboxes,
    "overflow": _overflow,
    "plain_text_input": _input,
    "image": _image,
    "feedback_buttons": _feedback,
}
CHOICES = tuple(name for name in ELEMENTS if name not in {"plain_text_input", "image", "feedback_buttons"})
IN_INPUT = (*(name for name in CHOICES if name not in {"button", "overflow"}), "plain_text_input")


def _element(element: Any, at: str, kinds: tuple[str, ...]) -> Problems:
    if not isinstance(element, dict):
        yield _at(at, "must provide an object")
        return
    kind = element.get("type")
    if kind not in kinds:
        yield _at(at, f"unsupported type: {kind}")
        return
    yield from _optional(element, "action_id", at, ID)
    yield from ELEMENTS[kind](element, at)


def _elements(block: Body, at: str, most: int, kinds: tuple[str, ...]) -> Problems:
    yield from _count(block, "elements", at, most)
    seen: set[str] = set()
    for pointer, element in _list(block, "elements", at, most):
        yield from _element(element, pointer, kinds)
        action = element.get("action_id") if isinstance(element, dict) else None
        if action in seen:
            yield _at(f"{pointer}/action_id", f'`action_id` "{action}" already exists for another element')
        elif action:
            seen.add(action)


def _section(block: Body, at: str) -> Problems:
    if block.get("text") is None and block.get("fields") is None:
        yield _at(at, "missing required field: text")
    yield from _maybe_text(block, "text", at, SECTION, MRKDWN)
    if block.get("fields") is not None:
        yield from _count(block, "fields", at, FIELDS)
        for pointer, _ in _list(block, "fields", at, FIELDS):
            place = pointer.rpartition("/")[2]
            yield from _text({place: block["fields"][int(place)]}, place, f"{at}/fields", FIELD, MRKDWN)
    if block.get("accessory") is not None:
        yield from _element(block["accessory"], f"{at}/accessory", (*CHOICES, "image"))
    yield from _unknown(block, {"type", "block_id", "text", "fields", "accessory", "expand"}, at)


def _header(block: Body, at: str) -> Problems:
    yield from _text(block, "text", at, HEADER)
    yield from _unknown(block, {"type", "block_id", "text", "level"}, at)


def _divider(block: Body, at: str) -> Problems:
    yield from _unknown(block, {"type", "block_id"}, at)


def _context(block: Body, at: str) -> Problems:
    yield from _count(block, "elements", at, CONTEXT)
    for pointer, element in _list(block, "elements", at, CONTEXT):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, pointer)
        else:
            head, _, place = pointer.rpartition("/")
            yield from _text({place: element}, place, head, SECTION, MRKDWN)


def _actions(block: Body, at: str) -> Problems:
    yield from _elements(block, at, ACTIONS, CHOICES)


def _context_actions(block: Body, at: str) -> Problems:
    yield from _elements(block, at, 5, ("feedback_buttons",))


def _input_block(block: Body, at: str) -> Problems:
    yield from _text(block, "label", at, LABEL)
    yield from _maybe_text(block, "hint", at, HINT)
    if block.get("element") is None:
        yield _at(at, "missing required field: element")
    else:
        yield from _element(block["element"], f"{at}/element", IN_INPUT)


def _markdown(block: Body, at: str) -> Problems:
    yield from _string(block.get("text"), f"{at}/text", MARKDOWN, shortest=1)


BLOCKS: dict[str, Callable[[Body, str], Problems]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "input": _input_block,
    "image": _image,
    "markdown": _markdown,
    "context_actions": _context_actions,
}
MESSAGE = frozenset(BLOCKS) - {"input"}
MODAL = frozenset(BLOCKS) - {"markdown", "context_actions"}
HOME = MODAL


def _blocks(blocks: Any, most: int, kinds: frozenset[str]) -> Problems:
    if not isinstance(blocks, list):
        yield _at("/blocks", "must provide an array")
        return
    if len(blocks) > most:
        yield _at("/blocks", f"no more than {most} items allowed")
    seen: set[str] = set()
    for place, block in enumerate(blocks):
        at = f"/blocks/{place}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in kinds:
            yield _at(f"{at}/type", f"unsupported type: {kind}")
            continue
        yield from _optional(block, "block_id", at, ID)
        if block.get("block_id") in seen:
            yield _at(f"{at}/block_id", f'`block_id` "{block["block_id"]}" already exists for another block')
        elif block.get("block_id"):
            seen.add(block["block_id"])
        yield from BLOCKS[kind](block, at)


VIEW_FIELDS = {
    *("type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close"),
    *("notify_on_close", "external_id", "submit_disabled"),
}
HOME_FIELDS = {"type", "blocks", "private_metadata", "callback_id", "external_id"}


def _view(view: Any) -> Problems:
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        yield _at("/view/type", "must be a valid enum value")
        return
    modal = view["type"] == "modal"
    yield from _unknown(view, VIEW_FIELDS if modal else HOME_FIELDS, "/view")
    yield from _optional(view, "private_metadata", "/view", PRIVATE_METADATA)
    yield from _optional(view, "callback_id", "/view", ID)
    yield from _optional(view, "external_id", "/view", ID)
    if modal:
        yield from _text(view, "title", "/view", TITLE)
        yield from _maybe_text(view, "submit", "/view", TITLE)
        yield from _maybe_text(view, "close", "/view", TITLE)
    problems = _blocks(view.get("blocks"), VIEW_BLOCKS, MODAL if modal else HOME)
    yield from (problem.replace("[json-pointer:/", "[json-pointer:/view/") for problem in problems)
    inputs = [b for b in view.get("blocks") or [] if isinstance(b, dict) and b.get("type") == "input"]
    if modal and inputs and view.get("submit") is None:
        yield _at("/view", "missing required field: submit")


def too_large(view: Any) -> bool:
    """Whether a view is greater than 250 kB."""
    return len(json.dumps(view).encode()) > VIEW_BYTES
