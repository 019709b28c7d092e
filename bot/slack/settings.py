"""How SalesMate is joined to Slack."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field, field_validator

from ingestion.file_settings import FileSettings

SLACKS_OWN = "https://slack.com/api/"

KINDS = {
    "xoxb-": "a bot token",
    "xapp-": "an app-level token",
    "xoxp-": "a user token",
    "xoxe.xoxb-": "a bot token that runs out after twelve hours (token rotation is on in this app: make it "
    "anew from the manifest, or have it installed by OAuth)",
    "xoxe": "a configuration or refresh token",
}
"""What Slack's tokens begin with."""
WANTED = {
    "slack_bot_token": ("xoxb-", "the Bot User OAuth Token (xoxb-…) from OAuth & Permissions"),
    "slack_app_token": ("xapp-", "an App-Level Token (xapp-…) from Basic Information"),
    "slack_signing_secret": ("", "the Signing Secret from Basic Information, App Credentials"),
    "slack_client_id": ("", "the Client ID from Basic Information, App Credentials"),
    "slack_client_secret": ("", "the Client Secret from Basic Information, App Credentials"),
}
"""What each setting begins with (nothing: it is no token at all), and where on the app's page it is."""


class SlackNotSetUp(Exception):
    """Slack is configured by half, or not at all. The message says what is missing."""


class Tenancy(StrEnum):
    """Where a workspace's token comes from."""

    SINGLE = "one workspace by its token"
    OAUTH = "workspaces by OAuth"


class SlackSettings(FileSettings):
    """Read from `SALESMATE_SLACK_…`, or from the file that the same variable with `_FILE` names."""

    slack_bot_token: str | None = Field(None, repr=False)
    """Bot User OAuth Token (`xoxb-…`) of the one workspace that SalesMate serves."""
    slack_signing_secret: str | None = Field(None, repr=False)
    """Signing Secret of the Slack app; needed unless Socket Mode is used."""
    slack_app_token: str | None = Field(None, repr=False)
    """App-level token (`xapp-…`, scope connections:write). Set, it turns Socket Mode on."""
    slack_client_id: str | None = None
    """Client ID of the Slack app, to have it installed in many workspaces (OAuth)."""
    slack_client_secret: str | None = Field(None, repr=False)
    """Client Secret that belongs to the Client ID."""
    slack_api_url: str = SLACKS_OWN
    """Where Slack's Web API is; another address makes something else stand in for Slack."""

    @field_validator("*", mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        """Without the blanks and quotation marks that a paste or an env file leaves around a value."""
        return value.strip().strip("'\"“”‘’").strip() if isinstance(value, str) else value

    @property
    def configured(self) -> bool:
        """Whether anybody began to set Slack up."""
        return bool(
            self.slack_bot_token or self.slack_signing_secret or self.slack_app_token or self.slack_client_id
        )

    @property
    def api_url(self) -> str:
        """The address of the Web API, ending with the slash that method names follow."""
        return self.slack_api_url.rstrip("/") + "/"

    def tenancy(self) -> Tenancy:
        """How workspaces are served. Raises SlackNotSetUp: configured by half, it would fail people later."""
        if wrong := self.problems():
            raise SlackNotSetUp(
                f"Slack is not set up: {'; '.join(wrong)}. docs/slack.md says where to find each value, and "
                "`salesmate doctor` checks them."
            )
        return Tenancy.OAUTH if self.slack_client_id else Tenancy.SINGLE

    def problems(self) -> list[str]:
        """What is missing or in the wrong place, a sentence each, without full stops. No value is quoted."""
        missing = self._missing()
        return [*self._misplaced(), *([missing] if missing else [])]

    def _misplaced(self) -> Iterator[str]:
        for name, (begins, wanted) in WANTED.items():
            value = getattr(self, name)
            kind = next((kind for start, kind in KINDS.items() if value and value.startswith(start)), "")
            if value and (not value.startswith(begins) if begins else kind):
                holds = kind or "something that is no Slack token"
                yield f"SALESMATE_{name.upper()} holds {holds}; it takes {wanted}"

    def _missing(self) -> str:
        if bool(self.slack_client_id) != bool(self.slack_client_secret):
            return "SALESMATE_SLACK_CLIENT_ID and SALESMATE_SLACK_CLIENT_SECRET belong together; set both"
        if self.slack_bot_token and self.slack_client_id:
            return (
                "SALESMATE_SLACK_BOT_TOKEN is for one workspace, SALESMATE_SLACK_CLIENT_ID for many; "
                "set one of them"
            )
        if not self.slack_bot_token and not self.slack_client_id:
            return (
                "set SALESMATE_SLACK_BOT_TOKEN (or, for many workspaces, SALESMATE_SLACK_CLIENT_ID and "
                "SALESMATE_SLACK_CLIENT_SECRET)"
            )
        if not self.slack_signing_secret and not self.slack_app_token:
            return "set SALESMATE_SLACK_SIGNING_SECRET (or, for Socket Mode, SALESMATE_SLACK_APP_TOKEN)"
        return ""
