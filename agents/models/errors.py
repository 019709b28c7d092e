"""What a person is told when a model cannot be used as configured."""

from __future__ import annotations


class ModelNotUsable(Exception):
    """A role's setting names a model that cannot be used. One sentence: what is wrong, and what to do."""
