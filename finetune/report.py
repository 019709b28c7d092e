"""`report.json`: what became of the calls. Holds counts and places, never what was said."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from finetune.tokens import Cost, Tokens


class Part(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(Part):
    """A row that was left out, and why."""

    source: str
    line: int
    reason: str


class TranslationFault(Part):
    """A sentence that a person should look at."""

    call: str
    turn: int
    kind: str


class SetReport(Part):
    """One of the two sets."""

    calls: int
    examples: int
    tokens: Tokens
    strata: dict[str, int] = Field(description="Calls by outcome, language and whether translated.")


class Gemini(Part):
    """The same for Vertex AI."""

    train: int
    valid: int
    left_out_of_valid: int = Field(description="More than Vertex AI validates on; drawn by the seed.")
    problems: tuple[str, ...] = Field(description="What it would refuse; empty when all is well.")


class Report(Part):
    """`report.json`."""

    rows_read: int
    kept: int
    rejected: tuple[Row, ...]
    languages: dict[str, int] = Field(description="Calls by the language they were held in.")
    translated: int
    translation_faults: tuple[TranslationFault, ...]
    redactions: dict[str, int] | None = Field(description="By kind; null: nothing was redacted.")
    labels: dict[str, int] = Field(description="Examples by what the turn was taken to do.")
    train: SetReport
    valid: SetReport
    gemini: Gemini
    cost: Cost
    seed: int
    files: dict[str, str] = Field(description="SHA-256 of each.")
