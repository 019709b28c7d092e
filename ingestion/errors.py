"""What can go wrong with documents and their index, each a sentence for a person."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Base of this room's errors; `str()` is the sentence to show."""


class UnreadableDocumentError(KnowledgeError):
    """A file cannot become a document; a sync reports it and goes on."""


class SourceUnavailableError(KnowledgeError):
    """A folder, bucket or web address cannot be reached, listed or read."""


class IndexUnavailableError(KnowledgeError):
    """The index cannot be opened, read or written."""
