"""One person's records: everything written and read about her calls and her questions."""

from __future__ import annotations

from agents.records.calls import Calls
from agents.records.places import Places
from agents.records.questions import Questions
from agents.records.scorecards import Scorecards
from agents.records.turns import Turns


class Records(Calls, Turns, Places, Scorecards, Questions):
    """What one person of one tenant wrote and may read. Nobody else's rows exist here.

    Every method raises DatabaseUnavailable when the database fails, and NotFound for an unknown id.
    """
