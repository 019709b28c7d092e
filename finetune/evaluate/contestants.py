"""The models that are compared: their names, and what of them can score tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agents.models.catalogue import resolve
from agents.models.chat import ChatModel
from agents.models.errors import ModelNotUsable
from agents.models.settings import ModelSettings, model_settings
from finetune.evaluate.evaluation import EvaluationError
from finetune.evaluate.next_tokens import TurnScore
from finetune.example import Example
from finetune.recipe import read_recipe
from ingestion.extras import to_install

LOCAL = "local:"
PATIENCE = 300.0
"""Seconds for a reply: nobody is on the line, and many ask at once."""
FAILURES_TO_OPEN = 8
"""In a row, before a model is left alone; with many requests under way at once, one bad moment is several."""


def without_adapter(model: str) -> str | None:
    """The base of a local model with an adapter (`local:NAME+PATH`); None where a name tells of none."""
    base, plus, _ = model.partition("+")
    return base if plus and model.startswith(LOCAL) else None


def voice_of(model: str, options: Mapping[str, Any]) -> ChatModel:
    """The model by its name, patient, with these options under the user's own.

    Raises EvaluationError for a name that is no chat model's, and what `resolve` raises."""
    settings = model_settings()
    patient: dict[str, Any] = {
        "customer_model": model,
        "model_options": {**options, **settings.model_options},
        "model_first_token_seconds": max(PATIENCE, settings.model_first_token_seconds),
        "model_reply_seconds": max(PATIENCE, settings.model_reply_seconds),
        "model_failures_to_open": max(FAILURES_TO_OPEN, settings.model_failures_to_open),
    }
    try:
        voice = resolve("customer", ModelSettings(**patient))
    except ModelNotUsable as error:
        raise EvaluationError(str(error).removeprefix("SALESMATE_CUSTOMER_MODEL: ")) from None
    if voice.model is None:
        raise EvaluationError(
            f"'{model}' is no chat model: {voice.why}. Name one that `salesmate models list` knows."
        )
    return voice.model


@dataclass(frozen=True)
class Weights:
    """What scores a model's tokens: a base that training knows by name, and the trained adapter's folder."""

    base: str
    adapter: Path | None
    most_tokens: int
    """Of an example, as in training: what is older in its talk goes."""

    def scores(
        self, examples: Sequence[Example], tell: Callable[[], object] = lambda: None
    ) -> Sequence[TurnScore]:
        """Raises what `finetune.train.likelihood.score` raises. `tell` is called for each example."""
        from finetune.train.likelihood import score

        told = 0

        def progress(done: int, _: int) -> None:
            nonlocal told
            while told < done:
                told += 1
                tell()

        return score(examples, self.base, self.adapter, most_tokens=self.most_tokens, progress=progress)


def weights_of(model: str) -> Weights | str:
    """The weights behind a model's name, or a sentence that says why its tokens cannot be scored."""
    if not model.startswith(LOCAL):
        return f"{model} does not tell how likely it finds given words; only local models are scored."
    base, plus, path = model.removeprefix(LOCAL).partition("+")
    adapter = trained_beside(Path(path)) if plus else None
    if plus and adapter is None:
        return (
            f"The adapter's trained form (a folder `adapter` beside {Path(path).name}) is not there, and "
            "only that can be scored."
        )
    if find_spec("torch") is None or find_spec("transformers") is None or find_spec("peft") is None:
        return f"Scoring tokens needs packages that are not installed; {to_install('train')}."
    return Weights(base, adapter, _most_tokens(adapter))


def _most_tokens(adapter: Path | None) -> int:
    """As the adapter was trained, or would be."""
    from finetune.train.trained import REPORT, read_trained

    if adapter is None or not (adapter.parent / REPORT).is_file():
        return read_recipe().most_tokens
    return read_trained(adapter.parent).recipe.most_tokens


def trained_beside(served: Path) -> Path | None:
    """The folder of the adapter that `adapter.gguf` was made of, where training left it."""
    folder = served.with_name("adapter")
    return folder if (folder / "adapter_config.json").is_file() else None
