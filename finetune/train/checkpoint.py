"""Where an interrupted training goes on: one file, the old or the new, never half of one."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune.train.faults import TrainingFailed

FILE = "checkpoint.pt"


@dataclass
class State:
    """How far training is. The order of packs and every random draw follow from seed and step, so that
    the step is all there is to remember of them."""

    step: int = 0
    seconds: float = 0.0
    """Spent, validation included, over all sittings."""
    training_seconds: float = 0.0
    tokens: int = 0
    """That went through the model in training; what the turns of a call share counts once."""
    learnt: int = 0
    """Of them the customers'."""
    losses: list[tuple[int, float, float]] = field(default_factory=list)
    """Step, mean loss of its learnt tokens (nats), token accuracy."""
    validations: list[tuple[int, float, float]] = field(default_factory=list)
    """The same on the validation sample; the first is of the untrained model."""
    best_step: int = 0
    validation_seconds: float = 0.0
    """Of the last validation."""

    @property
    def best_loss(self) -> float | None:
        """Of the weights that are kept."""
        return next((loss for step, loss, _ in self.validations if step == self.best_step), None)

    @property
    def stale(self) -> int:
        """Validations since the best."""
        return sum(step > self.best_step for step, _, _ in self.validations)


Kept = dict[str, Any]
"""Trained weights by name, on the CPU."""


def trained_weights(model: Any) -> Kept:
    """A copy of what is trained."""
    return {
        name: weight.detach().cpu().clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }


def put_back(model: Any, kept: Kept) -> None:
    """Set the trained weights."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.requires_grad:
                weight.copy_(kept[name])


@dataclass
class Checkpoint:
    """The file of one training. `made_of` names data, recipe and base: no other is taken up."""

    folder: Path
    made_of: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE

    def save(self, model: Any, optimizer: Any, state: State, best: Kept) -> None:
        """Raises TrainingFailed where the disk refuses."""
        import torch

        self.folder.mkdir(parents=True, exist_ok=True)
        half = self.path.with_name(f".{FILE}.half")
        everything = {
            "made_of": self.made_of,
            "weights": trained_weights(model),
            "optimizer": optimizer.state_dict(),
            "best": best,
            "state": asdict(state),
        }
        try:
            with half.open("wb") as file:
                torch.save(everything, file)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self.path)
        except (OSError, RuntimeError):  # torch's writer tells of a full disk by a RuntimeError
            raise TrainingFailed(
                f"The checkpoint cannot be written to {self.folder}; make room there, or give another --out."
            ) from None

    def resume(self, model: Any, optimizer: Any) -> tuple[State, Kept] | None:
        """Put everything back as it was; None where there is nothing of this training.

        Raises TrainingFailed for a file that cannot be read.
        """
        import torch

        if not self.path.is_file():
            return None
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            if saved["made_of"] != self.made_of:
                return None
            put_back(model, saved["weights"])
            optimizer.load_state_dict(saved["optimizer"])
            return State(**saved["state"]), saved["best"]
        except Exception:  # a damaged pickle raises whatever it likes
            raise TrainingFailed(
                f"{self.path} cannot be read; delete it to begin this training anew."
            ) from None
