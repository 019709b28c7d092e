"""Tokens counted with the vocabulary in a GGUF file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from agents.models.local.weights import weights
from finetune.vocabulary import counter_for

BASE = "smollm2-135m"
TOKENS = [*"abcdefghijklmnopqrstuvwxyz0123456789Ġ", "he", "hel", "lo", "hello", "<|endconversation|>"]
MERGES = ["h e", "he l", "l o", "hel lo"]


def gguf(values: dict[str, Any]) -> bytes:
    def text(words: str) -> bytes:
        return struct.pack("<Q", len(words.encode())) + words.encode()

    def value(thing: Any) -> bytes:
        if isinstance(thing, str):
            return struct.pack("<I", 8) + text(thing)
        if isinstance(thing, int):
            return struct.pack("<II", 4, thing)
        return struct.pack("<IIQ", 9, 8, len(thing)) + b"".join(map(text, thing))

    body = b"".join(text(name) + value(thing) for name, thing in values.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)) + body


WHOLE: dict[str, Any] = {
    "general.architecture": "llama",
    "llama.block_count": 30,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": TOKENS,
    "tokenizer.ggml.merges": MERGES,
}


def put(content: bytes) -> None:
    path: Path = weights().named(BASE).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_pulled_base_counts_its_own_tokens() -> None:
    put(gguf(WHOLE))
    counter = counter_for(BASE)
    assert counter.name == "the vocabulary of smollm2-135m"
    assert counter.count("hello") == 1
    assert counter.count("hello 12") == 4  # hello, the space, and each digit
    assert counter.count("bye<|endconversation|>") == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"no model at all",
        gguf({**WHOLE, "tokenizer.ggml.pre": "unheard-of"}),
        gguf(WHOLE)[:400],
    ],
    ids=["empty", "cut", "other", "unknown cuts", "cut short"],
)
def test_what_is_not_understood_is_estimated(content: bytes) -> None:
    put(content)
    assert "estimate" in counter_for(BASE).name


def test_a_base_that_is_not_here_is_estimated() -> None:
    assert "estimate" in counter_for(BASE).name
    assert "estimate" in counter_for("somebody/else").name
