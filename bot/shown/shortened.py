"""Long words cut short, at a space where there is one."""

from __future__ import annotations

ELLIPSIS = " …"


def shortened(text: str, longest: int) -> str:
    """One line of at most `longest` characters; cut, it says so."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - len(ELLIPSIS)]
    at_space = cut.rsplit(" ", 1)[0]
    return (at_space if len(at_space) > longest // 2 else cut).rstrip() + ELLIPSIS


def quoted(text: str, longest: int) -> str:
    """Somebody's words in quotation marks, shortened."""
    return f"“{shortened(text, longest)}”"
