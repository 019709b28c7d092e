"""Where the records are."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from agents.records.errors import DatabaseUnavailable
from ingestion.settings import Settings


class RecordsSettings(BaseSettings):
    """Read from `SALESMATE_DATABASE_URL`, or from the file that `SALESMATE_DATABASE_URL_FILE` names, because
    an address may hold a password."""

    model_config = SettingsConfigDict(
        env_prefix="SALESMATE_",
        env_ignore_empty=True,
        use_attribute_docstrings=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: str | None = Field(None, repr=False)
    """SQLite or PostgreSQL; a SQLite file in the home folder when unset."""
    database_url_file: Path | None = None
    """A file that holds the address instead."""

    @property
    def database(self) -> str:
        """The address of the database: a SQLite file in the home folder unless one is given.

        Raises DatabaseUnavailable when the file with the address cannot be read.
        """
        if self.database_url:
            return self.database_url
        if self.database_url_file is None:
            return str(Settings().home / "salesmate.sqlite")
        try:
            address = self.database_url_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            address = ""
        if not address:
            raise DatabaseUnavailable(
                f"SALESMATE_DATABASE_URL_FILE names {self.database_url_file}, which is empty or cannot be "
                "read. Put the database's address in it."
            )
        return address
