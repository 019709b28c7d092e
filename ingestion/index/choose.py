"""Which index keeps the knowledge of a workspace: Weaviate where one is named, else a file here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.index.workspace import safe_name

if TYPE_CHECKING:
    from ingestion.index.protocol import Index
    from ingestion.settings import Settings

LOCAL = "local"
"""The workspace of whoever works alone: the terminal's."""


def open_index(settings: Settings, workspace: str = LOCAL) -> Index:
    """The index of a workspace. Close it when done. Raises IndexUnavailableError when it cannot be used."""
    if settings.weaviate_url:
        from ingestion.index.weaviate import WeaviateIndex, connect

        return WeaviateIndex(connect(settings), workspace)
    from ingestion.index.embedded import EmbeddedIndex

    file = settings.knowledge_file
    if workspace != LOCAL:
        file = file.with_name(f"{file.stem}-{safe_name(workspace)}{file.suffix}")
    return EmbeddedIndex(file)
