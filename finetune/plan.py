"""What a run is to do, from a file or from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

ENGLISH = "en"


class PlanError(Exception):
    """The plan cannot be used; the sentence names the field."""


def language_code(language: str) -> str:
    """ "pt" for "pt-BR": by that engines and word lists go. Raises ValueError, as pydantic has it."""
    code = language.strip().lower().replace("_", "-").split("-")[0]
    if not re.fullmatch("[a-z]{2,3}", code):
        raise ValueError("give a language's code, such as pt")
    if code == ENGLISH:
        raise ValueError(
            "this is for calls that are not in English, and English ones are found without it; leave it out, "
            "or name the others' language"
        )
    return code


class Plan(BaseModel):
    """The calls, what is made of them, and where it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    calls: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files with recorded calls: paths, addresses of buckets, with wildcards if you like."""
    valid_calls: tuple[str, ...] = ()
    """Calls kept for judging, where the data come split; else a share of `calls` is kept."""
    seller: Annotated[str, Field(min_length=1)]
    """Who sells in them: user, bot, or the label that stands before the seller's turns."""
    translate: Literal["offline", "google", "none"] = "offline"
    language: Annotated[str, AfterValidator(language_code)] | None = None
    """Of the calls that are not in English; found out call by call when unset."""
    redact: bool = True
    valid: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Share of the calls that is kept for judging. Without any a run could not be judged."""
    seed: int = 0
    rehearsed: Annotated[int, Field(ge=0)] = 0
    """So many examples of rehearsed calls are mixed in: they teach to keep to persona, act and facts."""
    recipe: Path | None = None
    gate: Path | None = None
    """Files in place of the ones that ship."""
    most_minutes: Annotated[float, Field(gt=0)] | None = None
    """Of training; over the recipe's."""
    quick: bool = False
    """Judge on fewer turns and calls."""
    promote: bool = False
    """Let the new customer speak if it passes the gate."""
    runs: str = "runs"
    """The folder or bucket that keeps the runs."""


def read_plan(path: Path | None, options: dict[str, Any]) -> Plan:
    """The plan in the file, with the options that were given over it. Raises PlanError."""
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise PlanError(f"{path} is not YAML.") from None
    if not isinstance(written, dict):
        raise PlanError(f"{path} holds no plan; it needs at least `calls` and `seller`.")
    try:
        return Plan.model_validate({**written, **options})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise PlanError(f"The plan lacks `{field}`; give --{field} or write it into the plan.") from None
        wrong = first["msg"].removeprefix("Value error, ")
        raise PlanError(f"{path or 'The plan'}: {field}: {wrong[0].lower()}{wrong[1:]}.") from None
