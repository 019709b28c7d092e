"""What a browser shows while SalesMate is being installed. Plain pages: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

HEADERS = {
    "Content-Security-Policy": ["default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
    # The address holds a code, which is nobody else's business.
    "Referrer-Policy": ["no-referrer"],
    "Cache-Control": ["no-store"],
    "X-Content-Type-Options": ["nosniff"],
}

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#1d1c1d}"
    "a.do{display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#4a154b;color:#fff;"
    "text-decoration:none}"
)
AGAIN = '<p><a href="/slack/install">Start again</a></p>'
WHY = {
    "access_denied": "You did not allow it, so nothing was installed and nothing was kept.",
    "invalid_browser": (
        "The installation has to end in the browser it began in, within ten minutes, and over https. "
        "Nothing was installed."
    ),
    "invalid_state": "This installation was finished already, or was left for longer than ten minutes.",
    "missing_code": "This address is opened by Slack at the end of an installation, not by hand.",
    "invalid_code": "Slack did not confirm the installation. Nothing was kept.",
    "storage_error": "SalesMate could not keep the installation. Ask whoever runs it to look at its log.",
}
OTHERWISE = "Slack broke the installation off. Nothing was installed."


def offer(url: str) -> str:
    """The page an installation begins at; `url` is Slack's, where the person allows it."""
    return _page(
        "Add SalesMate to Slack",
        "<p>Reps rehearse sales calls with simulated customers in their own direct messages, ask a copilot "
        "that answers from your company's documents, and get a scorecard after each call.</p>"
        "<p>Slack shows what SalesMate may do before anything is installed. It reads the messages that are "
        "written to it, and no others.</p>"
        f'<p><a class="do" href="{escape(url)}">Add to Slack</a></p>',
    )


def installed(workspace: str, team: str, app: str) -> str:
    """The page an installation ends at."""
    place = f" in {escape(workspace)}" if workspace else ""
    address = "https://slack.com/app_redirect"
    if app and team:
        address += f"?app={escape(app)}&amp;team={escape(team)}"
    return _page(
        f"SalesMate is installed{place}",
        "<p>Open it in Slack under Apps, and choose “Start a call” on its Home tab, or type "
        "<code>/roleplay</code>.</p>"
        f'<p><a class="do" href="{address}">Open Slack</a></p>',
    )


def failed(reason: str) -> str:
    """The page of an installation that did not come about; `reason` is Bolt's or Slack's word."""
    return _page("SalesMate was not installed", f"<p>{WHY.get(reason, OTHERWISE)}</p>{AGAIN}")


def _page(title: str, body: str) -> str:
    heading = f"<title>{title}</title><h1>{title}</h1>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>{heading}{body}</html>'
    )
