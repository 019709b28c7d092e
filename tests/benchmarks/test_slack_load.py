"""Figures of `make bench`: Slack under load. Server, Slack, model and sender are processes of their own.

Printed, never asserted: how fast events are acknowledged beside a Bolt app with an empty listener, how many
turns a second come back as replies, what an idle server costs, and 200 people at once with a slow model.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.slack.processes import (
    Part,
    cpu_s,
    line,
    memory_mb,
    part,
    salesmate_serve,
    settings_for,
    tell,
    told,
)
from tests.integration.conftest import (  # noqa: F401  # fixtures
    database_url,
    postgres_server,
    postgres_url,
    sqlite_url,
)

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
EVENTS, ROUNDS = 2000, 3
ANSWERED, ANSWERED_AT = 400, 40.0
"""Events, and how many come a second, while what came is answered."""
IDLE_S = 20.0
PEOPLE, LINES, AT_ONCE = 40, 3, 16
CROWD, THINKS_S = 200, 2.0


def kind_of(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def acks(server: Part, url: str, secret: str, rate: float = 0.0, count: int = EVENTS) -> dict[str, Any]:
    """With `ms`, what the server's process needed for each, which others on the machine disturb least."""
    before = cpu_s(server)
    with part("acks", url, secret, count, rate) as sending:
        found = told(sending)
    return found | {"ms": 1000 * (cpu_s(server) - before) / count}


def test_acknowledgements(tmp_path: Path, database_url: str) -> None:  # noqa: F811
    """Beside a bare Bolt app that keeps nothing: what takes events in, without the worker that answers."""
    kind = kind_of(database_url)
    with part("people", 0, 0, 1) as slack:
        mine = told(slack)
        secret, settings = mine["secret"], settings_for(mine, tmp_path / "home", database_url)
        with part("bare", secret) as bare, part("taking", settings=settings) as taking:
            theirs, ours = line(bare), line(taking)
            pairs = [(acks(bare, theirs, secret), acks(taking, ours, secret)) for _ in range(ROUNDS)]
            fastest = max(pair[1]["rate"] for pair in pairs)
            half = min(
                (acks(taking, ours, secret, fastest / 2) for _ in range(2)), key=lambda one: one["p99"]
            )
    one, other = max(pairs, key=lambda pair: pair[1]["rate"] / pair[0]["rate"])
    show(f"{kind}: bare Bolt", one)
    show(f"{kind}: kept, then acknowledged", other)
    share = min(pair[0]["ms"] for pair in pairs) / min(pair[1]["ms"] for pair in pairs)
    print(f"  {100 * other['rate'] / one['rate']:.0f} % of its rate; {100 * share:.0f} % by processor time")
    show(f"{kind}: the same at half our rate", half)


def test_acknowledgements_while_answering(tmp_path: Path, database_url: str) -> None:  # noqa: F811
    """The whole `salesmate serve`, which answers what it has taken meanwhile. Each person writes out of any
    call and is told how to begin one."""
    with part("people", 0, 0, 1) as slack:
        mine = told(slack)
        settings = settings_for(mine, tmp_path / "home", database_url)
        with salesmate_serve(settings) as (server, url):
            show(
                f"{kind_of(database_url)}: acknowledged while answering",
                acks(server, url, mine["secret"], ANSWERED_AT, ANSWERED),
            )


def show(name: str, acks: dict[str, Any]) -> None:
    refused = f", {acks['refused']} refused" if acks["refused"] else ""
    print(
        f"{name}: {acks['rate']:.0f}/s, p50 {acks['p50']:.1f} ms, p99 {acks['p99']:.1f} ms, "
        f"{acks['ms']:.2f} ms of processor each{refused}"
    )


def test_turns(tmp_path: Path, database_url: str) -> None:  # noqa: F811
    """From the event of a rep's line to the customer's reply in the thread; the customer speaks from the
    script. Then what the same process costs when nobody says anything."""
    with part("people", PEOPLE, LINES, AT_ONCE) as slack:
        settings = settings_for(told(slack), tmp_path / "home", database_url)
        with salesmate_serve(settings) as (server, url):
            begun = memory_mb(server)
            tell(slack, f"{url}/slack/events")
            told(slack)
            before = cpu_s(server)
            done = told(slack)
            each = 1000 * (cpu_s(server) - before) / done["lines"]
            used, before = memory_mb(server), cpu_s(server)
            time.sleep(IDLE_S)
            idle = 60 / IDLE_S * (cpu_s(server) - before)
    print(
        f"{kind_of(database_url)}: {done['lines'] / done['took']:.0f} turns/s with {AT_ONCE} people at once, "
        f"replies after {1000 * done['p50']:.0f} ms (p99 {1000 * done['p99']:.0f}); "
        f"{each:.0f} ms of processor each"
    )
    print(f"  idle: {idle:.2f} s of processor a minute; {begun:.0f} MB at the start, {used:.0f} MB after it")


def test_a_crowd_with_a_slow_model(tmp_path: Path, database_url: str) -> None:  # noqa: F811
    with part("people", CROWD, 1, CROWD) as slack, part("model", THINKS_S) as model:
        at = told(model)
        settings = settings_for(told(slack), tmp_path / "home", database_url) | {
            "SALESMATE_CUSTOMER_MODEL": "server:fake-1",
            "SALESMATE_MODEL_BASE_URL": at["url"],
            "SALESMATE_MODEL_API_KEY": at["key"],
        }
        with salesmate_serve(settings) as (server, url):
            tell(slack, f"{url}/slack/events")
            told(slack)
            before = cpu_s(server)
            done = told(slack)
            each = 1000 * (cpu_s(server) - before) / CROWD
        assert model.stdin
        model.stdin.close()
        asked = told(model)["asked"]
    print(
        f"{kind_of(database_url)}: {CROWD} people at once, a model that takes {THINKS_S:g} s and is asked "
        f"{asked / CROWD:.1f} times a turn: all answered in {done['took']:.2f} s, p50 {done['p50']:.2f} s; "
        f"{each:.0f} ms of processor each"
    )
