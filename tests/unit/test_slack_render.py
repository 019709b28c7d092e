"""Whatever a message holds, Slack takes it, shows it as it was written, and obeys nothing in it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.neutral import neutral
from bot.presentation import (
    Actions,
    Button,
    Feedback,
    Fields,
    Heading,
    Home,
    Items,
    Message,
    Pair,
    Part,
    Quote,
    Rule,
    Source,
    Sources,
    Speaker,
    Words,
)
from bot.slack.render import Payload, rendered, rendered_home
from tests.fakes.slack import limits
from tests.proofs import FULL
from tests.unit.hostile_text import MESSAGE, PARTS, TEXT

Json = dict[str, Any]
EXAMPLES = 400 if FULL else 25
WORKSPACE = "https://acme.slack.com/"
JOINER = "\u2060"
LONG = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LIVE = re.compile(r"<[!@#][^>]*>")
LINK = re.compile(r"<([^!@#|>][^|>]*)\|?([^>]*)>")


def texts(node: object) -> Iterator[Json]:
    """Every text object in blocks."""
    if isinstance(node, list | tuple):
        for inner in node:
            yield from texts(inner)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node
        else:
            for inner in node.values():
                yield from texts(inner)


def read(payloads: tuple[Payload, ...]) -> str:
    """What a person reads in the blocks."""
    found = (text for payload in payloads for text in texts(payload.blocks))
    return "\n".join(
        html.unescape(text["text"]) if text["type"] == "mrkdwn" else text["text"] for text in found
    ).replace(JOINER, "")


def strictly(text: str) -> int:
    """The length by whichever way of counting gives most."""
    units = len(text.encode("utf-16-le")) // 2
    return units + 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")


def one(*parts: Part, summary: str = "In short", speaker: Speaker | None = None) -> Payload:
    """The only Slack message that this takes."""
    (payload,) = rendered(Message(summary=summary, parts=parts, speaker=speaker), workspace_url=WORKSPACE)
    return payload


# --- limits


@pytest.mark.prove
@LONG
@given(MESSAGE)
def test_every_limit_holds_for_every_message(message: Message) -> None:
    for payload in rendered(message, workspace_url=WORKSPACE):
        assert limits.message_problems(list(payload.blocks)) == []
        assert 1 <= len(payload.blocks) <= 50
        assert limits.characters(list(payload.blocks)) <= 12_000
        assert 1 <= len(payload.text) <= 4_000
        assert len(payload.username) <= 80
        json.dumps(payload.blocks).encode()
        payload.text.encode()


@pytest.mark.prove
@LONG
@given(MESSAGE)
def test_limits_hold_however_slack_counts(message: Message) -> None:
    for payload in rendered(message, workspace_url=WORKSPACE):
        for block in payload.blocks:
            if block["type"] == "section" and "text" in block and block["text"]["type"] == "plain_text":
                assert strictly(block["text"]["text"]) <= 3_000
            if block["type"] == "header":
                assert strictly(block["text"]["text"]) <= 150


@pytest.mark.prove
@LONG
@given(PARTS)
def test_a_home_page_fits_whatever_is_on_it(parts: tuple[Part, ...]) -> None:
    view = rendered_home(Home(parts=parts), workspace_url=WORKSPACE)
    assert limits.view_problems(view) == []
    assert not limits.too_large(view)


def test_a_home_page_that_is_too_long_says_so() -> None:
    view = rendered_home(Home(parts=(Rule(),) * 300))
    assert len(view["blocks"]) == 100
    assert "more than fits" in view["blocks"][-1]["elements"][0]["text"]


def test_sixty_blocks_become_two_messages_in_order() -> None:
    words = [Words(text=f"Line {n}.") for n in range(60)]
    first, second = rendered(Message(summary="Many lines", parts=tuple(words)), workspace_url=WORKSPACE)
    assert (len(first.blocks), len(second.blocks)) == (50, 10)
    assert (first.text, second.text) == ("Many lines", "Many lines (2 of 2)")
    assert (first.part, first.of, second.part, second.of) == (1, 2, 2, 2)
    assert second.blocks[0]["text"]["text"] == "Line 50."


def test_a_title_is_not_left_behind_at_the_end_of_a_message() -> None:
    parts: list[Part] = [*[Words(text="Line.")] * 49, Heading(text="The rest"), Words(text="Here.")]
    first, second = rendered(Message(summary="s", parts=tuple(parts)))
    assert len(first.blocks) == 49
    assert [block["type"] for block in second.blocks] == ["header", "section"]


def test_a_message_without_anything_to_show_is_its_summary() -> None:
    assert read((one(Words(text="  "), Items(items=()), summary="Done."),)) == "Done."
    assert read((one(summary=" "),)) == "…"


# --- nothing is obeyed


@pytest.mark.prove
@LONG
@given(MESSAGE)
def test_nothing_in_a_message_pings_links_or_hides(message: Message) -> None:
    linked = {source.uri for part in message.parts if isinstance(part, Sources) for source in part.sources}
    for payload in rendered(message, workspace_url=WORKSPACE):
        found = list(texts(payload.blocks))
        markup = [text["text"] for text in found if text["type"] == "mrkdwn"]
        assert all(text["verbatim"] for text in found if text["type"] == "mrkdwn")
        for text in [payload.text, *markup]:
            assert not LIVE.search(text)
            assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert not LINK.search(payload.text)
        for address, _ in (hit for text in markup for hit in LINK.findall(text)):
            assert address.startswith(("http://", "https://"))
            assert linked
        for text in [payload.text, payload.username, *(one["text"] for one in found)]:
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
            assert not re.search(r"@(here|channel|everyone)", text, re.IGNORECASE)


@pytest.mark.parametrize(
    "said",
    [
        "<!here> wake up",
        "ask <@U0BOSS>",
        "@channel everybody",
        "<https://evil.example|your bank>",
        "*bold* _it_ ~gone~ `code`",
        "> quoted\n>>> all of it",
        "```\ncode",
        ":tada: & <b>",
        "Fish & chips < steak > salad",
    ],
)
def test_a_line_is_read_as_it_was_written(said: str) -> None:
    payload = one(Words(text=said), summary=said)
    (block,) = payload.blocks
    assert block["text"]["type"] == "plain_text"
    assert block["text"]["text"].replace(JOINER, "") == said
    assert html.unescape(payload.text).replace(JOINER, "") == said
    assert not LIVE.search(payload.text)


@pytest.mark.prove
@LONG
@given(TEXT, st.sampled_from(("plain", "small")))
def test_no_word_is_lost_however_long_the_text(text: str, tone: Literal["plain", "small"]) -> None:
    whole = Message(summary="s", parts=(Words(text=f"Said: {text}", tone=tone),))
    shown = "".join(read(rendered(whole)).split())
    assert shown == "".join(neutral(f"Said: {text}").replace(JOINER, "").split())


@pytest.mark.parametrize("name", ["*Helen*", "_Helen_", "~Helen~", "`Helen`", "He*l*en", ":tada:", "a\n*b*"])
def test_what_stands_in_bold_cannot_end_the_bold(name: str) -> None:
    (block,) = one(Words(text=name, tone="bold")).blocks
    for line in block["text"]["text"].split("\n"):
        assert re.fullmatch(r"\*[^*_~`]+\*", line)
        assert not re.search(r":[a-z]+:", line)


def test_addresses_in_text_do_not_become_links() -> None:
    said = "See https://evil.example or your-bank.example."
    for part in (Words(text=said), Quote(text=said), Items(items=(said,)), Words(text=said, tone="small")):
        assert all(text["type"] == "plain_text" for text in texts(one(part).blocks))


# --- sources


def source(uri: str, title: str = "Price list") -> str:
    payload = one(Sources(sources=(Source(n=1, title=title, page=3, heading="Fees", quote="2 %", uri=uri),)))
    return " ".join(text["text"] for text in texts(payload.blocks))


def test_a_source_links_its_title_and_says_where_it_stands() -> None:
    shown = source("https://docs.acme.example/prices?a=1&b=2")
    assert shown == "[1] <https://docs.acme.example/prices?a=1&amp;b=2|Price list> page 3, Fees: “2 %”"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "prices.pdf",
        "file:///srv/papers/prices.pdf",
        "javascript:alert(1)",
        "slack://open",
        "https://",
        "https://bank.example@evil.example/",
        "https://bänk.example/",
        "https://x.example/" + "y" * 4_000,
    ],
)
def test_what_is_no_plain_web_address_is_no_link(uri: str) -> None:
    assert source(uri) == "[1] Price list, page 3, Fees: “2 %”"


def test_a_link_cannot_be_closed_from_inside() -> None:
    shown = source("https://docs.example/a>b|c<d e", title="Prices|now> <!here> *x*")
    assert shown.count("<") == shown.count(">") == 1
    assert "https://docs.example/a%3Eb%7Cc%3Cd%20e" in shown


def test_a_title_that_looks_like_an_address_says_where_it_goes() -> None:
    assert "|your-bank.example (evil.example)>" in source("https://evil.example/x", "your-bank.example")
    assert "|docs.example>" in source("https://docs.example/x", "docs.example")


def test_a_page_worth_opening_has_no_number() -> None:
    payload = one(Sources(sources=(Source(n=0, title="Handbook", page=0),)))
    assert read((payload,)) == "• Handbook"


# --- buttons, fields, speakers


def test_a_button_says_what_to_whom() -> None:
    (block,) = one(
        Actions(buttons=(Button(action="end", label="End call", value="rp1", style="danger"),))
    ).blocks
    assert block["elements"] == [
        {
            "type": "button",
            "action_id": "salesmate_end",
            "text": {"type": "plain_text", "text": "End call", "emoji": False},
            "value": "rp1",
            "style": "danger",
        }
    ]


def test_one_action_twice_needs_two_rows() -> None:
    blocks = one(Actions(buttons=tuple(Button(action="end", label="End", value=v) for v in "ab"))).blocks
    assert [block["elements"][0]["value"] for block in blocks] == ["a", "b"]


def test_a_value_too_long_to_be_kept_whole_has_no_button() -> None:
    assert (
        read((one(Actions(buttons=(Button(action="end", label="End", value="x" * 2_001),))),)) == "In short"
    )


def test_what_cannot_be_undone_is_asked_first() -> None:
    (block,) = one(Actions(buttons=(Button(action="end", label="End", confirm="It cannot go on."),))).blocks
    assert block["elements"][0]["confirm"]["text"]["text"] == "It cannot go on."


@pytest.mark.parametrize(
    ("workspace", "url"),
    [
        (WORKSPACE, "https://acme.slack.com/archives/D0CALL/p1700000000000100"),
        ("", "https://slack.com/app_redirect?channel=D0CALL&message_ts=1700000000.000100"),
    ],
)
def test_open_is_a_link_to_the_thread(workspace: str, url: str) -> None:
    button = Button(action="open", label="Open", value="D0CALL:1700000000.000100")
    view = rendered_home(Home(parts=(Actions(buttons=(button,)),)), workspace_url=workspace)
    assert view["blocks"][0]["elements"][0]["url"] == url


def test_open_leads_nowhere_but_to_a_thread() -> None:
    button = Button(action="open", label="Open", value="../evil.example:1")
    assert read((one(Actions(buttons=(button,))),)) == "In short"


def test_feedback_is_two_buttons() -> None:
    (block,) = one(Feedback(question="q1")).blocks
    assert [(e["action_id"], e["value"]) for e in block["elements"]] == [
        ("salesmate_helpful", "q1"),
        ("salesmate_unhelpful", "q1"),
    ]


def test_labels_stand_beside_their_values() -> None:
    (block,) = one(Fields(pairs=(Pair(label="Goal", value="A *day*"), Pair(label="None", value=" ")))).blocks
    assert [field["text"] for field in block["fields"]] == ["*Goal*", "A *day*"]


def test_a_value_too_long_for_its_column_gets_the_whole_width() -> None:
    payload = one(Fields(pairs=(Pair(label="Goal", value="word " * 500),)))
    assert [list(block) for block in payload.blocks] == [["type", "text"]] * 2
    assert len(read((payload,)).split()) == 501


@pytest.mark.parametrize(
    ("picture", "worn"),
    [
        (":female-teacher:", {"icon_emoji": ":female-teacher:"}),
        (":wave::skin-tone-3:", {"icon_emoji": ":wave::skin-tone-3:"}),
        ("https://pictures.example/helen.png", {"icon_url": "https://pictures.example/helen.png"}),
        ("http://pictures.example/helen.png", {}),
        ("javascript:alert(1)", {}),
        ("", {}),
    ],
)
def test_a_speaker_has_a_name_and_a_picture(picture: str, worn: Json) -> None:
    payload = one(Words(text="Hello?"), speaker=Speaker(name="Helen Marsh", picture=picture))
    assert payload.username == "Helen Marsh"
    shown = {"icon_emoji": payload.icon_emoji, "icon_url": payload.icon_url}
    assert {name: value for name, value in shown.items() if value} == worn


def test_a_customers_line_is_one_plain_section() -> None:
    payload = one(Words(text="Hello. Who is this?"), summary="Hello. Who is this?")
    assert payload.text == "Hello. Who is this?"
    assert payload.blocks == (
        {"type": "section", "text": {"type": "plain_text", "text": "Hello. Who is this?", "emoji": False}},
    )
