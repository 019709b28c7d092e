"""An id can be read out over the phone, and a list of ids is in the order things happened."""

from __future__ import annotations

import re

import pytest

from agents.records.ids import new_id


def test_an_id_is_short_and_has_no_letters_to_misread() -> None:
    assert re.fullmatch(r"rp_[0-9a-hjkmnp-tv-z]{12}", new_id("rp"))


def test_ids_of_one_second_do_not_collide() -> None:
    assert len({new_id("rp") for _ in range(1_000)}) == 1_000


def test_ids_sort_by_the_second_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1_767_225_600 + 7 * n**3 for n in range(400)]
    made = []
    for second in seconds:
        monkeypatch.setattr("agents.records.ids.time.time", lambda now=second: float(now))
        made.append(new_id("rp"))
    assert made == sorted(made)
