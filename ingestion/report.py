"""What a run over documents did, and the steps it tells while it is at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from ingestion.ledger import Failure


@dataclass(frozen=True)
class Progress:
    """A file has been dealt with, `done` of `total`; `chunks` were written (0 if unchanged or failed).

    Inside a long document `part` tells how much of it is embedded, from 0 to 1, and `done` counts those
    before it. `work` and `all_work` are bytes, as far as the source tells sizes.
    """

    collection: str
    document: str
    done: int
    total: int
    chunks: int
    pages: int = 0
    part: float = 0.0
    work: int = 0
    all_work: int = 0


ShowProgress = Callable[[Progress], None]


@dataclass
class SyncReport:
    """What a run did, or would do, in documents and chunks.

    `added`, `changed` and `forgotten` are names of documents. `gone` are documents whose file has vanished
    and which are kept; `skipped` are files of no readable kind, with the reason; `stopped` says that it ended
    before its time because it was asked to.
    """

    documents: int = 0
    chunks: int = 0
    pages: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    stopped: bool = False

    def add(self, other: SyncReport) -> None:
        """Take in what another run did."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            setattr(self, one.name, mine or theirs if isinstance(mine, bool) else mine + theirs)

    def to_json(self) -> dict[str, object]:
        """For scripts: counts, then each failed file with its reason."""
        return {
            "documents": self.documents,
            "chunks": self.chunks,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "failed": [{"file": failure.file, "reason": failure.reason} for failure in self.failed],
        }
