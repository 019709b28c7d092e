"""A setting may lie in a file: that is how clusters hand out secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict

from bot.settings import ServeSettings
from ingestion.file_settings import FileSettings, SettingFileError


class Door(FileSettings):
    """Settings as the rooms have them."""

    model_config = SettingsConfigDict(env_prefix="SALESMATE_DOOR_", env_ignore_empty=True, frozen=True)

    key: str | None = None
    floor: int = 1


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "key"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("SALESMATE_DOOR_KEY_FILE", str(file))
    return file


def test_a_setting_is_read_from_the_file_that_its_variable_names(key_file: Path) -> None:
    assert Door().key == "from the file"
    key_file.write_text("changed", encoding="utf-8")
    assert Door().key == "changed"


def test_values_in_files_are_checked_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "floor"
    file.write_text("3\n", encoding="utf-8")
    monkeypatch.setenv("SALESMATE_DOOR_FLOOR_FILE", str(file))
    assert Door().floor == 3


@pytest.mark.usefixtures("key_file")
def test_the_variable_itself_wins_over_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_DOOR_KEY", "from the variable")
    assert Door().key == "from the variable"
    assert Door(key="from the caller").key == "from the caller"


@pytest.mark.usefixtures("key_file")
def test_an_empty_variable_leaves_the_word_to_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_DOOR_KEY", "")
    assert Door().key == "from the file"


def test_an_empty_file_and_a_missing_one_are_said_with_what_to_do(key_file: Path) -> None:
    key_file.write_text(" \n", encoding="utf-8")
    with pytest.raises(SettingFileError, match=r"SALESMATE_DOOR_KEY_FILE names .*key, which is empty\. Put"):
        Door()
    key_file.unlink()
    with pytest.raises(SettingFileError, match=r"cannot be read: No such file or directory\. Correct"):
        Door()


def test_a_file_that_is_no_text_is_said_without_its_content(key_file: Path) -> None:
    key_file.write_bytes(b"\xff\xfesecret")
    with pytest.raises(SettingFileError, match="it is not text") as refused:
        Door()
    assert "secret" not in str(refused.value)


def test_the_secret_key_stays_out_of_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_SECRET_KEY", "hush-hush")
    assert ServeSettings().secret_key
    assert "hush" not in repr(ServeSettings())


@pytest.mark.parametrize("wrong", ["sales.example", "ftp://sales.example", "https://sam:pw@sales.example"])
def test_the_public_address_is_one_that_a_browser_can_open(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESMATE_PUBLIC_URL", "https://sales.example/")
    assert ServeSettings().public_url == "https://sales.example"
    monkeypatch.setenv("SALESMATE_PUBLIC_URL", wrong)
    with pytest.raises(ValueError, match="public_url"):
        ServeSettings()
