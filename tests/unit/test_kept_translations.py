"""What is translated once is not asked again, and nothing wrong is ever read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from finetune.calls import CallTurn, RecordedCall
from finetune.translate.engine import TranslationError
from finetune.translate.kept import KeptTranslations
from finetune.translate.recorded_calls import translate_call, translate_calls

PT_EN = ("pt", "en")


class Counting:
    """Repeats what it hears, and counts the sentences."""

    def __init__(self, version: str = "1", fails_after: int | None = None) -> None:
        self.name, self.version = "counting", version
        self.asked: list[str] = []
        self._fails_after = fails_after

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if self._fails_after is not None and len(self.asked) >= self._fails_after:
            raise TranslationError("The quota is used up.")
        self.asked += texts
        return list(texts)


def calls(count: int) -> list[tuple[RecordedCall, Sequence[str]]]:
    return [
        (
            RecordedCall(
                call=f"c{n}",
                turns=(
                    CallTurn(speaker="seller", text=f"Oi, a {'abcdefgh'[n]} da Marina custa R$ {n + 1}0,00."),
                ),
                outcome=None,
            ),
            ("Marina",),
        )
        for n in range(count)
    ]


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    kept = KeptTranslations(tmp_path / "kept.sqlite")
    stopped = Counting(fails_after=3)
    with pytest.raises(TranslationError, match="quota"):
        list(translate_calls(calls(6), stopped, "pt", kept=kept, workers=1))
    kept.close()

    again, heard = Counting(), list[int]()
    kept = KeptTranslations(tmp_path / "kept.sqlite")
    out = list(translate_calls(calls(6), again, "pt", kept=kept, workers=2, on_progress=heard.append))
    assert len(again.asked) == 3
    assert heard == [1, 2, 3, 4, 5, 6]
    assert [each.call.call for each in out] == [f"c{n}" for n in range(6)]
    assert out[5].call.turns[0].text == "Oi, a f da Marina custa R$60.00."


def test_another_version_of_the_engine_is_asked_anew(tmp_path: Path) -> None:
    kept = KeptTranslations(tmp_path / "kept.sqlite")
    [(call, names)] = calls(1)
    for engine, asked in ((Counting("1"), 1), (Counting("1"), 0), (Counting("2"), 1)):
        translate_call(call, names, engine, "pt", kept=kept)
        assert len(engine.asked) == asked


def test_the_file_holds_neither_the_names_nor_the_figures_of_a_call(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    kept = KeptTranslations(file)
    text = "Oi, Marina, são R$ 1.987,65 no CNPJ 12.345.678/0001-00."
    call = RecordedCall(call="c", turns=(CallTurn(speaker="seller", text=text),), outcome=None)
    translate_call(call, ("Marina",), Counting(), "pt", kept=kept)
    kept.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [secret for secret in (b"Marina", b"987", b"345.678") if secret in held]


def test_a_row_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    kept = KeptTranslations(file)
    kept.keep("e", "1", PT_EN, {"oi": "hi", "tchau": "bye"})
    with sqlite3.connect(file) as db:
        db.execute("UPDATE kept SET said = 'gone' WHERE said = 'bye'")
    assert kept.of("e", "1", PT_EN, ["oi", "tchau"]) == {"oi": "hi"}


@pytest.mark.parametrize("rubbish", [b"this is no database" * 300, b"SQLite format 3\0" + b"\x07" * 5000])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, rubbish: bytes) -> None:
    file = tmp_path / "kept.sqlite"
    file.write_bytes(rubbish)
    kept = KeptTranslations(file)
    kept.keep("e", "1", PT_EN, {"oi": "hi"})
    assert kept.of("e", "1", PT_EN, ["oi"]) == {"oi": "hi"}
    assert (tmp_path / "kept.sqlite.broken").read_bytes() == rubbish


def test_a_file_damaged_half_way_costs_its_rows_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    kept = KeptTranslations(file)
    kept.keep("e", "1", PT_EN, {f"sentence {n}": "x" * 200 for n in range(400)})
    kept.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    kept = KeptTranslations(file)
    found = kept.of("e", "1", PT_EN, [f"sentence {n}" for n in range(400)])
    assert set(found.values()) <= {"x" * 200}
    kept.keep("e", "1", PT_EN, {"oi": "hi"})
    assert kept.of("e", "1", PT_EN, ["oi"]) == {"oi": "hi"}
