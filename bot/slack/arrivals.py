"""What `salesmate doctor` finds of what Slack sends: whether it can arrive, did arrive, and is worked."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.errors import SlackClientError
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import func, select

from agents.records.database import Database
from agents.records.queue_tables import InboxRow
from agents.records.tables import UtcDateTime, now
from bot.findings import Finding
from bot.slack.installations import PLATFORM
from bot.slack.manifest import EVENTS
from bot.turns.backlog import Backlog

TIMEOUT_S = 10
LONG_S = 120
"""A turn that waits so long waits for nobody who works."""
UNREACHABLE = (SlackClientError, ClientError, OSError, TimeoutError)
REACH = "Check that this machine reaches it: the network, a proxy, SALESMATE_SLACK_API_URL."
STATUSES = {
    401: "The process there has another SALESMATE_SLACK_SIGNING_SECRET: give both this app's; start again.",
    404: "Nothing is there under /slack/events: see where the address leads, and whether it keeps the path.",
}
HTTP_FIRST = ", press Retry or Save at Event Subscriptions, Request URL, in the app's settings"


async def request_url(public_url: str | None, secret: str) -> Finding:
    """Whether `salesmate serve` answers there as Slack's own check of the Request URL wants it."""
    name, challenge = "Request URL", secrets.token_hex(8)
    if not public_url:
        do = "Set it to the address that leads to `salesmate serve`, such as https://salesmate.example."
        return Finding(name, "warn", "not looked at: SALESMATE_PUBLIC_URL is not set.", do)
    url = f"{public_url}{EVENTS}"
    body = json.dumps({"type": "url_verification", "challenge": challenge})
    signed = SignatureVerifier(secret).generate_signature(timestamp=(at := str(int(time.time()))), body=body)
    headers = {"Content-Type": "application/json", "X-Slack-Signature": str(signed)}
    headers["X-Slack-Request-Timestamp"] = at
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=TIMEOUT_S)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            if response.status == 200 and challenge in await response.text(errors="replace"):
                return _answered(name, public_url, url)
            do = STATUSES.get(response.status, "Let that address lead to `salesmate serve`.")
            return Finding(name, "fail", f"{url} answers {response.status}, not as Slack wants it.", do)
    except UNREACHABLE as error:
        do = "Run `salesmate serve`, and let that address lead to it."
        return Finding(name, "fail", f"{url} does not answer ({type(error).__name__}).", do)


def _answered(name: str, public_url: str, url: str) -> Finding:
    if public_url.startswith("https://"):
        return Finding(name, "ok", f"{url} answers as Slack wants it.")
    return Finding(name, "warn", f"{url} answers, but Slack calls https only.", "Put TLS in front of it.")


async def events(database: Database, *, socket_mode: bool) -> Finding:
    """When Slack was last heard of."""
    newest = select(func.max(InboxRow.received_at, type_=UtcDateTime())).where(InboxRow.platform == PLATFORM)
    async with database.house(reading=True) as connection:
        last = (await connection.execute(newest)).scalar_one_or_none()
    if last is None:
        where = "" if socket_mode else HTTP_FIRST
        do = f"Run `salesmate serve`{where}, and write to SalesMate in Slack (Apps, SalesMate, Messages)."
        return Finding("Slack events", "warn", "none has ever arrived.", do)
    minutes = int((now() - last).total_seconds() // 60)
    return Finding("Slack events", "ok", f"the last one arrived {minutes} min ago.")


async def waiting(database: Database) -> AsyncIterator[Finding]:
    """Turns that nobody works, or that were given up."""
    backlog, name = Backlog(database), "Turns"
    waits, dead = await backlog.oldest_waiting_s(), (await backlog.counts())["dead"]
    if waits > LONG_S:
        sentence = f"the oldest has waited for {int(waits // 60)} min."
        yield Finding(name, "warn", sentence, "See that `salesmate serve` runs, and: salesmate turns list")
    if dead:
        sentence = f"{dead} given up."
        yield Finding(
            name, "warn", sentence, "Which: salesmate turns list --dead. Again: salesmate turns retry ID"
        )
