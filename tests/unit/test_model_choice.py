"""Which model a role gets, why, and what a person is told when her setting cannot be used."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from agents.models import backends
from agents.models.catalogue import resolve
from agents.models.cli import models
from agents.models.errors import ModelNotUsable
from agents.models.known import known
from agents.models.provider import LangChainChat
from agents.models.settings import ModelSettings, ModelSettingsError, model_settings
from agents.models.voice import ROLES, Voice

ENDPOINT = "projects/acme-42/locations/europe-west4/endpoints/7205759403792793600"
SERVER = "http://localhost:8000/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in known().providers.values():
        if provider.key:
            monkeypatch.delenv(provider.key, raising=False)


def chosen(named: str, **settings: Any) -> Voice:
    return resolve("customer", ModelSettings(customer_model=named, **settings))


# --- what is chosen ---------------------------------------------------------------------------------------


def test_with_nothing_configured_every_role_is_scripted_and_says_why() -> None:
    for role in ROLES:
        voice = resolve(role, model_settings())
        assert (voice.name, voice.model) == ("scripted", None)
        assert "SALESMATE_MODEL_BASE_URL" in voice.why


def test_scripted_is_scripted_whatever_else_is_configured() -> None:
    voice = chosen("scripted", model_base_url=SERVER)
    assert (voice.model, voice.why) == (None, "SALESMATE_CUSTOMER_MODEL says so")


def test_auto_takes_the_configured_server() -> None:
    voice = chosen("auto", model_base_url=f"{SERVER}/", model_name="llama-3")
    assert (voice.name, voice.why) == ("server:llama-3", f"SALESMATE_MODEL_NAME names it, at {SERVER}")


@pytest.mark.parametrize("named", ["server:qwen3:8b", "openai:qwen3:8b", "qwen3:8b"])
def test_with_a_server_a_name_is_one_of_its_models(named: str) -> None:
    voice = chosen(named, model_base_url=SERVER)
    assert voice.name == "server:qwen3:8b"
    assert voice.model is not None
    assert voice.model.name == voice.name


def test_each_role_has_its_own_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_MODEL_BASE_URL", SERVER)
    monkeypatch.setenv("SALESMATE_MODEL_NAME", "small")
    monkeypatch.setenv("SALESMATE_COACH_MODEL", "server:large")
    monkeypatch.setenv("SALESMATE_COPILOT_MODEL", "scripted")
    names = [resolve(role, model_settings()).name for role in ROLES]
    assert names == ["server:small", "scripted", "server:large"]


def test_a_cloud_model_takes_its_providers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-theirs")
    assert chosen("openai:gpt-x").name == "openai:gpt-x"


async def test_a_cloud_model_is_built_without_retries_of_its_own() -> None:
    voice = chosen("openai:gpt-x", model_api_key="sk-ours", model_options={"temperature": 0.2})
    built: Any = await _built(voice)
    assert type(built).__name__ == "ChatOpenAI"
    assert (built.max_retries, built.temperature, built.model_name) == (0, 0.2, "gpt-x")
    assert built.openai_api_key.get_secret_value() == "sk-ours"


def test_choosing_is_quick_because_langchain_is_not_imported() -> None:
    code = (
        "import sys; from agents.models.catalogue import resolve; from agents.models.settings import *;"
        f"print(resolve('coach', ModelSettings(model_base_url='{SERVER}', model_name='x')).name);"
        "print([m for m in sys.modules if m.startswith(('langchain', 'openai', 'langsmith'))])"
    )
    assert _python(code) == ["server:x", "[]"]


def _python(code: str) -> list[str]:
    import subprocess

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


# --- Vertex AI --------------------------------------------------------------------------------------------


async def _built(voice: Voice) -> Any:
    assert isinstance(voice.model, LangChainChat)
    await voice.model.warm()
    return voice.model._built


class ChatVertexAI:
    """Remembers how it was constructed."""

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments


@pytest.fixture
def vertex(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra, as far as choosing and constructing goes."""
    name = "langchain_google_vertexai"
    module = ModuleType(name)
    module.__dict__["ChatVertexAI"] = ChatVertexAI
    module.__spec__ = importlib.util.spec_from_loader(name, None)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def no_vertex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda _: None)


@pytest.mark.usefixtures("vertex")
async def test_a_tuned_endpoint_is_passed_on_by_its_full_resource_name() -> None:
    voice = chosen(f"vertexai:{ENDPOINT}")
    built = await _built(voice)
    assert isinstance(built, ChatVertexAI)
    assert built.arguments == {
        "model": ENDPOINT,
        "project": "acme-42",
        "location": "europe-west4",
        "max_retries": 0,
        "timeout": 30,
    }
    assert voice.name == f"vertexai:{ENDPOINT}"


@pytest.mark.usefixtures("vertex")
async def test_a_gemini_model_gets_what_the_catalogue_advises() -> None:
    built = await _built(chosen("vertexai:gemini-2.5-flash", model_reply_seconds=12))
    assert built.arguments == {
        "model": "gemini-2.5-flash",
        "thinking_budget": 0,
        "max_retries": 0,
        "timeout": 12,
    }


