"""What to run for a package that only some need."""

from __future__ import annotations

BY_MAKE_TRAIN = {"calls", "train", "tuning"}


def to_install(extra: str) -> str:
    """The end of a sentence on something missing: `extra` is a name under `project.optional-dependencies`.

    It tells both ways: in a checkout `salesmate` is no package that an index would have.
    """
    here = "make train" if extra in BY_MAKE_TRAIN else f".venv/bin/pip install -e '.[{extra}]'"
    return f"in a checkout run `{here}`, else `pip install 'salesmate[{extra}]'`"
