"""What a model's chat template marks turns with: none of it may stay in people's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from agents.models.local.gguf import control_tokens
from agents.models.local.weights import weights


def marks_of(path: Path) -> re.Pattern[str]:
    """All that the model in the file would take for its template's own: as the catalogue has it; of a file
    that it does not know, the vocabulary's control tokens and the forms that are usual. Raises NotGGUF."""
    known = weights()
    for model in known.models:
        if model.path == path:
            return _any_of(map(re.escape, model.marks))
    return _any_of([*map(re.escape, control_tokens(path)), *known.marks_of_others])


def _any_of(forms: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms))
