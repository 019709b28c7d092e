"""`salesmate chat`: a call in the terminal, or through a pipe."""

from __future__ import annotations

import click

DEFAULT_PERSONA = "helen-marsh"
LARGEST_SEED = 2**63 - 1


@click.command()
@click.option("--persona", metavar="ID", help="The customer. See `salesmate personas list`.")
@click.option(
    "--difficulty", type=click.Choice(["easy", "normal", "hard"]), default="normal", show_default=True
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(-LARGEST_SEED, LARGEST_SEED),
    help="Replays a call's dice. Random unless given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL.")
@click.option(
    "--resume",
    metavar="[ID]",
    is_flag=False,
    flag_value="",
    help="Take up an interrupted call (the last one), with the customer it was begun with.",
)
@click.option(
    "--visibility",
    type=click.Choice(["private", "manager"]),
    default="private",
    show_default=True,
    help="Who may read the call.",
)
def chat(
    *,
    persona: str | None,
    difficulty: str,
    seed: int | None,
    as_json: bool,
    database_url: str | None,
    resume: str | None,
    visibility: str,
) -> None:
    """Rehearse a call in the terminal.

    Without a terminal, reads what you say from standard input, one line a turn; an empty line is silence.
    """
    from agents.customer.persona_files import UnknownPersona
    from agents.customer.state import Difficulty
    from bot.terminal.session import random_seed, rehearse
    from bot.terminal.wish import Wish

    wish = Wish(
        persona=persona or DEFAULT_PERSONA,
        difficulty=Difficulty(difficulty),
        seed=random_seed() if seed is None else seed,
        visibility="manager" if visibility == "manager" else "private",
        resume=resume,
    )
    choose = persona is None and resume is None
    try:
        rehearse(wish, database_url=database_url, as_json=as_json, choose=choose)
    except UnknownPersona as error:
        raise click.BadParameter(str(error), param_hint="--persona") from None
