"""Slack's documented limits (docs.slack.dev, Block Kit reference and chat.postMessage), in characters.

Slack does not say whether it counts letters or UTF-16 units, before or after `& < >` are escaped. `size`
counts the largest of these, so that whatever fits here fits there.
"""

from __future__ import annotations

BLOCKS_OF_MESSAGE = 50
BLOCKS_OF_VIEW = 100
TEXT_OF_MESSAGE = 4_000
"""Of the top-level `text`: the length that Slack recommends."""
TEXT_OF_BLOCKS = 12_000
"""Of all blocks of one message together; past about 13,000 Slack has answered `msg_blocks_too_long`."""
TEXT_OF_HOME = 30_000
"""Of all blocks of a home page: a view stays under its 250 KB also where JSON escapes every letter."""

SECTION, HEADER, CONTEXT = 3_000, 150, 2_000
FIELD, FIELDS = 2_000, 10
ACTIONS, BUTTON_LABEL, BUTTON_VALUE, URL = 25, 75, 2_000, 3_000
CONFIRM_TEXT = 300
USERNAME = 80

OPTIONS, OPTION_TEXT, OPTION_VALUE = 100, 75, 150

_ENTITIES = {"&": 5, "<": 4, ">": 4}


def size(text: str) -> int:
    """How long `text` is by the strictest way of counting."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return units + sum((longer - 1) * text.count(letter) for letter, longer in _ENTITIES.items())


def width(letter: str) -> int:
    """How much one letter takes: as an entity where it has one, else in UTF-16 units."""
    return _ENTITIES.get(letter) or (2 if ord(letter) > 0xFFFF else 1)
