"""Where this machine keeps its knowledge, and how search weighs its two lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from platformdirs import user_data_dir
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

FolderPath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """Read from the environment (`SALESMATE_HOME`, `SALESMATE_ALPHA`); an empty value counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="SALESMATE_",
        env_ignore_empty=True,
        use_attribute_docstrings=True,
        extra="ignore",
        frozen=True,
    )

    home: FolderPath = Field(default_factory=lambda: Path(user_data_dir("salesmate", appauthor=False)))
    """The one folder that holds all state."""

    # Prose questions do best at .75, table questions at .25 (nDCG@10 on FiQA and TAT-QA): .5 loses least.
    alpha: float = Field(default=0.5, ge=0, le=1)
    """Weight of meaning (dense) against words (BM25) in search: 1 is meaning alone, 0 words alone."""

    @property
    def knowledge_file(self) -> Path:
        """The embedded index: one SQLite file."""
        return self.home / "knowledge.sqlite"

    @property
    def embeddings_folder(self) -> Path:
        """Vectors of fixed sets of texts, kept between runs."""
        return self.home / "embeddings"
