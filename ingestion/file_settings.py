"""Settings from files: `SALESMATE_X_FILE=/run/secrets/x` for `SALESMATE_X`, as secrets are mounted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class SettingFileError(Exception):
    """A file that a setting names cannot be used. The sentence names variable and file, not what is in it."""


class FileSettings(BaseSettings):
    """Settings each of which may also lie in the file that the same variable with `_FILE` names.

    Where both are set the variable itself wins and the file is not read. A file that cannot be read, or is
    empty, raises SettingFileError: going on without a secret that somebody meant to give helps nobody.
    """

    model_config = SettingsConfigDict(
        env_prefix="SALESMATE_",
        env_ignore_empty=True,
        use_attribute_docstrings=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller says, then the variable, then its file."""
        return init_settings, env_settings, _Files(settings_cls)


class _Files(PydanticBaseSettingsSource):
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{self.config['env_prefix']}{field_name}".upper()
        file = os.environ.get(f"{variable}_FILE", "")
        text = _text_of(variable, Path(file)) if file and not os.environ.get(variable) else None
        return text, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
            if name not in self.current_state
        }
        return {name: value for name, value in found.items() if value is not None}


def _text_of(variable: str, file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingFileError(
            f"{variable}_FILE names {file}, which cannot be read: {why}. Correct the path or the file's "
            f"permissions, or set {variable} itself."
        ) from None
    if not text:
        raise SettingFileError(
            f"{variable}_FILE names {file}, which is empty. Put the value in it, or set {variable} itself."
        )
    return text
