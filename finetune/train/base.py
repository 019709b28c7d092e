"""The model that is trained: weights by catalogue name, GGUF file, folder or hub id, with their tokenizer."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.models.local.weights import pulled, weights
from finetune.fingerprint import sha256_of
from finetune.train.faults import TrainingFailed, told_of_memory

GGUF = ".gguf"


@dataclass(frozen=True)
class Source:
    """Where a base's weights are, before they are loaded."""

    name: str
    """As it was asked for."""
    place: str
    """A folder, a GGUF file, or a hub id."""
    gguf: Path | None
    """The file that llama.cpp serves, where the base is one."""
    licence: str | None
    """Of the catalogue; None where only its maker can say."""


@dataclass(frozen=True)
class Base:
    """A model in memory, its tokenizer, and what they are. torch's types are unknown to the type checker."""

    source: Source
    model: Any
    tokenizer: Any
    sha256: str

    @property
    def architecture(self) -> str:
        """transformers' name: llama, gemma3_text and so on."""
        return str(self.model.config.model_type)


def source_of(name: str) -> Source:
    """Find a base by its name. Raises TrainingFailed, and ModelNotUsable where it was not pulled."""
    for model in weights().models:
        if model.name == name:
            path = pulled(name)
            return Source(name, str(path), path, model.licence)
    path = Path(name).expanduser()
    if name.endswith(GGUF):
        if not path.is_file():
            raise TrainingFailed(f"There is no file {name}; give the path of a GGUF file that is there.")
        licence = next((model.licence for model in weights().models if model.path == path), None)
        return Source(name, str(path), path, licence)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise TrainingFailed(f"{name} holds no model (no config.json); give the folder of one.")
        return Source(name, str(path), None, None)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        known = ", ".join(model.name for model in weights().models)
        raise TrainingFailed(
            f"There is no base '{name}'; give {known}, a folder, a GGUF file, or a hub id (OWNER/MODEL)."
        )
    return Source(name, name, None, None)


def load(source: Source) -> Base:
    """Load the weights: bf16 where there is a GPU, fp32 where there is none. Raises TrainingFailed."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where, options = _place(source)
    kind = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    try:
        with quiet(), told_of_memory():
            tokenizer = AutoTokenizer.from_pretrained(where, **options)
            model = AutoModelForCausalLM.from_pretrained(where, dtype=kind, **options)
    except (OSError, ValueError, KeyError):
        raise TrainingFailed(
            f"The base '{source.name}' cannot be loaded: it is not there, damaged, or of a kind that the "
            "installed transformers does not know. Check the name, and the network if it is a hub id."
        ) from None
    if tokenizer.chat_template is None:
        raise TrainingFailed(
            f"The base '{source.name}' has no chat template; take an instruct model, which has."
        )
    _unmark(model)
    model.config.use_cache = False
    return Base(source, model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer, _sha256(source))


def _place(source: Source) -> tuple[str, dict[str, Any]]:
    if source.gguf is None:
        return source.place, {}
    return str(source.gguf.parent), {"gguf_file": source.gguf.name}


def _unmark(model: Any) -> None:
    """transformers writes a GGUF's weights out in full and still calls the model quantized, which neither
    trains nor saves."""
    if getattr(model, "quantization_method", None) is None:
        return
    model.hf_quantizer, model.is_quantized, model.quantization_method = None, False, None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config


def _sha256(source: Source) -> str:
    """Of the weights; for a hub id of its name, since the hub's files lie where it likes."""
    if source.gguf:
        return sha256_of(source.gguf)
    folder = Path(source.place)
    if not folder.is_dir():
        return hashlib.sha256(source.place.encode()).hexdigest()
    files = {
        file.name: sha256_of(file)
        for file in sorted(folder.iterdir())
        if file.suffix in (".safetensors", ".bin")
    }
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' own bars and advice: ours says what is going on."""
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # one bar of theirs is not asked
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
