"""The training loop: plain torch, seeded by step, so that an interrupted run ends as any other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.recipe import Recipe
from finetune.train.batches import Order
from finetune.train.checkpoint import Checkpoint, Kept, State, put_back, trained_weights
from finetune.train.faults import TrainingFailed, told_of_memory
from finetune.train.likelihood import tell_all
from finetune.train.packs import Pack
from finetune.train.passes import passes_of, tell

LARGEST_GRADIENT = 1.0
"""Norm; larger ones are scaled down to it (Pascanu et al. 2013)."""
LOWEST_RATE = 0.1
"""Of the learning rate, at the end of its cosine."""
SEEDS_APART = 1_000_003


@dataclass(frozen=True)
class Seen:
    """What is shown while it trains."""

    doing: str
    """training or validating."""
    share: float
    """Of the whole, by steps or by time, whichever is further."""
    step: int
    loss: float | None
    accuracy: float | None
    rate: float | None
    """Tokens a second of training."""
    seconds_left: float | None


Watch = Callable[[Seen], None]


def learn(
    model: Any,
    train: Sequence[Pack],
    order: Order,
    valid: Sequence[Pack],
    recipe: Recipe,
    checkpoint: Checkpoint,
    watch: Watch = lambda _: None,
) -> State:
    """Train until the epochs, the minutes or the patience are spent; the model ends with its best weights.

    Raises TrainingFailed.
    """
    run = _Run(model, train, order, valid, recipe, checkpoint, watch)
    with told_of_memory():
        run.to_the_end()
    put_back(model, run.best)
    return run.state


class _Run:
    def __init__(
        self,
        model: Any,
        train: Sequence[Pack],
        order: Order,
        valid: Sequence[Pack],
        recipe: Recipe,
        checkpoint: Checkpoint,
        watch: Watch,
    ) -> None:
        import torch

        self._model, self._train, self._valid = model, train, valid
        self._recipe, self._checkpoint, self._watch = recipe, checkpoint, watch
        self._order = order
        self._steps = order.steps * recipe.epochs
        self._epoch: tuple[int, list[list[int]]] = (-1, [])
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(self._weights, lr=recipe.learning_rate, weight_decay=0.0)
        resumed = checkpoint.resume(model, self._optimizer)
        self.state: State = resumed[0] if resumed else State()
        self.best: Kept = resumed[1] if resumed else trained_weights(model)
        self._since = time.monotonic() - self.state.seconds

    def to_the_end(self) -> None:
        if not self.state.validations:
            self._validate()
        self._model.train()
        while not self._over():
            self._step()
            validate, save = (
                self.state.step % every == 0
                for every in (self._recipe.validate_every, self._recipe.checkpoint_every)
            )
            if validate:
                self._validate()
            if validate or save:
                self._save()
        if self.state.validations[-1][0] != self.state.step:
            self._validate()
        self._save()

    def _over(self) -> bool:
        spent = (
            self._most_seconds is not None
            and self.state.step > 0  # a minute that validation took is no reason to learn nothing
            and self._seconds() + self.state.validation_seconds >= self._most_seconds
        )
        return self.state.step >= self._steps or self.state.stale >= self._recipe.patience or spent

    def _step(self) -> None:
        import torch

        began, state = time.monotonic(), self.state
        rate = self._recipe.learning_rate * factor(self._share(), self._recipe.warm_up)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(self._recipe.seed * SEEDS_APART + state.step)
        places = self._places()
        learnt = sum(self._train[place].learnt for place in places)
        loss, correct = 0.0, 0
        for _, one in passes_of(self._model, self._train, places):
            told = tell(self._model, one)
            part = told.nll.sum() / learnt
            part.backward()
            loss += float(part.detach())
            correct += sum(told.correct)
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss was no number at step {state.step + 1}; lower learning_rate in the recipe "
                f"({self._recipe.learning_rate:g} now) and train again. The last checkpoint is untouched."
            )
        torch.nn.utils.clip_grad_norm_(self._weights, LARGEST_GRADIENT)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        state.step += 1
        state.tokens += sum(self._train[place].length for place in places)
        state.learnt += learnt
        state.losses.append((state.step, round(loss, 5), round(correct / learnt, 5)))
        state.training_seconds += time.monotonic() - began
        self._show("training", loss, correct / learnt)

    def _places(self) -> list[int]:
        epoch, at = divmod(self.state.step, self._order.steps)
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order.epoch(epoch))
        return self._epoch[1][at]

    def _validate(self) -> None:
        began = time.monotonic()
        self._show("validating", None, None)
        found = tell_all(self._model, self._valid, lambda _done, _all: None)
        tokens = sum(one.learnt for one in self._valid)
        loss = sum(nll for nll, _ in found) / tokens
        state = self.state
        if state.best_loss is None or loss < state.best_loss:
            state.best_step = state.step
            self.best = trained_weights(self._model)
        state.validations.append((state.step, loss, sum(correct for _, correct in found) / tokens))
        state.validation_seconds = time.monotonic() - began

    def _save(self) -> None:
        self.state.seconds = self._seconds()
        self._checkpoint.save(self._model, self._optimizer, self.state, self.best)

    def _seconds(self) -> float:
        return time.monotonic() - self._since

    @property
    def _most_seconds(self) -> float | None:
        return None if self._recipe.most_minutes is None else 60 * self._recipe.most_minutes

    def _share(self) -> float:
        """How much of the training is done when the coming step is."""
        by_steps = (self.state.step + 1) / self._steps
        if self._most_seconds is None:
            return min(1.0, by_steps)
        return min(1.0, max(by_steps, self._seconds() / self._most_seconds))

    def _show(self, doing: str, loss: float | None, accuracy: float | None) -> None:
        state, share = self.state, self._share()
        rate = state.tokens / state.training_seconds if state.training_seconds else None
        left = self._seconds() * (1 - share) / share if state.step else None
        self._watch(Seen(doing, share, state.step, loss, accuracy, rate, left))


def factor(share: float, warm_up: float) -> float:
    """Of the learning rate: up in a line over the first `warm_up` of the training, then down by a cosine
    (Loshchilov & Hutter 2017)."""
    if share < warm_up:
        return share / warm_up
    down = (share - warm_up) / (1 - warm_up)
    return LOWEST_RATE + (1 - LOWEST_RATE) * (1 + math.cos(math.pi * min(1.0, down))) / 2