@pytest.mark.usefixtures("vertex")
@pytest.mark.parametrize(
    "short", ["endpoints/42", "projects/p/locations/l/models/42", "projects/p/endpoints/42", "models/x"]
)
def test_half_a_resource_name_is_refused(short: str) -> None:
    with pytest.raises(ModelNotUsable, match="full resource name"):
        chosen(f"vertexai:{short}")


@pytest.mark.usefixtures("no_vertex")
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(ModelNotUsable) as refused:
        chosen("vertexai:gemini-2.5-flash")
    assert str(refused.value) == (
        "SALESMATE_CUSTOMER_MODEL: 'vertexai:gemini-2.5-flash' needs a package that is not installed; "
        "in a checkout run `.venv/bin/pip install -e '.[vertex]'`, else `pip install 'salesmate[vertex]'`."
    )


# --- what cannot be used ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("scriptd", "Did you mean 'scripted'?"),
        ("opnai:gpt-x", "Did you mean 'openai:gpt-x'?"),
        ("vertex:gemini-2.5-pro", "Did you mean 'vertexai:gemini-2.5-pro'?"),
        ("zzzz", "Give auto, scripted, or one of server:NAME"),
        ("openai:gpt-x", "needs a key; set OPENAI_API_KEY or OPENAI_API_KEY_FILE"),
        ("anthropic:claude-x", "pip install 'langchain-anthropic'"),
        ("deepseek:x", "pip install langchain-deepseek"),
        ("server:llama", "set SALESMATE_MODEL_BASE_URL"),
        ("local:smollm2", "give one of smollm2-135m, or the path of a .gguf file"),
        ("local:smollm2-135m", "run: salesmate models pull smollm2-135m"),
        ("local:", "give local:NAME or local:NAME+ADAPTER.gguf"),
    ],
)
def test_what_cannot_be_used_says_what_to_do_in_one_sentence(named: str, says: str) -> None:
    with pytest.raises(ModelNotUsable) as refused:
        chosen(named)
    message = str(refused.value)
    assert says in message
    assert message.startswith("SALESMATE_CUSTOMER_MODEL: ")
    assert named in message
    assert "\n" not in message


# --- settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("MODEL_RETRIES", "many", "SALESMATE_MODEL_RETRIES: input should be a valid integer"),
        ("MODEL_REPLY_SECONDS", "0", "SALESMATE_MODEL_REPLY_SECONDS: input should be greater than 0"),
        ("MODEL_BASE_URL", "localhost:8000", "SALESMATE_MODEL_BASE_URL: give the server's address"),
        ("MODEL_BASE_URL", "http://me:sk-secret@host/v1", "SALESMATE_MODEL_BASE_URL: leave keys out"),
        ("MODEL_OPTIONS", "{sk-secret", "SALESMATE_MODEL_OPTIONS: is not JSON"),
        ("MODEL_API_KEY_FILE", "/nowhere/key", "SALESMATE_MODEL_API_KEY_FILE: /nowhere/key cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"SALESMATE_{variable}", value)
    with pytest.raises(ModelSettingsError) as refused:
        model_settings()
    assert str(refused.value).startswith(says)
    assert "sk-secret" not in str(refused.value)


def test_a_key_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-from-file\n", encoding="utf-8")
    monkeypatch.setenv("SALESMATE_MODEL_API_KEY_FILE", str(file))
    key = model_settings().model_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-from-file"


def test_a_key_and_a_key_file_are_one_too_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALESMATE_MODEL_API_KEY", "sk-secret")
    monkeypatch.setenv("SALESMATE_MODEL_API_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ModelSettingsError, match="both set"):
        model_settings()


def test_a_key_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_MODEL_API_KEY", "sk-secret")
    settings = model_settings()
    voice = resolve("coach", settings)
    assert (
        "sk-secret" not in f"{settings!r} {settings} {settings.model_dump_json()} {voice!r} {voice.model!r}"
    )


# --- the command ------------------------------------------------------------------------------------------


def test_the_list_says_what_each_role_uses_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_COACH_MODEL", "scripted")
    result = CliRunner().invoke(models, ["list"])
    assert result.exit_code == 0
    assert "coach     scripted: SALESMATE_COACH_MODEL says so" in result.output
    assert "vertexai:gemini-2.5-flash\n" in result.output


def test_the_list_as_data_and_a_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_CUSTOMER_MODEL", "opnai:gpt-x")
    result = CliRunner().invoke(models, ["list", "--json"])
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    first = data["roles"][0]
    assert (first["role"], first["setting"], first["model"]) == ("customer", "opnai:gpt-x", None)
    assert "Did you mean" in first["why"]
    assert [role["model"] for role in data["roles"][1:]] == ["scripted", "scripted"]
    assert {"id", "provider", "good_for", "licence", "context", "note"} == set(data["models"][0])
