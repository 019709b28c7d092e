"""The data sets that Vertex AI reads: held to its limits, then put into the recipe's bucket once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from finetune import gemini
from finetune.fingerprint import sha256_of
from finetune.runs import quiet_store
from finetune.tokens import CHARACTERS_A_TOKEN
from finetune.train.faults import TrainingFailed
from ingestion.extras import to_install

TRAIN, VALID = "train.gemini.jsonl", "valid.gemini.jsonl"
FOLDER = "salesmate"
"""In the bucket."""
NAMED = 3
"""Problems that the sentence names."""


@dataclass(frozen=True)
class DataSet:
    """A file of examples that Vertex AI will take."""

    file: Path
    examples: int
    size: int
    sha256: str


def checked(folder: Path) -> tuple[DataSet, DataSet | None]:
    """The training set and, where it has examples, the validation set. Raises TrainingFailed."""
    train = _checked(folder / TRAIN, gemini.MOST_EXAMPLES)
    if not train.examples:
        raise TrainingFailed(f"{train.file} has no examples; give `finetune prepare` more calls.")
    valid = _checked(folder / VALID, gemini.MOST_VALIDATION_EXAMPLES)
    return train, valid if valid.examples else None


def _checked(file: Path, most: int) -> DataSet:
    problems: list[str] = []
    examples = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                examples += 1
                problems += [f"line {number}: {why}" for why in _problems_of(line)]
                if len(problems) > gemini.MOST_PROBLEMS:
                    break
        size = file.stat().st_size
    except OSError:
        raise TrainingFailed(f"{file} cannot be read; run `salesmate finetune prepare` first.") from None
    except UnicodeDecodeError:
        problems, size = ["it is not UTF-8"], 0
    if examples > most:
        problems.insert(0, f"it has {examples:,} examples, Vertex AI takes {most:,}")
    if size > gemini.MOST_BYTES:
        problems.insert(0, f"it has {size / gemini.MOST_BYTES:.2f} GB, Vertex AI takes 1 GB")
    if problems:
        more = " and more like it" if len(problems) > NAMED else ""
        raise TrainingFailed(
            f"{file} breaks Vertex AI's rules ({'; '.join(problems[:NAMED])}{more}), and nothing was sent. "
            "Make it again with `salesmate finetune prepare`."
        )
    return DataSet(file, examples, size, sha256_of(file))


def _problems_of(line: str) -> list[str]:
    try:
        example: Any = json.loads(line)
        unknown = set(example) - {"systemInstruction", "contents"}
        broken = gemini.problems_of(example, len(line) // CHARACTERS_A_TOKEN)
    except (ValueError, TypeError, AttributeError):
        return ["it is no example of Gemini's form"]
    return ["there is a field that Vertex AI does not know"] * bool(unknown) + broken


def put(data: DataSet, bucket: str) -> str:
    """Upload it under a name made of its content, unless it is there; the address. Raises TrainingFailed."""
    address = f"{bucket.rstrip('/')}/{FOLDER}/{data.sha256}.jsonl"
    try:
        with quiet_store():
            store, path = fsspec.core.url_to_fs(address)
            if _size(store, path) != data.size:
                store.put_file(str(data.file), path)
    except ImportError:
        raise TrainingFailed(
            f"Buckets need packages that are not installed; {to_install('buckets')}"
        ) from None
    except FileNotFoundError:
        raise TrainingFailed(
            f"There is no bucket {bucket}; make it in Google Cloud, in the region of vertex.location, or "
            "name another in the recipe."
        ) from None
    except (
        Exception
    ) as error:  # gcsfs, aiohttp and google-auth have kinds of their own, whose texts hold URLs
        raise TrainingFailed(_told(error, bucket)) from None
    return address


def _size(store: Any, path: str) -> int | None:
    try:
        found = store.info(path)["size"]
    except FileNotFoundError:
        return None
    return int(found)


def _told(error: Exception, bucket: str) -> str:
    code = getattr(error, "code", None)
    # gcsfs tells 403 by an OSError that begins so; without credentials it goes on as nobody, which gets 401.
    if code == 403 or str(error).startswith("Forbidden"):
        return f"This account may not write to {bucket}; give it the role 'Storage Object User' there."
    if code == 401 or type(error).__module__.startswith("google.auth"):
        return "Google did not accept the credentials; run: gcloud auth application-default login."
    return (
        f"{bucket} cannot be written ({type(error).__name__}); run the same command again later. What is "
        "uploaded stays."
    )
