"""Which model speaks in a role, decided once when a process starts, with the reason."""

from __future__ import annotations

from agents.models.backends import other_backend, server_backend, vertex_backend
from agents.models.errors import ModelNotUsable
from agents.models.guard import Guard
from agents.models.known import SERVER, VERTEX, known
from agents.models.local.voice import local_chat
from agents.models.local.weights import LOCAL
from agents.models.provider import Backend, LangChainChat
from agents.models.served import ServerSilent, models_served
from agents.models.settings import ModelSettings
from agents.models.voice import SCRIPTED, Role, Voice

_SEVERAL = 3
"""So many of a server's other models are named."""


def resolve(role: Role, settings: ModelSettings) -> Voice:
    """Who speaks in the role, and why. `auto` may ask the server for its models (at most three seconds).

    Raises ModelNotUsable for a setting that names a model which cannot be used, and ModelSettingsError for a
    key file that cannot be read. `auto` never fails: where there is no model, it says why and is scripted.
    """
    named = settings.named_for(role) or "auto"
    variable = f"SALESMATE_{role.upper()}_MODEL"
    if named == "auto":
        return _auto(settings)
    if named == "scripted":
        return Voice("scripted", f"{variable} says so")
    try:
        if named.startswith(f"{LOCAL}:"):
            return Voice(named, f"{variable} names it", local_chat(named, settings))
        model_id, backend = _named(named, settings)
    except ModelNotUsable as error:
        raise ModelNotUsable(f"{variable}: {error}") from None
    return _voice(model_id, backend, f"{variable} names it", settings)


def _auto(settings: ModelSettings) -> Voice:
    base_url = settings.model_base_url
    if base_url is None:
        return Voice(SCRIPTED.name, "no model server is configured (SALESMATE_MODEL_BASE_URL)")
    if settings.model_name:
        name, why = settings.model_name, f"SALESMATE_MODEL_NAME names it, at {base_url}"
    else:
        try:
            served = models_served(base_url, settings.model_api_key)
        except ServerSilent as silence:
            return Voice(SCRIPTED.name, str(silence))
        if not served:
            return Voice(SCRIPTED.name, f"{base_url} serves no model")
        name, why = served[0], _first_of(served, base_url)
    return _voice(f"{SERVER}:{name}", server_backend(name, settings), why, settings)


def _first_of(served: list[str], base_url: str) -> str:
    if len(served) == 1:
        return f"the only model at {base_url}"
    others = ", ".join(served[1 : 1 + _SEVERAL])
    return f"the first of {len(served)} models at {base_url} (SALESMATE_MODEL_NAME chooses: {others}, …)"


def _named(named: str, settings: ModelSettings) -> tuple[str, Backend]:
    """The id under which the model is reported, and how to build it."""
    prefix, _, model = named.partition(":")
    if prefix == VERTEX and model:
        return named, vertex_backend(model, settings)
    if settings.model_base_url and (prefix in (SERVER, "openai") or prefix not in known().providers):
        # With a server configured, a bare name is one of its models; Ollama's have colons in them.
        name = model if prefix in (SERVER, "openai") and model else named
        return f"{SERVER}:{name}", server_backend(name, settings)
    if prefix == SERVER:
        raise ModelNotUsable(f"'{named}' is on a server; set SALESMATE_MODEL_BASE_URL to its address.")
    return named, other_backend(named, settings)


def _voice(name: str, backend: Backend, why: str, settings: ModelSettings) -> Voice:
    return Voice(name, why, LangChainChat(backend, Guard(name, settings)))
