"""A second look at the best hits: a cross-encoder reads question and passage together.

Any such model exported to ONNX will do: a folder with `model.onnx` and `tokenizer.json`, named by
SALESMATE_RERANKER.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from ingestion.settings import Settings

MAX_WORD_PIECES = 512
BATCH = 8
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"


class RerankerError(KnowledgeError):
    """SALESMATE_RERANKER names a folder whose model cannot be used."""


class Reranker(Protocol):
    """Anything that says how well passages answer a question."""

    def __call__(self, question: str, passages: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each passage, in the order given."""
        ...


class CrossEncoder:
    """A `Reranker` from a folder; its model loads when first asked. Safe to share between threads."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Raises RerankerError when the folder does not hold a model."""
        for name in (MODEL, TOKENIZER):
            if not (folder / name).is_file():
                raise RerankerError(
                    f"SALESMATE_RERANKER names {folder}, which has no {name}. Export a cross-encoder to ONNX"
                    " there, or unset it."
                )
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, Tokenizer] | None = None

    def __call__(self, question: str, passages: Sequence[str]) -> list[float]:
        """As the protocol says. Raises RerankerError when the model cannot be loaded or read."""
        order = sorted(range(len(passages)), key=lambda at: len(passages[at]))
        scores = [0.0] * len(passages)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for at, score in zip(batch, self._read(question, [passages[at] for at in batch]), strict=True):
                scores[at] = float(score)
        return scores

    def _read(self, question: str, passages: list[str]) -> NDArray[np.float64]:
        session, tokenizer = self._model()
        encoded = tokenizer.encode_batch([(question, passage) for passage in passages])
        known = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
        }
        try:
            given = {wanted.name: known[wanted.name] for wanted in session.get_inputs()}
        except KeyError as error:
            raise RerankerError(
                f"{self._folder / MODEL} wants an input {error}, which no text has."
            ) from error
        logits = np.asarray(session.run(None, given)[0], np.float64).reshape(len(passages), -1)
        if logits.shape[1] not in {1, 2}:
            raise RerankerError(
                f"{self._folder / MODEL} gives {logits.shape[1]} numbers for a passage; a reranker gives one"
                " or two."
            )
        # With two numbers the second says that the passage answers.
        margin = logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0.0)
        likely: NDArray[np.float64] = 1 / (1 + np.exp(-margin.clip(-500, 500)))
        return likely

    def _model(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[InferenceSession, Tokenizer]:
        import onnxruntime  # heavy: only when something is reranked
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                str(self._folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER))
        except Exception as error:  # both libraries raise bare kinds of their own
            raise RerankerError(
                f"The reranker in {self._folder} cannot be loaded ({type(error).__name__}). Export it again."
            ) from error
        tokenizer.enable_truncation(MAX_WORD_PIECES, strategy="only_second")
        tokenizer.enable_padding()
        return session, tokenizer


def open_reranker(settings: Settings) -> Reranker | None:
    """The reranker of the settings; None where none is named. Raises RerankerError."""
    return CrossEncoder(settings.reranker) if settings.reranker else None
