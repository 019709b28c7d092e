"""Training's tokens a second against a plain transformers Trainer: same base, adapter, examples and run."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from finetune.recipe import Lora, Recipe
from tests.local_weights import NAME, put_in_place, the_weights

torch = pytest.importorskip("torch", reason="training packages are not installed: make bench installs them")
pytest.importorskip("peft", reason="training packages are not installed: make bench installs them")

from finetune.train.base import Base, load, source_of  # noqa: E402
from finetune.train.batches import Encoded  # noqa: E402
from finetune.train.checkpoint import Checkpoint  # noqa: E402
from finetune.train.loop import learn  # noqa: E402
from finetune.train.lora import with_adapter  # noqa: E402

pytestmark = pytest.mark.bench

BATCH, STEPS = 4, 3
SHORTEST, LONGEST = 500, 900
"""Tokens: as long as prompts of recorded calls are, with a customer's turn at the end."""
LEARNT = 20
RECIPE = Recipe(
    base=NAME,
    batch=BATCH,
    epochs=1,
    lora=Lora(dropout=0.0),
    validate_every=10_000,
    validate_on=1,
    checkpoint_every=10_000,
)


def examples() -> list[Encoded]:
    rng = Random(0)
    lengths = [rng.randint(SHORTEST, LONGEST) for _ in range(BATCH * STEPS)]
    return [Encoded(tuple(rng.randint(10, 40_000) for _ in range(length)), LEARNT) for length in lengths]


def ours(base: Base, out: Path) -> float:
    made = examples()
    state = learn(with_adapter(base.model, RECIPE), made, made[:1], RECIPE, Checkpoint(out, "bench"))
    return state.tokens / state.training_seconds


def trainers(base: Base, out: Path) -> float:
    """The same with labels on the same tokens, padded as its default collator pads."""
    from transformers import Trainer, TrainingArguments

    made = examples()

    def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
        ones = [made[row["at"]] for row in rows]
        longest = max(one.length for one in ones)
        pads = [longest - one.length for one in ones]
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
        max_steps=STEPS,
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
    return sum(one.length for one in made) / (time.monotonic() - began)


def test_training_against_a_plain_trainer(pytestconfig: pytest.Config, home: Path, tmp_path: Path) -> None:
    put_in_place(the_weights(pytestconfig.cache.mkdir("models")), home)
    plain = trainers(load(source_of(NAME)), tmp_path / "trainer")
    mine = ours(load(source_of(NAME)), tmp_path / "ours")
    where = (
        torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    )
    print(f"\n{NAME} on {where}, tokens/s: ours {mine:.0f}, Trainer {plain:.0f}, x{mine / plain:.2f}")
    assert mine > plain
