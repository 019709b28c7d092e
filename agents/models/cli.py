"""`salesmate models`: what is known, and what each role uses."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import click

from agents.models.catalogue import resolve
from agents.models.errors import ModelNotUsable
from agents.models.known import known
from agents.models.settings import ModelSettings, ModelSettingsError, model_settings
from agents.models.voice import ROLES, Role


@dataclass(frozen=True)
class _Chosen:
    role: Role
    setting: str
    model: str | None
    why: str


@click.group()
def models() -> None:
    """List the models and what each role uses."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def list_models(*, as_json: bool) -> None:
    """List known models, and which one each role uses and why."""
    settings = model_settings()
    chosen = [_choose(role, settings) for role in ROLES]
    if as_json:
        data = {
            "roles": [vars(one) for one in chosen],
            "models": [model.model_dump(mode="json", exclude={"options"}) for model in known().models],
        }
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        _print(chosen)
    sys.exit(1 if any(one.model is None for one in chosen) else 0)


def _choose(role: Role, settings: ModelSettings) -> _Chosen:
    setting = settings.named_for(role)
    try:
        voice = resolve(role, settings)
    except (ModelNotUsable, ModelSettingsError) as error:
        return _Chosen(role, setting, None, str(error))
    return _Chosen(role, setting, voice.name, voice.why)


def _print(chosen: list[_Chosen]) -> None:
    for one in chosen:
        click.echo(f"{one.role:<9} {one.model or 'not usable'}: {one.why}")
    click.echo()
    for model in known().models:
        context = f"{model.context:,} tokens, " if model.context else ""
        click.echo(f"{model.id}\n    for {', '.join(model.good_for)}; {context}licence: {model.licence}")
        click.echo(f"    {model.note}")
