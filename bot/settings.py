"""What a served SalesMate has to know besides its platforms."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ingestion.file_settings import FileSettings


def _public(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("give the address that the world sees, such as https://salesmate.example")
    if parts.username or parts.password:
        raise ValueError("leave user names and passwords out of the address")
    return url.strip().rstrip("/").removesuffix("/slack/events").rstrip("/")


class ServeSettings(FileSettings):
    """Read from `SALESMATE_…`, or from the file that the same variable with `_FILE` names."""

    public_url: Annotated[str, AfterValidator(_public)] | None = None
    """Where the world reaches SalesMate, such as https://salesmate.example. The doctor looks there."""
    secret_key: str | None = Field(None, repr=False)
    """Seals the tokens of installed workspaces in the database (OAuth only). Without it a key made from the
    Client Secret does, and a new Client Secret means installing anew. Several keys, comma separated, newest
    first: the newest seals, all of them open. Make one with: salesmate slack new-key"""
