"""`salesmate transcripts`: list, read and export calls."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.neutral import neutral

if TYPE_CHECKING:
    from agents.records.entries import RolePlay, RolePlaySummary, Scorecard, Turn

FORMATS = ("json", "md", "csv", "html")

_database = click.option(
    "--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL."
)


@click.group()
def transcripts() -> None:
    """List, read and export your calls."""


@transcripts.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@_database
def list_transcripts(*, limit: int, as_json: bool, database_url: str | None) -> None:
    """List your latest calls, newest first."""
    import json

    calls = asyncio.run(_latest(limit, database_url))
    if as_json:
        click.echo(json.dumps([_summary_json(call) for call in calls], ensure_ascii=False))
    elif not calls:
        click.echo("No calls yet. Start one: salesmate chat")
    else:
        for call in calls:
            click.echo(neutral(_summary_line(call)))


@transcripts.command()
@click.argument("roleplay_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@_database
def show(*, roleplay_id: str, as_json: bool, database_url: str | None) -> None:
    """Read one call with its scorecard."""
    call = asyncio.run(_transcript(roleplay_id, database_url))
    _print(_written(call, "json") if as_json else neutral(_readable(*call)))


@transcripts.command()
@click.argument("roleplay_id", metavar="ID")
@click.option("--format", "form", type=click.Choice(FORMATS), default="md", show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there.",
)
@_database
def export(*, roleplay_id: str, form: str, output: Path | None, database_url: str | None) -> None:
    """Write one call for another program, or for paper."""
    text = _written(asyncio.run(_transcript(roleplay_id, database_url)), form)
    if output is None:
        return _print(text)
    try:
        output.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from None
    return click.echo(f"Wrote {output}.", err=True)


async def _latest(limit: int, database_url: str | None) -> list[RolePlaySummary]:
    from bot.records import open_records

    async with open_records(database_url) as records:
        return await records.roleplays(limit)


async def _transcript(
    roleplay_id: str, database_url: str | None
) -> tuple[RolePlay, list[Turn], Scorecard | None]:
    from bot.records import open_records

    async with open_records(database_url) as records:
        roleplay = await records.roleplay(roleplay_id)
        return roleplay, await records.turns(roleplay.id), await records.scorecard(roleplay.id)


def _written(call: tuple[RolePlay, list[Turn], Scorecard | None], form: str) -> str:
    from agents.records.export import FORMATS as WRITERS

    return WRITERS[form](*call)


def _print(text: str) -> None:
    """As it is for a file or a program, harmless for a terminal."""
    if sys.stdout.isatty():
        return click.echo(neutral(text))
    # Bytes: CSV brings its own line ends.
    return click.echo(text.encode("utf-8"), nl=False)


def _readable(roleplay: RolePlay, turns: list[Turn], scorecard: Scorecard | None) -> str:
    width = max((len(str(turn.n)) for turn in turns), default=1)
    lines = [f"{roleplay.customer}, {roleplay.difficulty}, seed {roleplay.seed}, {roleplay.id}", ""]
    lines += [f"{turn.n:>{width}}  {_speaker(turn, roleplay)}: {turn.text or '(silence)'}" for turn in turns]
    if roleplay.ending:
        outcome = roleplay.ending.outcome.replace("_", " ")
        lines += ["", f"Ended by the {roleplay.ending.by} ({roleplay.ending.reason}): {outcome}."]
    else:
        lines += ["", f"Still running. Go on with it: salesmate chat --resume {roleplay.id}"]
    return "\n".join([*lines, *_score_lines(scorecard)]) + "\n"


def _speaker(turn: Turn, roleplay: RolePlay) -> str:
    return "You" if turn.speaker == "rep" else roleplay.customer


def _score_lines(scorecard: Scorecard | None) -> list[str]:
    if scorecard is None:
        return []
    verdict = "passed" if scorecard.passed else "not passed"
    lines = ["", f"Score {scorecard.score} of 100, {verdict}."]
    for check in scorecard.checks:
        mark = {True: "yes", False: "no ", None: "-  "}[check.met]
        quote = f'  turn {check.turn}: "{check.quote}"' if check.quote else ""
        lines.append(f"  {mark} {check.text}{quote}")
    return lines


def _summary_line(call: RolePlaySummary) -> str:
    roleplay = call.roleplay
    outcome = roleplay.ending.outcome.replace("_", " ") if roleplay.ending else "running"
    score = "" if call.score is None else f"  {call.score:>3} {'passed' if call.passed else 'not passed'}"
    return (
        f"{roleplay.id}  {roleplay.started_at:%Y-%m-%d %H:%M}  {roleplay.persona_id:<16}  "
        f"{roleplay.difficulty:<6}  {call.turns:>3} turns  {outcome:<12}{score}"
    )


def _summary_json(call: RolePlaySummary) -> dict[str, Any]:
    roleplay, ending = call.roleplay, call.roleplay.ending
    return {
        "id": roleplay.id,
        "persona": roleplay.persona_id,
        "customer": roleplay.customer,
        "difficulty": roleplay.difficulty,
        "seed": roleplay.seed,
        "visibility": roleplay.visibility,
        "attempt": roleplay.attempt,
        "parent": roleplay.parent,
        "from_turn": roleplay.from_turn,
        "started_at": roleplay.started_at.isoformat(),
        "status": roleplay.status,
        "ended_by": ending.by if ending else None,
        "reason": ending.reason if ending else None,
        "outcome": ending.outcome if ending else None,
        "turns": call.turns,
        "score": call.score,
        "passed": call.passed,
    }
