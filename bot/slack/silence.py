"""Where Slack's packages log to: nowhere.

They quote whole requests, codes and answers; what matters is logged by us, without them.
"""

from __future__ import annotations

import logging


def silent() -> logging.Logger:
    """To be given to whatever of theirs takes a logger."""
    logger = logging.getLogger("salesmate.slack.packages")
    logger.setLevel(logging.CRITICAL + 1)
    logger.disabled = True
    return logger
