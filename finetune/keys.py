"""What prepared data and evaluations are named by: what goes in, and all that makes them of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from agents.customer.persona_list import own_folder
from finetune.evaluate.evaluation import SCHEMA
from finetune.evaluate.sizes import Sizes
from finetune.fingerprint import name_of, sha256_of
from finetune.gate import SERVED as SERVED_GATE
from finetune.gate import SHIPPED as SHIPPED_GATE
from finetune.prepare import files_of
from finetune.reading.source import in_words

if TYPE_CHECKING:
    from finetune.plan import Plan

ROOM = Path(__file__).parent
MAKES_EXAMPLES = ("*.py", "*.yaml", "*.npz", "reading/*", "redact/*", "translate/*")
JUDGED_LATER = {"recipe.yaml", SHIPPED_GATE.name, SERVED_GATE.name, "card.yaml"}
"""In this room too, and nothing to examples: another recipe trains on the data that are there."""
SPEAKS = ("agents/models/dialogue.py", *(f"agents/customer/**/*{kind}" for kind in (".py", ".yaml", ".npz")))
"""The prompt, and what stands in it: acts, moods, personas, written lines."""
REHEARSES = ("agents/evals/**/*.py", "agents/evals/**/*.yaml")
JUDGES = ("finetune/evaluate/*.py", "finetune/evaluate/*.yaml", *SPEAKS, *REHEARSES)
SERVES = ("agents/models/local/*.py", "agents/models/local/*.yaml")
"""How a model that was trained here is let speak, its sampling among it."""


def data_key(plan: Plan) -> str:
    """Not of the recipe: another one trains on the data that are there. Raises CallsNotReadable."""
    how = {"seller", "translate", "language", "redact", "valid", "seed", "rehearsed"}
    rehearsed = plan.rehearsed > 0
    return name_of(
        {
            "calls": sorted(_sha256_of(file) for file in files_of(plan.calls)),
            "valid_calls": sorted(_sha256_of(file) for file in files_of(plan.valid_calls)),
            "how": plan.model_dump(mode="json", include=how),
            "by": _digest(makers(rehearsed=rehearsed), own_personas=rehearsed),
        }
    )


def evaluation_key(trained: str, sizes: Sizes, seed: int) -> str:
    """Of the evaluation of what the run `trained`: another sampling or figure judges it anew."""
    return name_of(
        {
            "train": trained,
            "sizes": sizes.model_dump(mode="json"),
            "seed": seed,
            "schema": SCHEMA,
            "by": _digest(judges(), own_personas=True),
        }
    )


def judges() -> list[Path]:
    """All that lets a trained model speak and says how it did."""
    return sorted({file for pattern in JUDGES + SERVES for file in ROOM.parent.glob(pattern)})


def _digest(files: Iterable[Path], *, own_personas: bool) -> str:
    """Of the contents of this product's files, and of the user's own personas where calls are simulated."""
    found = {file.relative_to(ROOM.parent).as_posix(): sha256_of(file) for file in files}
    if own_personas:
        found |= {f"own/{file.name}": sha256_of(file) for file in own_folder().glob("*.yaml")}
    return name_of(found)


def _sha256_of(calls: str) -> str:
    with in_words(calls):
        return sha256_of(calls)


def makers(*, rehearsed: bool) -> list[Path]:
    """All that turns calls into examples: our code, its data and serving's prompt; simulated calls where
    `rehearsed` ones are mixed in."""
    ours = {file for pattern in MAKES_EXAMPLES for file in ROOM.glob(pattern)}
    ours = {file for file in ours if file.name not in JUDGED_LATER}
    others = {file for pattern in SPEAKS + REHEARSES * rehearsed for file in ROOM.parent.glob(pattern)}
    return sorted(file for file in ours | others if file.is_file())
