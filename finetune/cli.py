"""`salesmate finetune`: a customer that learns from recorded calls, stage by stage."""

from __future__ import annotations

import importlib

import click

# A stage is one line: its command, and what --help says of it without importing it.
COMMANDS = {
    "prepare": ("finetune.prepare_cli:prepare", "Make data sets out of recorded calls."),
}


class Stages(click.Group):
    """Imports a stage's module when the stage is used: some need packages that take seconds to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group("finetune", cls=Stages)
def finetune() -> None:
    """Train the customer on recorded calls, judge it, and let it speak."""
