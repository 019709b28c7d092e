"""The one analyzer of a process, built when it is first needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ingestion.extras import to_install

NEEDED = f"Redacting personal data needs a package that is not installed; {to_install('calls')}"
THEIRS = {
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "identity",
    "US_ITIN": "tax_number",
    "UK_NHS": "identity",
    "UK_NINO": "identity",
    "IP_ADDRESS": "ip",
}
"""presidio's entities, and the kinds that reports count them by."""


class RedactionUnavailable(Exception):
    """Redaction cannot work here; the sentence says what to install."""


@cache
def analyzer() -> Any:
    """presidio's `AnalyzerEngine` with our recognisers. Raises RedactionUnavailable."""
    try:
        with _kept_out("torch", "transformers"):
            from finetune.redact import presidio
    except ImportError:
        raise RedactionUnavailable(NEEDED) from None
    return presidio.build()


@contextmanager
def _kept_out(*packages: str) -> Iterator[None]:
    """These are not loaded by what is imported meanwhile, which goes on without.

    presidio and spaCy import torch where it is installed: ten seconds and gigabytes for models not used here.
    """
    absent = [package for package in packages if package not in sys.modules]
    # None in sys.modules: "cannot be imported".
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for package in absent:
            del sys.modules[package]
