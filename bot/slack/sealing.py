"""Tokens sealed, so that whoever reads the database, or a copy of it, cannot act in anybody's workspace."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MAKE_ONE = "Make one with: salesmate slack new-key"


class UnusableKey(Exception):
    """SALESMATE_SECRET_KEY is missing or no key. The sentence never quotes it."""


class SealBroken(Exception):
    """What is kept was sealed with a key that is not at hand, or was tampered with."""


class Seal:
    """Seals with the newest of its keys and opens with any of them, so that keys can be changed while
    installations go on: put the new key in front, and take the old one out when nothing needs it any more.
    """

    def __init__(self, keys: str | None) -> None:
        """`keys`: comma separated, newest first. Raises UnusableKey."""
        named = [key.strip() for key in (keys or "").split(",") if key.strip()]
        if not named:
            raise UnusableKey(
                f"SALESMATE_SECRET_KEY is not set; it seals the tokens of installed workspaces. {MAKE_ONE}"
            )
        try:
            self._keys = MultiFernet([Fernet(key) for key in named])
        except ValueError:
            raise UnusableKey(f"SALESMATE_SECRET_KEY holds something that is no key. {MAKE_ONE}") from None

    def close(self, text: str) -> str:
        """Seal it."""
        return self._keys.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed. Raises SealBroken."""
        try:
            return self._keys.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBroken(
                "An installation cannot be opened with SALESMATE_SECRET_KEY. Add the key that was used when "
                "it was kept (comma separated, newest first), or install SalesMate there again."
            ) from None


def new_key() -> str:
    """A key for SALESMATE_SECRET_KEY."""
    return Fernet.generate_key().decode("ascii")
