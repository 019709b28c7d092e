"""What a worker gives each turn that it sees through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.turns.events import OnEvent
    from bot.turns.outbox import Outbox
    from bot.turns.patience import Patience
    from bot.turns.ports import Work
    from bot.turns.queue import Queue


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The same for all turns of a worker."""

    queue: Queue
    outbox: Outbox
    work: Work
    patience: Patience
    on_event: OnEvent
