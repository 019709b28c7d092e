"""A call as a file to keep, print or load elsewhere. What people said may be hostile; the files are not.

A transcript is what was said and how it was scored. The customer's private half and inner state stay out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.records.export.html import to_html
from agents.records.export.markdown import to_markdown
from agents.records.export.plain import to_csv, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agents.records.entries import RolePlay, Scorecard, Turn

FORMATS: Mapping[str, Callable[[RolePlay, Sequence[Turn], Scorecard | None], str]] = {
    "json": to_json,
    "md": to_markdown,
    "csv": to_csv,
    "html": to_html,
}
"""Format name, as in `--format`, to the function that writes it."""
