"""Asking an OpenAI-compatible server which models it has."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr, ValidationError

PATIENCE = 3.0
"""Seconds. Asked once when a process starts, so a server that is down must not hold it up."""


class ServerSilent(Exception):
    """The server's models could not be listed. A clause for a person: what happened."""


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


def models_served(base_url: str, key: SecretStr | None) -> list[str]:
    """The ids that `GET <base_url>/models` lists, in the server's order. Raises ServerSilent."""
    import httpx  # only where a server is configured

    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        answer = httpx.get(f"{base_url}/models", headers=headers, timeout=PATIENCE)
    except httpx.TimeoutException:
        raise ServerSilent(f"{base_url} did not answer within {PATIENCE:.0f} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerSilent(f"{base_url} cannot be reached ({type(error).__name__})") from None
    if answer.status_code in (401, 403):
        raise ServerSilent(f"{base_url} refused the key; check SALESMATE_MODEL_API_KEY")
    if answer.status_code != httpx.codes.OK:
        raise ServerSilent(f"{base_url}/models answered with status {answer.status_code}")
    try:
        return [model.id for model in _Models.model_validate_json(answer.content).data]
    except ValidationError:
        raise ServerSilent(f"{base_url}/models did not answer with a list of models") from None
