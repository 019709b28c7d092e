"""A trained adapter as a GGUF file, for llama.cpp to serve over the unchanged base.

The form is that of llama.cpp's convert_lora_to_gguf.py:
https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finetune.train.faults import TrainingFailed

ARCHITECTURES = ("llama",)
"""Whose weights we know how to lay out. llama.cpp wants the rows of llama's queries and keys in another order
(it rotates neighbours, transformers rotates halves), and other families in ways of their own."""
_PREFIX = "base_model.model."
_HALVES = (".lora_A.weight", ".lora_B.weight")


def write(adapter: Path, config: Any, out: Path) -> None:
    """Write `out` from the folder of a peft adapter; `config` is the base's transformers configuration.

    Raises TrainingFailed for an architecture that is not laid out here.
    """
    import gguf
    import numpy as np

    if config.model_type not in ARCHITECTURES:
        raise TrainingFailed(
            f"An adapter of a {config.model_type} model cannot be made into GGUF here, only of "
            f"{', '.join(ARCHITECTURES)} models. vLLM serves it as it is in {adapter}."
        )
    settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    half = out.with_name(f".{out.name}.half")
    writer = gguf.GGUFWriter(str(half), "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(settings["lora_alpha"]))
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for layer, a, b in _pairs(adapter):
        turned = heads.get(layer.rpartition(".")[2])
        name = names.get_name(layer)
        if name is None:
            raise TrainingFailed(
                f"The adapter changes a layer that llama.cpp does not know ({layer}); train again."
            )
        writer.add_tensor(f"{name}.weight.lora_a", a.astype(np.float16))
        writer.add_tensor(
            f"{name}.weight.lora_b", (_neighbours(b, turned) if turned else b).astype(np.float16)
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with half.open("rb+") as file:
        os.fsync(file.fileno())
    half.replace(out)


def _pairs(adapter: Path) -> Iterator[tuple[str, Any, Any]]:
    """Each layer's name in the base, and its two matrices as numpy arrays in fp32."""
    from safetensors.numpy import load_file

    tensors = load_file(adapter / "adapter_model.safetensors")
    for name in sorted(tensors):
        if name.endswith(_HALVES[0]):
            layer = name.removeprefix(_PREFIX).removesuffix(_HALVES[0])
            other = name.removesuffix(_HALVES[0]) + _HALVES[1]
            yield layer, tensors[name].astype("float32"), tensors[other].astype("float32")


def _neighbours(weights: Any, heads: int) -> Any:
    """Rows from transformers' order (halves of a head) to llama.cpp's (neighbours)."""
    rows = weights.shape[0]
    return weights.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(rows, -1)
