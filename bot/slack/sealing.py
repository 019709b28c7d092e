"""Tokens sealed, so that whoever reads the database, or a copy of it, cannot act in anybody's workspace."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAKE_ONE = "Make one with: salesmate slack new-key"
PURPOSE = b"salesmate: tokens of installed workspaces"


class UnusableKey(Exception):
    """SALESMATE_SECRET_KEY is no key, or there is nothing to make one from. The sentence never quotes it."""


class SealBroken(Exception):
    """What is kept was sealed with a key that is not at hand, or was tampered with."""


class Seal:
    """Seals with the newest of its keys and opens with any of them, so that keys can be changed while
    installations go on: put the new key in front, and take the old one out when nothing needs it any more.
    """

    def __init__(self, keys: str | None, client_secret: str = "") -> None:
        """`keys`: comma separated, newest first. Behind them stands one made from `client_secret`, which
        every process has and the database has not: so no key has to be made before the first installation,
        and those kept before one was made are opened still. Raises UnusableKey."""
        named = [key.strip() for key in (keys or "").split(",") if key.strip()]
        if client_secret:
            named.append(_made_from(client_secret))
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
                "An installation cannot be opened: SALESMATE_SECRET_KEY, or the Client Secret where there is "
                "none, was another when it was kept. Add the key that was used then (comma separated, newest "
                "first), or install SalesMate there again."
            ) from None


def new_key() -> str:
    """A key for SALESMATE_SECRET_KEY."""
    return Fernet.generate_key().decode("ascii")


def _made_from(client_secret: str) -> str:
    """Slack makes client secrets at random and long enough to derive a key from."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(client_secret.encode())
    return urlsafe_b64encode(derived).decode("ascii")
