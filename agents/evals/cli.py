"""`salesmate eval`: how good it is, in figures that anyone can compute again."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "customer": "agents.evals.customer_cli:customer",
    "copilot": "agents.evals.copilot_cli:copilot",
    "retrieval": "ingestion.evals.cli:retrieval",
}


class Evaluations(click.Group):
    """Imports a command's module when the command is used: each needs much that the others do not."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group("eval", cls=Evaluations)
def evaluate() -> None:
    """Measure the simulated customer, the copilot's answers, and search."""
