"""What a newcomer may say first, sent as her own words: the manifest's suggestions, for workspaces that show
only those of the moment. Slack takes four at most."""

from __future__ import annotations

TITLE = "Rehearse a call, or ask your documents"
PROMPTS = (
    {"title": "Rehearse with Helen Marsh", "message": "Rehearse with Helen Marsh"},
    {"title": "Rehearse with Priya Raman", "message": "Rehearse with Priya Raman"},
    {"title": "What can you do?", "message": "What can you do?"},
)
