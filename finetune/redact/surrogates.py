"""What stands in for the real thing: drawn by a keyed hash, so that no table of originals is kept anywhere.

Everything that comes out is invalid or reserved by design, so it is nobody's: telephone numbers set aside for
fiction (NANPA: 555-0100 to 0199; Ofcom's ranges for drama, 01632 960xxx and 07700 900xxx; Brazil has none, so
area code 20, which is not in use), tax numbers and cards whose check digits are wrong. That is also how what
has been redacted is known again.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

from finetune.redact.check_digits import is_card, is_cnpj, is_cpf
from finetune.redact.lexicon import Names, Pool, names, plain, surrogates

CODE_LETTERS = "QXZ"
"""No postcode area, plate or passport series is made of these alone."""
MARK = "99"
"""What every number that is not a telephone's begins with."""
LONG_MARK = "9990"
LONG = 8
_PHONE = re.compile(
    r"1?(?:212|312|415|617|303|206|404|512)55501\d\d|55501\d\d"
    r"|(?:0044|44|0)(?:7700900|1632960)\d{3}|(?:55|0)?209?555501\d\d|9?555501\d\d"
)
_AREA_CODES = ("212", "312", "415", "617", "303", "206", "404", "512")


class Hash:
    """A number for a value, the same on every machine for one seed; the value cannot be had back."""

    def __init__(self, seed: int | str) -> None:
        self._key = hashlib.sha256(f"salesmate redaction {seed}".encode()).digest()

    def __call__(self, kind: str, value: str) -> int:
        return int.from_bytes(
            hashlib.blake2b(f"{kind}\0{value}".encode(), key=self._key, digest_size=8).digest(), "big"
        )

    def digits(self, kind: str, value: str, many: int) -> str:
        digits, n = "", 0
        while len(digits) < many:
            digits += f"{self(kind, f'{value} {n}') % 10**9:09d}"
            n += 1
        return digits[:many]


def digits_for(kind: str, digits: str, language: str, draw: Hash) -> str:
    """As many digits that are nobody's."""
    made = _phone(digits, language, draw) if kind in {"phone", "pix_key"} else ""
    return made or _marked(kind, digits, draw)


def are_surrogate(digits: str) -> bool:
    """Whether `digits_for` may have made them."""
    if _PHONE.fullmatch(digits):
        return True
    return digits.startswith(LONG_MARK if len(digits) >= LONG else MARK[: len(digits)]) and not _checks(
        digits
    )


def _marked(kind: str, digits: str, draw: Hash) -> str:
    mark = LONG_MARK if len(digits) >= LONG else MARK
    body = draw.digits("number", digits, max(0, len(digits) - len(mark)))
    made = (mark + body)[: len(digits)]
    # Right by chance in one of ten: then the last digit is moved on.
    return made if not _checks(made) else made[:-1] + str((int(made[-1]) + 1) % 10)


def _checks(digits: str) -> bool:
    return is_cpf(digits) or is_cnpj(digits) or is_card(digits)


def _phone(digits: str, language: str, draw: Hash) -> str:
    """A telephone number of as many digits that nobody has, or "" where none is known of that length."""
    return _brazilian(digits, draw) if language == "pt" else _british(digits, draw) or _american(digits, draw)


def _brazilian(digits: str, draw: Hash) -> str:
    local = {8: "555501", 9: "9555501", 10: "20555501", 11: "209555501"}
    prefix = next(
        (p for p in ("55", "0", "") if digits.startswith(p) and len(digits) - len(p) in {10, 11}), ""
    )
    start = local.get(len(digits) - len(prefix))
    return f"{prefix}{start}{draw('phone', digits[-7:]) % 100:02d}" if start else ""


def _british(digits: str, draw: Hash) -> str:
    prefix = next(
        (p for p in ("0044", "44", "0") if digits.startswith(p) and len(digits) == len(p) + 10), None
    )
    if prefix is None:
        return ""
    start = "7700900" if digits[len(prefix)] == "7" else "1632960"
    return f"{prefix}{start}{draw('phone', digits[-7:]) % 1000:03d}"


def _american(digits: str, draw: Hash) -> str:
    local = f"55501{draw('phone', digits[-7:]) % 100:02d}"
    if len(digits) == 7:
        return local
    if len(digits) == 10 or (len(digits) == 11 and digits[0] == "1"):
        return digits[:-10] + _AREA_CODES[draw("area", digits[-10:-7]) % len(_AREA_CODES)] + local
    return ""


@cache
def pool_words() -> frozenset[str]:
    data = surrogates()
    return frozenset(
        plain(name)
        for pool in (data.names, data.names_en)
        for name in (*pool.female, *pool.male, *pool.surname)
    )


class People:
    """Names for the names of one call: the same every time, and two people never get one name."""

    def __init__(self, language: str, draw: Hash, in_call: frozenset[str]) -> None:
        self._pool: Pool = surrogates().pool(language)
        self._names: Names = names()
        self._draw = draw
        self._taken = set(in_call)
        self._given: dict[str, str] = {}

    def name(self, word: str, *, surname: bool, title_sex: str = "") -> str:
        """The name that stands in for a plain word of a name."""
        if word not in self._given:
            pool = self._pool.surname if surname else self._first(word, title_sex)
            at = self._draw("surname" if surname else "first", word)
            # Another's name in this call, or one really said in it, is passed over.
            tries = (pool[(at + n) % len(pool)] for n in range(len(pool)))
            self._given[word] = next(
                (name for name in tries if plain(name) not in self._taken), pool[at % len(pool)]
            )
            self._taken.add(plain(self._given[word]))
        return self._given[word]

    def known(self, word: str) -> bool:
        return word in self._given

    def _first(self, word: str, title_sex: str) -> tuple[str, ...]:
        if word in self._names.female and word not in self._names.male:
            return self._pool.female
        if word in self._names.male and word not in self._names.female:
            return self._pool.male
        female = title_sex == "female" or (not title_sex and word.endswith("a"))
        return self._pool.female if female else self._pool.male


def code_for(code: str, draw: Hash) -> str:
    """Letters and digits in the same places, of no real postcode, plate or document."""
    bare = re.sub(r"[\W_]", "", plain(code))
    drawn = iter(draw.digits("code", bare, len(code)))
    return "".join(_code_sign(sign, int(next(drawn)) if sign.isalnum() else 0) for sign in code)


def _code_sign(sign: str, drawn: int) -> str:
    if sign.isdigit():
        return str(drawn)
    letter = CODE_LETTERS[drawn % len(CODE_LETTERS)]
    return (letter if sign.isupper() else letter.lower()) if sign.isalpha() else sign


def is_code_surrogate(code: str) -> bool:
    return all(letter in CODE_LETTERS for letter in code.upper() if letter.isalpha())
