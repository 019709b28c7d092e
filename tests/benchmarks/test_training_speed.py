"""Training's speed against a plain transformers Trainer: same base, adapter, turns and run.

Both learn every customer turn of the same calls. The Trainer gets each as an example of its own, as its
collators do it; ours shares what the turns of a call have in common. So turns a second count, and tokens a
second tell how much of it is the sharing.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from finetune.kept import Asked
from finetune.prepare import prepare
from finetune.recipe import Lora, Recipe
from tests.local_weights import NAME, put_in_place, the_weights

torch = pytest.importorskip("torch", reason="training packages are not installed: make bench installs them")
pytest.importorskip("peft", reason="training packages are not installed: make bench installs them")

from finetune.train.base import Base, load, source_of  # noqa: E402
from finetune.train.batches import Encoded, Order, TemplateTokens, encode, talk_alone  # noqa: E402
from finetune.train.checkpoint import Checkpoint  # noqa: E402
from finetune.train.loop import learn  # noqa: E402
from finetune.train.lora import read_examples, with_adapter  # noqa: E402
from finetune.train.passes import packs_for  # noqa: E402

pytestmark = pytest.mark.bench

CALLS, TURNS, BATCH = 3, 8, 4
SYSTEM, NOTE, LINE, REPLY = 300, 50, 25, 20
"""Tokens, as recorded calls have them: who she is, what is asked of a turn, and what the two say."""
RECIPE = Recipe(
    base=NAME,
    batch=1,
    epochs=1,
    lora=Lora(dropout=0.0),
    validate_every=10_000,
    validate_on=1,
    checkpoint_every=10_000,
)


@dataclass(frozen=True)
class Speed:
    turns: float
    tokens: float
    """A second, each; tokens with their padding, where there is any."""


def turns() -> list[tuple[str, Encoded]]:
    rng = Random(0)

    def words(count: int) -> tuple[int, ...]:
        return tuple(rng.randint(10, 40_000) for _ in range(count))

    made = []
    for call in range(CALLS):
        talk = words(SYSTEM)
        for _ in range(TURNS):
            talk += words(LINE)
            reply = words(REPLY)
            made.append((f"call-{call}", Encoded(talk + words(NOTE) + reply, REPLY)))
            talk += reply
    return made


def ours(base: Base, out: Path) -> Speed:
    model = with_adapter(base.model, RECIPE)
    made = packs_for(model, turns(), RECIPE.most_tokens)
    order = Order(len(made), 0, RECIPE.batch, 0.0, RECIPE.seed)
    state = learn(model, made, order, made[:1], RECIPE, Checkpoint(out, "bench"))
    return Speed(CALLS * TURNS / state.training_seconds, state.tokens / state.training_seconds)


def trainers(base: Base, out: Path) -> Speed:
    """The same with labels on the same tokens, padded as its default collator pads."""
    from transformers import Trainer, TrainingArguments

    made = [one for _, one in turns()]
    through: list[int] = []

    def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
        ones = [made[row["at"]] for row in rows]
        longest = max(one.length for one in ones)
        pads = [longest - one.length for one in ones]
        through.append(longest * len(ones))
        columns = {
            "input_ids": [one.ids + (0,) * pad for one, pad in zip(ones, pads, strict=True)],
            "attention_mask": [(1,) * one.length + (0,) * pad for one, pad in zip(ones, pads, strict=True)],
            "labels": [
                (-100,) * (one.length - one.learnt) + one.ids[-one.learnt :] + (-100,) * pad
                for one, pad in zip(ones, pads, strict=True)
            ],
        }
        return {name: torch.tensor(rows) for name, rows in columns.items()}

    arguments = TrainingArguments(
        output_dir=str(out),
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        learning_rate=RECIPE.learning_rate,
        bf16=torch.cuda.is_available(),
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    rows = [{"at": at} for at in range(len(made))]
    trainer = Trainer(
        model=with_adapter(base.model, RECIPE), args=arguments, train_dataset=rows, data_collator=collate
    )
    began = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - began
    return Speed(len(made) / seconds, sum(through) / seconds)


def test_training_against_a_plain_trainer(pytestconfig: pytest.Config, home: Path, tmp_path: Path) -> None:
    put_in_place(the_weights(pytestconfig.cache.mkdir("models")), home)
    plain = trainers(load(source_of(NAME)), tmp_path / "trainer")
    mine = ours(load(source_of(NAME)), tmp_path / "ours")
    where = (
        torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    )
    print(
        f"\n{NAME} on {where}: turns/s ours {mine.turns:.2f}, Trainer {plain.turns:.2f}, "
        f"x{mine.turns / plain.turns:.1f}; tokens/s {mine.tokens:.0f} and {plain.tokens:.0f}"
    )
    assert mine.turns > plain.turns


SHARED = Path(__file__).parents[3] / "shared" / "data" / "dialogues"
DIALOGUES = Path(os.environ.get("DIALOGUES", SHARED)) / "persuasionforgood_valid.jsonl"


@pytest.mark.skipif(
    not DIALOGUES.exists(), reason="the dialogues are not there; name their folder in DIALOGUES"
)
def test_what_a_turn_costs_in_tokens(pytestconfig: pytest.Config, home: Path, tmp_path: Path) -> None:
    put_in_place(the_weights(pytestconfig.cache.mkdir("models")), home)
    base, most = load(source_of(NAME)), RECIPE.most_tokens
    tokens = TemplateTokens(base.tokenizer)
    prepare(Asked((str(DIALOGUES),), "seller", str(tmp_path), translate="none", redact=False, valid=0))
    examples = read_examples(tmp_path / "train.jsonl")
    ways = {
        "alone": [(f"{one.call}/{one.n}", encode(one, tokens, most)) for one in examples],
        "with the call's others": [(one.call, encode(one, tokens, most)) for one in examples],
        "as bare talk": [(one.call, encode(talk_alone(one), tokens, most)) for one in examples],
    }
    print(f"\ntokens a turn, of {len(examples)} turns:", end="")
    for way, named in ways.items():
        packs = packs_for(base.model, [(call, one) for call, one in named if one is not None], most)
        print(f" {way} {sum(pack.length for pack in packs) / len(examples):.0f};", end="")
