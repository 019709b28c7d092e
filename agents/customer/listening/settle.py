"""What the words of a sentence settle, whatever its embedding sounded like.

Cues that decide alone (`sure` and `never` in `cues.yaml`), the benefit of the doubt where an insult or a
shove is only half heard, and the plain form of a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.customer.acts import RepAct
from agents.customer.listening.cues import cues

if TYPE_CHECKING:
    from collections.abc import Mapping

BORROWED = 0.5  # from here a question is rather a proposal, a request, small talk or an insult
UNSURE = 0.35  # below this nothing is claimed to have been heard
SURE = 0.92
DOUBTED = 0.3  # an insult or a shove that sounds as much like something decent
# A longer sentence (in words) with no "you" in it is about something else, unless it is clearly an insult.
LONG_WITHOUT_YOU, CLEAR = 8, 0.7
DENIED = 0.15
FIGURE = 0.6  # a stated figure is evidence, if dry
HALF_HEARD = 0.2
PLAIN = 0.8  # the form of a question, the mention of a fee: plain to see, whatever else is meant

_DECENT = (
    RepAct.ACKNOWLEDGE,
    RepAct.EVIDENCE,
    RepAct.REASON,
    RepAct.PERMISSION,
    RepAct.OPEN_QUESTION,
    RepAct.CLOSED_QUESTION,
    RepAct.GOODBYE,
    RepAct.SMALL_TALK,
)
_NO_EVIDENCE = (RepAct.PRESSURE, RepAct.CLOSE, RepAct.RUDE, RepAct.PERMISSION, RepAct.SMALL_TALK)
_OTHER_PURPOSE = (
    RepAct.IDENTITY_CHECK,
    RepAct.PERMISSION,
    RepAct.CLOSE,
    RepAct.SMALL_TALK,
    RepAct.RUDE,
    RepAct.PRESSURE,
)
"""Acts that borrow the form of a question without wanting to know: "Would Thursday suit?" """


def settled(sentence: str, heard: Mapping[str, float]) -> dict[str, float]:
    """The confidences, with what the words themselves make plain."""
    levels = dict(heard)
    _doubt(sentence, levels)
    _decide(sentence, levels)
    _see_plainly(sentence, levels)
    return levels


def question_form(sentence: str) -> RepAct | None:
    """Open or closed, by its words; None where it is no question."""
    known = cues()
    sentence = without_leave(sentence)
    if known.open_form.search(sentence):
        return RepAct.OPEN_QUESTION
    return RepAct.CLOSED_QUESTION if known.closed_form.search(sentence) else None


def without_leave(sentence: str) -> str:
    """The question itself, where leave to ask it comes first: "Can I ask who it's from?" """
    return cues().asks_leave.sub("", sentence)


def _doubt(sentence: str, heard: dict[str, float]) -> None:
    """An insult or a shove must sound like nothing decent, and a long one must be about somebody."""
    decent = max(heard[act] for act in _DECENT)
    for act in (RepAct.RUDE, RepAct.PRESSURE):
        if heard[act] <= decent:
            heard[act] = min(heard[act], DOUBTED)
    # A day or a name in a sentence is neither a proposal nor a search for somebody.
    if not cues().proposal.search(sentence):
        heard[RepAct.CLOSE] = min(heard[RepAct.CLOSE], DOUBTED)
    if not cues().identity.search(sentence):
        heard[RepAct.IDENTITY_CHECK] = min(heard[RepAct.IDENTITY_CHECK], DOUBTED)
    if cues().asks_leave.search(sentence):
        heard[RepAct.PERMISSION] = min(heard[RepAct.PERMISSION], DOUBTED)
    elsewhere = not cues().at_you.search(sentence) and len(sentence.split()) >= LONG_WITHOUT_YOU
    if elsewhere and heard[RepAct.RUDE] < CLEAR:
        heard[RepAct.RUDE] = min(heard[RepAct.RUDE], DOUBTED)


def _decide(sentence: str, heard: dict[str, float]) -> None:
    known = cues()
    sure = {act for act, cue in known.sure.items() if cue.search(sentence)}
    if known.asks_leave.search(sentence):
        sure.discard(RepAct.PERMISSION)
    for act in sure:
        heard[act] = max(heard[act], SURE)
    for act, cue in known.never.items():
        if cue.search(sentence):
            heard[act] = min(heard[act], DENIED)
    if RepAct.RUDE in sure:
        heard[RepAct.ACKNOWLEDGE] = min(heard[RepAct.ACKNOWLEDGE], DENIED)
    elif RepAct.ACKNOWLEDGE in sure or known.gentle.search(sentence):
        heard[RepAct.RUDE] = min(heard[RepAct.RUDE], DENIED)


def _see_plainly(sentence: str, heard: dict[str, float]) -> None:
    known = cues()
    if known.price.search(sentence):
        heard[RepAct.PRICE] = max(heard[RepAct.PRICE], PLAIN)
    form = question_form(sentence)
    if form is not None:
        other = max(heard[act] for act in _OTHER_PURPOSE)
        heard[form] = max(heard[form], PLAIN) if other < BORROWED else min(heard[form], other)
    elif known.figure.search(sentence) and _sober(heard):
        heard[RepAct.EVIDENCE] = max(heard[RepAct.EVIDENCE], FIGURE)


def _sober(heard: Mapping[str, float]) -> bool:
    """Whether a figure in the sentence would be one to check: a fee, or half heard as evidence, not urged."""
    checkable = max(heard[RepAct.EVIDENCE] / HALF_HEARD, heard[RepAct.PRICE] / PLAIN) >= 1
    return checkable and max(heard[act] for act in _NO_EVIDENCE) < UNSURE
