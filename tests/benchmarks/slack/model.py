"""A chat model that takes its time. Prints its address; told nothing, it serves until its input ends."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.fakes.openai import Reply, Running

HEARD = json.dumps({"acts": [{"id": "open_question", "sure": 0.9}], "empathy": 0.3})
SAID = "Well, that depends on what you have in mind. Go on."


def says(messages: list[dict[str, Any]]) -> str:
    """Notes for who listens, words for who speaks."""
    return HEARD if "MESSAGE" in str(messages[-1]["content"]) else SAID


def main() -> None:
    with Running() as fake:
        fake.usual = Reply(says, before_first=float(sys.argv[1]))
        print(json.dumps({"url": fake.base_url, "key": fake.key}), flush=True)
        sys.stdin.read()
        print(json.dumps({"asked": fake.tried}), flush=True)


if __name__ == "__main__":
    main()
