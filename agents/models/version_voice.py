"""From a registered version to a voice that speaks as it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml
from pydantic import TypeAdapter

from agents.models.adapters import Adapters, AdapterUnusable
from agents.models.catalogue import resolve
from agents.models.chat import ChatModel, Message, ModelUnavailable, Schema
from agents.models.errors import ModelNotUsable
from agents.models.local.weights import weights
from agents.models.voice import Voice

if TYPE_CHECKING:
    from agents.models.settings import ModelSettings
    from agents.records.model_versions import ModelVersion

TRIAL_TOKENS = 8
LOCAL = "local:"
"""What runs in this process takes its adapter from a file; a server has it already."""

Load = Callable[["ModelVersion"], Awaitable[Voice]]
"""Makes a version ready to speak. Raises VersionUnusable."""


class VersionUnusable(Exception):
    """A registered version cannot speak here. One sentence: which, and why."""


class OnlySpeaks:
    """A `ChatModel` under a version's name. Trained on a customer's lines, it gives no data."""

    def __init__(self, name: str, model: ChatModel) -> None:
        self.name = name
        self._model = model

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """As the model's own."""
        return self._model.stream(messages, max_tokens=max_tokens)

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """As the model's own."""
        return await self._model.complete(messages, max_tokens=max_tokens)

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        """Never: raises ModelUnavailable."""
        raise ModelUnavailable(f"{self.name} was trained to speak and to do nothing else.")


def loading(settings: ModelSettings, adapters: Adapters | None = None) -> Load:
    """How versions are loaded with these settings: files fetched and checked, the model built, and asked for
    a few words, because only a model that has answered is worth waiting for."""

    async def load(version: ModelVersion) -> Voice:
        try:
            model = await asyncio.to_thread(_model_of, version, settings, adapters)
            speaks = OnlySpeaks(version.name, model)
            await speaks.complete(_trial(), max_tokens=TRIAL_TOKENS)
        except (AdapterUnusable, ModelNotUsable, ModelUnavailable) as error:
            raise VersionUnusable(f"{version.name} ({version.model}) does not load: {error}") from None
        return Voice(version.name, "promoted", speaks)

    return load


@cache
def _trial() -> tuple[Message, ...]:
    read = (files("agents.models") / "prompts" / "trial.yaml").read_text("utf-8")
    return tuple(TypeAdapter(list[Message]).validate_python(yaml.safe_load(read)))


def _model_of(version: ModelVersion, settings: ModelSettings, adapters: Adapters | None) -> ChatModel:
    named = version.model
    if version.adapter and version.adapter_sha256 and named.startswith(LOCAL):
        _check_base(named.removeprefix(LOCAL), version.base_sha256)
        file = (adapters or Adapters()).fetch(version.adapter, version.adapter_sha256)
        named = f"{named}+{file}"
    try:
        voice = resolve("customer", settings.model_copy(update={"customer_model": named}))
    except ModelNotUsable as error:
        # The setting is not what names it.
        raise ModelNotUsable(str(error).removeprefix("SALESMATE_CUSTOMER_MODEL: ")) from None
    if voice.model is None:
        raise ModelNotUsable(f"'{version.model}' is no model.")
    return voice.model


def _check_base(name: str, trained_over: str | None) -> None:
    """An adapter over other weights than its own speaks, and speaks nonsense. Raises ModelNotUsable."""
    here = next((model.sha256 for model in weights().models if model.name == name), None)
    if here and trained_over and here != trained_over:
        raise ModelNotUsable(
            f"it was trained over other weights than '{name}' has in this SalesMate; promote a run that was "
            "trained with it."
        )
