"""How much is asked for in one evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Size = Literal["quick", "usual", "full"]
Count = Annotated[int, Field(ge=0)]


class Sizes(BaseModel):
    """An entry of `sizes.yaml`, which says what each is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scored: Count
    persona: Count
    openings: Count
    turns: Annotated[int, Field(ge=1)]
    endings: Count
    calls: Count


def sizes_of(size: Size) -> Sizes:
    text = (Path(__file__).parent / "sizes.yaml").read_text(encoding="utf-8")
    return Sizes.model_validate(yaml.safe_load(text)[size])
