"""A Portuguese figure as English writes it: "R$ 1.250,00" is R$1,250.00, "1,2%" is 1.2%, "14h30" is 14:30.

Amounts keep their currency and their worth; hours stay on the 24-hour clock, in which nothing can be lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from finetune.translate.spoken import number_pattern, one_of, value_of, words

FIGURE = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?(?!\d|[.,]\d)|\d+(?:[.,]\d+)*"
"""A written number: grouped by points with a decimal comma, or any other run of digits, points and commas."""

_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL = re.compile(r"\d+,\d+")


def in_english(kind: str, text: str) -> str:
    """What stands in the English where `text`, a mask of that kind, stood."""
    render = _RENDER.get(kind)
    return render(text) if render else text


def figure(text: str) -> str:
    """ "1.250,00" is 1,250.00; a run that is no plain number ("2.0.1") stays."""
    if _GROUPED.fullmatch(text) or _DECIMAL.fullmatch(text):
        return text.translate(str.maketrans(".,", ",."))
    return text


def _worth(text: str) -> Decimal:
    """Of a figure with or without a scale, or of a number in words."""
    found = re.match(rf"({FIGURE})\s*(\w+)?", text)
    if not found:
        return value_of(text)
    scale = words().scales.get((found[2] or "").lower(), 1)
    return _decimal(found[1]) * scale


def _decimal(written: str) -> Decimal:
    plain = figure(written).replace(",", "")
    return Decimal(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else Decimal(re.sub(r"\D", "", plain))


def _number(text: str) -> str:
    """ "2,5 milhões" is 2.5 million, "3,5x" is 3.5x."""
    found = re.fullmatch(rf"({FIGURE})\s*([^\W\d_]*[²³]?)", text)
    if found and found[2].lower() in words().scales:
        return _large(_worth(text))
    if found and found[2].endswith(("²", "³")):
        return f"{figure(found[1])} {found[2]}"
    return figure(found[1]) + found[2] if found else text


def _large(worth: Decimal) -> str:
    """50000 is 50,000; 2500000 is 2.5 million: as it would be said."""
    for scale, name in ((Decimal(10**9), "billion"), (Decimal(10**6), "million")):
        share = worth / scale
        if share >= 1 and share * 1000 == int(share * 1000):
            return f"{share.normalize():f} {name}"
    return f"{worth.normalize():,f}"


def _spoken(text: str) -> str:
    worth = value_of(text)
    small = words().english_small
    if worth == int(worth) and worth < len(small):
        return small[int(worth)]
    return _large(worth)


def _money(text: str) -> str:
    known = words()
    units = one_of(list(known.currencies))
    found = re.fullmatch(
        rf"(?P<sign>R\$|US\$|U\$|\$|€|£)\s?(?P<n>{FIGURE})(?:\s?(?P<scale>\w+))?", text, re.I
    )
    if found:
        sign = known.currencies[found["sign"].lower()]
        return sign + (
            _large(_worth(f"{found['n']} {found['scale']}")) if found["scale"] else figure(found["n"])
        )
    number = rf"(?:{FIGURE}(?:\s?{one_of(list(known.scales))}\b)?|{number_pattern()})"
    cents = one_of(known.cents)
    found = re.fullmatch(rf"(?P<n>{number})\s+{cents}", text, re.I)
    if found:
        return f"R${_worth(found['n']) / 100:.2f}"
    found = re.fullmatch(
        rf"(?P<n>{number})(?:\s+de)?\s+(?P<unit>{units})(?:\s+e\s+(?P<cents>{number})(?:\s+{cents})?)?",
        text,
        re.I,
    )
    if not found:
        return text
    sign = known.currencies[found["unit"].lower()]
    if found["cents"]:
        return f"{sign}{_worth(found['n']) + _worth(found['cents']) / 100:,.2f}"
    if re.fullmatch(FIGURE, found["n"]):
        return sign + figure(found["n"])
    return sign + _large(_worth(found["n"]))


def _percent(text: str) -> str:
    number = re.sub(r"\s*(?:%|por\s+cento)$", "", text, flags=re.I)
    return f"{figure(number) if number[0].isdigit() else _large(value_of(number))}%"


def _clock(text: str) -> str:
    if half := re.fullmatch(r"(.+?)\s+e\s+meia", text, re.I):
        return f"{_worth(half[1])}:30"
    found = re.fullmatch(r"(\d{1,2})\s*(?:(?:h|:)(\d{2})(?:min|h)?|h|hs|horas)?", text, re.I)
    return f"{int(found[1])}:{found[2] or '00'}" if found else text


def _day(text: str) -> str:
    return str(int(text.rstrip("º")))


def _hours(text: str) -> str:
    count = re.sub(r"\D", "", text)
    return f"{count} hour" if count == "1" else f"{count} hours"


def _date(text: str) -> str:
    months = words().english_months
    if "/" in text:
        day, month, *year = text.split("/")
        named = months[int(month) - 1]
    else:
        day, name, *year = re.split(r"\s+de\s+", text, flags=re.I)
        named = months[words().months.index(name.lower())]
    return f"{named} {int(day.rstrip('º'))}" + (f", {year[0]}" if year else "")


def _ordinal(text: str) -> str:
    return ordinal(int(text[:-1])) if text[-1] in "ºª" else text


def ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


_RENDER: dict[str, Callable[[str], str]] = {
    "money": _money,
    "percent": _percent,
    "clock": _clock,
    "day": _day,
    "hours": _hours,
    "date": _date,
    "ordinal": _ordinal,
    "number": _number,
    "spoken": _spoken,
}
