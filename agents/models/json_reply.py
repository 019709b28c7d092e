"""Data from a model that only writes text: asking for JSON, finding it, and checking that it fits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.data_files import read_yaml
from agents.models.chat import Message, Schema

MOST_CHARACTERS = 50_000
MOST_STARTS = 50
"""Opening braces that are tried; a reply of nothing but braces must not cost seconds."""


class JsonPrompt(BaseModel):
    """`prompts/json_reply.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: str
    again: str


def asking_for_json(
    messages: Sequence[Message], schema: type[BaseModel], problem: str | None = None
) -> list[Message]:
    """The messages, followed by the request for JSON. `problem` is what was wrong with the answer before."""
    prompt = _prompt()
    ask = prompt.ask.format(schema=json.dumps(schema.model_json_schema(), ensure_ascii=False))
    if problem:
        ask += prompt.again.format(problem=problem)
    return [*messages, Message("user", ask)]


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, whatever stands around it."""
    text, decoder, start = text[:MOST_CHARACTERS], json.JSONDecoder(), -1
    for _ in range(MOST_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            return None
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None


def fit(found: object, schema: type[Schema]) -> tuple[Schema | None, str]:
    """The instance, or None and what is wrong, in words that hold nothing of what was found."""
    if not isinstance(found, dict):
        return None, "it held no JSON object"
    try:
        return schema.model_validate(found), ""
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        known = [str(step) for step in first["loc"] if isinstance(step, int) or step in _names(schema)]
        return None, f"{'.'.join(known) or 'the object'}: {first['type'].replace('_', ' ')}"
    except RecursionError:
        return None, "it was nested too deeply"


def _names(schema: type[BaseModel]) -> frozenset[str]:
    """Field names of the schema and the schemas in it: the only words of a place that are ours."""
    described = schema.model_json_schema()
    parts = [described, *described.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


@cache
def _prompt() -> JsonPrompt:
    path = Path(__file__).parent / "prompts" / "json_reply.yaml"
    return JsonPrompt.model_validate(read_yaml(path.read_text(encoding="utf-8")))
