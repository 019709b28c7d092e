"""`salesmate finetune`: a customer that learns from recorded calls, stage by stage."""

from __future__ import annotations

import importlib

import click

# A stage is one line: its command, and what --help says of it without importing it.
COMMANDS = {
    "run": (
        "finetune.run_cli:run",
        "Prepare, train, evaluate and gate: what changed, and nothing else.",
    ),
    "prepare": ("finetune.prepare_cli:prepare", "Make data sets out of recorded calls."),
    "train": (
        "finetune.train.cli:train",
        "Train an adapter for the customer on this machine, or tune Gemini if the recipe says so.",
    ),
    "cancel": ("finetune.train.vertex_cli:cancel", "Cancel the job on Vertex AI that tunes for RUN-FOLDER."),
    "evaluate": (
        "finetune.evaluate.cli:evaluate",
        "Judge a tuned model against its base on held-out calls, and inside the engine.",
    ),
    "gate": ("finetune.gate_cli:gate", "Say whether the model of RUN may be promoted; exit 1 if not."),
    "promote": (
        "finetune.promote_cli:promote",
        "Let the model of a run, or a version that is registered, speak for the customer.",
    ),
    "rollback": (
        "finetune.promote_cli:rollback",
        "Let speak again who spoke before the last promotion; once more, who spoke before that.",
    ),
    "status": (
        "finetune.promote_cli:status",
        "Say which version of the customer is promoted, what was before, and who speaks in new calls.",
    ),
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
