"""`salesmate personas`: a persona of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.customer.cli import personas
from agents.customer.persona_list import catalogue


def test_a_new_persona_is_a_valid_copy_that_can_be_called_and_copied_again(home: Path) -> None:
    assert CliRunner().invoke(personas, ["new", "my-aunt", "--from", "joan-ellery"]).exit_code == 0
    assert catalogue().get("my-aunt").name == "Joan Ellery"
    assert CliRunner().invoke(personas, ["new", "her-sister", "--from", "my-aunt"]).exit_code == 0
    assert sorted(path.name for path in (home / "personas").iterdir()) == ["her-sister.yaml", "my-aunt.yaml"]


def test_a_persona_of_ones_own_is_never_overwritten(home: Path) -> None:
    CliRunner().invoke(personas, ["new", "my-aunt"])
    kept = (home / "personas" / "my-aunt.yaml").read_text(encoding="utf-8")
    again = CliRunner().invoke(personas, ["new", "my-aunt", "--from", "joan-ellery"])
    assert again.exit_code == 1
    assert (home / "personas" / "my-aunt.yaml").read_text(encoding="utf-8") == kept


@pytest.mark.parametrize("name", ["../aunt", "My Aunt", "", "a/b"])
def test_an_id_that_is_none_writes_nothing(home: Path, name: str) -> None:
    refused = CliRunner().invoke(personas, ["new", name])
    assert refused.exit_code == 2
    assert "is no id" in refused.output
    assert not (home / "personas").exists()
