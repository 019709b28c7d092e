"""What `salesmate doctor` says of the promoted customer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.findings import Finding

if TYPE_CHECKING:
    from agents.models.settings import ModelSettings
    from agents.records.model_versions import ModelVersion, Standing

NAME = "Promoted customer"


def promoted(database_url: str | None) -> Iterator[Finding]:
    """Which fine-tuned version speaks for the customer, and whether it loads here. Nothing where the records
    or the settings cannot be read: that is told elsewhere."""
    from agents.models.settings import ModelSettingsError, model_settings
    from agents.records.errors import RecordsError

    try:
        settings = model_settings()
        standing = asyncio.run(_standing(database_url))
    except (RecordsError, ModelSettingsError):
        return
    version, move = standing.version, standing.promotion
    if version is None or move is None:
        yield Finding(NAME, "ok", "none; promote one with: salesmate finetune promote")
        return
    named = settings.named_for("customer")
    since = f"{version.name} ({version.model}), since {move.promoted_at:%Y-%m-%d}"
    if named not in ("", "auto"):
        do = f"Unset SALESMATE_CUSTOMER_MODEL (it says {named}) to let it speak."
        yield Finding(NAME, "warn", f"{since}; it does not speak.", do)
        return
    yield _loads(version, since, settings)


def _loads(version: ModelVersion, since: str, settings: ModelSettings) -> Finding:
    from agents.models.version_voice import VersionUnusable

    begun = time.perf_counter()
    try:
        asyncio.run(_load(version, settings))
    except VersionUnusable as error:
        do = "Correct what the sentence names, or go back: salesmate finetune rollback"
        return Finding(NAME, "fail", str(error), do)
    return Finding(NAME, "ok", f"{since}; it loads and answers in {time.perf_counter() - begun:.1f} s.")


async def _load(version: ModelVersion, settings: ModelSettings) -> None:
    from agents.models.version_voice import loading

    await loading(settings)(version)


async def _standing(database_url: str | None) -> Standing:
    from agents.records.database import open_database
    from agents.records.model_versions import ModelVersions
    from agents.records.settings import RecordsSettings

    database = await open_database(database_url or RecordsSettings().database)
    try:
        return await ModelVersions(database).standing()
    finally:
        await database.close()
