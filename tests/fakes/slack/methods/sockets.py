"""Socket Mode: where an app asks for its WebSocket."""

from __future__ import annotations

from tests.fakes.slack.state import Body
from tests.fakes.slack.web import TIER_1, Ask, method


@method("apps.connections.open", "connections:write", tier=TIER_1, kinds=("app",))
async def apps_connections_open(ask: Ask) -> Body:
    """An address that opens one connection, for an app-level token only."""
    return {"url": ask.state.new_socket_url()}
