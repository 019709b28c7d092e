"""What stops training, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from ingestion.extras import to_install


class TrainingFailed(Exception):
    """Training or scoring cannot go on. One sentence: what happened, and what to do."""


def need_packages() -> None:
    """Raises TrainingFailed where a package of the extra `train` is missing."""
    if any(find_spec(name) is None for name in ("torch", "transformers", "peft", "gguf")):
        raise TrainingFailed(f"Training needs packages that are not installed; {to_install('train')}.")


@contextmanager
def told_of_memory() -> Iterator[None]:
    """Running out of memory as a sentence. Raises TrainingFailed."""
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        pass
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # how torch says it of the machine's own memory
            raise
    else:
        return
    raise TrainingFailed(
        "The memory is not enough for this model; take a smaller base, or lower most_tokens in the "
        "recipe: training then begins anew."
    )
