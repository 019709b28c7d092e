"""After a call and around it: scorecard, who may see it, transcript, her own page, help."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agents.records.export.markdown import to_markdown
from bot.desk.task import Task
from bot.desk.telling import running_call, shown_card
from bot.messages import Scored
from bot.presentation import Actions, File, Message, Outgoing
from bot.shown.help import help_copilot, help_roleplay, welcome
from bot.shown.home import ScoredCall, home
from bot.shown.seen import visibility_button
from bot.shown.trouble import no_files, trouble, visibility_changed

if TYPE_CHECKING:
    from agents.records.entries import RolePlaySummary, Visibility

STILL_RUNNING = "This call is still running. End it first: the scorecard is about the whole call."
HELP = {"roleplay": help_roleplay, "copilot": help_copilot, "files": no_files}


async def scorecard_wanted(task: Task) -> None:
    """The scorecard of a call again. Raises NotFound."""
    roleplay = await task.records.roleplay(task.given("roleplay"))
    if roleplay.status == "running":
        return await task.tell(trouble(STILL_RUNNING))
    place = task.place if task.place.thread else await task.place_of(roleplay.id)
    task.live.thinking(None)
    await task.salesmate.score(
        roleplay.id,
        task.finishing(
            lambda events: [
                shown_card(event, roleplay, place) for event in events if isinstance(event, Scored)
            ]
        ),
    )
    return None


async def visibility(task: Task) -> None:
    """She says who may see a call of hers; the scorecard that she said it on says so from then on. Raises
    NotFound."""
    wanted: Visibility = "manager" if task.given("visibility") == "manager" else "private"
    roleplay = replace(await task.records.roleplay(task.given("roleplay")), visibility=wanted)
    said = visibility_changed(roleplay.customer, wanted)
    changed: list[Outgoing] = []
    if (card := task.given("card")) and roleplay.status != "running":
        shown = shown_card(await task.salesmate.score(roleplay.id), roleplay, task.place)
        changed = [shown.model_copy(update={"replaces": card})]
    else:
        other_way = Actions(buttons=(visibility_button(roleplay.id, wanted),))
        said = Message(summary=said.summary, parts=(*said.parts, other_way))
    await task.salesmate.show_to(roleplay.id, wanted, task.finishing(lambda _: [task.note(said), *changed]))


async def export(task: Task) -> None:
    """The transcript as a file. Raises NotFound."""
    roleplay = await task.records.roleplay(task.given("roleplay"))
    turns = await task.records.turns(roleplay.id)
    text = to_markdown(roleplay, turns, await task.records.scorecard(roleplay.id))
    customer = re.sub(r"[^a-z0-9]+", "-", roleplay.customer.lower()).strip("-") or "customer"
    file = File(
        name=f"call-{customer}-{roleplay.id}.md",
        text=text,
        summary=f"Your call with {roleplay.customer}: the transcript and what came of it.",
    )
    place = task.place if task.place.thread else await task.place_of(roleplay.id)
    await task.finish([Outgoing(place=place, content=file, roleplay=roleplay.id)])


async def own_page(task: Task) -> None:
    """Her page: what runs, and how she did."""
    running = [running_call(call) for call in await task.salesmate.running()]
    recent = [_scored_call(call) for call in await task.salesmate.scored()]
    await task.finish([Outgoing(place=task.own_messages, content=home(running, recent))])


async def help_wanted(task: Task) -> None:
    """What SalesMate can do."""
    await task.tell(HELP.get(task.given("about"), welcome)())


def _scored_call(call: RolePlaySummary) -> ScoredCall:
    return ScoredCall(
        roleplay=call.roleplay.id,
        customer=call.roleplay.customer,
        difficulty=call.roleplay.difficulty,
        score=cast("int", call.score),
        passed=bool(call.passed),
        ended_at=call.roleplay.ended_at or call.roleplay.started_at,
        attempt=call.roleplay.attempt,
        visibility=call.roleplay.visibility,
    )
