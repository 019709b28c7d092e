"""Words with their speaker's label before them: "Agent: Good morning"."""

from __future__ import annotations

import re

from finetune.reading.draft import Utterance
from finetune.reading.times import seconds
from finetune.reading.vocabulary import same, vocabulary

# Everything is bounded: words may be megabytes of blanks or underscores.
STAMP = r"(?:[\[(]? ?(?P<time>\d{1,2}(?::\d{2}){1,2}(?:[.,]\d{1,3})?) ?[\])]?\s{0,4}(?:[-–]\s{0,4})?)?"
LABEL = re.compile(
    rf"{STAMP}[*_]{{0,2}}(?P<label>[^\s:*][^:\n]{{0,59}}?)[*_]{{0,2}}\s{{0,4}}:[*_]{{0,2}}(?!//)(?P<text>.*)",
    re.DOTALL,
)
HEADING = re.compile(r"(?P<label>\S[^:\n\t]{0,59}?)\s{1,20}\(?(?P<time>\d{1,2}(?::\d{2}){1,2})\)?")
"""A line of its own above the words, as Otter and Fathom write it: "Carla Dias  0:03"."""
MOST_WORDS = 4
"""Of a name; more before a colon is a sentence."""
SMALL = frozenset(
    {"de", "da", "do", "das", "dos", "e", "van", "von", "der", "den", "del", "la", "di", "al", "bin"}
)
"""Words in names that are written small."""


def labelled(turn: str) -> Utterance | None:
    """The turn's label and words; None where nothing like a label stands before them."""
    found = LABEL.match(turn.lstrip())
    if not found or len(found["label"].split()) > MOST_WORDS:
        return None
    return Utterance((found["label"].strip(),), found["text"], seconds(found["time"]))


def by_lines(text: str) -> list[Utterance] | None:
    """A transcript of such lines, those without a label going on with what was said before.

    Where names stand on lines of their own above the words, a colon within the words names nobody.
    None where words stand before the first label.
    """
    lines = text.splitlines()
    opens = _heading if any(map(_heading, lines)) else _label
    turns: list[Utterance] = []
    for line in lines:
        if turn := opens(line):
            turns.append(turn)
        elif line.strip() and turns:
            last = turns[-1]
            turns[-1] = Utterance(last.labels, f"{last.text}\n{line}", last.start)
        elif line.strip():
            return None
    return turns


def _heading(line: str) -> Utterance | None:
    found = HEADING.fullmatch(line.strip())
    if not found or not is_label(found["label"]):
        return None
    return Utterance((found["label"],), "", seconds(found["time"]))


def _label(line: str) -> Utterance | None:
    turn = labelled(line)
    return turn if turn and is_label(turn.labels[0]) else None


def is_label(words: str) -> bool:
    """Whether this before a colon names a speaker: a part, a number or a name, and not "one more thing"."""
    if is_role(words) or same(words) in vocabulary().not_spoken:
        return True
    return all(word[0].isupper() or word[0].isdigit() or word.strip(".") in SMALL for word in words.split())


NUMBERED = re.compile(
    r"(?:speaker|spk|participant|channel|caller|person|user|agent|customer|falante|locutor|canal)? ?\d{1,6}"
    r"|(?:speaker |spk |participant |channel |falante |locutor )?[a-z]"
)


def is_role(label: str) -> bool:
    """Whether the label is a part ("agent", "speaker 2", "B") and so names nobody."""
    return same(label) in vocabulary().roles or bool(NUMBERED.fullmatch(same(label)))
