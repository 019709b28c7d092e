"""Who is who: the token's owner, the workspace, the bot, the people; and how an app is put out."""

from __future__ import annotations

from tests.fakes.slack.state import Body, State, Token, User
from tests.fakes.slack.web import TIER_2, TIER_3, TIER_4, Ask, Refused, method


@method("api.test", signed_in=False, tier=TIER_4)
async def api_test(ask: Ask) -> Body:
    """Give back what was passed; `error` asks for that error."""
    if error := ask.text("error"):
        raise Refused(error, args=ask.args)
    return {"args": ask.args}


@method("auth.test", tier=0, kinds=("bot", "user", "app"))
async def auth_test(ask: Ask) -> Body:
    """Whose token it is."""
    if ask.token.kind == "app":
        return {"app_name": ask.state.app.name, "app_id": ask.state.app.id}
    workspace, user = ask.workspace, ask.state.users[ask.token.user]
    body = {"url": workspace.url, "team": workspace.name, "team_id": workspace.id, "user": user.name}
    bot = {"bot_id": workspace.bot_id} if user.is_bot else {}
    return body | {"user_id": user.id, "is_enterprise_install": False} | bot


@method("auth.revoke", tier=TIER_3)
async def auth_revoke(ask: Ask) -> Body:
    """Make the token worthless; `test` only tries."""
    if ask.flag("test"):
        return {"revoked": False}
    revoke(ask.state, [ask.token])
    return {"revoked": True}


@method("apps.uninstall", tier=TIER_2)
async def apps_uninstall(ask: Ask) -> Body:
    """Take the app out of the workspace, by its own wish."""
    app = ask.state.app
    if ask.text("client_id") != app.client_id or ask.text("client_secret") != app.client_secret:
        raise Refused("invalid_client_id" if ask.text("client_id") != app.client_id else "bad_client_secret")
    uninstall(ask.state, ask.token.team)
    return {}


def revoke(state: State, tokens: list[Token]) -> None:
    """Make tokens worthless and tell so, as one change for each workspace."""
    for token in tokens:
        token.revoked = True
    for team in sorted({token.team for token in tokens}):
        state.changed("tokens_revoked", team, [token for token in tokens if token.team == team])


def uninstall(state: State, team: str) -> None:
    """Take the app out of a workspace: its tokens are worthless from now on."""
    state.workspace(team).installed = False
    living = [token for token in state.tokens.values() if token.team == team and not token.revoked]
    if living:
        revoke(state, living)
    state.changed("app_uninstalled", team, state.workspace(team))


@method("team.info", "team:read")
async def team_info(ask: Ask) -> Body:
    """The workspace."""
    workspace = ask.workspace
    if ask.text("team") not in {"", workspace.id}:
        raise Refused("team_not_found")
    return {
        "team": {
            "id": workspace.id,
            "name": workspace.name,
            "domain": workspace.domain,
            "url": workspace.url,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


@method("bots.info", "users:read")
async def bots_info(ask: Ask) -> Body:
    """The app's bot."""
    workspace = ask.workspace
    if ask.text("bot") != workspace.bot_id:
        raise Refused("bot_not_found")
    app = ask.state.app
    bot = {"id": workspace.bot_id, "deleted": False, "name": app.name, "app_id": app.id}
    return {"bot": bot | {"user_id": workspace.bot_user, "updated": 0, "icons": {}}}


@method("users.info", "users:read", tier=TIER_4)
async def users_info(ask: Ask) -> Body:
    """One person of the workspace."""
    user = ask.state.users.get(ask.needed("user"))
    if user is None or user.team != ask.token.team:
        raise Refused("user_not_found")
    return {"user": member(user, with_email="users:read.email" in ask.token.scopes)}


@method("users.list", "users:read", tier=TIER_2)
async def users_list(ask: Ask) -> Body:
    """Everybody of the workspace."""
    with_email = "users:read.email" in ask.token.scopes
    people = [user for user in ask.state.users.values() if user.team == ask.token.team]
    return {
        "members": [member(user, with_email=with_email) for user in people],
        "cache_ts": int(ask.state.clock()),
        "response_metadata": {"next_cursor": ""},
    }


def member(user: User, *, with_email: bool) -> Body:
    """A person as Slack describes her; the address only with its own scope."""
    profile = {"real_name": user.real_name, "display_name": user.name}
    if with_email and user.email:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_admin": False,
        "profile": profile,
    }
