"""What a serving process logs: that something happened, never what was said.

Two kinds of records come through. Our own: the event (a literal in our code), and fields from a list, whose
values look like ids, numbers and kinds. Everybody else's (Bolt, aiohttp, SQLAlchemy …): that there was one,
from which line of code, because their messages quote requests. Of an exception only type and lines are shown.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

Form = Literal["text", "json"]

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / room) for room in ("bot", "agents", "ingestion"))
LOGGERS = ("bot", "agents", "ingestion", "salesmate")
FRAMES = 8

FIELDS = frozenset(
    (
        *("tenant", "team", "person", "conversation", "turn", "roleplay", "event", "key", "worker"),
        *("platform", "kind", "outcome", "status", "method", "code", "error", "reason", "model", "mode"),
        *("attempt", "attempts", "count", "seconds", "ms", "after_s", "port", "bytes"),
    )
)
WORDLESS = re.compile(r"[\w.:@/+-]{1,160}")
"""No blanks: an id or a kind, no sentence."""
SECRET = re.compile(r"xox|xapp-|xwfp-|sk-|Bearer|://", re.IGNORECASE)
WITHHELD = "withheld"


def configure(form: Form = "text", stream: TextIO | None = None) -> None:
    """Let everything that this process logs go to stderr in our form, and nothing go there in another."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = name != "uvicorn.access"  # one line a request, and addresses hold codes
    logging.captureWarnings(capture=True)
    # A record that cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    threading.excepthook = _thread_failed


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(told(record), ensure_ascii=True)


class TextLines(logging.Formatter):
    """For a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        fields = told(record)
        head = f"{fields.pop('time')} {fields.pop('level'):<7} {fields.pop('logger')}: {fields.pop('event')}"
        trace = fields.pop("trace", [])
        return "\n".join(
            [" ".join([head, *(f"{name}={fields[name]}" for name in fields)]), *(f"  {t}" for t in trace)]
        )


def told(record: logging.LogRecord) -> dict[str, Any]:
    """What may be known of a record."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if record.pathname.startswith(OURS) and isinstance(record.msg, str):
        # The template as it stands in our code: arguments are left out.
        fields["event"] = record.msg
        fields |= {name: _value(record.__dict__[name]) for name in FIELDS & record.__dict__.keys()}
    else:
        fields["event"] = "elsewhere"
        fields["at"] = f"{record.module}.{record.funcName}:{record.lineno}"
    if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
        fields["exception"] = record.exc_info[0].__name__
        fields["trace"] = [
            f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(record.exc_info[2])[-FRAMES:]
        ]
    return fields


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if WORDLESS.fullmatch(text) and not SECRET.search(text) else WITHHELD


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None:
        trace = (failure.exc_type, failure.exc_value, failure.exc_traceback)
        logging.getLogger(__name__).error("thread failed", exc_info=trace)
