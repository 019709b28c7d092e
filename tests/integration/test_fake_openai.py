"""The fake server keeps to OpenAI's API reference, so that what passes against it passes elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.openai import KEY, MODEL, FakeOpenAI, Refusal, Reply, Running

USER = [{"role": "user", "content": "Hello?"}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "reply", "schema": {"type": "object"}}}


@pytest.fixture(scope="module")
def running() -> Iterator[FakeOpenAI]:
    with Running() as fake:
        yield fake


@pytest.fixture
def server(running: FakeOpenAI) -> FakeOpenAI:
    running.script.clear()
    running.usual = Reply()
    running.json_schema = True
    return running


def chat(server: FakeOpenAI, key: str | None = KEY, raw: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = raw if raw is not None else json.dumps({"model": MODEL, "messages": USER, **body})
    return httpx.post(f"{server.base_url}/chat/completions", headers=headers, content=content, timeout=5)


def events(answer: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_models_are_listed_as_a_list_object(server: FakeOpenAI) -> None:
    answer = httpx.get(f"{server.base_url}/models", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.json()["object"] == "list"
    assert [model["id"] for model in answer.json()["data"]] == [MODEL]


def test_a_reply_in_one_piece(server: FakeOpenAI) -> None:
    server.says("Speaking. Who is this?")
    data = chat(server).json()
    assert data["object"] == "chat.completion"
    assert data["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Speaking. Who is this?",
        "refusal": None,
    }
    assert data["choices"][0]["finish_reason"] == "stop"
    assert (
        data["usage"]["total_tokens"] == data["usage"]["prompt_tokens"] + data["usage"]["completion_tokens"]
    )


def test_a_streamed_reply_is_deltas_then_a_finish_reason_then_done(server: FakeOpenAI) -> None:
    server.says("Speaking. Who is this?")
    answer = chat(server, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, *middle, last = events(answer)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    text = "".join(event["choices"][0]["delta"]["content"] for event in middle)
    assert text == "Speaking. Who is this?"
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")


def test_usage_is_streamed_when_asked_for(server: FakeOpenAI) -> None:
    last = events(chat(server, stream=True, stream_options={"include_usage": True}))[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 2


def test_a_reply_is_no_longer_than_asked_for(server: FakeOpenAI) -> None:
    server.says("one two three four")
    choice = chat(server, max_tokens=2).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two", "length")


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"model": "fake-2"}, 404, "model_not_found", None),
        ({"messages": []}, 400, "empty_array", "messages"),
        ({"messages": ["hi"]}, 400, "invalid_type", "messages[0]"),
        ({"messages": [{"role": "rep", "content": "hi"}]}, 400, "invalid_value", "messages[0].role"),
        ({"messages": [{"role": "user"}]}, 400, "invalid_type", "messages[0].content"),
        ({"messages": [{"role": "user", "content": [1]}]}, 400, "invalid_type", "messages[0].content"),
        ({"max_tokens": 0}, 400, "integer_below_min_value", "max_tokens"),
        ({"max_tokens": "many"}, 400, "invalid_type", "max_tokens"),
        ({"max_tokens": True}, 400, "invalid_type", "max_tokens"),
        (
            {"max_tokens": 9, "max_completion_tokens": 9},
            400,
            "invalid_parameter_combination",
            "max_tokens",
        ),
        ({"temperature": 3}, 400, "decimal_out_of_range", "temperature"),
        ({"stream_options": {"include_usage": True}}, 400, None, "stream_options"),
        ({"colour": "red"}, 400, "unknown_parameter", "colour"),
        ({"response_format": {"type": "yaml"}}, 400, "invalid_value", "response_format.type"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
            400,
            "missing_required_parameter",
            "response_format.json_schema",
        ),
    ],
)
def test_a_wrong_request_is_refused_as_documented(
    server: FakeOpenAI, body: dict[str, Any], status: int, code: str | None, param: str | None
) -> None:
    before = len(server.requests)
    answer = chat(server, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert len(server.requests) == before


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_model_and_messages_are_required(server: FakeOpenAI, missing: str) -> None:
    body = {"model": MODEL, "messages": USER}
    body.pop(missing)
    error = chat(server, raw=json.dumps(body)).json()["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", missing)


@pytest.mark.parametrize("raw", ["", "{", "[]", '"hello"'])
def test_a_body_must_be_a_json_object(server: FakeOpenAI, raw: str) -> None:
    assert chat(server, raw=raw).status_code == 400


@pytest.mark.parametrize(("key", "code"), [(None, None), ("sk-wrong", "invalid_api_key")])
def test_a_key_is_needed_and_must_be_right(server: FakeOpenAI, key: str | None, code: str | None) -> None:
    answer = chat(server, key=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


def test_other_paths_and_methods_are_not_served(server: FakeOpenAI) -> None:
    assert httpx.get(f"{server.base_url}/chat/completions").status_code == 405
    assert httpx.post(f"{server.base_url}/completions").status_code == 404


def test_structured_output_is_refused_where_it_is_not_offered(server: FakeOpenAI) -> None:
    assert chat(server, response_format=SCHEMA).status_code == 200
    server.json_schema = False
    assert chat(server, response_format=SCHEMA).status_code == 400


def test_a_rate_limit_says_when_to_come_back(server: FakeOpenAI) -> None:
    server.will(Refusal(429, retry_after="2"))
    answer = chat(server)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert chat(server).status_code == 200


def test_every_accepted_body_is_remembered(server: FakeOpenAI) -> None:
    chat(server, temperature=0.5)
    assert server.requests[-1] == {"model": MODEL, "messages": USER, "temperature": 0.5}
