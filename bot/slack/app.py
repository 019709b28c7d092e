"""The Slack app: who may come in, and what becomes of what goes wrong. The listeners do the rest.

Bolt checks the signature first. It runs a listener before it answers (`process_before_response`): what is
acknowledged is durable, and what could not be kept is a 500 that Slack delivers again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.intake import INSTALLED, Front
from bot.slack.listeners import actions, commands, events, options, shortcuts, views
from bot.slack.settings import SlackSettings
from bot.slack.silence import silent
from bot.slack.tokens import Installed, NotInstalled, TokenUnreachable, tenant_of

log = logging.getLogger(__name__)

NEEDS_NO_TOKEN = frozenset(("url_verification", "ssl_check"))
FAREWELLS = frozenset(("app_uninstalled", "tokens_revoked"))
"""Events that arrive when the token is gone already."""


def create_slack_app(settings: SlackSettings, front: Front) -> AsyncApp:
    """The app, the same over HTTP and Socket Mode."""
    app = AsyncApp(
        # Bolt puts the level of its logger on the one of this name, too: not on ours.
        name="salesmate-bolt",
        logger=silent(),
        # An empty secret would be a known one; without it the route is not opened at all (bot.serve).
        signing_secret=settings.slack_signing_secret or "",
        client=AsyncWebClient(base_url=settings.api_url),
        before_authorize=_KnownWorkspaces(front),
        authorize=_authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.error(_failed)
    for room in (events, commands, shortcuts, actions, views, options):
        room.listen(app, front)
    return app


class _KnownWorkspaces(AsyncMiddleware):
    """Turns away what comes from a workspace that SalesMate is not installed in.

    A class, because Bolt gathers some thirty arguments for a function, for each event.
    """

    def __init__(self, front: Front) -> None:
        self._tokens = front.tokens

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt gives it by this name
    ) -> BoltResponse | None:
        event = req.body.get("event") or {}
        if req.body.get("type") in NEEDS_NO_TOKEN or event.get("type") in FAREWELLS:
            return await next()
        context = req.context
        try:
            installed = await self._tokens.bot(tenant_of(events.team(context)), context.enterprise_id or "")
        except NotInstalled:
            log.warning("slack unknown workspace")
            # Said again, it would be refused again.
            return BoltResponse(status=403, body="", headers={"x-slack-no-retry": "1"})
        except TokenUnreachable:
            log.warning("slack token unreachable")
            return BoltResponse(status=503, body="")
        context[INSTALLED] = installed
        return await next()


async def _authorize(context: AsyncBoltContext) -> AuthorizeResult:
    """As the workspace's own bot; Bolt ignores what that bot did itself."""
    installed: Installed = context[INSTALLED]
    return AuthorizeResult(
        enterprise_id=installed.enterprise_id or None,
        team_id=installed.team_id,
        bot_id=installed.bot_id or None,
        bot_user_id=installed.bot_user_id,
        bot_token=installed.token,
        user_id=context.user_id,
    )


async def _failed(error: Exception) -> BoltResponse:
    """Bolt's own handler would log the request, which is what people wrote; ours names the kind of error."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("slack unhandled request")
        return BoltResponse(status=200, body="")
    log.error("slack listener failed", extra={"error": type(error).__name__})
    return BoltResponse(status=500, body="")
