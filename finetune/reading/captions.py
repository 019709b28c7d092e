"""WebVTT and SRT: captions with the speaker's voice tag or name; a file is one call.

Voices: https://www.w3.org/TR/webvtt1/#webvtt-cue-voice-span (Teams writes them); Zoom writes "Name: words";
Teams' transcripts with metadata hold an object in each caption.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from finetune.reading.draft import CallsNotReadable, Columns, Draft, Row, Utterance
from finetune.reading.labelled import is_label, labelled
from finetune.reading.source import CallFile
from ingestion.extras import to_install

TIMES = re.compile(r"\d[ \t]{1,4}-->[ \t]{1,4}\d")
ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
VOICE = re.compile(r"<v(?:\.[^\s<>]{0,60})?\s([^<>]{1,200})>")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]{0,20}>")
NAME_ABOVE = re.compile(r"\(([^()\n]{2,60})\)\n(.*)", re.DOTALL)

UNNAMED = ("unnamed",)
"""Who speaks before anybody is named."""


def caption_rows(file: CallFile, columns: Columns) -> Iterator[Row]:
    """The one call of a file of captions. Raises CallsNotReadable where it has none."""
    try:
        from pysubs2 import SSAFile
        from pysubs2.exceptions import Pysubs2Error
    except ImportError:
        raise CallsNotReadable(
            f"{file.shown} needs a package that is not installed; {to_install('calls')}."
        ) from None
    text = file.text()
    kind = "vtt" if text.lstrip("\ufeff \r\n").startswith("WEBVTT") else "srt"
    try:
        captions = SSAFile.from_string(
            without_asides(text), format_=kind, keep_html_tags=True, keep_unknown_html_tags=True
        )
    except (Pysubs2Error, ValueError, OverflowError):
        raise CallsNotReadable(f"{file.shown} is no readable {kind.upper()}. Export it again.") from None
    turns: list[Utterance] = []
    for caption in captions:
        turns += _voices(caption.text.replace("\\N", "\n"), caption.start / 1000, turns)
    if not turns:
        raise CallsNotReadable(f"{file.shown} has no captions with words. Export it again.")
    yield Draft(1, tuple(turns))


def without_asides(text: str) -> str:
    """Captions without notes, styles and captions' names: pysubs2 takes them for words."""
    kept: list[str] = []
    aside = False
    for line in text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if ASIDE.match(line) and (not kept or not kept[-1].strip()):
            aside = True
        if not line.strip() or TIMES.search(line):
            aside = False
        if TIMES.search(line) and kept and kept[-1].strip() and len(kept) > 1 and not kept[-2].strip():
            kept.pop()
        if not aside and (line.strip() or (kept and kept[-1].strip())):
            kept.append(line)
    return "\n".join(kept)


def _voices(text: str, start: float, before: list[Utterance]) -> list[Utterance]:
    """Who says what in a caption; one that names nobody goes on with the speaker before."""
    if text.startswith("{") and (said := _with_metadata(text, start)):
        return [said]
    pieces = VOICE.split(text)
    last = before[-1].labels if before else UNNAMED
    found: list[Utterance] = []
    if words := _plain(pieces[0]):
        above = NAME_ABOVE.fullmatch(words)
        turn = Utterance((above[1].strip(),), above[2]) if above else labelled(words)
        named = turn is not None and (above is not None or is_label(turn.labels[0]))
        found.append(
            Utterance(turn.labels, turn.text, start) if turn and named else Utterance(last, words, start)
        )
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        found.append(Utterance((html.unescape(name).strip(),), _plain(words), start))
    return [turn for turn in found if turn.text]


def _plain(words: str) -> str:
    return html.unescape(TAG.sub("", words)).strip()


def _with_metadata(text: str, start: float) -> Utterance | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("spokenText"), str):
        return None
    return Utterance((str(said.get("speakerName") or "unknown"),), said["spokenText"], start)
