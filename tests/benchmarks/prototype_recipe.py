"""The prototype's way to train a customer, for comparison: single pairs of turns, no history, no persona.

    python -m tests.benchmarks.prototype_recipe --data DATA --trained RUN/train --out FOLDER [--most-turns N]
        [--pairs fair] [--tokens N]

trains the same base with the same adapter on as many tokens as RUN saw, in steps of as many of the customer's
tokens, once on fair pairs (the seller's line, then the customer's answer to it) and once on the prototype's
own (the customer's turn as the answer to what the seller said next), and judges all on the same turns of the
same held-out calls: each model is asked in the form that it was trained on. Its targets end like ours, an
advantage that it did not have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import click

from agents.models.dialogue import UNHEARD
from finetune.evaluate.next_tokens import Judged, token_figures
from finetune.example import Example, Said
from finetune.train.base import load, source_of
from finetune.train.batches import TemplateTokens, encode, spread
from finetune.train.likelihood import score
from finetune.train.lora import TRAIN, VALID, read_examples, train
from finetune.train.trained import ADAPTER, REPORT, Trained, read_trained

NO_SYSTEM = Said(role="system", content="")
"""Said explicitly: SmolLM2's template puts words of its own where there is no system message."""


def fair(examples: Sequence[Example]) -> list[Example]:
    """Each customer turn after the seller's line alone."""
    return [_pair(one, one) for one in examples]


def reversed_pairs(examples: Sequence[Example]) -> list[Example]:
    """Each customer turn after the seller's line that in truth came next, as the prototype paired them."""
    return [_pair(one, later) for one, later in pairwise(examples) if one.call == later.call]


PAIRINGS: dict[str, Callable[[Sequence[Example]], list[Example]]] = {
    "fair": fair,
    "reversed": reversed_pairs,
}


def within(examples: Sequence[Example], tokens: TemplateTokens, most: int, seed: int) -> Iterator[Example]:
    """A random choice that holds about so many tokens; all of it again and again while there is room."""
    rng, left = Random(seed), most
    while examples:
        for example in rng.sample(examples, len(examples)):
            found = encode(example, tokens, None)
            left -= found.length if found else 0
            if left < 0:
                return
            yield example


def _pair(example: Example, before: Example) -> Example:
    line = Said(role="user", content=before.talk[-1].content if before.talk else UNHEARD)
    return example.model_copy(update={"messages": (NO_SYSTEM, line)})


def _write(path: Path, examples: Sequence[Example]) -> None:
    path.write_text("".join(f"{one.model_dump_json()}\n" for one in examples), encoding="utf-8")


def _train(pairing: str, data: Path, out: Path, ours: Trained, tokens: TemplateTokens, most: int) -> Trained:
    if (out / pairing / REPORT).is_file():
        return read_trained(out / pairing)  # trained before: judging can be done again
    recipe = ours.recipe
    make = PAIRINGS[pairing]
    folder = out / pairing / "data"
    folder.mkdir(parents=True, exist_ok=True)
    learnt = list(within(make(read_examples(data / TRAIN)), tokens, most, recipe.seed))
    _write(folder / TRAIN, learnt)
    _write(folder / VALID, make(read_examples(data / VALID)))
    # A step learns as many words as one of ours, and as often it is looked whether it got better; pairs are
    # short, so there are more steps.
    targets = sum(len(tokens.reply(one.target)) for one in learnt)
    a_step = ours.figures.customer_tokens / ours.figures.steps
    batch = max(1, round(a_step * len(learnt) / targets))
    steps = -(-len(learnt) // batch)
    asked = recipe.model_copy(
        update={
            "batch": batch,
            "talk": 0.0,
            "epochs": 1,
            "most_minutes": None,
            "patience": steps,
            "validate_every": max(1, steps // 6),
            "checkpoint_every": 50,
        }
    )
    return train(folder, out / pairing, asked)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--trained", type=click.Path(path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--most-turns", default=200, show_default=True)
@click.option("--pairs", type=click.Choice(list(PAIRINGS)), multiple=True, default=tuple(PAIRINGS))
@click.option("--tokens", "budget", type=int, help="To train on.  [default: as many as RUN did]")
def main(
    *, data: Path, trained: Path, out: Path, most_turns: int, pairs: tuple[str, ...], budget: int | None
) -> None:
    """Train as the prototype did, with our budget, and judge on the same turns."""
    ours = read_trained(trained)
    recipe, budget = ours.recipe, budget or ours.figures.tokens
    tokens = TemplateTokens(load(source_of(recipe.base)).tokenizer)
    theirs = {name: _train(name, data, out, ours, tokens, budget) for name in pairs}
    valid = read_examples(data / VALID)
    asked = [valid[place] for place in spread(len(valid), most_turns)]

    def judged(examples: Sequence[Example], adapter: Path | None) -> list[Judged]:
        found = score(examples, recipe.base, adapter, most_tokens=recipe.most_tokens)
        return [Judged(example, one, None) for example, one in zip(asked, found, strict=True)]

    tuned = judged(asked, trained / ADAPTER)
    against = {
        "base, our prompt": judged(asked, None),
        "base, the prototype's prompt": judged(fair(asked), None),
        **{f"prototype, {name} pairs": judged(fair(asked), out / name / ADAPTER) for name in pairs},
    }
    trained_on = {"ours": ours, **theirs}
    figures: dict[str, Any] = {
        "turns": len(asked),
        "training": {
            name: {
                "examples": round(one.data.train * one.figures.epochs),
                "tokens": one.figures.tokens,
                "customer_tokens": one.figures.customer_tokens,
                "seconds": one.figures.training_seconds,
            }
            for name, one in trained_on.items()
        },
    }
    for name, other in against.items():
        found = token_figures({"base": other, "tuned": tuned}, recipe.seed)
        figures[name] = {
            figure: found[figure].model_dump(exclude_none=True) for figure in ("token_accuracy", "perplexity")
        }
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
