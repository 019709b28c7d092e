"""A customer who takes her time: stopped in mid-reply, let answer after all, and a model that is down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from tests.e2e.machine import written
from tests.e2e.slack_office import HELLO, THINKING_S, Call, Office, begins_call, one_workspace, serving
from tests.fakes.openai import KEY, FakeOpenAI, Refusal, Reply, Running
from tests.fakes.slack.screen import Seen
from tests.fakes.slack.server import FakeSlack
from tests.integration.conftest import new_postgres

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = written("good").splitlines()
NEVER_S = 60.0
SLOWLY = Reply(
    "I would have to think about that, because nobody has asked me in years.", before_first=NEVER_S
)
IN_THE_MIDDLE = Reply("Well, that depends on what you mean. " * 20, between=0.2)
AT_ONCE = Reply("Quite so. Do go on.")
HEARD = Reply("{}")
"""What a model that listens answers when it noticed nothing of its own."""
DOWN = Refusal(503)


@pytest.fixture(scope="module")
def model() -> Iterator[FakeOpenAI]:
    """A model server; each story says how it behaves."""
    with Running() as fake:
        yield fake


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["newer", "long-standing"])
async def workspace(
    request: pytest.FixtureRequest, kept_in: str, model: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    """A workspace whose customers speak with the words of that server."""
    async with FakeSlack(newer=request.param == "newer") as slack:
        # Each its own: two Slacks of a test number their events alike.
        database = new_postgres(request.getfixturevalue("postgres_server")) if kept_in else ""
        settings = one_workspace(slack, database) | {
            "SALESMATE_CUSTOMER_MODEL": "server:fake-1",
            "SALESMATE_COPILOT_MODEL": "scripted",
            "SALESMATE_COACH_MODEL": "scripted",
            "SALESMATE_MODEL_BASE_URL": model.base_url,
            "SALESMATE_MODEL_API_KEY": KEY,
            "SALESMATE_MODEL_FIRST_TOKEN_SECONDS": str(NEVER_S),
            "SALESMATE_MODEL_REPLY_SECONDS": str(NEVER_S),
            "SALESMATE_MODEL_RETRIES": "0",
            "SALESMATE_MODEL_FAILURES_TO_OPEN": "1000",
        }
        async with serving(slack, tmp_path_factory.mktemp("slow"), settings) as served:
            yield served


Stop = Callable[[Call], Awaitable[object]]


async def by_slacks_own_button(call: Call) -> None:
    await call.rep.stops(call.thread, THINKING_S)


async def by_the_placeholder(call: Call) -> None:
    await call.thread.presses("Stop")


async def by_typing(call: Call) -> None:
    await call.thread.says("stop")


async def test_stopped_in_mid_reply_her_line_stands_and_the_customer_may_answer_later(
    workspace: Office, model: FakeOpenAI
) -> None:
    model.usual = AT_ONCE
    call = await begins_call(workspace.rep())
    by_button = by_slacks_own_button if workspace.slack.newer else by_the_placeholder
    ways: list[tuple[Reply, Stop]] = [
        (SLOWLY, by_typing),
        (SLOWLY, by_button),
        (IN_THE_MIDDLE, by_typing),
        (IN_THE_MIDDLE, by_button),
    ]
    for lines, (reply, stop) in enumerate(ways, start=1):
        model.requests.clear()
        model.will(HEARD, reply)
        await call.thread.says(LINES[lines - 1])
        await _speaks(workspace, model)
        await call.thread.until(lambda _: _is_working(call), THINKING_S)
        await stop(call)
        assert await model.caller_hangs_up(THINKING_S)
        await _offered(call, lines)
        told = await call.thread.with_button("Let Helen Marsh answer", THINKING_S)
        assert "Your line stands" in told.words
        assert len(call.customers_lines) == lines
        assert not call.thread.streams

        await call.rep.presses(told, "Let Helen Marsh answer")
        await call.hears_customer(lines + 1)
    await workspace.slack.until(lambda: not _is_working(call), THINKING_S, "nobody thinks any more")


async def test_writing_on_after_a_stop_brings_one_reply_to_both(workspace: Office, model: FakeOpenAI) -> None:
    model.usual = AT_ONCE
    call = await begins_call(workspace.rep())
    model.requests.clear()
    model.will(HEARD, SLOWLY)
    await call.thread.says(HELLO)
    await _speaks(workspace, model)
    await call.thread.says("stop")
    await call.hears("Your line stands")
    await call.thread.says("Or shall I call another time?")
    await call.hears_customer(2)
    assert await call.says("Then I shall be brief.")
    assert len(call.customers_lines) == 3


async def test_stop_with_nothing_to_stop_is_said_to_the_customer(
    workspace: Office, model: FakeOpenAI
) -> None:
    model.usual = AT_ONCE
    call = await begins_call(workspace.rep())
    assert await call.says("stop")


async def test_with_the_model_down_the_customer_finds_words_of_her_own(
    workspace: Office, model: FakeOpenAI
) -> None:
    call = await begins_call(workspace.rep())
    model.usual = DOWN
    assert "503" not in await call.says(HELLO)
    model.usual = AT_ONCE
    assert await call.says(LINES[1])
    assert len(call.customers_lines) == 3


async def test_a_reply_that_takes_its_time_is_seen_coming_and_then_stands_once(
    workspace: Office, model: FakeOpenAI
) -> None:
    call = await begins_call(workspace.rep())
    model.usual = AT_ONCE
    model.will(HEARD, Reply("I would have to think about that. " * 4, between=0.1))
    await call.thread.says(HELLO)
    await call.thread.until(lambda _: _is_working(call), THINKING_S)
    await call.hears("I would have to think about that. I would")
    await workspace.slack.until(lambda: not _is_working(call), THINKING_S, "nobody thinks any more")
    assert len(call.customers_lines) == 2
    assert bool(workspace.slack.called("chat.startStream", ok=True)) is workspace.slack.newer


async def _speaks(workspace: Office, model: FakeOpenAI) -> None:
    """Wait until the model was asked for the customer's words."""
    await workspace.slack.until(
        lambda: any(body.get("stream") for body in model.requests), THINKING_S, "she is to speak"
    )


async def _offered(call: Call, times: int) -> None:
    """Wait until she was offered so often to let the customer answer after all."""

    def so_often(seen: list[Seen]) -> bool:
        return sum("Let Helen Marsh answer" in one.buttons for one in seen) == times

    await call.thread.until(so_often, THINKING_S)


def _is_working(call: Call) -> bool:
    """Whether Slack shows that the customer thinks: by its own sign, by a stream, or by a placeholder."""
    session = call.rep.state.sessions.get((call.thread.channel, call.thread.ts))
    placeholder = any("Stop" in seen.buttons for seen in call.thread.messages_now)
    return (
        bool(call.thread.streams) or placeholder or (session is not None and session.status == "processing")
    )
