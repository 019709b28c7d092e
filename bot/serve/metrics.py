"""Figures for Prometheus: how many turns, how long, what Slack said, and what waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import Response

from agents.records.errors import DatabaseUnavailable
from bot.turns.events import DeliveryTried, TurnEvent, TurnWorked

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.turns.backlog import Backlog

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
CODE = re.compile(r"[a-z0-9_.]{1,60}")
"""Slack's words for outcomes. Anything else is counted as `other`: a label is kept for ever."""


class Metrics:
    """The figures of one process, and what waits in the database that it shares with others."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self.registry = registry = CollectorRegistry()
        self._turns = Counter(
            "salesmate_turns", "Turns let go of by this worker.", ("kind", "outcome"), registry=registry
        )
        self._turn_seconds = Histogram(
            "salesmate_turn_seconds", "From claim to end.", ("kind",), buckets=SECONDS, registry=registry
        )
        self._deliveries = Counter(
            "salesmate_deliveries", "Attempts to tell a person.", ("platform", "outcome"), registry=registry
        )
        self._calls = Counter(
            "salesmate_slack_api_calls", "Calls of Slack's Web API.", ("method", "outcome"), registry=registry
        )
        self._inbox = Gauge(
            "salesmate_inbox", "Turns by status, all workers.", ("status",), registry=registry
        )
        self._oldest = Gauge(
            "salesmate_inbox_oldest_seconds", "Age of the oldest unfinished turn.", registry=registry
        )
        self._database = Gauge(
            "salesmate_database_up", "Whether the database answered just now.", registry=registry
        )
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

    def turn_event(self, event: TurnEvent) -> None:
        """For the worker's `on_event`."""
        match event:
            case TurnWorked():
                self._turns.labels(event.kind.value, event.outcome).inc()
                self._turn_seconds.labels(event.kind.value).observe(event.seconds)
            case DeliveryTried():
                self._deliveries.labels(event.platform, event.outcome).inc()

    def slack_call(self, method: str, outcome: str) -> None:
        """For the Slack client's `observe`."""
        self._calls.labels(method, outcome if CODE.fullmatch(outcome) else "other").inc()

    async def page(self) -> bytes:
        """What Prometheus reads. Without the database, what this process knows."""
        try:
            counts, oldest = await self._backlog.counts(), await self._backlog.oldest_waiting_s()
        except DatabaseUnavailable:
            self._database.set(0)
            self._inbox.clear()
        else:
            self._database.set(1)
            self._oldest.set(oldest)
            for status, number in counts.items():
                self._inbox.labels(status).set(number)
        return generate_latest(self.registry)

    async def endpoint(self, _: Request) -> Response:
        """GET /metrics."""
        return Response(await self.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})
