"""Whether the check digits of a number are right: cards (Luhn, ISO/IEC 7812), CPF and CNPJ (modulus 11)."""

from __future__ import annotations

CARD_LENGTHS = range(13, 20)
_CPF = ((10, 9, 8, 7, 6, 5, 4, 3, 2), (11, 10, 9, 8, 7, 6, 5, 4, 3, 2))
_CNPJ = ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))


def is_card(digits: str) -> bool:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(int(digit) for digit in digits[-1::-2]) + sum(n - 9 if n > 9 else n for n in doubled)
    return len(digits) in CARD_LENGTHS and total % 10 == 0


def is_cpf(digits: str) -> bool:
    return len(digits) == 11 and len(set(digits)) > 1 and _modulus_11(digits, _CPF)


def is_cnpj(digits: str) -> bool:
    return len(digits) == 14 and len(set(digits)) > 1 and _modulus_11(digits, _CNPJ)


def _modulus_11(digits: str, weights: tuple[tuple[int, ...], tuple[int, ...]]) -> bool:
    for each in weights:
        rest = sum(int(digit) * weight for digit, weight in zip(digits, each, strict=False)) % 11
        if int(digits[len(each)]) != (0 if rest < 2 else 11 - rest):
            return False
    return True
