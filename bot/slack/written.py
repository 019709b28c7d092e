"""What a person typed, from the form that Slack sends it in."""

from __future__ import annotations

import re

# Slack puts what is no plain text between angle brackets and escapes the person's own.
MARKED = re.compile(
    r"<(?:(?P<sign>[@#!])(?P<id>[^<>|]*)|(?P<link>(?:https?|mailto|tel):[^<>|]*))(?:\|(?P<label>[^<>]*))?>"
)


def written(text: str) -> str:
    """The words as the person typed them."""
    plain = MARKED.sub(_unmarked, text)
    # Once, and `&` last: the escaped text `&amp;lt;` was typed as `&lt;`.
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _unmarked(found: re.Match[str]) -> str:
    if found["link"]:
        return found["label"] or found["link"]
    sign = "@" if found["sign"] == "!" else found["sign"]
    label = found["label"] or found["id"]
    return label if label.startswith(sign) else f"{sign}{label}"
