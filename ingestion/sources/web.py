"""One document of the web: fetched once, named by its address, its kind by its ending or its content type."""

from __future__ import annotations

import re
import time
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx

from ingestion.errors import SourceUnavailableError
from ingestion.load import LARGEST_FILE_BYTES, READABLE
from ingestion.sources.listing import Found, Skipped, spelt, too_large

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
"""How long a server may say nothing."""
WHOLE_SECONDS = 300.0
"""How long a whole document may take: a server can also drip."""
REDIRECTS = 5

_OFFICE = "application/vnd.openxmlformats-officedocument."
ENDING_OF = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "message/rfc822": ".eml",
    f"{_OFFICE}wordprocessingml.document": ".docx",
    f"{_OFFICE}presentationml.presentation": ".pptx",
    f"{_OFFICE}spreadsheetml.sheet": ".xlsx",
}
WHY = {
    401: "asks for a login. Save the document and ingest the file",
    403: "may not be read from here. Save the document and ingest the file",
    404: "does not exist (404). Check its spelling",
    410: "has been taken down (410). Leave it out",
    429: "answers no more requests for now (429). Try again later",
}


class WebPage:
    """The document at one http or https address."""

    def __init__(self, address: str) -> None:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise SourceUnavailableError(f"{address} is not a web address: {error}.") from error
        if not url.host:
            raise SourceUnavailableError(f"{address} names no host. Check its spelling.")
        self._url = url.copy_with(fragment=None)
        # A password in an address is sent and never shown: addresses end up in citations.
        self.address = str(self._url.copy_with(username=None, password=None))

    def files(self) -> tuple[Found, ...]:
        """The document itself; it is fetched here, since what it is decides what it is called."""
        content, content_type, names = self._fetched
        return (Found(self._name(content_type, names), self.address, len(content)),)

    def skipped(self) -> tuple[Skipped, ...]:
        """Nothing: who names an address wants it read."""
        return ()

    def read(self, found: Found) -> bytes:
        """As Source.read. The character set that the server names outranks the page's own."""
        content, content_type, _ = self._fetched
        charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
        if (
            charset
            and content_type.lower().startswith("text/")
            and charset[1].lower() not in {"utf-8", "utf8"}
        ):
            try:
                return content.decode(charset[1], errors="replace").encode("utf-8-sig")
            except LookupError:
                return content
        return content

    def holds(self, uri: str) -> bool:
        """As Source.holds."""
        return uri == self.address

    def _name(self, content_type: str, names: tuple[str, ...]) -> str:
        path = PurePosixPath(unquote(self._url.path).strip("/") or "index")
        kind = ENDING_OF.get(content_type.partition(";")[0].strip().lower(), "")
        endings = (path.suffix, kind, *(PurePosixPath(name).suffix for name in names))
        ending = next((ending for ending in endings if ending.lower() in READABLE), "")
        if not ending:
            raise SourceUnavailableError(
                f"{self.address} is {content_type or 'of no stated kind'}, which is not read here."
            )
        query = f"?{self._url.query.decode()}".replace("/", "_") if self._url.query else ""
        below = str(path).removesuffix(ending)
        return spelt(f"{self._url.host}/{below}{query}{ending}")

    @cached_property
    def _fetched(self) -> tuple[bytes, str, tuple[str, ...]]:
        """The content, its content type, and its other names: the server's, and where it was moved to."""
        limits = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        try:
            with (
                httpx.Client(timeout=limits, follow_redirects=True, max_redirects=REDIRECTS) as client,
                client.stream(
                    "GET", self._url, headers={"User-Agent": "SalesMate", "Accept": "*/*"}
                ) as reply,
            ):
                if not reply.is_success:
                    raise SourceUnavailableError(f"{self.address} {_refusal(reply.status_code)}.")
                named = re.search(r"filename=\"?([^\";]+)", reply.headers.get("content-disposition", ""))
                names = (named[1].strip() if named else "", reply.url.path)
                return self._within_limits(reply), reply.headers.get("content-type", ""), names
        except httpx.HTTPError as error:
            raise SourceUnavailableError(f"{self.address} {_trouble(error)}.") from error

    def _within_limits(self, reply: httpx.Response) -> bytes:
        until = time.monotonic() + WHOLE_SECONDS
        declared = reply.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > LARGEST_FILE_BYTES:
            raise SourceUnavailableError(str(too_large(self.address, int(declared))))
        content = bytearray()
        for part in reply.iter_bytes():
            content += part
            if len(content) > LARGEST_FILE_BYTES:
                raise SourceUnavailableError(str(too_large(self.address, len(content))))
            if time.monotonic() > until:
                raise SourceUnavailableError(
                    f"{self.address} took longer than {WHOLE_SECONDS:.0f} s. Save it and ingest the file."
                )
        return bytes(content)


def _refusal(status: int) -> str:
    if status in WHY:
        return WHY[status]
    return f"answers {status}. Try again later" if status >= 500 else f"answers {status} and no document"


def _trouble(error: httpx.HTTPError) -> str:
    said = str(error)
    if isinstance(error, httpx.TimeoutException):
        return "does not answer in time. Try again later"
    if isinstance(error, httpx.TooManyRedirects):
        return f"redirects more than {REDIRECTS} times. Open it in a browser and use the address it ends at"
    if "CERTIFICATE" in said.upper():
        return "has no certificate that can be trusted here. Check the address, or save the document yourself"
    if any(
        word in said.lower() for word in ("name or service", "nodename", "getaddrinfo", "name resolution")
    ):
        return "cannot be found: no such host. Check its spelling and the network"
    return f"cannot be reached: {said or type(error).__name__}"
