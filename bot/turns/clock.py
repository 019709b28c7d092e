"""The database's clock. Replicas' own clocks differ, and a lease must mean the same to all of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal

from agents.records.tables import UtcDateTime, now


class Clock:
    """Points in time as SQL. SQLite is one machine's, so there it is that machine's clock."""

    def __init__(self, dialect: str) -> None:
        self._shared = dialect == "postgresql"

    def after(self, seconds: float) -> ColumnElement[datetime]:
        """So many seconds from now; 0 is the present."""
        if not self._shared:
            return literal(now() + timedelta(seconds=seconds), UtcDateTime())
        present: ColumnElement[datetime] = func.now(type_=UtcDateTime())
        return present + literal(timedelta(seconds=seconds), Interval()) if seconds else present
