"""What is proven in small by `make test` and in full by `make prove`."""

from __future__ import annotations

import os

import pytest

FULL = os.environ.get("SALESMATE_PROVE") == "full"

takes_long = pytest.mark.skipif(not FULL, reason="takes the better part of a minute: make prove")
"""Below `pytest.mark.prove`: proven in full or not at all."""
only_in_full = (pytest.mark.prove, takes_long)
"""The same for `pytest.param(..., marks=only_in_full)`."""
