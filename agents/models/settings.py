"""Which models to use, where they are, and how long to wait for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agents.models.voice import Role

PREFIX = "SALESMATE_"


class ModelSettingsError(Exception):
    """A setting cannot be used. The sentence names the variable and never its value."""


def _server_address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("give the server's address, such as http://localhost:8000/v1")
    if parts.username or parts.password or parts.query:
        # Addresses are shown to people; keys are not.
        raise ValueError("leave keys out of the address: SALESMATE_MODEL_API_KEY is for them")
    return url.strip().rstrip("/")


ServerAddress = Annotated[str, AfterValidator(_server_address)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class ModelSettings(BaseSettings):
    """Read from `SALESMATE_…`; an empty value counts as unset. Use `model_settings()` to read them.

    A secret is also read from the file that `<VARIABLE>_FILE` names.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    customer_model: str = "auto"
    """Who speaks: `auto`, `scripted`, `local:<name>`, `server:<name>`, `vertexai:<model or endpoint>` or a
    LangChain id."""
    copilot_model: str = "auto"
    """Who writes answers; the same choices. `scripted` answers in the documents' own sentences."""
    coach_model: str = "auto"
    """Who judges the rubric's checks; the same choices. `scripted` judges by rules."""

    model_base_url: ServerAddress | None = None
    """An OpenAI-compatible server: vLLM, Ollama, llama-server, a gateway."""
    model_name: str | None = None
    """The model on that server; the first it lists when unset."""
    model_api_key: SecretStr | None = None
    """That server's key; OpenAI's where no server is given."""
    model_options: dict[str, Any] = Field(default_factory=dict)
    """JSON: further arguments for the LangChain class or llama.cpp, such as {"temperature": 0.8}."""

    model_first_token_seconds: Seconds = 10
    """Until the first word of a reply."""
    model_reply_seconds: Seconds = 30
    """The whole reply, retries included."""
    model_retries: int = Field(default=2, ge=0, le=5)
    """After a failed connection, a 429 or a 5xx, and never once a word was shown."""
    model_longest_wait_seconds: Seconds = 5
    """Before a retry. A server that asks for more is not waited for: a rep is on the line."""
    model_calls_per_minute: int | None = Field(default=None, ge=1)
    """Requests a role may send in a minute, retries included; no limit when unset."""
    model_failures_to_open: int = Field(default=3, ge=1)
    """Failed calls in a row after which a model is left alone."""
    model_cool_down_seconds: Seconds = 30
    """How long it is left alone before one call tries again."""

    local_threads: int | None = Field(default=None, ge=1, le=512)
    """Threads of a model in this process; half of the cores when unset."""
    local_parallel: int = Field(default=4, ge=1, le=64)
    """Replies it writes at once; further calls wait."""
    local_context: int = Field(default=4096, ge=256, le=1_000_000)
    """Tokens it remembers of each call. Memory: this times LOCAL_PARALLEL, 23 kB each for SmolLM2-135M."""

    model_tracing: bool = False
    """Let LangChain send prompts to LangSmith if LANGSMITH_TRACING asks for it."""

    def named_for(self, role: Role) -> str:
        """What the role's own setting says."""
        named: str = getattr(self, f"{role}_model").strip()
        return named

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)


class _SecretFiles(PydanticBaseSettingsSource):
    """`SALESMATE_MODEL_API_KEY_FILE=/run/secrets/key` and its like, for every secret field."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        secret = "SecretStr" in str(field.annotation)
        return (secret_from(PREFIX + field_name.upper()) if secret else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self._fields()}
        return {name: value for name, value in found.items() if value is not None}

    def _fields(self) -> list[tuple[str, FieldInfo]]:
        return list(self.settings_cls.model_fields.items())


def model_settings() -> ModelSettings:
    """The settings of this process. Raises ModelSettingsError."""
    try:
        return ModelSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
    except ValueError as error:  # pydantic-settings' own, for JSON that cannot be read
        if isinstance(error.__cause__, ValueError):
            message, variable = "is not JSON", f"{PREFIX}MODEL_OPTIONS"
        else:
            raise
    raise ModelSettingsError(f"{variable}: {message[0].lower()}{message[1:]}.")


def secret_from(variable: str) -> SecretStr | None:
    """The secret in the variable, or in the file that `<variable>_FILE` names.

    Raises ModelSettingsError when both are set or the file cannot be read.
    """
    value, file = os.environ.get(variable, ""), os.environ.get(f"{variable}_FILE", "")
    if value and file:
        raise ModelSettingsError(f"{variable} and {variable}_FILE are both set; unset one of them.")
    if not file:
        return SecretStr(value) if value else None
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        kind = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ModelSettingsError(f"{variable}_FILE: {file} cannot be read: {kind}.") from None
    if not value:
        raise ModelSettingsError(f"{variable}_FILE: {file} is empty.")
    return SecretStr(value)
