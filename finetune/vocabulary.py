"""The base model's own tokens, counted with the vocabulary in its GGUF file: no torch is needed for it.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md describes the file, the Hugging Face model card of
SmolLM2 its pre-tokenizer (digits one by one, then bytes as GPT-2 has them).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from finetune.tokens import Counter, estimate

_MAGIC = b"GGUF"
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_KNOWN = ("gpt2", "smollm")
"""Kind of vocabulary, and how text is cut before it is looked up."""


class NoVocabulary(Exception):
    """The file holds none that is understood here."""


def counter_for(base: str) -> Counter:
    """Counts by the base's vocabulary where it was pulled to this machine, else by an estimate."""
    from agents.models.errors import ModelNotUsable
    from agents.models.local.weights import pulled

    try:
        tokenizer = _tokenizer(pulled(base))
    except (ModelNotUsable, NoVocabulary, OSError, struct.error, ValueError, KeyError, OverflowError):
        return estimate()
    return Counter(f"the vocabulary of {base}", lambda text: len(tokenizer.encode(text).ids))


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    with path.open("rb") as file:
        found = {key: value for key, value in _metadata(file) if key.startswith("tokenizer.ggml.")}
    if (found.get("tokenizer.ggml.model"), found.get("tokenizer.ggml.pre")) != _KNOWN:
        raise NoVocabulary
    tokens: list[str] = found["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in found["tokenizer.ggml.merges"]]
    model: Any = models.BPE(vocab={token: n for n, token in enumerate(tokens)}, merges=merges)
    tokenizer = Tokenizer(model)
    cuts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    tokenizer.add_special_tokens([token for token in tokens if token.startswith("<|")])
    return tokenizer


def _metadata(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    if file.read(4) != _MAGIC:
        raise NoVocabulary
    _version, _tensors, keys = struct.unpack("<IQQ", file.read(20))
    for _ in range(keys):
        name = _string(file)
        (kind,) = struct.unpack("<I", file.read(4))
        yield name, _value(file, kind)


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        inner, count = struct.unpack("<IQ", file.read(12))
        return [_value(file, inner) for _ in range(count)]
    if kind not in _NUMBERS:
        raise NoVocabulary
    form = "<" + _NUMBERS[kind]
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length).decode("utf-8")
