"""`salesmate finetune`: what its help says is what its commands say of themselves."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from finetune.cli import COMMANDS, finetune


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_line_in_the_help_is_the_commands_own(name: str) -> None:
    command = finetune.get_command(click.Context(finetune), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


def test_an_unknown_stage_is_none() -> None:
    assert finetune.get_command(click.Context(finetune), "bake") is None


def test_help_imports_no_stage() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from finetune.cli import finetune\n"
        "assert CliRunner().invoke(finetune, ['--help']).exit_code == 0\n"
        "assert not {'numpy', 'torch', 'finetune.prepare', 'finetune.train'} & set(sys.modules), 'a stage'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
