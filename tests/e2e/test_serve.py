"""`salesmate serve` as a process: it starts when it is whole, serves, and ends without losing anybody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from bot.slack.arrivals import request_url
from tests.e2e.machine import SALESMATE, VECTORS
from tests.fakes.slack.server import FakeSlack

START_S, END_S = 30.0, 15.0
WHOLE = {"SALESMATE_SLACK_BOT_TOKEN": "xoxb-secret", "SALESMATE_SLACK_SIGNING_SECRET": "shh"}
LINE = "Hi Helen, it's Sam from Northgate."


@contextlib.asynccontextmanager
async def served(
    home: Path, settings: Mapping[str, str], *more: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A serving process, and the address it says it listens on."""
    process = await started(home, settings, "--port", "0", *more)
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), START_S)).decode()
        found = re.search(r"http://[\d.]+:\d+", line)
        assert found, line + (await process.communicate())[1].decode()
        yield process, found[0]
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def started(home: Path, settings: Mapping[str, str], *more: str) -> asyncio.subprocess.Process:
    VECTORS.mkdir(exist_ok=True)
    (home / "embeddings").symlink_to(VECTORS)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SALESMATE_")}
    return await asyncio.create_subprocess_exec(
        *(SALESMATE, "serve", *more),
        env={**clean, "SALESMATE_HOME": str(home), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def settings_for(slack: FakeSlack) -> dict[str, str]:
    return {
        "SALESMATE_SLACK_BOT_TOKEN": slack.bot_token,
        "SALESMATE_SLACK_SIGNING_SECRET": slack.signing_secret,
        "SALESMATE_SLACK_API_URL": slack.api_url,
    }


async def test_it_serves_a_call_and_ends_in_peace(tmp_path: Path) -> None:
    async with FakeSlack() as slack, served(tmp_path, settings_for(slack)) as (process, url):
        slack.events_url = f"{url}/slack/events"
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/healthz")).status_code == 200
            ready = await http.get("/readyz")
            assert ready.json() == {"ready": True, "problems": {}}
            assert "salesmate_inbox_oldest_seconds" in (await http.get("/metrics")).text
            assert (await http.get("/slack/install")).status_code == 404  # one token: nothing to install
        assert "answers, but Slack calls https" in (await request_url(url, slack.signing_secret)).sentence
        assert "another SALESMATE_SLACK_SIGNING_SECRET" in (await request_url(url, "another app's")).do
        rep = slack.person("U1REP")
        await rep.types("/roleplay", "helen-marsh")
        assert await (await rep.modal()).submit() is None
        thread = await rep.newest_thread()
        await thread.says(LINE, deliveries=3)
        await thread.replies(from_bot=True, at_least=2, within_s=START_S)

        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), END_S)
        assert process.returncode == 0
        assert "Sam from" not in errors.decode()
        assert slack.bot_token not in errors.decode()


async def test_socket_mode_needs_no_open_address(tmp_path: Path) -> None:
    async with FakeSlack() as slack:
        settings = settings_for(slack) | {"SALESMATE_SLACK_APP_TOKEN": slack.app.app_token}
        del settings["SALESMATE_SLACK_SIGNING_SECRET"]
        async with served(tmp_path, settings) as (process, url):
            async with httpx.AsyncClient(base_url=url) as http:
                closed = await http.post("/slack/events", json={"type": "url_verification", "challenge": "c"})
                assert closed.status_code == 404
            rep = slack.person("U1REP")
            await rep.opens_home()
            await rep.sees_home("Start a call")
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.communicate(), END_S)
            assert process.returncode == 0


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        (("BOT_TOKEN", "SIGNING_SECRET"), "SALESMATE_SLACK_BOT_TOKEN"),
        (("SIGNING_SECRET",), "SALESMATE_SLACK_SIGNING_SECRET"),
    ],
)
async def test_half_a_setup_does_not_start(tmp_path: Path, lacking: tuple[str, ...], named: str) -> None:
    left = {name: value for name, value in WHOLE.items() if not name.endswith(lacking)}
    process = await started(tmp_path, left)
    _, errors = await asyncio.wait_for(process.communicate(), START_S)
    assert process.returncode == 1
    assert named in errors.decode()
    assert "salesmate doctor" in errors.decode()
    assert "xoxb-secret" not in errors.decode()


async def test_a_token_that_slack_refuses_does_not_start(tmp_path: Path) -> None:
    async with FakeSlack() as slack:
        process = await started(tmp_path, settings_for(slack) | {"SALESMATE_SLACK_BOT_TOKEN": "xoxb-wrong"})
        _, errors = await asyncio.wait_for(process.communicate(), START_S)
    assert process.returncode == 1
    assert "SALESMATE_SLACK_BOT_TOKEN" in errors.decode()


async def test_an_app_token_that_slack_refuses_does_not_start(tmp_path: Path) -> None:
    async with FakeSlack() as slack:
        process = await started(tmp_path, settings_for(slack) | {"SALESMATE_SLACK_APP_TOKEN": "xapp-wrong"})
        _, errors = await asyncio.wait_for(process.communicate(), START_S)
    assert process.returncode == 1
    assert "SALESMATE_SLACK_APP_TOKEN (invalid_auth)" in errors.decode()
    assert "connections:write" in errors.decode()


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await started(tmp_path, WHOLE, "--port", port)
        _, errors = await asyncio.wait_for(process.communicate(), START_S)
    assert process.returncode == 1
    assert f"port {port}" in errors.decode()
