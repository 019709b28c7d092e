"""Figures of `make bench`: start-up, the first line, a scripted turn. Printed, never asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import pytest

from agents.customer.state import Difficulty
from bot.composition import open_salesmate
from tests.benchmarks.lines import REP_LINES

SALESMATE = str(Path(sys.executable).parent / "salesmate")
pytestmark = pytest.mark.bench


def seconds(*command: str, lines: str = "") -> float:
    start = time.perf_counter()
    subprocess.run(command, input=lines, text=True, capture_output=True, check=True)
    return time.perf_counter() - start


def show(name: str, times: list[float], unit: str = "s") -> None:
    tenths = quantiles(times, n=10) if len(times) > 1 else times * 9
    print(f"{name}: p50 {median(times):.3g} {unit}, p90 {tenths[-1]:.3g} {unit}, n={len(times)}")


def test_help() -> None:
    seconds(SALESMATE, "--help")
    helps = [seconds(SALESMATE, "--help") for _ in range(10)]
    bare = [seconds(sys.executable, "-c", "import click") for _ in range(10)]
    show("salesmate --help", helps)
    print(f"  {median(helps) / median(bare):.2f} times a Python that only imports click")


def test_first_customer_line(tmp_path: Path) -> None:
    def once() -> float:
        start = time.perf_counter()
        with subprocess.Popen(
            [SALESMATE, "chat", "--persona", "helen-marsh", "--json", "--seed", "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SALESMATE_HOME": str(tmp_path / "home")},
            text=True,
        ) as process:
            assert process.stdout
            for line in process.stdout:
                if json.loads(line)["event"] == "turn":
                    took = time.perf_counter() - start
                    process.kill()
                    return took
        raise AssertionError("the customer never answered the phone")

    once()
    show("first customer line, warm", [once() for _ in range(8)])


async def test_a_scripted_turn() -> None:
    """From the rep's line, kept at once, to the reply in the records."""
    times: list[float] = []
    replies: list[float] = []
    async with open_salesmate() as salesmate:
        for seed in range(6):
            started, _ = await salesmate.start("helen-marsh", Difficulty.EASY, seed)
            for text in REP_LINES:
                start = time.perf_counter()
                await salesmate.say(started.roleplay, text)
                said = time.perf_counter()
                events = await salesmate.answer(started.roleplay)
                times.append(1000 * (time.perf_counter() - start))
                replies.append(1000 * (time.perf_counter() - said))
                if len(events) > 1:
                    break
    show("the customer's reply: heard, decided, spoken and in the records", replies[1:], "ms")
    show("the whole exchange, the rep's line in the records first", times[1:], "ms")
    print(f"  the first of the process, exemplars embedded and LangGraph imported: {times[0]:.0f} ms")
