"""How fast SalesMate speaks in Slack."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import suggestions
from bot.slack.capabilities import Capabilities
from bot.slack.live import in_markdown
from bot.slack.pacing import CHANNEL_BURST, CHANNEL_INTERVAL_S, MINUTE, Pace

ACME = "slack-T0ACME"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_short_burst_goes_out_at_once_and_then_one_message_a_second() -> None:
    pace = Pace(Clock())
    waits = [pace.message_s(ACME, "D1", patience_s=60) for _ in range(CHANNEL_BURST + 2)]
    assert waits == pytest.approx([0.0] * CHANNEL_BURST + [CHANNEL_INTERVAL_S, 2 * CHANNEL_INTERVAL_S])


def test_two_hundred_conversations_do_not_wait_for_each_other() -> None:
    pace = Pace(Clock())
    assert not any(
        pace.message_s(ACME, f"D{n}", patience_s=60) for _ in range(CHANNEL_BURST) for n in range(200)
    )


def test_a_channel_that_was_quiet_has_its_burst_again() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(CHANNEL_BURST + 1):
        pace.message_s(ACME, "D1", patience_s=60)
    clock.now += 60
    assert [pace.message_s(ACME, "D1", patience_s=60) for _ in range(CHANNEL_BURST)] == [0.0] * CHANNEL_BURST


def test_whoever_will_not_wait_takes_no_place_in_the_line() -> None:
    pace = Pace(Clock())
    for _ in range(CHANNEL_BURST):
        pace.message_s(ACME, "D1", patience_s=0)
    assert [pace.message_s(ACME, "D1", patience_s=0) for _ in range(5)] == pytest.approx(
        [CHANNEL_INTERVAL_S] * 5
    )


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_second_ever_sees_more_than_a_burst_and_one(pauses: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock)
    sent = []
    for pause in pauses:
        clock.now += pause
        sent.append(clock.now + pace.message_s(ACME, "D1", patience_s=1e9))
    assert sent == sorted(sent), "in the order of asking"
    for moment in sent:
        assert sum(moment <= other < moment + 0.999 for other in sent) <= CHANNEL_BURST + 1


def test_retry_after_holds_the_method_in_its_workspace_only() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.held(ACME, "chat.postMessage", 30, "D1")
    assert pace.wait_s(ACME, "chat.postMessage") == 30
    assert pace.wait_s(ACME, "chat.update") == 0
    assert pace.wait_s("slack-T0OTHER", "chat.postMessage") == 0
    clock.now += 30
    assert pace.wait_s(ACME, "chat.postMessage") == 0
    waits = [pace.message_s(ACME, "D1", patience_s=9) for _ in range(3)]
    assert waits == pytest.approx([0.0, CHANNEL_INTERVAL_S, 2 * CHANNEL_INTERVAL_S]), "its burst is used up"


def test_ornaments_are_left_out_when_a_methods_minute_is_used_up() -> None:
    clock = Clock()
    pace = Pace(clock)
    method = "agents.sessions.setStatus"
    assert [pace.spare(ACME, method) for _ in range(MINUTE[method] + 1)] == [True] * MINUTE[method] + [False]
    clock.now += 60 / MINUTE[method]
    assert not pace.spare(ACME, method, 2), "a status has to be cleared as well"
    assert pace.spare(ACME, method)


def test_an_ornament_is_not_tried_while_slack_asks_to_wait() -> None:
    pace = Pace(Clock())
    pace.held(ACME, "chat.appendStream", 5)
    assert not pace.spare(ACME, "chat.appendStream")


def test_what_a_workspace_lacks_is_known_until_it_is_installed_anew() -> None:
    known = Capabilities()
    assert not known.learn("xoxb-1", "chat.startStream", "channel_not_found"), "says nothing of the method"
    assert known.has("xoxb-1", "chat.startStream")
    assert known.learn("xoxb-1", "chat.startStream", "unknown_method")
    assert not known.has("xoxb-1", "chat.startStream")
    assert known.has("xoxb-of-another-workspace", "chat.startStream")
    assert known.has("xoxb-2", "chat.startStream"), "a new token may be allowed more"


def test_the_suggestions_are_the_manifests() -> None:
    manifest = yaml.safe_load((Path(suggestions.__file__).parent / "manifest.yaml").read_text())
    assert list(suggestions.PROMPTS) == manifest["features"]["agent_view"]["suggested_prompts"]
    assert len(suggestions.PROMPTS) <= 4


@given(st.text(max_size=80))
def test_streamed_words_are_words(text: str) -> None:
    shown = in_markdown(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "](" not in shown
