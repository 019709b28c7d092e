"""Data sets in Gemini's form, and a service that tunes on them: what tests of Vertex AI begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import certifi
import pytest

from finetune.recipe import Recipe, Vertex
from finetune.train import vertex
from finetune.train.tuned import Tuned
from tests.fakes import buckets
from tests.fakes.google_tokens import PROJECT, key_file
from tests.fakes.vertex import LOCATION, FakeVertex, Running

BUCKET = "gs://acme-tuning"
RECIPE = Vertex(project=PROJECT, location=LOCATION, bucket=BUCKET, epochs=3)
_END = "-----END CERTIFICATE-----\n"


def line(said: str = "Who is this?", **other: Any) -> str:
    """An example as `prepare` writes it."""
    parts = [("user", "Hi, Sam from Northgate."), ("model", said)]
    example = {
        "systemInstruction": {"role": "system", "parts": [{"text": "You are Dana."}]},
        "contents": [{"role": role, "parts": [{"text": text}]} for role, text in parts],
    }
    return json.dumps({**example, **other}) + "\n"


def write_data(folder: Path, train: str = line() * 3, valid: str = line("Yes?")) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.gemini.jsonl").write_text(train, encoding="utf-8")
    (folder / "valid.gemini.jsonl").write_text(valid, encoding="utf-8")
    return folder


@dataclass
class Tuning:
    """A person with data, a bucket, credentials and a recipe, and what they saw."""

    service: FakeVertex
    data: Path
    out: Path
    recipe: Vertex = RECIPE
    waited: list[float] = field(default_factory=list)
    seen: list[tuple[str, float]] = field(default_factory=list)

    def run(self, **settings: Any) -> Tuned:
        """Tune, without the waiting."""
        recipe = Recipe(backend="vertex", vertex=self.recipe.model_copy(update=settings))
        return vertex.train(
            self.data,
            self.out,
            recipe,
            lambda seen: self.seen.append((seen.doing, seen.share)),
            self.waited.append,
        )

    def asked(self, kind: str) -> int:
        return self.service.asked.count(kind)


@contextmanager
def tuning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tuning]:
    """The service, with credentials for it in the environment as on anybody's machine."""
    with buckets.served(BUCKET.removeprefix("gs://")) as stored, Running(stored) as service:
        monkeypatch.setenv("SALESMATE_VERTEX_URL", service.url)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file(folder, service.url)))
        monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
        # The service speaks plain HTTP; loading all the world's authorities takes each client half a second.
        one, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(_END)
        (folder / "authority.pem").write_text(one + end, encoding="utf-8")
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
        yield Tuning(service, write_data(folder / "data"), folder / "out")
