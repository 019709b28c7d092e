"""What a newcomer may say first: Slack shows at most four suggestions. Sent as her own words, the first two
begin a call in the message's own thread."""

from __future__ import annotations

TITLE = "Rehearse a call, or ask your documents"
PROMPTS = (
    {"title": "Start a call", "message": "Start a call"},
    {"title": "Rehearse with Helen Marsh", "message": "Rehearse with Helen Marsh"},
    {"title": "What can SalesMate do?", "message": "help"},
)
