"""Files: an address is asked for, the bytes go there, and only then the file is shared."""

from __future__ import annotations

from tests.fakes.slack.methods.chat import thread_of, written
from tests.fakes.slack.state import Body, Upload
from tests.fakes.slack.web import TIER_4, Ask, Refused, invalid_arguments, method


@method("files.getUploadURLExternal", "files:write", tier=TIER_4)
async def files_get_upload_url_external(ask: Ask) -> Body:
    """An address for so many bytes."""
    name, length = ask.needed("filename"), ask.number("length", 0)
    if length < 1:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    upload = Upload(ask.state.new_id("F"), ask.token.team, name, length)
    ask.state.uploads[upload.id] = upload
    return {"upload_url": f"{ask.state.base_url}/upload/v1/{upload.id}", "file_id": upload.id}


@method("files.completeUploadExternal", "files:write", tier=TIER_4)
async def files_complete_upload_external(ask: Ask) -> Body:
    """Share what was uploaded, in a conversation or a thread of it, or keep it private."""
    uploads = _uploaded(ask)
    if wanted := ask.text("channel_id") or ask.text("channels"):
        channel = ask.state.channels.get(wanted)
        if channel is None or channel.team != ask.token.team:
            raise Refused("invalid_channel")
        if channel.kind != "im" and ask.workspace.bot_user not in channel.members:
            raise Refused("posting_to_channel_denied")
        thread = thread_of(ask, channel)
        message = written(ask, channel, (ask.text("initial_comment"), []))
        message.thread_ts, message.subtype = thread, "file_share"
        message.files = [_told(upload) for upload in uploads]
        ask.state.post(message)
    for upload in uploads:
        upload.shared = True
    return {"files": [_told(upload) for upload in uploads]}


def _uploaded(ask: Ask) -> list[Upload]:
    entries = ask.args.get("files")
    if not isinstance(entries, list) or not entries:
        raise invalid_arguments("missing required field: files")
    uploads = []
    for entry in entries:
        upload = ask.state.uploads.get(str(entry.get("id", "")))
        if upload is None or upload.content is None or upload.shared or upload.team != ask.token.team:
            raise Refused("file_not_found")
        upload.title = str(entry.get("title") or upload.name)
        uploads.append(upload)
    return uploads


def _told(upload: Upload) -> Body:
    size = len(upload.content or b"")
    return {"id": upload.id, "name": upload.name, "title": upload.title, "size": size, "mode": "hosted"}
