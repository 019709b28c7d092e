"""One person's records: everything written and read about her calls and her questions."""

from __future__ import annotations

from agents.records.calls import Calls
from agents.records.questions import Questions
from agents.records.scorecards import Scorecards


class Records(Calls, Scorecards, Questions):
    """What one person of one tenant wrote and may read. Nobody else's rows exist here.

    Every method raises DatabaseUnavailable when the database fails, and NotFound for an unknown id.
    """
