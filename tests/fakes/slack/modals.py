"""A modal in the hands of a person: fields found by their labels, submitted as Slack's client does."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import interactions, limits, payloads
from tests.fakes.slack.screen import control, controls
from tests.fakes.slack.state import Body, View

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person
    from tests.fakes.slack.sending import Answer

REQUIRED = "Please complete this required field."
_ONE = ("static_select", "external_select", "radio_buttons")
_MANY = ("checkboxes", "multi_static_select", "multi_external_select")
_WRITTEN = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input")
_DATED = {"datepicker": "selected_date", "timepicker": "selected_time"}


@dataclass(frozen=True)
class Field:
    """A field: its label, its block, its element."""

    label: str
    block: Body
    element: Body

    @property
    def slot(self) -> str:
        """The key of its value in the state."""
        kind = self.element["type"]
        if kind in _DATED:
            return _DATED[kind]
        return "value" if kind in _WRITTEN else "selected_options" if kind in _MANY else "selected_option"

    @property
    def initial(self) -> Body:
        """Its state before anybody touches it."""
        kind, element = self.element["type"], self.element
        first = {
            "value": element.get("initial_value"),
            "selected_option": element.get("initial_option"),
            "selected_options": element.get("initial_options", []),
            "selected_date": element.get("initial_date"),
            "selected_time": element.get("initial_time"),
        }[self.slot]
        return {"type": kind, self.slot: first}


class Modal:
    """An open modal. Fails where a person could not do what a test asks: no such field, option, button."""

    def __init__(self, person: Person, view_id: str) -> None:
        self.person = person
        self.id = view_id

    def __repr__(self) -> str:
        return f"<modal {self.title!r}: {self.values}>" if self.is_open else "<closed modal>"

    @property
    def is_open(self) -> bool:
        """Whether it is still there."""
        return any(view.id == self.id for view in self.person.open_views)

    @property
    def view(self) -> View:
        """The view as Slack keeps it."""
        view = self.person.state.view(self.id)
        assert view is not None, "The modal is closed."
        return view

    @property
    def title(self) -> str:
        """What stands on top."""
        return str(self.view.body["title"]["text"])

    @property
    def blocks(self) -> list[Body]:
        """Its blocks."""
        return list(self.view.body["blocks"])

    @property
    def words(self) -> str:
        """All that is read in it."""
        return html.unescape("\n".join(payloads.texts_of(self.blocks)))

    @property
    def buttons(self) -> list[str]:
        """The words on the buttons inside it."""
        return [control.label for control in controls(self.blocks)]

    @property
    def labels(self) -> list[str]:
        """The labels of its fields."""
        return [field.label for field in self._fields()]

    @property
    def values(self) -> dict[str, Any]:
        """What stands in its fields, by label."""
        return {field.label: _shown(self._state_of(field)[field.slot]) for field in self._fields()}

    def options(self, label: str) -> list[str]:
        """The options of a field, as far as the modal itself holds them."""
        return [_text(option) for option in _options(self._field(label).element)]

    async def search(self, label: str, text: str) -> list[str]:
        """Type into a menu that asks the app for its options; what it then offers."""
        return [_text(option) for option in await self._suggested(self._field(label), text)]

    async def choose(self, label: str, option: str) -> None:
        """Pick an option by its text; in a menu that asks the app, by typing the text first."""
        field = self._field(label)
        external = field.element["type"] in ("external_select", "multi_external_select")
        offered = await self._suggested(field, option) if external else _options(field.element)
        found = next((o for o in offered if _text(o) == option), None)
        assert found is not None, f"{label!r} offers {[_text(o) for o in offered]}, not {option!r}."
        await self._set(field, [found] if field.element["type"] in _MANY else found)

    async def fill(self, label: str, text: str) -> None:
        """Write into a field."""
        field = self._field(label)
        assert field.element["type"] in _WRITTEN, f"Nothing can be written into {label!r}."
        most = int(field.element.get("max_length", 3000))
        assert len(text) <= most, f"{label!r} takes {most} characters."
        await self._set(field, text)

    async def presses(self, label: str) -> Answer:
        """Press a button inside it."""
        found = control(self.blocks, label)
        self.view.values = self._state()
        return await self.person.acts_in_view(self.view, found)

    async def submit(self) -> dict[str, str] | None:
        """Submit it. Gives what the fields are faulted for, by label ("" for the whole modal), or None."""
        view = self.view
        assert "submit" in view.body or not self._fields(), "The modal has no button to submit it."
        if missing := self._missing():
            return missing
        view.values = self._state()
        trigger = self.person.state.trigger(view.team, self.person.id, view.id)
        body = interactions.view_submission(*self.person.card, view, trigger)
        answer = await self.person.sender.interaction(body)
        if answer.error:
            self.person.errors.append(answer.error)
            return {"": answer.error}
        return self._answered(view, answer.body)

    async def close(self) -> None:
        """Cancel it."""
        view = self.view
        self.person.open_views.remove(view)
        if view.body.get("notify_on_close"):
            await self.person.sender.interaction(
                interactions.view_closed(*self.person.card, view, cleared=False)
            )

    def _answered(self, view: View, body: Any) -> dict[str, str] | None:
        """Do what the app wants done with the modal."""
        stack = self.person.open_views
        if not body:
            if view in stack:
                stack.remove(view)
            return None
        assert isinstance(body, dict), f"A submission is answered with nothing or JSON, not {body!r}."
        action = body.get("response_action")
        if action == "errors":
            labels = {str(f.block["block_id"]): f.label for f in self._fields()}
            unknown = set(body["errors"]) - set(labels)
            assert not unknown, f"The errors name blocks that the modal lacks: {unknown}."
            return {labels[block]: str(text) for block, text in body["errors"].items()}
        if action == "clear":
            stack.clear()
        elif action == "update":
            self.person.replace_view(view, body["view"])
        elif action == "push":
            self.person.push_view(body["view"])
        else:
            raise AssertionError(f"Slack knows no response_action {action!r}.")
        return None

    def _missing(self) -> dict[str, str] | None:
        faults = {}
        for field in self._fields():
            value = self._state_of(field)[field.slot]
            least = int(field.element.get("min_length", 0))
            if field.block["type"] == "input" and not field.block.get("optional") and not value:
                faults[field.label] = REQUIRED
            elif isinstance(value, str) and value and len(value) < least:
                faults[field.label] = f"At least {least} characters."
        return faults or None

    async def _suggested(self, field: Field, text: str) -> list[Body]:
        least = int(field.element.get("min_query_length", 3))
        assert len(text) >= least, f"{field.label!r} asks the app from {least} characters on."
        payload = interactions.block_suggestion(
            *self.person.card,
            self.view,
            block_id=str(field.block["block_id"]),
            action_id=str(field.element["action_id"]),
            value=text,
        )
        answer = await self.person.sender.interaction(payload)
        assert not answer.error, f"The app gave no options: {answer.error}."
        body = answer.body if isinstance(answer.body, dict) else {}
        problems = limits.options_problems(body)
        assert not problems, f"Slack would refuse the options: {problems}."
        groups = body.get("option_groups", [])
        return [*body.get("options", []), *(o for group in groups for o in group["options"])]

    async def _set(self, field: Field, value: Any) -> None:
        view = self.view
        view.values = self._state()
        block_id, action_id = str(field.block["block_id"]), str(field.element["action_id"])
        view.values[block_id][action_id] = {"type": field.element["type"], field.slot: value}
        if field.block["type"] != "input" or field.block.get("dispatch_action"):
            action = {"action_id": action_id, "block_id": block_id, "type": field.element["type"]}
            action |= {field.slot: value, "action_ts": self.person.state.new_ts()}
            await self.person.acted_in_view(view, action)

    def _state(self) -> Body:
        state: Body = {}
        for field in self._fields():
            state.setdefault(str(field.block["block_id"]), {})[field.element["action_id"]] = self._state_of(
                field
            )
        return state

    def _state_of(self, field: Field) -> Body:
        kept = self.view.values.get(str(field.block["block_id"]), {}).get(field.element["action_id"])
        return kept if kept and kept["type"] == field.element["type"] else field.initial

    def _field(self, label: str) -> Field:
        fields = self._fields()
        exact = [f for f in fields if f.label == label]
        near = [f for f in fields if f.label.lower() == label.lower() or f.element.get("action_id") == label]
        assert exact or near, f"There is no field {label!r}; there are {[f.label for f in fields]}."
        return (exact or near)[0]

    def _fields(self) -> list[Field]:
        return [field for block in self.blocks if (field := _field_of(block))]


def _field_of(block: Body) -> Field | None:
    known = (*_ONE, *_MANY, *_WRITTEN, *_DATED)
    if block["type"] == "input":
        return Field(html.unescape(str(block["label"]["text"])), block, block["element"])
    accessory = block.get("accessory", {})
    if block["type"] == "section" and accessory.get("type") in known:
        return Field(html.unescape(str(block["text"]["text"])), block, accessory)
    return None


def _options(element: Body) -> list[Body]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(o for group in groups for o in group["options"])]


def _text(option: Body) -> str:
    return html.unescape(str(option["text"]["text"]))


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return _text(value)
    return [_text(v) for v in value] if isinstance(value, list) else value
