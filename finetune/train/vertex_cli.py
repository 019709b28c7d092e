"""`salesmate finetune cancel`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", metavar="RUN-FOLDER", type=click.Path(file_okay=False, path_type=Path))
def cancel(run: Path) -> None:
    """Cancel the job on Vertex AI that tunes for RUN-FOLDER."""
    from finetune.train.vertex import cancel as end

    click.echo(f"Vertex AI was asked to cancel {end(run)}; that may take some minutes.")
