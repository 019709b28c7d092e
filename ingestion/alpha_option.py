"""`--alpha` on the command line: a number from 0 to 1, or auto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ingestion.alpha import Alpha


def checked_alpha(ctx: click.Context, param: click.Parameter, value: str | None) -> Alpha | None:
    """A click callback. Raises click.BadParameter for anything else."""
    if value is None:
        return None
    if value == "auto":
        return "auto"
    try:
        alpha = float(value)
    except ValueError:
        alpha = -1.0
    if not 0 <= alpha <= 1:
        raise click.BadParameter(
            f"'{value}' is neither a number from 0 (words alone) to 1 (meaning alone) nor auto.", ctx, param
        )
    return alpha
