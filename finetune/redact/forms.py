"""What has a form of its own: network addresses, keys, IBANs, dates of birth, street addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from finetune.redact.lexicon import plain, surrogates
from finetune.redact.surrogates import CODE_LETTERS

IP, IP6 = "192.0.2.", "2001:db8::"
"""Set aside for documentation (RFC 5737, RFC 3849)."""
KEY = "00000000-0000-4000-8000-"
OLDEST, YEARS = 1950, 50
HOUSES = 180


@dataclass(frozen=True)
class Form:
    """How one kind is replaced, and how what replaces it is known again."""

    make: Callable[[str, int, str], str]
    """Takes text, a drawn number and language."""
    already: Callable[[str, str], bool]
    """Takes plain text and language."""


def _ip(text: str, drawn: int, _: str) -> str:
    return f"{IP6}{drawn % 0xFFFF:x}" if ":" in text else f"{IP}{1 + drawn % 254}"


def _iban(text: str, drawn: int, _: str) -> str:
    # The check digits 00 are right for no account (ISO 13616: 02 to 98).
    digits = f"{drawn:020d}" * 2
    signs = (
        digit if sign.isdigit() else CODE_LETTERS[int(digit) % len(CODE_LETTERS)] if sign.isalpha() else sign
        for sign, digit in zip(text[4:], digits, strict=False)
    )
    return f"{text[:2]}00{''.join(signs)}"


def _birth_date(text: str, drawn: int, language: str) -> str:
    year = OLDEST + drawn % YEARS
    if re.match(r"\d{4}-", text):
        return f"{year}-01-01"
    if numeric := re.fullmatch(r"\d{1,2}(\s?[/.-]\s?)\d{1,2}\s?[/.-]\s?\d+", text):
        sign = numeric.group(1).strip()
        return f"01{sign}01{sign}{year}"
    return f"1 January {year}" if language == "en" else f"1 de janeiro de {year}"


def _is_birth_date(text: str, _: str) -> bool:
    return bool(re.fullmatch(r"01([/.-])01\1\d{4}|\d{4}-01-01|1 (?:january|de janeiro de) \d{4}", text))


def _address(_: str, drawn: int, language: str) -> str:
    streets = surrogates().streets[language]
    street, house = streets[drawn % len(streets)], 1 + drawn // len(streets) % HOUSES
    return f"{house} {street}" if language == "en" else f"{street}, {house}"


def _is_address(text: str, language: str) -> bool:
    return any(plain(street) in text for street in surrogates().streets[language])


FORMS = {
    "ip": Form(_ip, lambda text, _: text.startswith((IP, IP6))),
    "pix_key": Form(lambda _, drawn, __: f"{KEY}{drawn % 16**12:012x}", lambda text, _: text.startswith(KEY)),
    "iban": Form(_iban, lambda text, _: text[2:4] == "00"),
    "birth_date": Form(_birth_date, _is_birth_date),
    "address": Form(_address, _is_address),
}
