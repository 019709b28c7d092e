"""The `salesmate` command. Each room owns its part; a room is imported only when its command runs."""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from typing import Any, NoReturn

import click

from bot.neutral import one_line

FAILURE, USAGE, STOPPED = 1, 2, 130
"""Exit codes; the last is what shells expect after Ctrl-C."""

# name: (module:attribute, one line for --help). The line stands here so that --help imports no room;
# a test holds it to the command's own help.
COMMANDS = {
    "chat": ("bot.terminal.cli:chat", "Rehearse a call in the terminal."),
    "ask": (
        "agents.copilot.cli:ask",
        "Answer QUESTION from the company's documents, each statement with its source.",
    ),
    "hint": (
        "agents.copilot.hint_cli:hint",
        "Say what is worth knowing about what the customer just said.",
    ),
    "search": (
        "ingestion.search_cli:search",
        "Find the passages of the company's documents nearest to QUERY.",
    ),
    "ingest": ("ingestion.cli:ingest", "Read documents into the index that answers come from."),
    "questions": ("bot.questions:questions", "List what you asked the copilot, newest first."),
    "transcripts": ("bot.transcripts:transcripts", "List, read and export your calls."),
    "serve": ("bot.serve.cli:serve", "Serve people in Slack: calls, the copilot, scorecards."),
    "slack": ("bot.slack.cli:slack", "Set SalesMate up in Slack."),
    "turns": ("bot.turns.cli:turns", "Look after turns that wait or were given up."),
    "personas": ("agents.customer.cli:personas", "List, show, check and create personas."),
    "models": ("agents.models.cli:models", "List the models and what each role uses."),
    "eval": (
        "agents.evals.cli:evaluate",
        "Measure the simulated customer, the copilot's answers, and search.",
    ),
    "finetune": (
        "finetune.cli:finetune",
        "Train the customer on recorded calls, judge it, and let it speak.",
    ),
    "db": ("agents.records.cli:db", "Look after the database."),
    "doctor": ("bot.doctor:doctor", "Say what is configured, what works and what to do about the rest."),
}

OUR_ROOMS = ("bot", "agents", "ingestion", "finetune")


class Rooms(click.Group):
    """A command group that imports a command's module when the command is used."""

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


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="salesmate")
def salesmate() -> None:
    """Rehearse sales calls against a simulated customer, and get a scorecard you can trust."""


def run() -> NoReturn:
    """Entry point: one line to stderr for whatever goes wrong; 2 for usage, 1 for failure."""
    _write_utf8()
    code = _run()
    if (chat := sys.modules.get("bot.terminal.warmup")) and chat.warming_up():
        # See `warming_up`. Everything that matters is written; only our own words may still be on their way.
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    try:
        salesmate.main(standalone_mode=False)
    except click.UsageError as error:
        return _misused(error)
    except click.ClickException as error:
        return _failed(error.format_message(), FAILURE)
    except (click.Abort, KeyboardInterrupt):
        return _failed("stopped.", STOPPED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing more to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except Exception as error:  # the outermost border: no trace reaches a person
        if os.environ.get("SALESMATE_DEBUG"):
            traceback.print_exc()
        return _failed(_sentence(error), FAILURE)
    return 0


def _misused(error: click.UsageError) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        # A group without a command: its help is the answer, and has more than one line.
        click.echo(error.format_message(), err=True)
        return USAGE
    command = error.ctx.command_path if error.ctx else "salesmate"
    return _failed(f"{error.format_message()} See `{command} --help`.", USAGE)


def _sentence(error: Exception) -> str:
    """Our own errors carry a sentence for a person; of anything else only the kind is safe to show."""
    if type(error).__module__.split(".")[0] in OUR_ROOMS:
        return str(error)
    if type(error).__name__ == "ValidationError" and getattr(error, "title", "").endswith("Settings"):
        return wrong_setting(error)
    return f"an unexpected {type(error).__name__} stopped this. SALESMATE_DEBUG=1 shows the details."


def wrong_setting(error: Any) -> str:
    """Of pydantic's error: which setting is wrong. Its value stays unsaid: it may be a secret."""
    wrong = error.errors(include_url=False, include_input=False)[0]
    why = str(wrong["msg"]).removeprefix("Value error, ")
    return f"SALESMATE_{str(wrong['loc'][0]).upper()} cannot be used: {why}."


def _failed(message: str, code: int) -> int:
    click.echo(f"salesmate: {one_line(message)}", err=True)
    return code


def _write_utf8() -> None:
    """Programs get UTF-8 whatever the locale; a terminal gets what it can show. The caller may have closed
    either stream."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")
