"""How SalesMate is joined to Slack."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from ingestion.file_settings import FileSettings

SLACKS_OWN = "https://slack.com/api/"


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
        if missing := self._missing():
            raise SlackNotSetUp(
                f"Slack is not set up: {missing}. The README says where to find each value, and "
                "`salesmate doctor` checks them."
            )
        return Tenancy.OAUTH if self.slack_client_id else Tenancy.SINGLE

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
