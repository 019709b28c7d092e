"""A short training of the real small base, and its adapter in llama.cpp: minutes, so in `make prove` only."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.machine import SALESMATE
from tests.local_weights import put_in_place, the_weights
from tests.proofs import only_in_full
from tests.tiny_llama import made_examples, tiny_base, write_data

pytest.importorskip("torch", reason="training packages are not installed: make prove installs them")
pytest.importorskip("peft", reason="training packages are not installed: make prove installs them")
pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: make prove installs it")

from finetune.example import Example, Said
from finetune.recipe import Lora, Recipe
from finetune.train import adapter_gguf
from finetune.train.base import load, source_of
from finetune.train.faults import TrainingFailed
from finetune.train.greedy import MOST_APART, Agreement, agreement
from finetune.train.lora import train, with_adapter

pytestmark = [*only_in_full]

MARK = "Zorblax speaking, who is calling please?"
RECIPE = Recipe(
    base="smollm2-135m",
    lora=Lora(rank=8, alpha=16, dropout=0.0),
    learning_rate=1e-3,
    epochs=1,
    batch=4,
    validate_every=50,
    validate_on=2,
    most_tokens=256,
)


def marked(count: int) -> list[Example]:
    """Customers who answer everything with the same words, which no untrained model says."""
    asks = ("Hello, is this a good time?", "Good morning!", "Do you have a minute?", "Hi there, it's Sam.")
    system = Said(role="system", content="You are the customer on the phone.")
    return [
        Example(
            call=f"c{at}",
            n=1,
            messages=(system, Said(role="user", content=f"{asks[at % len(asks)]} ({at})")),
            target=MARK,
            act="speaking",
        )
        for at in range(count)
    ]


@pytest.fixture
def base(pytestconfig: pytest.Config, home: Path) -> Recipe:
    """The recipe, its base pulled."""
    put_in_place(the_weights(pytestconfig.cache.mkdir("models")), home)
    return RECIPE


def test_what_the_real_base_learns_is_what_llama_cpp_says(tmp_path: Path, base: Recipe) -> None:
    data = write_data(tmp_path / "data", marked(64), marked(8))
    report = train(data, tmp_path / "out", base)
    assert report.figures.loss < 0.5 < report.figures.loss_before
    assert report.served_agreement is not None
    assert report.served_agreement.share > 0.9
    assert report.served_agreement.apart is not None
    assert report.base.licence == "Apache-2.0"


def test_an_adapter_laid_out_wrongly_is_noticed(
    tmp_path: Path, base: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(source_of(base.base))
    model = with_adapter(loaded.model, base)
    attend_to_others(model)
    model.save_pretrained(str(tmp_path))
    served, out = loaded.source.gguf, tmp_path / "adapter.gguf"
    assert served is not None

    def compared() -> Agreement:
        adapter_gguf.write(tmp_path, loaded.model.config, out)
        return agreement(model, loaded.tokenizer, marked(6), served, out, 256)

    rightly = compared()
    assert rightly.apart is not None
    assert rightly.base_apart is not None
    assert rightly.apart < MOST_APART * rightly.base_apart
    monkeypatch.setattr(adapter_gguf, "_neighbours", lambda rows, _heads: rows)  # as transformers has them
    with pytest.raises(TrainingFailed, match=r"says other words than trained .*nats apart"):
        compared()


def attend_to_others(model: Any) -> None:
    """An adapter of noise over queries and keys: its words hang on where each of their rows stands."""
    import torch

    torch.manual_seed(0)
    for name, weights in model.named_parameters():
        if "lora_B" in name and ("q_proj" in name or "k_proj" in name):
            torch.nn.init.normal_(weights, std=0.08)


def test_a_training_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", made_examples(100), made_examples(10, seed=1))
    base, out, recipe = tiny_base(tmp_path / "base"), tmp_path / "out", tmp_path / "recipe.yaml"
    recipe.write_text(f"base: {base}\nepochs: 2\ncheckpoint_every: 1\nvalidate_every: 20\npatience: 99\n")
    command: list[str | Path] = [SALESMATE, "finetune", "train", "--data", data, "--recipe", recipe, "--out"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([*command, tmp_path / "whole"], check=True, env=environment, capture_output=True)
    for _ in range(3):
        running = subprocess.Popen([*command, out], env=environment, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not (out / "checkpoint.pt").is_file() and running.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        running.send_signal(signal.SIGKILL)
        running.wait()
    subprocess.run([*command, out], check=True, env=environment, capture_output=True)
    whole, killed = (folder / "adapter" / "adapter_model.safetensors" for folder in (tmp_path / "whole", out))
    assert whole.read_bytes() == killed.read_bytes()
