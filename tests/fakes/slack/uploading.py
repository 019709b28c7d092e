"""Where the bytes of a file go: the address that files.getUploadURLExternal gave out."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tests.fakes.slack.state import State


def routes(state: State) -> list[BaseRoute]:
    """The address for uploads."""

    async def upload(request: Request) -> Response:
        kept = state.uploads.get(request.path_params["file"])
        if kept is None or kept.content is not None:
            return PlainTextResponse("upload url expired", status_code=400)
        content = await _content(request)
        if len(content) != kept.length:
            return PlainTextResponse("content length differs", status_code=400)
        kept.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    return [Route("/upload/v1/{file}", upload, methods=["POST"])]


async def _content(request: Request) -> bytes:
    """The bytes, sent plain or as a form's file."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    files = [value for value in (await request.form()).values() if isinstance(value, UploadFile)]
    return await files[0].read() if files else b""
