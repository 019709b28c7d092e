"""A public retrieval set in its simple form: a corpus, questions, and which documents answer which.

`corpus.jsonl` has `{"_id", "text", "title"?}` a line, `queries.jsonl` `{"_id", "text"}`, `qrels.tsv` a
question's id, a document's id and a gain, parted by tabs, with a header line or without.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingestion.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class RetrievalSetError(KnowledgeError):
    """A file of a retrieval set cannot be used; the message names file and line."""


@dataclass(frozen=True)
class Passage:
    """A document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Question:
    """A question with the gains of the documents that answer it, all above 0."""

    id: str
    text: str
    relevant: Mapping[str, float]


@dataclass(frozen=True)
class RetrievalSet:
    """Every question has at least one document that answers it."""

    corpus: tuple[Passage, ...]
    questions: tuple[Question, ...]

    def sample(self, most: int, seed: int) -> RetrievalSet:
        """So many of the questions, the same for the same seed, in the order of the file."""
        if most >= len(self.questions):
            return self
        chosen = sorted(random.Random(seed).sample(range(len(self.questions)), most))
        return replace(self, questions=tuple(self.questions[at] for at in chosen))


def read_retrieval_set(corpus: Path, queries: Path, qrels: Path) -> RetrievalSet:
    """Read the three files; questions without a judgement are left out. Raises RetrievalSetError."""
    passages = {row["_id"]: Passage(row["_id"], row.get("title") or "", row["text"]) for row in _rows(corpus)}
    texts = {row["_id"]: row["text"] for row in _rows(queries)}
    relevant: dict[str, dict[str, float]] = {}
    for place, question, document, gain in _judgements(qrels):
        for known, one, file in ((texts, question, queries), (passages, document, corpus)):
            if one not in known:
                raise RetrievalSetError(f"{place}: '{one}' is not in {file}.")
        if gain > 0:
            relevant.setdefault(question, {})[document] = gain
    questions = tuple(Question(one, text, relevant[one]) for one, text in texts.items() if one in relevant)
    if not questions:
        raise RetrievalSetError(f"{qrels} judges none of the questions in {queries}.")
    return RetrievalSet(tuple(passages.values()), questions)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for place, line in _lines(file):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RetrievalSetError(f"{place} is not JSON; every line must be one JSON object.") from error
        for name in ("_id", "text"):
            if not isinstance(row, dict) or not isinstance(row.get(name), str) or not row[name].strip():
                raise RetrievalSetError(f'{place} has no "{name}"; every line needs it, as a text.')
        if not isinstance(row.get("title") or "", str):
            raise RetrievalSetError(f'{place} has a "title" that is no text.')
        if row["_id"] in seen:
            raise RetrievalSetError(f"{place} has the \"_id\" '{row['_id']}' a second time.")
        seen.add(row["_id"])
        yield row


def _judgements(file: Path) -> Iterator[tuple[str, str, str, float]]:
    for number, (place, line) in enumerate(_lines(file)):
        parts = line.split("\t")
        try:
            question, document, gain = parts[0].strip(), parts[1].strip(), float(parts[2])
        except (IndexError, ValueError) as error:
            if number == 0 and len(parts) == 3:
                continue  # the header
            raise RetrievalSetError(
                f"{place} needs a question's id, a document's id and a number, parted by tabs."
            ) from error
        yield place, question, document, gain


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Every line that is not blank, with where it stands."""
    some = False
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    some = True
                    yield f"{file}:{number}", line.strip("\r\n")
    except OSError as error:
        raise RetrievalSetError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RetrievalSetError(f"{file} is not UTF-8 text.") from error
    if not some:
        raise RetrievalSetError(f"{file} is empty.")
