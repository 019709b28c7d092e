"""What the server logs can be read by anybody who runs it: it never holds what people say."""

from __future__ import annotations

import ast
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.serve import logs

ROOT = Path(__file__).parents[2]
OUR_CODE = str(ROOT / "bot" / "turns" / "worker.py")
THEIR_CODE = "/usr/lib/python3/site-packages/slack_bolt/app/async_app.py"

# Long enough that it cannot turn up by chance.
words = (
    st.text(min_size=6, max_size=60).filter(lambda text: text.strip() == text).map(lambda text: f"§{text} §")
)


class Spoken(Exception):
    """An exception that quotes somebody."""


def logged(
    form: logs.Form, *, where: str, message: Any, args: Any = (), extra: Any = None, error: Any = None
) -> str:
    record = logging.getLogger("bot.turns.worker").makeRecord(
        "bot.turns.worker", logging.INFO, where, 7, message, args, _raised(error), "work", extra
    )
    formatter = logs.JsonLines() if form == "json" else logs.TextLines()
    return formatter.format(record)


def _raised(error: BaseException | None) -> Any:
    if error is None:
        return None
    try:
        _throw(error)
    except BaseException:  # what is tested is how it is shown
        return sys.exc_info()


def shows(text: str, line: str) -> bool:
    """Also as JSON would write it."""
    return text in line or json.dumps(text)[1:-1] in line


@pytest.mark.parametrize("form", ["text", "json"])
@given(said=words)
def test_nothing_that_was_said_shows_wherever_it_was_put(form: logs.Form, said: str) -> None:
    fields = {
        "kind": said,
        "error": said,
        "reason": said,
        "quoted": said,
        "body": {"text": said},
        "count": [said],
    }
    ours = logged(
        form, where=OUR_CODE, message="turn failed: %s", args=(said,), extra=fields, error=Spoken(said)
    )
    theirs = logged(
        form, where=THEIR_CODE, message=f"request {said} (%s)", args=({"text": said},), error=Spoken(said)
    )
    nested = logged(form, where=THEIR_CODE, message={"text": said}, error=Spoken(Spoken(said)))
    for line in (ours, theirs, nested):
        assert not shows(said, line)
        assert "Spoken" in line


@pytest.mark.parametrize(
    "secret",
    ["xoxb-1-abc", "xoxe.xoxb-1-abc", "xapp-1-A-abc", "sk-abcdef", "https://hooks.slack.com/x", "Bearer_abc"],
)
def test_tokens_and_addresses_are_withheld_even_from_fields_that_are_shown(secret: str) -> None:
    line = logged("json", where=OUR_CODE, message="turn failed", extra={"reason": secret})
    assert json.loads(line)["reason"] == "withheld"


def test_our_events_come_with_the_fields_that_say_where_to_look() -> None:
    extra = {"turn": 12, "kind": "said", "seconds": 0.41, "tenant": "slack-T0ACME", "text": "Hi Helen"}
    line = json.loads(logged("json", where=OUR_CODE, message="turn worked", extra=extra))
    assert line | {"time": ""} == {
        "time": "",
        "level": "info",
        "logger": "bot.turns.worker",
        "event": "turn worked",
        "turn": 12,
        "kind": "said",
        "seconds": 0.41,
        "tenant": "slack-T0ACME",
    }


def test_of_others_only_the_place_in_their_code_is_shown() -> None:
    line = json.loads(logged("json", where=THEIR_CODE, message="Unhandled request ({'text': 'Hi'})"))
    assert (line["event"], line["at"]) == ("elsewhere", "async_app.work:7")


def test_an_exception_is_shown_by_its_type_and_the_lines_it_passed() -> None:
    line = json.loads(logged("json", where=OUR_CODE, message="turn failed", error=Spoken("Hi Helen")))
    assert line["exception"] == "Spoken"
    assert any("unit/test_logs.py:" in frame for frame in line["trace"])


def test_every_event_in_our_code_is_a_literal() -> None:
    """The rule that makes it safe to show them."""
    wrong = []
    for file in (path for room in ("bot", "agents", "ingestion") for path in (ROOT / room).rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            named = call.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
            on_a_log = ast.unparse(call.func.value) in {
                "log",
                "_log",
                "logger",
                "_quiet",
            } or "getLogger" in ast.unparse(call.func.value)
            if named and on_a_log and not (call.args and isinstance(call.args[0], ast.Constant)):
                wrong.append(f"{file.relative_to(ROOT)}:{call.lineno}")
    assert not wrong


@pytest.fixture
def stderr() -> Iterator[io.StringIO]:
    """The process's logging as `salesmate serve` sets it up, put back afterwards."""
    root, hook = logging.getLogger(), threading.excepthook
    before = root.handlers[:], root.level, logging.raiseExceptions
    stream = io.StringIO()
    logs.configure("json", stream)
    yield stream
    root.handlers[:], level, logging.raiseExceptions = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    threading.excepthook = hook


def test_everything_in_the_process_goes_through_it(stderr: io.StringIO) -> None:
    logging.getLogger("slack_bolt.AsyncApp").error("Failed: %s", {"text": "Hi Helen"})
    logging.getLogger("uvicorn.error").error("Hi Helen", exc_info=Spoken("Hi Helen"))
    logging.getLogger("uvicorn.access").warning("GET /slack/oauth_redirect?code=Hi Helen")
    logging.getLogger("bot.turns").info("turn worked", extra={"turn": 1})
    too_few = ("Hi Helen",)
    logging.getLogger("aiohttp").warning("%s %s", *too_few)
    thread = threading.Thread(target=lambda: _throw(Spoken("Hi Helen")))
    thread.start()
    thread.join()
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert len(lines) == 5
    assert "Helen" not in stderr.getvalue()
    assert lines[-1]["exception"] == "Spoken"


def _throw(error: BaseException) -> None:
    raise error
