"""`salesmate serve`: SalesMate for people on their platforms."""

from __future__ import annotations

import os
import sys

import click

HOST, PORT = "127.0.0.1", 3000


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--log-format",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How events are logged, to stderr. What people write is never logged.",
)
def serve(host: str, port: int, log_format: str) -> None:
    """Serve people in Slack: calls, the copilot, scorecards."""
    import asyncio

    from bot.serve import logs
    from bot.slack.settings import SlackSettings

    SlackSettings().tenancy()  # said at once; what is imported next takes seconds
    from bot.serve.app import still_warming
    from bot.serve.server import run

    logs.configure("json" if log_format == "json" else "text")
    asyncio.run(run(host, port))
    if still_warming():
        sys.stdout.flush()
        os._exit(0)
