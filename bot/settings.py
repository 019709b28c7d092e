"""Settings of the bot."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.settings import Settings


class BotSettings(BaseSettings):
    """Read from the environment. A secret may also lie in a file named by the variable with `_FILE`."""

    model_config = SettingsConfigDict(env_prefix="SALESMATE_", env_ignore_empty=True, extra="ignore")

    database_url: str | None = Field(None, repr=False)
    database_url_file: Path | None = None

    @property
    def database(self) -> str:
        """Where the records are: SQLite in the home folder unless a URL is given."""
        if self.database_url:
            return self.database_url
        if self.database_url_file:
            return self.database_url_file.read_text(encoding="utf-8").strip()
        return f"sqlite:///{Settings().home / 'salesmate.sqlite'}"
