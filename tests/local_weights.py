"""Real weights for tests of local models, and adapters made for them."""

from __future__ import annotations

import os
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from agents.models.local.pull import PullError, pull
from agents.models.local.weights import weights

NAME = "smollm2-135m"
WIDTH, KEYS, LAYERS = 576, 192, 30
"""Of SmolLM2-135M: the hidden size, the size of keys and values, and how many layers."""


def the_weights(kept: Path) -> Path:
    """SmolLM2's weights, pulled once into the folder `kept`; skips the test where that cannot be."""
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: make test installs it")
    before = os.environ.get("SALESMATE_HOME")
    os.environ["SALESMATE_HOME"] = str(kept)
    try:
        model = weights().named(NAME)
        return model.path if model.pulled else pull(model)
    except PullError as error:
        pytest.skip(f"SmolLM2's weights cannot be had: {error}")
    finally:
        if before is None:
            del os.environ["SALESMATE_HOME"]
        else:
            os.environ["SALESMATE_HOME"] = before


def put_in_place(file: Path, home: Path) -> None:
    """As if pulled in this home, without a copy."""
    (home / "models").mkdir(parents=True, exist_ok=True)
    (home / "models" / file.name).symlink_to(file)


def an_adapter(
    path: Path, *, seed: int = 1, strength: float = 0.2, width: int = WIDTH, architecture: str = "llama"
) -> Path:
    """A LoRA adapter of noise over the values' weights, in GGUF; the seed says which."""
    rng, rank = np.random.default_rng(seed), 4
    tensors: list[tuple[str, np.ndarray]] = []
    for layer in range(LAYERS):
        name = f"blk.{layer}.attn_v.weight.lora_"
        tensors += [(f"{name}a", rng.standard_normal((rank, width)) * strength)]
        tensors += [(f"{name}b", rng.standard_normal((KEYS, rank)) * strength)]
    keys = [("general.architecture", architecture), ("general.type", "adapter"), ("adapter.type", "lora")]
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys) + 1)
    for key, value in keys:
        header += _text(key) + struct.pack("<I", 8) + _text(value)
    header += _text("adapter.lora.alpha") + struct.pack("<If", 6, float(rank))
    data = b""
    for name, tensor in tensors:
        rows, columns = tensor.shape
        header += _text(name) + struct.pack("<IQQIQ", 2, columns, rows, 0, len(data))
        data += _padded(tensor.astype("<f4").tobytes())
    path.write_bytes(_padded(header) + data)
    return path


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 32)
