"""Examples as Vertex AI's supervised tuning of Gemini takes them, held to its limits before anything is sent.

https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare and
https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-use-supervised-tuning (limits).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from finetune.example import Example

MOST_BYTES = 1 << 30
"""Of a data set's file."""
MOST_EXAMPLES = 1_000_000
MOST_VALIDATION_EXAMPLES = 5_000
MOST_TOKENS = 131_072
"""Of an example, prompt and answer together."""
MOST_PROBLEMS = 20
"""So many are named; a data set that breaks more is wrong as a whole."""


def as_gemini(example: Example) -> dict[str, Any]:
    """A line of `train.gemini.jsonl`: a system instruction, then user and model in turn, the model last."""
    said = [message for message in example.messages if message.role != "system"]
    contents = [_content("model" if one.role == "assistant" else "user", one.content) for one in said]
    system = "\n\n".join(one.content for one in example.messages if one.role == "system")
    return {
        "systemInstruction": {"role": "system", "parts": [{"text": system}]},
        "contents": [*contents, _content("model", example.target)],
    }


def problems_of(line: dict[str, Any], tokens: int) -> list[str]:
    """What of Vertex's rules for an example this one breaks, a sentence each; `tokens` are counted or
    estimated for the whole of it."""
    problems = []
    if not _text(line.get("systemInstruction", {})):
        problems.append("the system instruction is empty")
    contents = line.get("contents", [])
    roles = [content.get("role") for content in contents]
    if not roles:
        problems.append("there are no contents")
    elif roles[0] != "user":
        problems.append("the talk does not begin with the user")
    if any(one == other for one, other in pairwise(roles)):
        problems.append("user and model do not take turns")
    if roles and roles[-1] != "model":
        problems.append("the talk does not end with the model")
    if set(roles) - {"user", "model"}:
        problems.append("there is a role other than user and model")
    if any(not _text(content) for content in contents):
        problems.append("a part is empty")
    if tokens > MOST_TOKENS:
        problems.append(f"it has {tokens:,} tokens; Vertex AI takes {MOST_TOKENS:,}")
    return problems


def broken_limits(name: str, examples: Sequence[Example], count: Callable[[str], int]) -> list[str]:
    """What in a data set Vertex AI would refuse: example and rule, the first few."""
    problems = []
    if len(examples) > MOST_EXAMPLES:
        problems.append(f"{name} has {len(examples):,} examples; Vertex AI takes {MOST_EXAMPLES:,}.")
    size = 0
    for number, example in enumerate(examples, start=1):
        line = as_gemini(example)
        written = json_line(line)
        size += len(written.encode())
        broken = problems_of(line, count(written))
        problems += [
            f"{name}, line {number} (call {example.call}, turn {example.n}): {why}." for why in broken
        ]
    if size > MOST_BYTES:
        problems.append(f"{name} has {size / MOST_BYTES:.2f} GB; Vertex AI takes 1 GB.")
    return problems[:MOST_PROBLEMS]


def within_validation_limit(examples: Sequence[Example], seed: int) -> list[Example]:
    """At most as many examples as Vertex AI validates on, drawn by the seed, in their order."""
    if len(examples) <= MOST_VALIDATION_EXAMPLES:
        return list(examples)
    chosen = sorted(Random(seed).sample(range(len(examples)), MOST_VALIDATION_EXAMPLES))
    return [examples[index] for index in chosen]


def json_line(line: dict[str, Any]) -> str:
    """A line of a JSONL file."""
    return json.dumps(line, ensure_ascii=False) + "\n"


def gemini_lines(examples: Iterable[Example]) -> Iterable[str]:
    """The file's lines."""
    return (json_line(as_gemini(example)) for example in examples)


def _content(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"text": text}]}


def _text(content: dict[str, Any]) -> str:
    return "".join(str(part.get("text", "")) for part in content.get("parts", [])).strip()
