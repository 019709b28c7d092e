"""`salesmate personas`: list, show, check and create personas."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from agents.customer.persona import ID_PATTERN, Persona
from agents.customer.persona_files import PersonaFileError, UnknownPersona, load
from agents.customer.persona_list import catalogue, own_folder, public_card

PERSONA_ID = re.compile(ID_PATTERN)


@click.group()
def personas() -> None:
    """List, show, check and create personas."""


@personas.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_personas(*, as_json: bool) -> None:
    """List the customers you can call."""
    cards = [public_card(persona) for persona in catalogue().all()]
    if as_json:
        click.echo(json.dumps(cards, ensure_ascii=False))
        return
    width = max(len(card["id"]) for card in cards)
    for card in cards:
        click.echo(f"{card['id']:<{width}}  {card['call_type']:<18}  {card['industry']:<18}  {card['role']}")


@personas.command()
@click.argument("persona_id", metavar="ID")
@click.option("--private", is_flag=True, help="Also what the customer hides. Spoils the call.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(persona_id: str, *, private: bool, as_json: bool) -> None:
    """Show one persona's card, or with --private all of it."""
    try:
        persona = catalogue().get(persona_id)
    except UnknownPersona as error:
        raise click.UsageError(str(error)) from None
    data = persona.model_dump(mode="json") if private else public_card(persona)
    if private:
        data = {**public_card(persona), **data}
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        click.echo(_card_text(persona, private=private))


@personas.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of problems.")
def validate(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Check persona files; say file, line and field of every mistake."""
    problems = [problem for path in _files(paths) for problem in _problems(path)]
    if as_json:
        click.echo(json.dumps([{"file": p.file, "line": p.line, "message": p.message} for p in problems]))
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        if not problems:
            click.echo("No mistakes found.")
    sys.exit(1 if problems else 0)


@personas.command()
@click.argument("persona_id", metavar="ID")
@click.option("--from", "base", default="helen-marsh", show_default=True, help="The persona to start from.")
def new(persona_id: str, base: str) -> None:
    """Create a persona of your own, as a copy to edit."""
    if not PERSONA_ID.fullmatch(persona_id):
        raise click.UsageError(f"'{persona_id}' is no id. Use small letters, digits and dashes: my-customer.")
    try:
        source = catalogue().file(base)
    except UnknownPersona as error:
        raise click.UsageError(str(error)) from None
    target = own_folder() / f"{persona_id}.yaml"
    if target.exists():
        raise click.ClickException(f"{target} exists already; edit it, or choose another id.")
    text = source.read_text(encoding="utf-8").replace(f"id: {base}\n", f"id: {persona_id}\n", 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {target}. Edit it, then: salesmate personas validate {target}")


def _files(paths: tuple[Path, ...]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]


def _problems(path: Path) -> list[Any]:
    try:
        load(path)
    except PersonaFileError as error:
        return error.problems
    return []


def _card_text(persona: Persona, *, private: bool) -> str:
    lines = [
        f"{persona.name} ({persona.id}, version {persona.version})",
        f"{persona.public.role}, {persona.public.company}",
        persona.public.summary,
        f"Call: {persona.call_type.value.replace('_', ' ')}, {persona.industry}",
        f"You: {persona.seller.company}, {persona.seller.product}. {persona.seller.goal}",
        *(f"- {note}" for note in persona.public.crm_notes),
    ]
    if private:
        lines.append("Hidden facts:")
        lines += [f"- {fact.id} (trust {fact.opens_when.trust}): {fact.text}" for fact in persona.facts]
        lines.append("Objections:")
        lines += [f"- {objection.id}: {objection.text}" for objection in persona.objections]
        lines.append(f"Agrees to: {persona.win.next_step}")
    return "\n".join(lines)
