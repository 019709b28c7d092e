"""What a workspace offers: newer calls are tried once, and left alone for good where it says no."""

from __future__ import annotations

from bot.recent import Recent

CUSTOMIZE = "chat:write.customize"
"""The scope for a name and a picture of one's own, kept here as if it were a method."""

# Answers that will be the same next time, whatever is sent.
LACKING = frozenset(
    (
        "unknown_method",
        "method_not_supported",
        "method_not_supported_for_channel_type",
        "method_deprecated",
        "deprecated_endpoint",
        "missing_scope",
        "not_allowed",
        "not_allowed_token_type",
        "no_permission",
        "access_denied",
        "feature_not_enabled",
        "not_enabled",
        "team_not_eligible",
        "file_uploads_disabled",
    )
)


class Capabilities:
    """Methods that are not to be had, by token: a workspace that is installed anew, perhaps with more scopes,
    is asked anew."""

    def __init__(self) -> None:
        self._missing: Recent[str, frozenset[str]] = Recent()

    def has(self, token: str, method: str) -> bool:
        """Whether it is worth trying."""
        return method not in self._missing.get(token, ())

    def learn(self, token: str, method: str, code: str) -> bool:
        """Take down Slack's answer; true if the method is missing for good."""
        if code not in LACKING:
            return False
        self._missing[token] = self._missing.get(token, frozenset()) | {method}
        return True
