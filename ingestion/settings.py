"""Where this machine keeps its knowledge, and how search weighs its two lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_dir
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

FolderPath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _weaviate_address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("give Weaviate's address as scheme, host and port, such as http://localhost:8080")
    if parts.username or parts.password:
        # Addresses are shown to people; keys are not.
        raise ValueError("leave keys out of the address: SALESMATE_WEAVIATE_API_KEY is for them")
    return url.strip().rstrip("/")


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

    samples: bool = True
    """Whether the sample documents are kept in the index; off takes them out at the next question."""

    alpha: Annotated[float, Field(ge=0, le=1)] | Literal["auto"] = "auto"
    """Weight of meaning (dense) against words (BM25) in search: 1 is meaning alone, 0 words alone, auto is
    chosen for each question by what it asks for."""

    reranker: FolderPath | None = None
    """A folder with a cross-encoder (model.onnx, tokenizer.json) that reads the best hits again; none when
    unset."""

    # Weaviate, for knowledge that several machines share.
    weaviate_url: Annotated[str, AfterValidator(_weaviate_address)] | None = None
    """A Weaviate server that keeps the index, such as https://weaviate.example:443; unset: a file here."""
    weaviate_grpc_host: str | None = None
    """Where its gRPC port is; the URL's host when unset."""
    weaviate_grpc_port: int = Field(default=50051, ge=1, le=65535)
    """Its gRPC port; TLS there too when the URL is https."""
    weaviate_api_key: SecretStr | None = None
    """Its API key; none when unset."""
    weaviate_api_key_file: FolderPath | None = None
    """A file that holds the API key, in place of the variable."""
    weaviate_timeout: float = Field(default=20, gt=0, le=600)
    """Seconds to wait for an answer from it; three times as long for a write."""

    @property
    def knowledge_file(self) -> Path:
        """The embedded index: one SQLite file."""
        return self.home / "knowledge.sqlite"

    @property
    def embeddings_folder(self) -> Path:
        """Vectors of fixed sets of texts, kept between runs."""
        return self.home / "embeddings"
