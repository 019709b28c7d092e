"""What Slack's refusals mean for something on its way to a person."""

from __future__ import annotations

from bot.slack.client import Limited, Refused, Unclear
from bot.turns.ports import DeliverLater, Undeliverable

AMBIGUOUS_AFTER_S = 1.0
"""Slack's list of messages may be a moment behind: look no sooner than this after an unclear post."""

# Nobody is there to read it, or SalesMate may not speak there, or Slack will never take it as it is.
NEVER = frozenset(
    (
        *("account_inactive", "invalid_auth", "not_authed", "token_revoked", "org_login_required"),
        *("channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel", "is_inactive"),
        *("user_not_found", "users_not_found", "user_disabled", "user_not_visible", "invalid_user_id"),
        *("cannot_dm_bot", "messages_tab_disabled", "not_enabled", "invalid_users", "restricted_action"),
        *(
            "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
            "team_access_not_granted",
        ),
        *(
            "access_denied",
            "no_permission",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "invalid_channel",
        ),
        *(
            "missing_scope",
            "not_allowed_token_type",
            "unknown_method",
            "thread_not_found",
            "cannot_reply_to_message",
        ),
        *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
        *(
            "invalid_arguments",
            "invalid_thread_ts",
            "view_too_large",
            "as_user_not_supported",
            "too_many_attachments",
        ),
    )
)
# The content is at fault: plain words may still get through.
BAD_BLOCKS = frozenset(("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"))
# The message that was to be changed cannot be; a new one can be posted.
UNCHANGEABLE = frozenset(
    (
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "streaming_state_conflict",
        "channel_not_found",
        "not_in_channel",
    )
)
# Nothing can be whispered to the person here; her own direct messages remain.
NOT_HERE = frozenset(("channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived"))


def verdict(trouble: Refused | Limited | Unclear) -> DeliverLater | Undeliverable:
    """Again later, or never. What is not known is tried again: the worker gives up in the end."""
    if isinstance(trouble, Limited):
        return DeliverLater("ratelimited", after_s=trouble.after_s)
    if isinstance(trouble, Unclear):
        if not trouble.sent:
            return DeliverLater(trouble.reason)
        return DeliverLater(trouble.reason, after_s=AMBIGUOUS_AFTER_S, maybe_posted=True)
    if trouble.code in NEVER:
        return Undeliverable(trouble.code)
    return DeliverLater(trouble.code)
