"""A Slack with people in it who rehearse. Prints its address; then reads the server's, and has a call each.

As JSON it says when everybody has a customer on the line, and in the end how many lines were answered, in how
many seconds, and how long the people waited.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from statistics import quantiles

from tests.benchmarks.lines import REP_LINES
from tests.fakes.slack.people import Thread
from tests.fakes.slack.server import FakeSlack

PATIENCE_S = 120.0
WISH = "Rehearse with Helen Marsh"


async def rehearse(slack: FakeSlack, people: int, lines: int, at_once: int) -> dict[str, float]:
    """Everybody has a customer on the line; then all say their lines, so many people at a time."""
    gate = asyncio.Semaphore(at_once)
    waits: list[float] = []

    async def begins(n: int) -> Thread:
        async with gate:
            thread = await slack.person(f"U{n:08}").says(WISH)
            await thread.replies(at_least=2, within_s=PATIENCE_S)
            return thread

    async def talks(who: int, thread: Thread) -> None:
        async with gate:
            for n, text in enumerate(REP_LINES[:lines]):
                start = time.perf_counter()
                # In every line a sentence that nobody has said before: what was heard is remembered.
                await thread.says(f"{text} My own number here is {who}{n}.", wait=False)
                await thread.replies(at_least=n + 3, within_s=PATIENCE_S)
                waits.append(time.perf_counter() - start)

    threads = await asyncio.gather(*(begins(n) for n in range(people)))
    print(json.dumps({"calls": len(threads)}), flush=True)
    await asyncio.sleep(1)
    start = time.perf_counter()
    await asyncio.gather(*(talks(*one) for one in enumerate(threads)))
    took = time.perf_counter() - start
    hundredths = quantiles(waits, n=100)
    return {"lines": len(waits), "took": took, "p50": hundredths[49], "p99": hundredths[98]}


async def main() -> None:
    people, lines, at_once = (int(number) for number in sys.argv[1:])
    async with FakeSlack() as slack:
        mine = {"url": slack.api_url, "token": slack.bot_token, "secret": slack.signing_secret}
        print(json.dumps(mine), flush=True)
        loop = asyncio.get_running_loop()
        slack.events_url = (await loop.run_in_executor(None, sys.stdin.readline)).strip()
        while slack.events_url:
            print(json.dumps(await rehearse(slack, people, lines, at_once)), flush=True)
            slack.events_url = (await loop.run_in_executor(None, sys.stdin.readline)).strip()


if __name__ == "__main__":
    asyncio.run(main())
