"""Training an adapter on this machine: from a folder that `prepare` made to one that can be served."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from finetune.example import Example
from finetune.fingerprint import name_of, sha256_of_all
from finetune.recipe import Recipe
from finetune.runs import replace_text
from finetune.train import adapter_gguf
from finetune.train.base import Base, load, quiet, source_of
from finetune.train.batches import Encoded, Order, TemplateTokens, encode, spread, talk_alone
from finetune.train.checkpoint import Checkpoint, State
from finetune.train.faults import TrainingFailed, need_packages
from finetune.train.greedy import PROMPTS, Agreement, agreement
from finetune.train.loop import Seen, Watch, learn
from finetune.train.machine import machine
from finetune.train.packs import Pack
from finetune.train.passes import packs_for
from finetune.train.trained import ADAPTER, REPORT, SERVED, BaseFacts, DataFacts, Figures, Trained

TRAIN, VALID = "train.jsonl", "valid.jsonl"
PACKAGES = ("torch", "transformers", "peft", "gguf")


@dataclass(frozen=True)
class _Data:
    train: list[Pack]
    order: Order
    valid: list[Pack]
    asked: list[Example]
    """Whose prompts are answered by the trained and by the served model."""
    facts: DataFacts


def train(data: Path, out: Path, recipe: Recipe, watch: Watch = lambda _: None) -> Trained:
    """Train on DATA/train.jsonl; write OUT/adapter, OUT/adapter.gguf and, last, OUT/train.json.

    A training of the same data, recipe and base that was interrupted in OUT goes on where it was.
    Raises TrainingFailed, and ModelNotUsable where the base was not pulled.
    """
    need_packages()
    examples, kept_out = read_examples(data / TRAIN), read_examples(data / VALID)
    digests = sha256_of_all(data, (TRAIN, VALID))
    base = load(source_of(recipe.base))
    ready = _encoded(examples, kept_out, base, recipe, digests)
    model = with_adapter(base.model, recipe)
    # How long it may take is not what it is made of: a run that was cut short may be given more time.
    named = [recipe.model_dump(exclude={"most_minutes", "vertex", "base"}), digests, base.sha256]
    checkpoint = Checkpoint(out, name_of(named))
    state = learn(model, ready.train, ready.order, ready.valid, recipe, checkpoint, watch)
    return _keep(out, model, base, recipe, ready, state, checkpoint, watch)


def with_adapter(model: Any, recipe: Recipe) -> Any:
    """The model with an untrained adapter on every linear layer but the last. Seeded."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    adapter = LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with quiet():
        return get_peft_model(model, adapter)


