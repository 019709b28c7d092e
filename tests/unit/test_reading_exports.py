"""Recorded calls from JSON, captions and what recorders export."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.calls import CallTurn, RecordedCall, Rejected, Side
from finetune.reading import CallsNotReadable, Columns, read_calls
from finetune.reading.sides import clean

HEARD = [("seller", "Hi."), ("customer", "No.")]


def read(folder: Path, name: str, content: object, seller: str, **more: Any) -> list[RecordedCall | Rejected]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
    return list(read_calls(str(path), seller, **more))


def said(call: RecordedCall | Rejected) -> list[tuple[str, str]]:
    assert isinstance(call, RecordedCall), call
    return [(turn.speaker, turn.text) for turn in call.turns]


GONG = {
    "callTranscripts": [
        {
            "callId": "778",
            "transcript": [
                {"speakerId": "61", "topic": "Intro", "sentences": [{"start": 0, "end": 9, "text": "Hi."}]},
                {"speakerId": "62", "topic": None, "sentences": [{"start": 10, "end": 19, "text": "No."}]},
            ],
        }
    ]
}
PARTIES = [
    {"id": "1", "speakerId": "61", "name": "Carla Dias", "affiliation": "Internal"},
    {"id": "2", "speakerId": "62", "name": "Ana Reis", "affiliation": "External"},
]
GONG_WITH_PARTIES = {
    "calls": [{"metaData": {"id": "778"}, "parties": PARTIES, **GONG["callTranscripts"][0]}],
}
AIRCALL = {
    "transcription": {
        "id": 1,
        "call_id": 5,
        "content": {
            "language": "en",
            "utterances": [
                {"start_time": 0.1, "text": "Hi.", "participant_type": "internal", "user_id": 3},
                {"start_time": 1.1, "text": "No.", "participant_type": "external", "phone_number": "+1"},
            ],
        },
    }
}
ASSEMBLYAI = {
    "id": "tr-1",
    "text": "Hi. No.",
    "words": [{"text": "Hi.", "start": 1}],
    "utterances": [
        {"speaker": "A", "text": "Hi.", "start": 1, "words": []},
        {"speaker": "B", "text": "No.", "start": 5, "words": []},
    ],
}
DEEPGRAM = {
    "metadata": {"request_id": "dg-1"},
    "results": {
        "channels": [{"alternatives": [{"transcript": "Hi. No."}]}],
        "utterances": [
            {"start": 0.4, "end": 1, "channel": 0, "transcript": "Hi.", "speaker": 0, "id": "u1"},
            {"start": 1.4, "end": 2, "channel": 0, "transcript": "No.", "speaker": 1, "id": "u2"},
        ],
    },
}
DEEPGRAM_CHANNELS = {
    "results": {
        "utterances": [
            {"start": 0.4, "channel": 0, "transcript": "Hi.", "speaker": 0},
            {"start": 1.4, "channel": 1, "transcript": "No.", "speaker": 0},
        ]
    }
}
DEEPGRAM_PARAGRAPHS = {
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "transcript": "Hi. No.",
                        "paragraphs": {
                            "paragraphs": [
                                {"speaker": 0, "sentences": [{"text": "Hi.", "start": 0}]},
                                {"speaker": 1, "sentences": [{"text": "No.", "start": 1}]},
                            ]
                        },
                    }
                ]
            }
        ]
    }
}
REV = {
    "monologues": [
        {
            "speaker": 0,
            "elements": [{"type": "text", "value": "Hi", "ts": 0.5}, {"type": "punct", "value": "."}],
        },
        {
            "speaker": 1,
            "elements": [{"type": "text", "value": "No", "ts": 2}, {"type": "punct", "value": "."}],
        },
    ]
}
FIREFLIES = {
    "data": {
        "transcript": {
            "id": "ff",
            "sentences": [
                {"speaker_name": "Carla", "speaker_id": 0, "text": "Hi.", "start_time": "1"},
                {"speaker_name": "Ana", "speaker_id": 1, "text": "No.", "start_time": "2"},
            ],
        }
    }
}
DIALPAD = {
    "call_id": "9",
    "lines": [
        {"name": "Carla", "type": "transcript", "content": "Hi.", "time": "2026-01-01T00:00:01.000"},
        {"name": "Ana", "type": "moment", "content": "price_inquiry", "time": "2026-01-01T00:00:02"},
        {"name": "Ana", "type": "transcript", "content": "No.", "time": "2026-01-01T00:00:02"},
    ],
}
CONTACT_LENS = {
    "JobName": "j",
    "Participants": [{"ParticipantRole": "AGENT"}, {"ParticipantRole": "CUSTOMER"}],
    "Transcript": [
        {"ParticipantRole": "AGENT", "Content": "Hi.", "BeginOffsetMillis": 10},
        {"ParticipantRole": "CUSTOMER", "Content": "No.", "BeginOffsetMillis": 20},
    ],
}
MESSAGES = {
    "messages": [
        {"role": "system", "content": "Sell."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": [{"type": "text", "text": "No."}]},
    ]
}


class TestExports:
    @pytest.mark.parametrize(
        ("document", "seller", "call"),
        [
            (GONG, "61", "778"),
            (GONG_WITH_PARTIES, "carla dias", "778"),
            (GONG_WITH_PARTIES, "internal", "778"),
            (AIRCALL, "internal", "5"),
            (ASSEMBLYAI, "A", "tr-1"),
            (ASSEMBLYAI, "Speaker A", "tr-1"),
            (DEEPGRAM, "0", "dg-1"),
            (DEEPGRAM, "speaker 0", "dg-1"),
            (DEEPGRAM_CHANNELS, "channel 0", None),
            (DEEPGRAM_PARAGRAPHS, "0", None),
            (REV, "0", None),
            (FIREFLIES, "Carla", "ff"),
            (DIALPAD, "Carla", "9"),
            (CONTACT_LENS, "agent", None),
            (MESSAGES, "user", None),
            ([{"speaker": "a", "text": "Hi."}, {"speaker": "b", "text": "No."}], "a", None),
            ({"id": 3, "transcript": "Agent: Hi.\nClient: No."}, "agent", "3"),
            ({"id": 3, "transcription": ["user: Hi.", "bot: No."]}, "user", "3"),
        ],
    )
    def test_each_usual_shape_is_one_call(
        self, tmp_path: Path, document: object, seller: str, call: str | None
    ) -> None:
        (found,) = read(tmp_path, "export.json", document, seller)
        assert said(found) == HEARD
        assert isinstance(found, RecordedCall)
        assert found.call == call if call else found.call.startswith("call-")

    def test_keys_can_be_named(self, tmp_path: Path) -> None:
        document = {"gespraech": [{"wer": "V", "was": "Hi."}, {"wer": "K", "was": "No."}]}
        columns = Columns(transcript="gespraech", speaker="wer", text="was")
        assert said(read(tmp_path, "x.json", document, "v", columns=columns)[0]) == HEARD

    def test_bad_calls_of_a_document_are_told_with_their_lines(self, tmp_path: Path) -> None:
        turns = [{"role": "a", "text": "x"}, {"role": "b", "text": "y"}]
        document = {"calls": [{"turns": turns}, {"turns": turns[:1]}, {"notes": "none"}]}
        found = read(tmp_path, "x.json", document, "a")
        lines = (tmp_path / "x.json").read_text().splitlines()
        bad = [row.line for row in found if isinstance(row, Rejected)]
        assert ['"turns"' in lines[bad[0]], '"notes"' in lines[bad[1]]] == [True, True]

    def test_a_document_that_is_cut_off(self, tmp_path: Path) -> None:
        with pytest.raises(CallsNotReadable, match="not whole JSON"):
            read(tmp_path, "x.json", '{\n "turns": [', "a")


class TestJsonLines:
    def test_the_shared_form_with_an_outcome(self, tmp_path: Path) -> None:
        line = {
            "id": "p1",
            "outcome": {"donation": 0.1},
            "turns": [{"role": "seller", "text": "Hi."}, {"role": "customer", "text": "No."}],
        }
        (call,) = read(tmp_path, "x.jsonl", json.dumps(line), "seller")
        assert said(call) == HEARD
        assert isinstance(call, RecordedCall)
        assert (call.call, call.outcome) == ("p1", "donation 0.1")

    def test_a_turn_a_line(self, tmp_path: Path) -> None:
        lines = [{"call_id": 1, "speaker": "a", "text": "Hi."}, {"call_id": 1, "speaker": "b", "text": "No."}]
        (call,) = read(tmp_path, "x.jsonl", "\n".join(map(json.dumps, lines)), "a")
        assert said(call) == HEARD

    def test_bad_lines_are_told_and_the_rest_is_read(self, tmp_path: Path) -> None:
        good = json.dumps({"messages": MESSAGES["messages"]})
        text = f"\n{good}\nnot json\n3\n{'[' * 5000}\n{good}\n{good[:-20]}"
        found = read(tmp_path, "x.jsonl", text, "user")
        assert [row.line for row in found if isinstance(row, Rejected)] == [3, 4, 5, 7]
        assert len([row for row in found if isinstance(row, RecordedCall)]) == 2

    def test_a_line_separator_within_words_ends_no_line(self, tmp_path: Path) -> None:
        turns = [{"role": "a", "text": "Hi\u2028you"}, {"role": "b", "text": "half \ud83d"}]
        text = json.dumps({"turns": turns[:1]}, ensure_ascii=False)[:-2]
        text += ', {"role": "b", "text": "half \\ud83d one"}]}'
        (call,) = read(tmp_path, "x.jsonl", text, "a")
        assert said(call) == [("seller", "Hi you"), ("customer", "half one")]

    @pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
    def test_packed_files_are_read(self, tmp_path: Path, ending: str, pack: Any) -> None:
        path = tmp_path / f"x.jsonl{ending}"
        path.write_bytes(pack(json.dumps(MESSAGES).encode()))
        assert said(next(read_calls(str(path), "user"))) == HEARD

    def test_other_places_than_this_machines_files_are_read(self) -> None:
        import fsspec

        with fsspec.open("memory://reading/x.jsonl", "w") as file:
            file.write(json.dumps(MESSAGES))
        assert said(next(read_calls("memory://reading/x.jsonl", "user"))) == HEARD


class TestCaptions:
    def test_teams_voices_with_notes_and_names_of_captions(self, tmp_path: Path) -> None:
        text = (
            "WEBVTT\n\nNOTE duration: 1\nby: Teams\n\nf0-1/1-0\n00:00:01.000 --> 00:00:02.000\n"
            "<v Carla Dias>Hi &amp; welcome.</v>\n\nf0-1/2-0\n00:00:03.000 --> 00:00:04.000\n"
            "<v Ana Reis>No,\n<i>really</i>.</v>\n\n00:05.000 --> 00:06.000\nNot at all.\n"
        )
        (call,) = read(tmp_path, "x.vtt", text, "Carla Dias")
        assert said(call) == [("seller", "Hi & welcome."), ("customer", "No, really. Not at all.")]

    def test_teams_with_metadata(self, tmp_path: Path) -> None:
        text = (
            'WEBVTT\n\n00:00:16.246 --> 00:00:17.726\n{"speakerName":"Carla","spokenText":"Hi."}\n\n'
            '00:00:18.246 --> 00:00:19.726\n{"speakerName":"Ana","spokenText":"No."}\n'
        )
        assert said(read(tmp_path, "x.vtt", text, "carla")[0]) == HEARD

    def test_zoom_names_whatever_the_file_is_called(self, tmp_path: Path) -> None:
        text = (
            "WEBVTT\r\n\r\n1\r\n00:00:01.000 --> 00:00:02.000\r\nCarla Dias: At 10:30, both?\r\n\r\n"
            "2\r\n00:00:03.000 --> 00:00:04.000\r\nAna: No: never.\r\n"
        )
        (call,) = read(tmp_path, "GMT2026.transcript.txt", text, "carla dias")
        assert said(call) == [("seller", "At 10:30, both?"), ("customer", "No: never.")]

    def test_srt_in_the_order_of_its_times(self, tmp_path: Path) -> None:
        late = "1\n00:00:04,000 --> 00:00:05,000\nClient: No.\n\n"
        text = f"{late}2\n00:00:01,000 --> 00:00:03,000\nAgent: Hi.\n\n"
        assert said(read(tmp_path, "x.srt", text, "agent")[0]) == HEARD

    def test_captions_that_name_nobody_are_reported(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, "x.srt", "1\n00:00:04,000 --> 00:00:05,000\nno names\n", "agent")
        assert isinstance(found, Rejected)
        assert "'unnamed'" in found.reason

    def test_a_file_without_captions_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CallsNotReadable, match="no captions"):
            read(tmp_path, "x.vtt", "WEBVTT\n\n", "agent")


class TestPlainText:
    def test_names_above_the_words(self, tmp_path: Path) -> None:
        text = "Carla Dias  0:03\nHi.\nHow is it?\n\nAna  0:09\nFine: thanks.\n"
        (call,) = read(tmp_path, "x.txt", text, "carla dias")
        assert said(call) == [("seller", "Hi. How is it?"), ("customer", "Fine: thanks.")]

    def test_words_before_any_name_are_reported(self, tmp_path: Path) -> None:
        (found,) = read(tmp_path, "x.txt", "call of monday\nAgent: Hi.\nClient: No.", "agent")
        assert isinstance(found, Rejected)


SAID = st.text(st.characters(exclude_characters="\ufffd"), min_size=1, max_size=40).map(clean).filter(bool)


@st.composite
def calls(draw: st.DrawFn) -> RecordedCall:
    texts = draw(st.lists(SAID, min_size=2, max_size=6))
    sides: tuple[Side, Side] = ("seller", "customer")
    turns = tuple(CallTurn(speaker=sides[n % 2], text=text) for n, text in enumerate(texts))
    outcome = draw(st.none() | SAID)
    return RecordedCall(call=draw(SAID), turns=turns, outcome=outcome)


@settings(max_examples=40)
@given(st.lists(calls(), min_size=1, max_size=4, unique_by=lambda call: call.call))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, written: list[RecordedCall]
) -> None:
    path = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    lines = [call.model_dump_json(exclude_none=True) for call in written]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert list(read_calls(str(path), "seller")) == written
