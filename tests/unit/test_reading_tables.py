"""Recorded calls from CSV: the prototype's form and the usual others, and what is wrong with each bad row."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.calls import Place, RecordedCall, Rejected
from finetune.reading import CallsNotReadable, Columns, read_calls
from finetune.reading.draft import BadRow, Draft, Utterance
from finetune.reading.sides import clean, in_time, recorded

Read = list[RecordedCall | Rejected]


def read(
    folder: Path, text: str | bytes, seller: str, name: str = "calls.csv", columns: Columns | None = None
) -> Read:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_calls(str(path), seller, columns=columns))


def said(call: RecordedCall | Rejected) -> list[tuple[str, str]]:
    assert isinstance(call, RecordedCall), call
    return [(turn.speaker, turn.text) for turn in call.turns]


def reason(found: RecordedCall | Rejected) -> str:
    assert isinstance(found, Rejected), found
    return found.reason


def csv_of(*rows: Sequence[str], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


HEARD = [("seller", "Hi, it's Sam."), ("customer", "We both know why.")]


class TestThePrototypesForm:
    def test_a_python_list_of_turns_with_prefixes(self, tmp_path: Path) -> None:
        cell = str(["user: Hi, it's Sam.", "bot: We both know why."])
        (call,) = read(tmp_path, csv_of(["transcription"], [cell]), "user")
        assert said(call) == HEARD

    def test_a_json_list_of_turns_with_prefixes(self, tmp_path: Path) -> None:
        cell = '["user: Hi, it\'s Sam.", "bot: We both know why."]'
        (call,) = read(tmp_path, csv_of(["transcription"], [cell]), "user")
        assert said(call) == HEARD

    def test_words_that_contain_a_label_are_left_alone(self, tmp_path: Path) -> None:
        cell = str(["user: A robot? Both?", "bot: Bottom line: user: yes, the bot: both."])
        (call,) = read(tmp_path, csv_of(["transcription"], [cell]), "user")
        assert said(call)[1] == ("customer", "Bottom line: user: yes, the bot: both.")

    def test_whoever_is_named_sells(self, tmp_path: Path) -> None:
        cell = str(["bot: Yes?", "user: Hi.", "bot: No."])
        table = csv_of(["transcription"], [cell])
        (call,) = read(tmp_path, table, "user")
        assert said(call) == [("customer", "Yes?"), ("seller", "Hi."), ("customer", "No.")]
        (call,) = read(tmp_path, table, "BOT")
        assert said(call) == [("seller", "Yes?"), ("customer", "Hi."), ("seller", "No.")]

    def test_turns_of_one_side_in_a_row_are_one_and_empty_ones_go(self, tmp_path: Path) -> None:
        cell = str(["user: Hi.", "bot:", "user: Still\n there?", " bot : Yes."])
        (call,) = read(tmp_path, csv_of(["transcription"], [cell]), "user")
        assert said(call) == [("seller", "Hi. Still there?"), ("customer", "Yes.")]

    def test_an_outcome_and_an_id_are_kept(self, tmp_path: Path) -> None:
        cell = str(["user: Hi.", "bot: No."])
        (call,) = read(tmp_path, csv_of(["id", "Outcome", "transcription"], ["c1", "lost", cell]), "user")
        assert isinstance(call, RecordedCall)
        assert (call.call, call.outcome) == ("c1", "lost")


class TestOtherTables:
    def test_a_row_a_call_with_lines_of_name_and_words(self, tmp_path: Path) -> None:
        cell = "[00:01] Agent: Hi.\n[00:04] Client: It is one thing I want: money.\nA lot."
        (call,) = read(tmp_path, csv_of(["id", "text"], ["1", cell]), "agent")
        assert said(call) == [("seller", "Hi."), ("customer", "It is one thing I want: money. A lot.")]

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_a_row_a_turn_in_any_separator(self, tmp_path: Path, separator: str) -> None:
        rows = [
            ["Call ID", "Role", "Text"],
            ["7", "Agent", "Hi, you; there"],
            ["7", "Customer", "No,\nreally"],
        ]
        (call,) = read(tmp_path, csv_of(*rows, separator=separator), "agent")
        assert said(call) == [("seller", "Hi, you; there"), ("customer", "No, really")]

    def test_the_turns_of_two_calls_may_be_mixed(self, tmp_path: Path) -> None:
        rows = "call,speaker,text\n1,A,hi\n2,A,hey\n1,B,no\n2,B,yes\n"
        calls = read(tmp_path, rows, "a")
        assert [said(call)[1][1] for call in calls] == ["no", "yes"]

    def test_turns_are_put_in_the_order_of_their_times(self, tmp_path: Path) -> None:
        rows = "call,speaker,text,start\n1,B,second,0:05\n1,A,first,0:01\n"
        (call,) = read(tmp_path, rows, "a")
        assert said(call) == [("seller", "first"), ("customer", "second")]

    def test_equal_times_keep_the_order_of_the_file(self, tmp_path: Path) -> None:
        rows = "call,speaker,text,start\n1,A,first,1\n1,B,second,1\n"
        (call,) = read(tmp_path, rows, "a")
        assert said(call) == [("seller", "first"), ("customer", "second")]

    def test_times_that_run_backward_with_gaps_are_reported(self, tmp_path: Path) -> None:
        rows = "call,speaker,text,start\n1,A,x,9\n1,B,y,\n1,A,z,1\n1,B,q,2\n"
        assert "backward" in reason(read(tmp_path, rows, "a")[0])

    def test_names_of_columns_can_be_said(self, tmp_path: Path) -> None:
        rows = "conv;quem;fala\n1;Vendas;olá\n1;Cliente;oi\n"
        columns = Columns(call="conv", speaker="quem", text="fala")
        (call,) = read(tmp_path, rows, "vendas", columns=columns)
        assert said(call) == [("seller", "olá"), ("customer", "oi")]

    def test_a_column_that_is_not_there_is_told_with_those_that_are(self, tmp_path: Path) -> None:
        with pytest.raises(CallsNotReadable, match=r"no column 'who'. Its first line has: call, role, text"):
            read(tmp_path, "call,role,text\n", "agent", columns=Columns(speaker="who"))

    def test_a_table_without_a_header_is_told_and_its_words_are_not_shown(self, tmp_path: Path) -> None:
        with pytest.raises(CallsNotReadable, match="does not look like column names") as told:
            read(tmp_path, csv_of([str(["user: my secret", "bot: ok"])]), "user")
        assert "secret" not in str(told.value)


class TestWhoSells:
    TABLE = "call,speaker,text\n1,Carla Dias,hi\n1,agent,no\n"

    def test_a_label_that_nobody_has_is_told_with_the_parts_there_are(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, "call,speaker,text\n1,Agent,hi\n1,Client,no\n", "user")
        assert (
            reason(found) == "Nobody in it has the seller's label, 'user'; "
            "it has 'agent', 'client'. Say which of them sells."
        )

    def test_names_of_people_are_shown_by_their_first_letters_only(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, self.TABLE, "Bruno Lima")
        assert "'agent', 1 name (C. D.)" in reason(found)
        assert "Carla" not in reason(found)
        assert "Bruno" not in reason(found)

    def test_a_person_can_be_the_seller_in_any_case(self, tmp_path: Path) -> None:
        (call,) = read(tmp_path, self.TABLE, "carla_dias")
        assert said(call) == [("seller", "hi"), ("customer", "no")]

    def test_a_third_speaker_is_reported(self, tmp_path: Path) -> None:
        rows = "call,speaker,text\n1,A,hi\n1,B,no\n1,C,yes\n"
        assert reason(read(tmp_path, rows, "a")[0]).startswith(
            "More than one speaker besides the seller: 'b', 'c'"
        )

    def test_notes_and_system_lines_are_dropped(self, tmp_path: Path) -> None:
        rows = "call,speaker,text\n1,System,start\n1,A,hi\n1,Note,angry\n1,B,no\n"
        (call,) = read(tmp_path, rows, "a")
        assert said(call) == [("seller", "hi"), ("customer", "no")]

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ("1,A,hi\n", "1 turn with words; a call needs two"),
            ("1,A,\n1,B, \n", "no turns with words"),
            ("1,B,hi\n1,A,bye\n", "customer says nothing after the seller"),
        ],
    )
    def test_a_call_that_teaches_nothing_is_reported(self, tmp_path: Path, rows: str, why: str) -> None:
        (found,) = read(tmp_path, f"call,speaker,text\n{rows}", "a")
        assert why in reason(found)

    def test_nobody_named_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CallsNotReadable, match="Nobody sells"):
            read(tmp_path, self.TABLE, " ")


class TestBadRows:
    def test_each_is_told_with_the_line_its_row_starts_on(self, tmp_path: Path) -> None:
        table = csv_of(
            ["id", "transcription"],
            ["1", '["user: a\nb",\n"bot: c"'],
            ["2", "Agent: a\nClient: b\n"],
            ["3", ""],
            ["4", "just words"],
        )
        found = read(tmp_path, table, "agent")
        assert [(row.line if isinstance(row, Rejected) else row.call) for row in found] == [2, "2", 8, 9]

    def test_a_row_of_too_few_cells(self, tmp_path: Path) -> None:
        found = read(tmp_path, "id,outcome,text\n1,won\n2,won,A: x\n", "a")
        assert "2 cells where the header has 3" in reason(found[0])

    def test_a_stray_quote_costs_its_row_and_not_the_rest(self, tmp_path: Path) -> None:
        table = 'id,text\n1,"A: hi" you\n2,"A: x\nB: y"\n3,"A: x\nB: z"\n'
        found = read(tmp_path, table, "a")
        assert "quote" in reason(found[0])
        assert [call.call for call in found if isinstance(call, RecordedCall)] == ["2", "3"]

    def test_a_quote_that_is_never_closed_is_told_on_its_line(self, tmp_path: Path) -> None:
        found = read(tmp_path, 'id,text\n1,"A: x\nB: y"\n2,"A: cut off', "a")
        assert said(found[0])
        assert isinstance(found[1], Rejected)
        assert found[1].line == 4

    def test_a_call_of_which_a_turn_is_lost_is_not_used(self, tmp_path: Path) -> None:
        rows = "text,speaker,call\nhi,A,1\ncut\nno,B,1\n"
        found = read(tmp_path, rows, "a")
        assert [row.line for row in found if isinstance(row, Rejected)] == [3, 2]

    def test_thousands_of_stray_quotes_end_all_the_same(self, tmp_path: Path) -> None:
        found = read(tmp_path, "id,text\n" + '1,"x"y\n' * 5000, "a")
        assert len(found) == 5000

    def test_reasons_never_hold_what_was_said(self, tmp_path: Path) -> None:
        rows = [
            "['user: hush-hush'",
            "hush-hush",
            "hush-hush: what: x",
            "['hush-hush']",
            "{hush-hush}",
            "[[[[",
        ]
        found = read(tmp_path, csv_of(["transcription"], *([row] for row in rows)), "user")
        assert len(found) == len(rows)
        assert not any("hush-hush" in reason(row).casefold() for row in found)


class TestIds:
    def test_an_id_that_is_there_twice_is_made_unique(self, tmp_path: Path) -> None:
        found = read(tmp_path, csv_of(["id", "text"], *[["1", f"A: x\nB: {n}"] for n in range(3)]), "a")
        assert [call.call for call in found if isinstance(call, RecordedCall)] == ["1", "1-2", "1-3"]

    def test_files_of_one_data_set_share_their_ids(self, tmp_path: Path) -> None:
        places: dict[str, Place] = {}
        for name in ("one.csv", "two.csv"):
            (tmp_path / name).write_text('id,text\n1,"A: x\nB: y"\n')
            list(read_calls(str(tmp_path / name), "a", places=places))
        assert list(places) == ["1", "1-2"]

    def test_an_id_made_of_the_words_does_not_change_with_the_order_of_rows(self, tmp_path: Path) -> None:
        rows = [["A: x\nB: 1"], ["A: x\nB: 2"]]
        one = read(tmp_path, csv_of(["text"], *rows), "a")
        two = read(tmp_path, csv_of(["text"], *reversed(rows)), "a")
        assert one == list(reversed(two))


class TestEncodings:
    ROWS = 'id,text\n1,"Agente: Bom dia, é a Conceição.\nCliente: Não, obrigado."\n'

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
    def test_any_is_read(self, tmp_path: Path, encoding: str) -> None:
        (call,) = read(tmp_path, self.ROWS.encode(encoding), "agente")
        assert said(call) == [("seller", "Bom dia, é a Conceição."), ("customer", "Não, obrigado.")]

    def test_the_only_accent_may_come_late(self, tmp_path: Path) -> None:
        long = "word " * 600
        plain = "".join(f'{n},"A: {long}\nB: {n}"\n' for n in range(400))
        found = read(tmp_path, f'id,text\n{plain}z,"A: x\nB: não"\n'.encode("latin-1"), "a")
        assert said(found[-1])[1] == ("customer", "não")

    def test_broken_letters_in_utf8_cost_their_call_only(self, tmp_path: Path) -> None:
        rows = 'id,text\n1,"A: olá você é\nB: não é são"\n2,"A: olá\nB: n!o"\n'.encode().replace(
            b"!", b"\xff"
        )
        found = read(tmp_path, rows, "a")
        assert said(found[0])[1] == ("customer", "não é são")
        assert "broken" in reason(found[1])

    def test_nul_bytes_and_windows_line_ends_are_no_matter(self, tmp_path: Path) -> None:
        (call,) = read(tmp_path, b'id,text\r\n1,"A: h\x00i\r\nB: no"\r\n', "a")
        assert said(call) == [("seller", "hi"), ("customer", "no")]


class TestFiles:
    def test_a_huge_cell_is_read(self, tmp_path: Path) -> None:
        (call,) = read(tmp_path, csv_of(["id", "text"], ["1", f"A: {'word ' * 60_000}\nB: no"]), "a")
        assert len(said(call)[0][1]) > 250_000

    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(CallsNotReadable, match="does not exist"):
            list(read_calls("/nowhere/calls.csv", "a"))

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            ("calls.csv", b"", "is empty"),
            ("calls.csv", b"PK\x03\x04rest", "is not text"),
            ("calls.docx", b"words", "of no kind that is read here"),
            ("calls.csv.gz", b"not packed", "cannot be read"),
        ],
    )
    def test_one_that_is_of_no_use(self, tmp_path: Path, name: str, content: bytes, why: str) -> None:
        with pytest.raises(CallsNotReadable, match=why):
            read(tmp_path, content, "a", name)

    def test_an_address_of_no_known_kind(self) -> None:
        with pytest.raises(
            CallsNotReadable, match=r"^nowhere://x/calls.csv cannot be read. Check its address"
        ):
            list(read_calls("nowhere://x/calls.csv", "a"))

    def test_an_address_is_shown_without_what_may_be_secret(self) -> None:
        with pytest.raises(CallsNotReadable) as told:
            list(read_calls("memory://key:word@calls/a.csv?sig=word", "a"))
        assert "word" not in str(told.value)


WORDS = st.text(st.characters(exclude_characters="\ufffd"), max_size=30)
TURNS = st.lists(st.tuples(st.sampled_from(["user", "bot"]), WORDS), max_size=8)


@settings(max_examples=60)
@given(TURNS, st.sampled_from(["user", "bot"]))
def test_whatever_is_said_sides_take_turns_and_nothing_is_moved_lost_or_added(
    turns: list[tuple[str, str]], seller: str
) -> None:
    utterances = tuple(Utterance((label,), words) for label, words in turns)
    call = recorded(Draft(1, utterances), seller)
    if isinstance(call, BadRow):
        return
    sides = [turn.speaker for turn in call.turns]
    assert all(one != other for one, other in pairwise(sides))
    for side in ("seller", "customer"):
        kept = [word for turn in call.turns if turn.speaker == side for word in turn.text.split()]
        there = [
            word
            for label, words in turns
            if (label == seller) == (side == "seller")
            for word in clean(words).split()
        ]
        assert kept == there
    assert [turn.text for turn in call.turns] == [clean(turn.text) for turn in call.turns]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 9), st.integers()), min_size=1, max_size=8)
)
def test_whatever_the_order_of_rows_no_turn_comes_before_an_earlier_one(
    turns: list[tuple[str, float, int]],
) -> None:
    ordered = in_time([Utterance((label,), str(n), start) for label, start, n in turns])
    assert ordered is not None
    times = [turn.start for turn in ordered if turn.start is not None]
    assert times == sorted(start for _, start, _ in turns)


class TestWhatAColumnIs:
    @pytest.mark.parametrize(
        "header",
        [
            ["name", "transcript"],
            ["channel", "transcription"],
            ["conversation", "text"],
            ["from", "text"],
        ],
    )
    def test_a_row_with_a_whole_call_is_a_call_whatever_else_it_has(
        self, tmp_path: Path, header: list[str]
    ) -> None:
        rows = [["c1", "Agent: Hi.\nClient: No."], ["c2", "Agent: Hi.\nClient: Yes."]]
        assert [said(call)[1][1] for call in read(tmp_path, csv_of(header, *rows), "agent")] == [
            "No.",
            "Yes.",
        ]

    def test_a_turn_in_brackets_is_a_turn(self, tmp_path: Path) -> None:
        (call,) = read(tmp_path, "call,role,text\n9,A,[laughs] hi\n9,B,[no]\n", "a")
        assert said(call) == [("seller", "[laughs] hi"), ("customer", "[no]")]

    def test_a_first_line_that_names_the_separator(self, tmp_path: Path) -> None:
        found = read(tmp_path, "sep=;\ncall;role;text\n9;A;hi\n9;B;no\n8;A;hi\n", "a")
        assert said(found[0]) == [("seller", "hi"), ("customer", "no")]
        assert isinstance(found[1], Rejected)
        assert found[1].line == 5

    def test_a_conversation_may_be_an_id_or_the_words(self, tmp_path: Path) -> None:
        (call,) = read(tmp_path, "conversation,role,content\n9,A,hi\n9,B,no\n", "a")
        assert said(call) == [("seller", "hi"), ("customer", "no")]
        (call,) = read(tmp_path, csv_of(["conversation"], ["A: hi\nB: no"]), "a")
        assert isinstance(call, RecordedCall)
        assert call.call.startswith("call-")


@pytest.mark.parametrize(
    "filler", [" ", "_", "*", "[", "(", "0:03 ", "a ", "\t", "'", "<v ", "{", ":", "-- "]
)
def test_megabytes_of_one_sign_are_read_as_quickly_as_words(tmp_path: Path, filler: str) -> None:
    words, started = filler * (300_000 // len(filler)), time.process_time()
    read(tmp_path, csv_of(["text"], [words], [f"A: x\nB: {words}"], [f"['{words}'"]), "a")
    captions = f"WEBVTT\n\n00:01.000 --> 00:02.000\nword {words}\n\n00:03.000 --> 00:04.000\n<v A>{words}\n"
    read(tmp_path, captions, "a", name="x.vtt")
    assert time.process_time() - started < 10


def test_the_first_line_of_a_table_without_column_names_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("Nadia Brandt,hello there\nZelda,hi\n", encoding="utf-8")
    with pytest.raises(CallsNotReadable, match="does not look like column names") as said:
        list(read_calls(str(path), "Nadia Brandt"))
    assert "Nadia" not in str(said.value)
