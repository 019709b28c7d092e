"""A file into a thread, or its words as messages where the workspace takes no files."""

from __future__ import annotations

from bot.presentation import File, Heading, Message, Words
from bot.slack.capabilities import LACKING
from bot.slack.client import Refused
from bot.slack.finding import find_file
from bot.slack.mrkdwn import escaped
from bot.slack.workspace import Workspace
from bot.turns.ports import Posting, Receipt

ASKS = "files.getUploadURLExternal"


async def share(workspace: Workspace, posting: Posting, file: File, channel: str) -> Receipt | None:
    """Upload and share it, once; None if this workspace takes no files from SalesMate. Raises Refused,
    Limited, Unclear."""
    if not workspace.has(ASKS):
        return None
    thread = posting.outgoing.place.thread
    if posting.maybe_posted and (ts := await _there(workspace, posting, file, channel, thread)):
        return Receipt(channel, ts)
    raw = file.text.encode() or b"\n"
    try:
        ticket = await workspace.send(ASKS, filename=file.name, length=len(raw))
        await workspace.client.post("upload", str(ticket["upload_url"]), body=raw)
        await workspace.send(
            "files.completeUploadExternal",
            pace=channel,
            files=[{"id": str(ticket["file_id"]), "title": file.name}],
            channel_id=channel,
            thread_ts=thread or None,
            initial_comment=escaped(file.summary),
        )
    except Refused as refused:
        if workspace.learn(ASKS, refused.code):
            return None
        raise
    return Receipt(channel, "")


def in_words(file: File) -> Message:
    """The same as a message."""
    return Message(summary=file.summary, parts=(Heading(text=file.name), Words(text=file.text)))


async def _there(workspace: Workspace, posting: Posting, file: File, channel: str, thread: str) -> str:
    try:
        return await find_file(
            workspace.client, workspace.installed, channel, thread, file.name, posting.since
        )
    except Refused as refused:
        if refused.code in LACKING:
            return ""
        raise