def read_examples(path: Path) -> list[Example]:
    """The lines of `train.jsonl` or `valid.jsonl`. Raises TrainingFailed."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        examples = [Example.model_validate_json(line) for line in lines if line.strip()]
    except OSError:
        raise TrainingFailed(
            f"There is no {path}; run `salesmate finetune prepare` with --out {path.parent} first."
        ) from None
    except (ValidationError, UnicodeDecodeError):
        raise TrainingFailed(
            f"{path} does not hold examples as this version writes them; "
            "run `salesmate finetune prepare` again."
        ) from None
    if not examples:
        raise TrainingFailed(f"{path} holds no examples; prepare it from more calls.")
    return examples


def _encoded(
    examples: Sequence[Example],
    kept_out: Sequence[Example],
    base: Base,
    recipe: Recipe,
    digests: dict[str, str],
) -> _Data:
    tokens = TemplateTokens(base.tokenizer)
    sample = whole_calls(kept_out, recipe.validate_on)
    train, valid = (_fitting(ones, tokens, recipe.most_tokens) for ones in (examples, sample))
    if not train or not valid:
        raise TrainingFailed(
            f"No example fits into {recipe.most_tokens} tokens; raise most_tokens in the recipe."
        )
    facts = DataFacts(
        sha256=digests,
        train=len(train),
        validated_on=len(valid),
        left_out=len(examples) - len(train),
        shortened=sum(one.shortened for _, one in train),
    )
    asked = [sample[place] for place in spread(len(sample), PROMPTS)]
    talk = _fitting([talk_alone(one) for one in examples], tokens, recipe.most_tokens) if recipe.talk else []
    prompts, talks, judged = (
        packs_for(base.model, ones, recipe.most_tokens) for ones in (train, talk, valid)
    )
    order = Order(len(prompts), len(talks), recipe.batch, recipe.talk, recipe.seed)
    return _Data([*prompts, *talks], order, judged, asked, facts)


def _fitting(examples: Sequence[Example], tokens: TemplateTokens, most: int) -> list[tuple[str, Encoded]]:
    found = ((example.call, encode(example, tokens, most)) for example in examples)
    return [(call, one) for call, one in found if one is not None]


def whole_calls(examples: Sequence[Example], most: int) -> list[Example]:
    """The turns of some calls, spread over all: about so many turns, and at least one call."""
    calls = [list(turns) for _, turns in groupby(examples, key=lambda one: one.call)]
    wanted = max(1, round(most * len(calls) / len(examples)))
    return [one for place in spread(len(calls), wanted) for one in calls[place]]


def _keep(
    out: Path,
    model: Any,
    base: Base,
    recipe: Recipe,
    ready: _Data,
    state: State,
    checkpoint: Checkpoint,
    watch: Watch,
) -> Trained:
    _save_adapter(model, recipe.base, out)
    watch(Seen("checking", 1.0, state.step, None, None, None, None))
    same, why_not = _served(out, model, base, recipe, ready)
    size = None if why_not else (out / SERVED).stat().st_size
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    report = Trained(
        base=BaseFacts(
            name=recipe.base,
            architecture=base.architecture,
            sha256=base.sha256,
            licence=base.source.licence,
            parameters=sum(weight.numel() for weight in model.parameters()) - trained,
        ),
        data=ready.facts,
        recipe=recipe,
        figures=_figures(state, recipe, ready.order.steps),
        trained_parameters=trained,
        adapter_bytes=size,
        not_served=why_not,
        served_agreement=same,
        machine=machine(),
        packages={name: version(name) for name in PACKAGES},
        losses=tuple(state.losses),
        validations=tuple(state.validations),
    )
    replace_text(out / REPORT, report.model_dump_json(indent=1) + "\n")
    checkpoint.path.unlink(missing_ok=True)
    return report


def _save_adapter(model: Any, base: str, out: Path) -> None:
    """Whole in `adapter`, or not there: what peft writes goes beside it first."""
    half, place = out / f".{ADAPTER}.half", out / ADAPTER
    shutil.rmtree(half, ignore_errors=True)
    try:
        model.peft_config["default"].base_model_name_or_path = base  # and not where it lies here
        with quiet():
            model.save_pretrained(str(half), save_embedding_layers=False)
        (half / "README.md").unlink(missing_ok=True)  # peft's empty card; ours is the run's
        shutil.rmtree(place, ignore_errors=True)
        half.replace(place)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise TrainingFailed(
            f"The adapter cannot be written to {out} ({why}); make room and run it again."
        ) from None


def _served(
    out: Path, model: Any, base: Base, recipe: Recipe, ready: _Data
) -> tuple[Agreement | None, str | None]:
    """Make adapter.gguf and compare; or say why there is none."""
    if base.architecture not in adapter_gguf.ARCHITECTURES:
        return None, (
            f"llama.cpp's layout of {base.architecture} adapters is not written here; serve the folder "
            "`adapter` with a server that takes peft adapters, such as vLLM with --enable-lora."
        )
    adapter_gguf.write(out / ADAPTER, base.model.config, out / SERVED)
    if base.source.gguf is None or find_spec("xllamacpp") is None:
        return None, None
    return (
        agreement(model, base.tokenizer, ready.asked, base.source.gguf, out / SERVED, recipe.most_tokens),
        None,
    )


def _figures(state: State, recipe: Recipe, steps: int) -> Figures:
    by_step = {step: (loss, accuracy) for step, loss, accuracy in state.validations}
    stopped = "epochs" if state.step >= steps * recipe.epochs else "minutes"
    if state.stale >= recipe.patience:
        stopped = "patience"
    return Figures(
        steps=state.step,
        epochs=round(state.step / steps, 3),
        stopped_by=stopped,
        best_step=state.best_step,
        loss_before=round(by_step[0][0], 5),
        loss=round(by_step[state.best_step][0], 5),
        accuracy_before=round(by_step[0][1], 5),
        accuracy=round(by_step[state.best_step][1], 5),
        tokens=state.tokens,
        customer_tokens=state.learnt,
        seconds=round(state.seconds, 1),
        training_seconds=round(state.training_seconds, 1),
        tokens_per_second=round(state.tokens / state.training_seconds, 1) if state.training_seconds else 0.0,
    )
