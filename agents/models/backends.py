"""From a model id to a LangChain class.

What can be checked is checked now; what is slow is left to the first call. LangChain's own retries are off
everywhere: `guard.py` is the one layer that waits and tries again.
"""

from __future__ import annotations

import difflib
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agents.models.errors import ModelNotUsable
from agents.models.known import SERVER, VERTEX, Provider, known
from agents.models.provider import Backend
from agents.models.settings import ModelSettings, secret_from
from ingestion.extras import to_install

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NO_KEY = "none"
"""Sent to a server that needs no key. An empty one would make the client fall back to OPENAI_API_KEY and hand
OpenAI's key to whoever runs the server."""
_FULL_NAME = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/(?P<rest>.+)")
_ENDPOINT = re.compile(r"endpoints/[^/]+|publishers/[^/]+/models/[^/]+")


def server_backend(model: str, settings: ModelSettings) -> Backend:
    """A model on the OpenAI-compatible server of the settings."""
    key = settings.model_api_key or SecretStr(NO_KEY)

    def build() -> BaseChatModel:
        import openai

        # The base class, as LangChain's own packages for such servers use it: ChatOpenAI renames max_tokens
        # to max_completion_tokens, which many servers ignore.
        from langchain_openai.chat_models.base import BaseChatOpenAI

        arguments: dict[str, Any] = {
            "model": model,
            "base_url": settings.model_base_url,
            "api_key": key,
            "max_retries": 0,
            "timeout": settings.model_reply_seconds,
            "stream_chunk_timeout": None,
            "stream_usage": False,
            "use_responses_api": False,
            # Our own, because LangChain's is shared by all models of a process and bound to one event loop.
            "http_async_client": openai.DefaultAsyncHttpxClient(timeout=settings.model_reply_seconds),
        }
        return _quietly(BaseChatOpenAI, arguments, settings)

    return Backend(build, structured={"method": "json_schema"}, marks_the_end=True)


def vertex_backend(model: str, settings: ModelSettings) -> Backend:
    """Gemini, or a tuned model's endpoint by its full resource name, on Vertex AI."""
    provider = known().providers[VERTEX]
    _check_installed(f"{VERTEX}:{model}", provider)
    place: dict[str, str] = {}
    if "/" in model:
        # `endpoints/ID` alone would be taken for a publisher's model, and `models/ID` cannot answer.
        parts = _FULL_NAME.fullmatch(model)
        if parts is None or not _ENDPOINT.fullmatch(parts["rest"]):
            raise ModelNotUsable(
                f"'{VERTEX}:{model}' is no endpoint; give its full resource name, "
                f"{VERTEX}:projects/PROJECT/locations/LOCATION/endpoints/ID."
            )
        place = {"project": parts["project"], "location": parts["location"]}
    options = known().options_of(f"{VERTEX}:{model}")

    def build() -> BaseChatModel:
        from langchain_google_vertexai import ChatVertexAI

        arguments = {
            "model": model,
            "max_retries": 0,
            "timeout": settings.model_reply_seconds,
            **place,
            **options,
        }
        return _quietly(ChatVertexAI, arguments, settings)

    return Backend(build, tokens=provider.tokens)


def other_backend(model_id: str, settings: ModelSettings) -> Backend:
    """Whatever else LangChain's `init_chat_model` takes. Raises ModelNotUsable."""
    name, _, model = model_id.partition(":")
    provider = known().providers.get(name)
    if provider is None or not model:
        _check_known_to_langchain(model_id)
    else:
        _check_installed(model_id, provider)
    arguments: dict[str, Any] = {"max_retries": 0, "timeout": settings.model_reply_seconds}
    arguments |= known().options_of(model_id) | _key(model_id, provider, settings)

    def build() -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        return _quietly(init_chat_model, {"model": model_id, **arguments}, settings)

    structured = {"method": "json_schema"} if name == "openai" else {}
    return Backend(build, tokens=provider.tokens if provider else "max_tokens", structured=structured)


def _quietly(make: Any, arguments: dict[str, Any], settings: ModelSettings) -> BaseChatModel:
    """Build the model, with the user's own options over ours."""
    # LANGSMITH_TRACING may be set for another project's sake: rehearsals leave the house only if asked to.
    if not settings.model_tracing:
        import langsmith

        langsmith.configure(enabled=False)
    built: BaseChatModel = make(**{**arguments, **settings.model_options})
    return built


def _key(model_id: str, provider: Provider | None, settings: ModelSettings) -> dict[str, Any]:
    if provider is None or provider.key is None:
        return {}
    ours = settings.model_api_key if model_id.startswith("openai:") else None
    key = ours or secret_from(provider.key)
    if key is None:
        raise ModelNotUsable(f"'{model_id}' needs a key; set {provider.key} or {provider.key}_FILE.")
    return {"api_key": key}


def _check_installed(model_id: str, provider: Provider) -> None:
    if find_spec(provider.module) is None:
        _, _, extra = provider.package.partition("[")
        how = to_install(extra.rstrip("]")) if extra else f"run: pip install '{provider.package}'"
        raise ModelNotUsable(f"'{model_id}' needs a package that is not installed; {how}.")


def _check_known_to_langchain(model_id: str) -> None:
    """For what the catalogue does not know, LangChain is imported and asked."""
    from langchain.chat_models import init_chat_model

    try:
        init_chat_model(model_id)
    except ImportError as error:
        asked = re.search(r"pip install ([\w-]+)", str(error))
        package = f"; run: pip install {asked[1]}" if asked else ""
        raise ModelNotUsable(f"'{model_id}' needs a package that is not installed{package}.") from None
    except ValueError as error:
        if "rovider" in str(error) and "upported" in str(error):
            raise ModelNotUsable(f"There is no model '{model_id}'.{_nearest(model_id)}") from None
        raise ModelNotUsable(_does_not_start(model_id)) from None
    except Exception:  # a provider's constructor may raise anything
        raise ModelNotUsable(_does_not_start(model_id)) from None


def _does_not_start(model_id: str) -> str:
    return f"'{model_id}' does not start; check its key and the other settings its provider asks for."


def _nearest(model_id: str) -> str:
    name, colon, model = model_id.partition(":")
    prefixes = ["auto", "scripted", SERVER, *known().providers]
    near = difflib.get_close_matches(name, prefixes, n=1)
    if near:
        rest = "" if near[0] in ("auto", "scripted") else (colon + model if model else ":NAME")
        return f" Did you mean '{near[0]}{rest}'?"
    return f" Give auto, scripted, or one of {', '.join(f'{one}:NAME' for one in prefixes[2:])}."
