"""The same product in every workspace: an older one, a newer one, and one reached without an open address."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.slack_office import HELLO, THINKING_S, Call, Office, one_workspace, serving
from tests.fakes.slack.server import FakeSlack
from tests.proofs import only_in_full

# Proved in full only: each needs server processes of its own.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), *only_in_full]

NEWER_CALLS = ("agents.sessions.setStatus", "assistant.threads.setSuggestedPrompts")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["newer", "long-standing", "socket"])
async def workspace(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    """One workspace of each kind."""
    async with FakeSlack(newer=request.param != "long-standing") as slack:
        settings = one_workspace(slack)
        if request.param == "socket":
            del settings["SALESMATE_SLACK_SIGNING_SECRET"]
            settings["SALESMATE_SLACK_APP_TOKEN"] = slack.app.app_token
        async with serving(slack, tmp_path_factory.mktemp("any"), settings) as served:
            yield served


async def test_a_whole_call(workspace: Office) -> None:
    slack, sam = workspace.slack, workspace.rep()
    await sam.opens_messages()
    offered = "Rehearse with Helen Marsh"
    if slack.newer:
        await slack.until(lambda: slack.prompts.get(sam.dm.id), THINKING_S, "something to begin with")
        assert offered in [prompt["message"] for prompt in slack.prompts[sam.dm.id]]

    thread = await sam.says(offered)
    call = Call(sam, thread)
    await call.hears_customer(1)
    assert await call.says(HELLO)
    await thread.says("? How long does an ISA transfer take?")
    await call.hears("15 working days")
    await call.ends()
    await sam.types("/copilot", "How long does an ISA transfer take?")
    await sam.ephemeral("Transfers policy", THINKING_S)
    await sam.opens_home()
    await sam.sees_home("Your first score", THINKING_S)

    if slack.newer:
        session = slack.sessions[thread.channel, thread.ts]
        await slack.until(lambda: session.status == "closed", THINKING_S, "the session is closed")
        assert session.title == "Call with Helen Marsh"
    assert sam.errors == []
    assert not slack.sender.lost


async def test_what_a_workspace_lacks_is_asked_for_once_and_missed_by_nobody(workspace: Office) -> None:
    slack = workspace.slack
    for _ in range(2):
        sam = workspace.rep()
        await sam.opens_messages()
        call = Call(sam, await sam.says("Rehearse with Helen Marsh"))
        await call.hears_customer(1)
        assert await call.says(HELLO)
    if slack.newer:
        return
    for method in NEWER_CALLS:
        assert len(slack.called(method, ok=False)) == 1
    words = " ".join(message.text for message in slack.seen(sam.dm.id))
    assert "unknown_method" not in words
