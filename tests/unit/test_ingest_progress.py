"""What a run says while it is at work: rates, and a time left that can be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.progress import Pace, _lines, clock, in_words
from ingestion.report import Progress


def step(done: int, total: int = 100, pages: int = 2, **more: float) -> Progress:
    return Progress("firm", f"paper{done}.md", done, total, chunks=3, pages=pages, **more)  # type: ignore[arg-type]


def test_rates_and_the_time_left_are_told() -> None:
    pace = Pace(now=0.0)
    for done in range(1, 21):
        pace.step(step(done), now=done / 2)
    assert in_words(step(20), pace) == "20 of 100 documents, 2.0 documents/s, 4.0 pages/s, 0:40 left"


def test_the_time_left_goes_by_bytes_where_sizes_are_known() -> None:
    pace = Pace(now=0.0)
    pace.step(step(99, work=100, all_work=1000), now=10.0)
    assert pace.seconds_left == pytest.approx(90.0)


def test_what_went_by_unchanged_long_ago_promises_nothing() -> None:
    pace = Pace(now=0.0)
    pace.step(step(50, pages=0), now=0.1)
    for second in range(1, 61):
        pace.step(step(50 + second // 6), now=float(second))
    assert pace.seconds_left == pytest.approx(240, rel=0.2)


def test_nothing_is_promised_before_anything_is_done() -> None:
    pace = Pace(now=0.0)
    pace.step(step(0, part=0.0), now=5.0)
    assert pace.seconds_left is None
    assert "left" not in in_words(step(0), pace)


def test_a_long_document_moves_the_bar_before_it_is_done() -> None:
    pace = Pace(now=0.0)
    pace.step(step(0, total=1, pages=0, part=0.25, work=25, all_work=100), now=10.0)
    assert pace.seconds_left == pytest.approx(30.0)


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1.0, 9.0, 10.5, 12.0, 21.0])
    show = _lines("firm", Pace(now=0.0), now=lambda: next(moments))
    for done in range(1, 6):
        show(step(done))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" of ")[0] for line in lines] == ["firm: 3", "firm: 5"]


@given(st.floats(0, 1e6))
def test_a_clock_reads_as_a_clock(seconds: float) -> None:
    *hours, minutes, rest = (int(part) for part in clock(seconds).split(":"))
    assert sum(hours) * 3600 + minutes * 60 + rest == round(seconds)
    assert minutes < 60
    assert rest < 60
