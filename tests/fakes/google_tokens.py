"""Google's token endpoint: an assertion that a service account's key signed, for a token (RFC 7523)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fakes.vertex_rules import Refused

PROJECT = "acme-sales"
TOKEN = "ya29.fake-token"  # noqa: S105 - nobody's
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - quick, and nobody's


def key_file(folder: Path, url: str) -> Path:
    """A service account's key for GOOGLE_APPLICATION_CREDENTIALS; the double gives out its tokens."""
    pem = _KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "service-account.json"
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": f"tuner@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    file.write_text(json.dumps(account))
    return file


def granted(body: bytes, *, willing: bool) -> dict[str, Any]:
    """A token for an assertion that the key of `key_file` signed. Raises Refused."""
    given = parse_qs(body.decode())
    header, _, rest = given.get("assertion", [""])[0].partition(".")
    claims, _, signature = rest.partition(".")
    try:
        _KEY.public_key().verify(
            _bytes(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        scope = json.loads(_bytes(claims))["scope"]
    except (KeyError, ValueError, InvalidSignature):
        scope = None
    asked = (given.get("grant_type"), scope)
    wanted = ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "https://www.googleapis.com/auth/cloud-platform"
    if asked != wanted or not willing:
        raise Refused(400, "invalid_grant", "Invalid JWT Signature.")
    return {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
