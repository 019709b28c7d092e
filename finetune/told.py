"""Where a whole run's progress goes: each stage shows it as it does when it is run alone."""

from __future__ import annotations

import click

from finetune.evaluate.cli import watch_on_screen
from finetune.pipeline import Told
from finetune.prepare_cli import watched
from finetune.train.cli import shown


def told(*, quiet: bool) -> Told:
    """Progress on the error stream, where people look and programs do not."""

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    return Told(say=say, preparing=watched, training=shown, evaluating=watch_on_screen(quiet=quiet))
