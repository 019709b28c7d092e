"""`salesmate --help` is quick because it imports no room and nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

ROOMS = {"agents", "ingestion", "finetune", "bot.salesmate", "bot.composition", "bot.slack.app"}
HEAVY = {"pydantic", "sqlalchemy", "numpy", "rich", "prompt_toolkit", "langgraph"}
SERVING = {"slack_bolt", "slack_sdk", "starlette", "uvicorn", "aiohttp"}


@pytest.mark.parametrize(
    "args", [["--help"], ["chat", "--help"], ["transcripts", "list", "--help"], ["serve", "--help"]]
)
def test_help_waits_for_nothing_heavy(args: list[str]) -> None:
    look = (
        "import sys, bot.cli\n"
        f"sys.argv[1:] = {args!r}\n"
        "try:\n    bot.cli.run()\n"
        f"except SystemExit:\n    print({ROOMS | HEAVY | SERVING!r} & sys.modules.keys(), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "set()"
