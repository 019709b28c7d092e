"""Modals and home pages: opened with a trigger, stacked three deep, guarded by their hash."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack import limits
from tests.fakes.slack.state import TRIGGER_LIFE_S, Body, State, Trigger, View
from tests.fakes.slack.web import TIER_4, Ask, Refused, invalid_arguments, method

DEEPEST = 3
"""Views in a stack."""


@method("views.open", tier=TIER_4)
async def views_open(ask: Ask) -> Body:
    """Open a modal for the person who has just done something."""
    body = checked(ask.state, ask.token.team, ask.args.get("view"), "modal")
    trigger = exchanged(ask)
    view = ask.state.new_view(trigger.team, trigger.user, body)
    open_view(ask.state, view)
    return _told(ask, view)


@method("views.push", tier=TIER_4)
async def views_push(ask: Ask) -> Body:
    """Put a modal on top of the one in which the person has just done something."""
    body = checked(ask.state, ask.token.team, ask.args.get("view"), "modal")
    trigger = exchanged(ask)
    view = ask.state.new_view(trigger.team, trigger.user, body)
    push_view(ask.state, view)
    return _told(ask, view)


@method("views.update", tier=TIER_4)
async def views_update(ask: Ask) -> Body:
    """Give an open view other content, if its hash is still the one given."""
    view_id, external_id = ask.text("view_id"), ask.text("external_id")
    if bool(view_id) == bool(external_id):
        raise invalid_arguments("exactly one of view_id and external_id is required")
    view = ask.state.view(view_id) if view_id else _by_external_id(ask.state, ask.token.team, external_id)
    if view is None or view.team != ask.token.team:
        raise Refused("not_found")
    if ask.text("hash") not in {"", view.hash}:
        raise Refused("hash_conflict")
    update_view(ask.state, view, checked(ask.state, ask.token.team, ask.args.get("view"), view.kind, view))
    return _told(ask, view)


@method("views.publish", tier=TIER_4)
async def views_publish(ask: Ask) -> Body:
    """Set a person's home page."""
    user = ask.state.users.get(ask.needed("user_id"))
    if user is None or user.team != ask.token.team:
        raise Refused("user_not_found")
    key = (user.team, user.id)
    standing = ask.state.homes.get(key)
    body = checked(ask.state, ask.token.team, ask.args.get("view"), "home", standing)
    if ask.text("hash") and (standing is None or ask.text("hash") != standing.hash):
        raise Refused("hash_conflict")
    if standing is None:
        standing = ask.state.homes[key] = ask.state.new_view(user.team, user.id, body)
        standing.body["blocks"] = limits.with_ids(body["blocks"])
        ask.state.changed("home", user.team, standing)
    else:
        update_view(ask.state, standing, body)
    return _told(ask, standing)


def checked(state: State, team: str, view: Any, kind: str, instead_of: View | None = None) -> Body:
    """The view as the app sent it, if Slack would take it. Raises Refused.

    For what an app answers to a submission too (`response_action` update and push).
    """
    if not isinstance(view, dict) or view.get("type") != kind:
        raise invalid_arguments(f"must be a valid view of type {kind} [json-pointer:/view/type]")
    if state.strict and limits.too_large(view):
        raise Refused("view_too_large")
    problems = limits.view_problems(view) if state.strict else []
    if problems:
        raise invalid_arguments(*problems)
    named = _by_external_id(state, team, str(view.get("external_id") or ""))
    if named is not None and named is not instead_of:
        raise Refused("duplicate_external_id")
    return view


def exchanged(ask: Ask) -> Trigger:
    """The trigger of this call, used up. Raises Refused: unknown, already exchanged, or older than 3 s."""
    trigger = ask.state.triggers.get(ask.needed("trigger_id"))
    if trigger is None or trigger.team != ask.token.team:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if ask.state.clock() - trigger.made_at > TRIGGER_LIFE_S:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger


def open_view(state: State, view: View) -> None:
    """Show a modal in place of whatever stack was open."""
    view.body = {**view.body, "blocks": limits.with_ids(view.body.get("blocks", []))}
    view.root = view.id
    state.modals[view.team, view.user] = [view]
    state.changed("modal", view.team, view)


def push_view(state: State, view: View) -> None:
    """Show a modal on top of the open stack. Raises Refused (`push_limit_reached`)."""
    stack = state.modals.setdefault((view.team, view.user), [])
    if not stack:
        raise Refused("not_found")
    if len(stack) >= DEEPEST:
        raise Refused("push_limit_reached")
    view.body = {**view.body, "blocks": limits.with_ids(view.body.get("blocks", []))}
    view.root, view.previous = stack[0].id, stack[-1].id
    stack.append(view)
    state.changed("modal", view.team, view)


def update_view(state: State, view: View, body: Body) -> None:
    """Give a view other content and another hash; inputs that stay keep what was typed."""
    view.body = {**body, "blocks": limits.with_ids(body.get("blocks", []))}
    view.external_id = str(body.get("external_id") or "")
    view.hash = state.new_hash()
    staying = {block["block_id"] for block in view.body["blocks"]}
    view.values = {block: values for block, values in view.values.items() if block in staying}
    state.changed("home" if view.kind == "home" else "modal", view.team, view)


def _by_external_id(state: State, team: str, external_id: str) -> View | None:
    every = [*state.homes.values(), *(view for stack in state.modals.values() for view in stack)]
    named = (view for view in every if view.team == team and view.external_id == external_id)
    return next(named, None) if external_id else None


def _told(ask: Ask, view: View) -> Body:
    return {"view": view.shown(ask.state.app.id, ask.workspace.bot_id)}
