"""Text from reps, models and documents, made safe to print: it cannot steer the terminal that shows it."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

# ECMA-48: CSI sequences; strings (OSC, DCS, SOS, PM, APC) that are closed; two-character escapes.
# Nothing is looked at twice (possessive, and a new beginning ends a string that was never closed), so that a
# long text full of beginnings costs no more than its length.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*+[0-OQ-WYZ\\`-~]"
)
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Marks that turn the reading direction for what follows, our own words included. Right-to-left letters need
# none of them.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def neutral(text: str) -> str:
    """The text as a person should see it: its lines, and nothing that a terminal would obey.

    Escape sequences and direction marks are dropped; any other control character becomes U+FFFD.
    """
    text = _TURNS.sub("", _LINE_ENDS.sub("\n", _SEQUENCES.sub("", text)))
    return _CONTROLS.sub(REPLACEMENT, text.replace("\t", "    "))


def one_line(text: str) -> str:
    """As `neutral`, with every run of white space as one space."""
    return " ".join(neutral(text).split())
