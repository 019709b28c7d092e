"""A firm installs SalesMate by itself, a second one too, and one of them takes it out and comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.slack.sealing import new_key
from tests.e2e.machine import Machine
from tests.e2e.slack_office import (
    HELLO,
    THINKING_S,
    Office,
    begins_call,
    free_port,
    in_call,
    in_database,
    serving,
)
from tests.fakes.slack.server import FakeSlack
from tests.proofs import only_in_full

# Proved in full only: each needs server processes of its own.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), *only_in_full]

ACME, BOREAL = "T0ACME", "T0BOREAL"
WARRANTY = """# Warranty

The warranty of a heat pump lasts eleven years from the day it was put in.
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(kept_in: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A SalesMate that any workspace may install."""
    async with FakeSlack() as slack:
        port = free_port()
        settings = {
            "SALESMATE_SLACK_CLIENT_ID": slack.app.client_id,
            "SALESMATE_SLACK_CLIENT_SECRET": slack.app.client_secret,
            "SALESMATE_SLACK_SIGNING_SECRET": slack.signing_secret,
            "SALESMATE_SLACK_API_URL": slack.api_url,
            "SALESMATE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SALESMATE_SECRET_KEY": new_key(),
            "SALESMATE_SAMPLES": "off",
            **in_database(kept_in),
        }
        async with serving(slack, tmp_path_factory.mktemp("house"), settings, port=port) as served:
            yield served


async def test_from_the_install_page_to_the_first_scorecard(house: Office) -> None:
    admin = house.rep("T0COAST")
    page = await admin.installs(f"{house.url}/slack/install")
    assert page.status == 200
    assert "is installed in" in page.text

    sam = house.rep("T0COAST")
    call = await begins_call(sam)
    assert await call.says(HELLO)
    scorecard = await call.ends()
    assert "of 100" in scorecard.words
    await sam.opens_home()
    await sam.sees_home("Your first score", THINKING_S)

    # Until the firm brings its papers, the copilot has nothing to answer from, and says so.
    await sam.types("/copilot", "How long is the warranty of a heat pump?")
    answer = await sam.ephemeral("You asked", THINKING_S)
    assert "Share here" not in answer.words
    papers = house.home / "papers"
    papers.mkdir()
    (papers / "warranty.md").write_text(WARRANTY, encoding="utf-8")
    ran = Machine(house.home).run("ingest", str(papers), "--workspace", "slack-t0coast")
    assert ran.code == 0, ran.complaint
    await sam.types("/copilot", "How long is the warranty of a heat pump?")
    answer = await sam.ephemeral("eleven years", THINKING_S)
    assert "Share here" in answer.buttons


async def test_nobody_sees_what_another_does(house: Office) -> None:
    for team in (ACME, BOREAL):
        assert (await house.rep(team).installs(f"{house.url}/slack/install")).status == 200
    sam, ann, olga = house.rep(ACME), house.rep(ACME), house.rep(BOREAL)
    call = await begins_call(sam)
    await call.says(HELLO)
    await call.ends()
    for other in (ann, olga):
        await other.opens_home()
        page = await other.sees_home("How it goes", THINKING_S)
        assert page.buttons == ["Start a call"]
        assert other.ephemerals == []

    # Nor what is in another firm's papers.
    await olga.types("/copilot", "How long is the warranty of a heat pump?")
    assert "eleven" not in (await olga.ephemeral("You asked", THINKING_S)).words

    # Even the same buttons, put before them by a trick, are not theirs.
    scorecard = await call.hears("Scorecard: ")
    await ann.joins_thread_of(call.thread)
    await ann.presses(scorecard, "Make visible to my manager")
    await ann.ephemeral("There is no such call of yours.", THINKING_S)
    await sam.opens_home()
    await sam.sees_home("only you can see it", THINKING_S)


async def test_taken_out_and_installed_again_the_calls_are_still_there(house: Office) -> None:
    team = "T0DELTA"
    admin, sam = house.rep(team), house.rep(team)
    await admin.installs(f"{house.url}/slack/install")
    call = await begins_call(sam)
    before = await call.says(HELLO)

    await admin.uninstalls_app()
    assert "xoxb" not in house.logged

    assert (await admin.installs(f"{house.url}/slack/install")).status == 200
    await sam.opens_home()
    page = await sam.sees_home("Your running calls", THINKING_S)
    assert "Helen Marsh" in page.words
    assert before in call.customers_lines
    assert await call.says("Are you still there, Mrs Marsh?")
    scorecard = await call.ends()
    await sam.presses(scorecard, "Try again from …")
    assert await (await sam.modal()).submit() is None
    assert "attempt 2" in (await in_call(sam)).thread.root.words
