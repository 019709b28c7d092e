"""What a chat completion request must be, after OpenAI's API reference."""

from __future__ import annotations

import json
import re
from typing import Any

ROLES = ("system", "developer", "user", "assistant", "tool")
PARAMETERS = {
    "frequency_penalty": (int, float),
    "logprobs": bool,
    "max_completion_tokens": int,
    "max_tokens": int,
    "messages": list,
    "metadata": dict,
    "model": str,
    "n": int,
    "parallel_tool_calls": bool,
    "presence_penalty": (int, float),
    "reasoning_effort": str,
    "response_format": dict,
    "seed": int,
    "stop": (str, list),
    "stream": bool,
    "stream_options": dict,
    "temperature": (int, float),
    "tool_choice": (str, dict),
    "tools": list,
    "top_p": (int, float),
    "user": str,
}
"""The parameters a text chat may have, and the types of their values."""
_SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_WORD = re.compile(r"\s*\S+|\s+$")


class Refused(Exception):
    """A request the service answers with a 4xx."""

    def __init__(self, status: int, message: str, code: str | None, param: str | None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param


def words_of(text: str) -> list[str]:
    """The text in pieces that make the whole when joined: what this server streams."""
    return _WORD.findall(text)


def check_request(raw: bytes, models: list[str], *, json_schema: bool) -> dict[str, Any]:
    """The body of the request. Raises Refused."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.", None, None) from None
    if not isinstance(body, dict):
        raise Refused(400, "The body of the request is not a JSON object.", None, None)
    _required(body)
    _types(body)
    if body["model"] not in models:
        message = f"The model `{body['model']}` does not exist or you do not have access to it."
        raise Refused(404, message, "model_not_found", None)
    _messages(body["messages"])
    _lengths(body)
    _format(body, offered=json_schema)
    return body


def _required(body: dict[str, Any]) -> None:
    for name in ("model", "messages"):
        if name not in body:
            raise Refused(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)


def _types(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in PARAMETERS:
            raise Refused(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        kinds: Any = PARAMETERS[name]
        a_bool_for_a_number = isinstance(value, bool) and kinds is not bool
        if value is not None and (not isinstance(value, kinds) or a_bool_for_a_number):
            raise Refused(400, f"Invalid type for '{name}'.", "invalid_type", name)


def _messages(messages: list[Any]) -> None:
    if not messages:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1."
        raise Refused(400, message, "empty_array", "messages")
    for number, message in enumerate(messages):
        place = f"messages[{number}]"
        if not isinstance(message, dict):
            raise Refused(400, f"Invalid type for '{place}': expected an object.", "invalid_type", place)
        if message.get("role") not in ROLES:
            raise Refused(
                400,
                f"Invalid value for '{place}.role'. Supported: {ROLES}.",
                "invalid_value",
                f"{place}.role",
            )
        _content(message.get("content"), place)


def _content(content: Any, place: str) -> None:
    parts_ok = isinstance(content, list) and all(
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
        for part in content
    )
    if not isinstance(content, str) and not parts_ok:
        message = f"Invalid type for '{place}.content': expected one of a string or array of objects."
        raise Refused(400, message, "invalid_type", f"{place}.content")


def _lengths(body: dict[str, Any]) -> None:
    given = [name for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    if len(given) == 2:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refused(400, message, "invalid_parameter_combination", "max_tokens")
    for name in given:
        if body[name] < 1:
            message = f"Invalid '{name}': integer below minimum value. Expected a value >= 1."
            raise Refused(400, message, "integer_below_min_value", name)
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 2:
        raise Refused(400, "Invalid 'temperature': out of range.", "decimal_out_of_range", "temperature")
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refused(400, message, None, "stream_options")


def _format(body: dict[str, Any], *, offered: bool) -> None:
    wanted = body.get("response_format")
    if wanted is None:
        return
    if wanted.get("type") not in ("text", "json_object", "json_schema"):
        raise Refused(400, "Invalid value: 'response_format.type'.", "invalid_value", "response_format.type")
    if wanted["type"] != "json_schema":
        return
    if not offered:
        message = "Invalid parameter: 'response_format' of type 'json_schema' is not supported here."
        raise Refused(400, message, None, "response_format")
    described = wanted.get("json_schema")
    named = isinstance(described, dict) and _SCHEMA_NAME.fullmatch(str(described.get("name", "")))
    if not named or not isinstance(described.get("schema"), dict):
        message = "Invalid 'response_format.json_schema': a name and a schema are needed."
        raise Refused(400, message, "missing_required_parameter", "response_format.json_schema")
