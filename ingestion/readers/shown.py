"""A cell's value as the sheet shows it: a number format turned into text.

Dates are the one exception. A sheet may show 03/04/2026, which is April here and March there, so a date is
written out with its month.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.')
DIGITS = re.compile(r"[#0?,]+(?:\.[#0?]+)?,*(?:[eE][+-]0+)?|General", re.IGNORECASE)
TEXT_MARK, HIDDEN = "@", ";;;"
ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})


def shown(value: object, number_format: str = "General") -> str:
    """The text of one cell; an error of a formula shows as nothing."""
    if value is None or (isinstance(value, str) and value in ERRORS):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, number_format or "General")
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment(value, number_format.lower())
    return str(value)


def _moment(value: date | time | timedelta, number_format: str) -> str:
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    clock = f"{value:%H:%M}" if isinstance(value, (datetime, time)) else ""
    if isinstance(value, time):
        return clock + (f":{value.second:02d}" if value.second else "")
    pattern = re.sub(r'"[^"]*"|\[[^\]]*\]', "", number_format)
    month = f"{MONTHS[value.month - 1]} {value.year}"
    day = f"{value.day} {month}" if "d" in pattern or "y" not in pattern else month
    has_clock = "h" in pattern or (pattern in {"", "general"} and clock not in {"", "00:00"})
    return f"{day} {clock}" if has_clock and clock else day


def _number(value: float, number_format: str) -> str:
    if number_format == HIDDEN:
        return ""
    sections = _sections(number_format)
    number = abs(value)
    if value < 0 and len(sections) > 1:
        section, sign = sections[1], ""
    elif value == 0 and len(sections) > 2:
        section, sign = sections[2], ""
    else:
        section, sign = sections[0], "-" if value < 0 else ""
    before, digits, after = _parts(section)
    if digits is None:
        return before.strip() if before.strip() else _general(value)
    return f"{sign}{before}{_digits(number, digits, is_share='%' in before + after)}{after}".strip()


def _digits(number: float, digits: str, *, is_share: bool) -> str:
    if digits.lower() == "general":
        return _general(number)
    whole, _, decimals = digits.partition(".")
    places = len(re.sub("[^#0?]", "", re.split("[eE]", decimals)[0]))
    if is_share:
        number *= 100
    if "e" in digits.lower():
        return f"{number:.{places}E}"
    # Commas behind the last digit divide by thousands.
    scaled = len(digits) - len(digits.rstrip(","))
    number /= 1000**scaled
    text = f"{number:{',' if ',' in whole.rstrip(',') else ''}.{places}f}"
    optional = len(decimals.rstrip(",")) - len(decimals.rstrip("#,"))
    for _ in range(optional):
        text = text.removesuffix("0") if "." in text else text
    text = text.removesuffix(".")
    least = whole.count("0")
    return text if "," in text else text.zfill(least + (len(text) - len(text.partition(".")[0])))


@lru_cache(maxsize=1000)
def _sections(number_format: str) -> tuple[str, ...]:
    """What is written for numbers above, below and at zero."""
    return tuple(re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', number_format))


@lru_cache(maxsize=1000)
def _parts(section: str) -> tuple[str, str | None, str]:
    """What stands before the digits, the pattern of the digits (None without any), what stands after."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(next((group for group in match.groups() if group), ""))
        return f"\x00{len(kept) - 1}\x01"

    plain = QUOTED.sub(keep, section)
    digits = DIGITS.search(re.sub("\x00\\d+\x01", lambda match: "\x02" * len(match.group()), plain))
    pieces = (plain[: digits.start()], plain[digits.end() :]) if digits else (plain, "")
    before, after = (re.sub("\x00(\\d+)\x01", lambda match: kept[int(match[1])], piece) for piece in pieces)
    if digits is None or "/" in after[:3]:
        return (before.replace(TEXT_MARK, "") if digits is None else ""), None, ""
    return before, digits.group(), after


def _general(value: float) -> str:
    """Eleven figures, as a sheet shows a number without a format."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.10g}" if abs(value) < 1e11 else f"{value:.6g}"
