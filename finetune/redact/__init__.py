"""Personal data out of recorded calls before anything else is done with them. See README.md."""

from finetune.redact.engine import RedactionUnavailable
from finetune.redact.redactor import Redacted, Redactor, UnknownLanguage

__all__ = ["Redacted", "RedactionUnavailable", "Redactor", "UnknownLanguage"]
