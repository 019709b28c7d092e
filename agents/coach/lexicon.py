"""The word lists of `lexicon.yaml`, compiled once."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from agents.data_files import read_yaml


@cache
def lexicon(name: str) -> re.Pattern[str]:
    """One of the lists. KeyError where there is none of that name."""
    lists = read_yaml((files("agents.coach") / "lexicon.yaml").read_text("utf-8"))
    return re.compile("|".join(lists[name]), re.IGNORECASE)
