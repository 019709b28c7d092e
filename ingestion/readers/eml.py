"""E-mail: its text, then each attachment that can be read as pages of its own."""

from __future__ import annotations

import re
from datetime import date
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from ingestion.document import Page, ReadFile
from ingestion.errors import UnreadableDocumentError
from ingestion.load import read_file
from ingestion.readers.characters import one_line, seen
from ingestion.readers.writing import PageWriter

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

MOST_ATTACHMENTS = 30
QUOTED = re.compile(r"(?:>\s?)+")
TELLING = 20
"""A line shorter than this says too little to be called a repetition."""


def read_eml(content: bytes, name: str) -> ReadFile:
    """Read an e-mail and what hangs on it; an attachment that cannot be read is named in `warnings`.

    Raises UnreadableDocumentError for a file that has nothing of the head of an e-mail.
    """
    mail = message_from_bytes(content, policy=policy.default)
    if not any(mail[header] for header in ("from", "to", "subject", "date")):
        raise UnreadableDocumentError(f"{name} is not an e-mail: it has no sender, date or subject.")
    subject = one_line(str(mail["subject"] or ""))
    writer = PageWriter()
    writer.heading(1, subject)
    heads = (f"{head}: {one_line(str(mail[head]))}" for head in ("From", "To", "Cc", "Date") if mail[head])
    writer.paragraph("\n".join(heads))
    for line in _body(mail, name):
        writer.paragraph(line)
    pages = [writer.page(1)]
    warnings: list[str] = []
    for number, part in enumerate(mail.iter_attachments()):
        if number >= MOST_ATTACHMENTS:
            warnings.append(f"{name} has more than {MOST_ATTACHMENTS} attachments; the rest was not read.")
            break
        _attach(part, name, pages, warnings)
    return ReadFile(tuple(pages), subject, "", tuple(warnings), _day(mail))


def _attach(part: EmailMessage, name: str, pages: list[Page], warnings: list[str]) -> None:
    called = one_line(part.get_filename() or "") or "an attachment without a name"
    payload = part.get_payload(decode=True)
    if part.get_content_type() == "message/rfc822":
        called, payload = f"{called}.eml", part.get_content().as_bytes()
    try:
        read = read_file(payload if isinstance(payload, bytes) else b"", called)
    except UnreadableDocumentError as error:
        warnings.append(f"{name}, attachment: {error}")
        return
    warnings += (f"{name}, attachment: {warning}" for warning in read.warnings)
    for page in read.pages:
        pages.append(Page(len(pages) + 1, page.text, page.headings))


def _body(mail: EmailMessage, name: str) -> list[str]:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return []
    text = _content(part)
    if part.get_content_type() == "text/html":
        from ingestion.readers.html import read_html

        return read_html(text.encode("utf-8-sig", errors="replace"), name).pages[0].text.split("\n\n")
    return _once(seen(text)).split("\n\n")


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        # A character set that does not exist.
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else ""


def _once(text: str) -> str:
    """A reply quotes what it answers, and that what it answered: each quoted line is kept once."""
    said: set[str] = set()
    kept = []
    for line in text.split("\n"):
        quote = QUOTED.match(line)
        bare = line[quote.end() :] if quote else line
        key = " ".join(bare.split()).lower()
        if quote and key in said and len(key) >= TELLING:
            continue
        said.add(key)
        kept.append(bare)
    return "\n".join(kept)


def _day(mail: EmailMessage) -> date | None:
    try:
        moment = mail["date"].datetime
    except (AttributeError, ValueError, TypeError):
        return None
    return moment.date() if moment else None
