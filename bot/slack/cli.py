"""`salesmate slack`: what is needed once, to join SalesMate to Slack."""

from __future__ import annotations

import click


@click.group()
def slack() -> None:
    """Set SalesMate up in Slack."""


@slack.command()
@click.option("--url", default="", help="Where Slack reaches SalesMate, such as https://salesmate.example.")
@click.option("--socket-mode", is_flag=True, help="SalesMate calls Slack instead; no address is needed.")
@click.option("--oauth", is_flag=True, help="For many workspaces, each of which installs it.")
def manifest(*, url: str, socket_mode: bool, oauth: bool) -> None:
    """Print the app manifest, to paste at https://api.slack.com/apps."""
    from bot.slack.manifest import as_yaml, filled_in

    click.echo(as_yaml(filled_in(url, socket_mode=socket_mode, oauth=oauth)), nl=False)


@slack.command("new-key")
def make_key() -> None:
    """Print a new SALESMATE_SECRET_KEY, which seals the tokens of installed workspaces."""
    from bot.slack.sealing import new_key

    click.echo(new_key())
