"""What the failures of Weaviate and its client mean for a person."""

from __future__ import annotations

import httpx
from weaviate.exceptions import (
    InsufficientPermissionsError,
    UnexpectedStatusCodeError,
    WeaviateConnectionError,
    WeaviateStartUpError,
    WeaviateTimeoutError,
)

UNAUTHORISED = 401
LONGEST = 200
"""Characters of the server's own words in a sentence."""


def sentence_for(error: Exception, url: str, timeout: float) -> str:
    """What happened, where, and what to do. `timeout` is in seconds."""
    server, said = f"Weaviate at {url}", _first_line(str(error))
    return f"{server} {_refusal(error, said) or _absence(error, said, timeout) or _other(said)}"


def _refusal(error: Exception, said: str) -> str:
    if isinstance(error, UnexpectedStatusCodeError) and error.status_code == UNAUTHORISED:
        return "refuses the API key; check SALESMATE_WEAVIATE_API_KEY."
    if isinstance(error, InsufficientPermissionsError):
        return "does not let this API key do that; give the key read and write rights."
    if isinstance(error, WeaviateStartUpError) and "is not supported" in said:
        return f"is too old for this SalesMate ({said}). Update the server."
    return ""


def _absence(error: Exception, said: str, timeout: float) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "shows a certificate that nobody trusted here vouches for. Set SSL_CERT_FILE to your authority's"
            " certificates."
        )
    if isinstance(error, WeaviateTimeoutError | httpx.TimeoutException) or "eadline" in said:
        return f"did not answer within {timeout:g} s. Try again, or raise SALESMATE_WEAVIATE_TIMEOUT."
    if isinstance(error, WeaviateConnectionError | WeaviateStartUpError | httpx.HTTPError):
        return "cannot be reached. Start it, or check SALESMATE_WEAVIATE_URL."
    return ""


def _other(said: str) -> str:
    return f"could not do what was asked ({said}). If it was just restarted, try again."


def _first_line(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return line[:LONGEST].rstrip(". ")
