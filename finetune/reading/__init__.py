"""Recorded calls, read from what people have: tables, JSON, captions, recorders' exports."""

from finetune.reading.calls import read_calls
from finetune.reading.draft import CallsNotReadable, Columns

__all__ = ["CallsNotReadable", "Columns", "read_calls"]
