"""`salesmate eval customer`: how good the simulator is, in figures anyone can compute again."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.customer.listen import Listener
from agents.customer.persona import Persona
from agents.customer.persona_list import catalogue
from agents.customer.state import Difficulty
from agents.evals.figures import Figures, figures_of
from agents.evals.inversions import broken_promises
from agents.evals.play import Planned, play
from agents.evals.scripts import scripted_ids
from agents.evals.sellers import Style
from agents.evals.simulate import SimulatedCall
from agents.models.catalogue import resolve
from agents.models.chat import ChatModel
from agents.models.settings import ModelSettings
from ingestion.embed import default_embedder
from ingestion.settings import Settings


@click.command()
@click.option("--calls", default=2016, show_default=True, help="At least so many calls are simulated.")
@click.option("--seed", default=0, show_default=True, help="The first seed.")
@click.option("--persona", "only", multiple=True, help="Only this persona (may be repeated).")
@click.option("--model", default="scripted", show_default=True, help="Who speaks for the customer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def customer(calls: int, seed: int, only: tuple[str, ...], model: str, *, as_json: bool) -> None:
    """Simulate calls over personas, difficulties and six seller styles; exit 1 if a promise is broken."""
    known = catalogue()
    personas = [known.get(name) for name in only or scripted_ids()]
    speaker = None if model == "scripted" else resolve("customer", ModelSettings(customer_model=model)).model
    start = time.monotonic()
    figures = figures_of(_play(personas, calls, seed, speaker, quiet=as_json))
    broken = broken_promises(figures)
    seconds = round(time.monotonic() - start, 1)
    if as_json:
        data = {**figures.to_json(), "seconds": seconds, "broken": broken}
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        _print(figures, broken, seconds)
    sys.exit(1 if broken else 0)


def _play(
    personas: list[Persona], calls: int, seed: int, speaker: ChatModel | None, *, quiet: bool
) -> Iterator[SimulatedCall]:
    rounds = -(-calls // (len(personas) * len(Difficulty) * len(Style)))
    embedder = default_embedder(Settings().embeddings_folder)
    listeners = {persona.id: Listener(persona, embedder) for persona in personas}
    console = Console(stderr=True)

    def watch(plan: Sequence[Planned]) -> Iterable[Planned]:
        return track(plan, "Simulating calls", console=console, transient=True, disable=quiet)

    return play(personas, rounds, seed, listeners, speaker, watch)


def _print(figures: Figures, broken: list[str], seconds: float) -> None:
    console = Console()
    agreed = Table("Agreed calls", *Difficulty, "ended early", "left by turn", "facts opened")
    for style in Style:
        exits = figures.exit_turn.get(style, {})
        agreed.add_row(
            style,
            *(f"{figures.agreed[style][level]:.1%}" for level in Difficulty),
            str(exits.get("calls", 0)),
            f"{exits['median']:g} (most {exits['most']})" if exits else "",
            f"{figures.facts_opened[style]:.0%}",
        )
    console.print(agreed)
    rest = Table("Figure", "Value", show_header=False)
    for name, value in figures.to_json().items():
        if not isinstance(value, dict):
            rest.add_row(name.replace("_", " "), str(value))
    for name in ("outcomes", "speakers", "rejected"):
        rest.add_row(name, json.dumps(getattr(figures, name)))
    rest.add_row("seconds", str(seconds))
    console.print(rest)
    for promise in broken:
        console.print(f"[red]Broken:[/red] {promise}")
    if not broken:
        console.print("Every promise holds.")
