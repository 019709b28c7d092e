"""What is meant for Slack goes to Slack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.addresses import Addresses

SLACK, DOUBLE = "https://slack.com/api/", "http://127.0.0.1:4711/api/"


@pytest.mark.parametrize(
    ("api", "url"),
    [
        (SLACK, "https://hooks.slack.com/commands/T1/2/abc"),
        (SLACK, "https://files.slack.com/upload/v1/ABC?x=y"),
        (SLACK, "https://hooks.slack-gov.com/actions/T1/2/abc"),
        (SLACK, "https://slack.com:443/x"),
        (DOUBLE, "http://127.0.0.1:4711/commands/T1/2/abc"),
        (DOUBLE, "http://localhost:4711/commands/T1/2/abc"),
        (DOUBLE, "https://hooks.slack.com/commands/T1/2/abc"),
        ("https://slack.example/inner/api", "https://slack.example/hooks/1"),
    ],
)
def test_slacks_own_and_what_stands_in_for_it(api: str, url: str) -> None:
    assert Addresses(api).belong(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:22/",
        "http://127.0.0.1/",
        "http://[::1]:6379/",
        "http://hooks.slack.com/commands/1",
        "https://hooks.slack.com:8443/",
        "https://slack.com.evil.example/",
        "https://evil-slack.com/",
        "https://hooksXslack.com/",
        "https://evil.example/hooks.slack.com",
        "https://evil.example#hooks.slack.com",
        "https://hooks.slack.com@evil.example/",
        "https://evil.example\\.slack.com/",
        "https://hooks.slack.com\\@evil.example/",
        "https://hooks.slack.com /",
        "https://hooks.slack.com\n.evil.example/",
        "https://ｈooks.slack.com/",
        "//hooks.slack.com/x",
        "file:///etc/passwd",
        "gopher://hooks.slack.com/",
        "javascript:alert(1)",
        "https://:443/",
        "https://hooks.slack.com:99999/",
        "",
    ],
)
@pytest.mark.parametrize("api", [SLACK, DOUBLE])
def test_nobody_elses(api: str, url: str) -> None:
    assert not Addresses(api).belong(url)


@given(st.text())
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    assert Addresses(SLACK).belong(f"https://hooks.slack.com/{text}") in (True, False)
    assert not Addresses(SLACK).belong(f"https://{text}.evil.example/")
