"""What only one person may see where others are about: by the address Slack gave for a command's answers, or
as an ephemeral message.

Neither can be found again, so after an unclear answer a whisper is said once more: twice is harmless, and
nobody else hears it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.recent import Recent
from bot.slack.client import Refused
from bot.slack.posting import dress, said, sent
from bot.slack.refusals import NOT_HERE
from bot.slack.render import Payload
from bot.slack.workspace import Workspace
from bot.turns.ports import Posting

USES = 5
"""What one address takes, within half an hour of the command."""


class Whispers:
    """The whispers of this process: how often an address was used, how far a long one has come."""

    def __init__(self) -> None:
        self._used: Recent[str, int] = Recent()
        self._told: Recent[str, int] = Recent()

    async def tell(
        self, workspace: Workspace, posting: Posting, payloads: Sequence[Payload], *, ephemeral: bool
    ) -> bool:
        """Tell the person alone, by the address or (where `ephemeral`) in the place itself; false if neither
        takes it. Raises Refused, Limited, Unclear."""
        outgoing = posting.outgoing
        for n in range(self._told.get(posting.key, 0), len(payloads)):
            replace = bool(outgoing.replaces) and n == 0
            told = await self._by_address(workspace, posting, payloads[n], private=True, replace=replace)
            if not told and not (ephemeral and await self._here(workspace, posting, payloads[n])):
                return False
            self._told[posting.key] = n + 1
        return True

    async def aloud(self, workspace: Workspace, posting: Posting, payloads: Sequence[Payload]) -> bool:
        """Say it to everybody in the place by the address, where SalesMate itself is no member; false if the
        address takes no more. Raises Limited, Unclear."""
        for n in range(self._told.get(posting.key, 0), len(payloads)):
            if not await self._by_address(workspace, posting, payloads[n], private=False, replace=False):
                return False
            self._told[posting.key] = n + 1
        return True

    async def _by_address(
        self, workspace: Workspace, posting: Posting, payload: Payload, *, private: bool, replace: bool
    ) -> bool:
        place = posting.outgoing.place
        if not place.reply_url or self._used.get(place.reply_url, 0) >= USES:
            return False
        body: dict[str, Any] = {
            "response_type": "ephemeral" if private else "in_channel",
            "replace_original": replace,
            "text": payload.text,
            "blocks": list(payload.blocks),
        }
        if place.thread and not replace:
            body["thread_ts"] = place.thread
        try:
            await workspace.client.post("response_url", place.reply_url, body=body)
        except Refused:
            self._used[place.reply_url] = USES
            return False
        self._used[place.reply_url] = self._used.get(place.reply_url, 0) + 1
        return True

    async def _here(self, workspace: Workspace, posting: Posting, payload: Payload) -> bool:
        place = posting.outgoing.place
        arguments = said(payload) | {"channel": place.channel, "user": place.person} | dress(payload)
        if place.thread:
            arguments["thread_ts"] = place.thread
        try:
            await sent(workspace, "chat.postEphemeral", arguments, pace=place.channel)
        except Refused as refused:
            if refused.code in NOT_HERE:
                return False
            raise
        return True
