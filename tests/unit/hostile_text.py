"""Text that wants more than to be read: pings, links, formatting, controls, heaps of marks, at any length."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.presentation import (
    Actions,
    Button,
    Feedback,
    Fields,
    Heading,
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

BAIT = (
    "<!here>", "<!channel>", "<!everyone>", "<@U0REP>", "<#C0SALES>", "<!subteam^S1>", "@channel", "@here",
    "@everyone", "<https://evil.example|bank>", "[bank](https://evil.example)", "https://evil.example",
    "<mailto:a@b.c|x>", "&lt;!here&gt;", "&amp;", "&", "<", ">", "*bold*", "_it_", "~gone~", "`code`", "```",
    "> quoted", ":tada:", "\n", "\n\n", "\r\n", "\t", "\x00", "\x1b[31m", "\u202e", "\u2066", "\u200d",
    "[1]", " [12]", ". ", "🇬🇧", "👩‍👩‍👧", "👍🏽", "e\u0301", "\ud800", "{'a': 1}", "%s",
    "'; drop table turns; --",     "بنك", "顧客",
)  # fmt: skip
LONG_BITS = st.builds(str.__mul__, st.sampled_from(("word ", "a", "&", "😀")), st.integers(1, 3500))
BITS = st.one_of(st.text(max_size=20), st.sampled_from(BAIT), st.sampled_from(BAIT), LONG_BITS)
TEXT = st.lists(BITS, max_size=4).map("".join)
ACTIONS = st.sampled_from(("hint", "ask", "end", "open", "start", "no such!", "x" * 300, ""))
BUTTON = st.builds(
    Button,
    action=ACTIONS,
    label=TEXT,
    value=st.one_of(TEXT, st.just("D0CALL:1700000000.000100")),
    style=st.sampled_from(("plain", "primary", "danger")),
    confirm=TEXT,
)
URIS = st.one_of(
    TEXT,
    st.sampled_from(
        (
            "https://docs.example.com/a?b=c&d=<e>|f",
            "http://x.example/" + "y" * 4000,
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://bank.example@evil.example/",
            "https://exämple.de/ü",
            "slack://open",
            "https://",
            "http://[::1",
        )
    ),
)
SOURCE = st.builds(
    Source, n=st.integers(-1, 99), title=TEXT, page=st.integers(0, 9999), heading=TEXT, quote=TEXT, uri=URIS
)
PART: st.SearchStrategy[Part] = st.one_of(
    st.builds(Heading, text=TEXT),
    st.builds(Words, text=TEXT, tone=st.sampled_from(("plain", "bold", "small"))),
    st.builds(Quote, text=TEXT),
    st.builds(Items, items=st.lists(TEXT, max_size=5).map(tuple)),
    st.builds(Fields, pairs=st.lists(st.builds(Pair, label=TEXT, value=TEXT), max_size=8).map(tuple)),
    st.builds(Sources, sources=st.lists(SOURCE, max_size=4).map(tuple)),
    st.builds(Actions, buttons=st.lists(BUTTON, max_size=30).map(tuple)),
    st.builds(Feedback, question=TEXT),
    st.builds(Rule),
)
PARTS = st.one_of(
    st.lists(PART, max_size=8), st.integers(0, 130).map(lambda n: [Rule(), Heading(text="Title")] * n)
).map(tuple)
MESSAGE = st.builds(
    Message,
    summary=TEXT,
    parts=PARTS,
    speaker=st.one_of(
        st.none(), st.builds(Speaker, name=TEXT, picture=st.one_of(TEXT, URIS, st.just(":cat:")))
    ),
)
