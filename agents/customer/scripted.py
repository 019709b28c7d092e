"""The speaker that needs no model: the persona's own written lines, varied and never repeated in a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random

from agents.customer.acts import Act
from agents.customer.persona import Persona
from agents.customer.state import Decision
from agents.data_files import read_yaml

NAME = "scripted"

# Where an act's own lines are used up, the nearest act that is still true in its place.
_NEXT_BEST: dict[Act, tuple[Act, ...]] = {
    Act.RETELL: (Act.VAGUE, Act.DEFLECT),
    Act.INSIST: (Act.RESIST_PITCH, Act.DEFLECT),
    Act.OBJECT: (Act.RESIST_PITCH, Act.DEFLECT),
    Act.BRISTLE: (Act.RESIST_PRESSURE, Act.RESIST_PITCH),
    Act.CONCEDE: (Act.INTEREST, Act.WARM),
    Act.RESIST_CLOSE: (Act.DEFLECT, Act.RESIST_PITCH),
    Act.RESIST_PRESSURE: (Act.RESIST_CLOSE, Act.RESIST_PITCH),
    Act.RUDE: (Act.RESIST_PRESSURE,),
    Act.WHO: (Act.CONFUSED,),
    Act.DEFLECT: (Act.VAGUE,),
    Act.SILENCE: (Act.CONFUSED,),
    Act.REPEATED: (Act.CONFUSED,),
    Act.TOO_LONG: (Act.CONFUSED,),
    Act.FOREIGN: (Act.CONFUSED,),
}
_LAST = (Act.ACKNOWLEDGE, Act.VAGUE)
_SPACES = re.compile(r"[\W_]+")


def speak(persona: Persona, decision: Decision, said: Sequence[str], rng: Random) -> str | None:
    """The persona's line for the act, one that she has not said in this call.

    `said` is what she has said so far. None when she has nothing new left to say: time to end the call.
    """
    spoken = [bare(text) for text in said]
    main = _fresh(_pools(persona, decision), spoken, rng)
    if main is None or decision.aside is None:
        return main
    aside = _fresh([persona.lines[decision.aside]], [*spoken, bare(main)], rng)
    return f"{main} {aside}" if aside else main


def _pools(persona: Persona, decision: Decision) -> Iterator[Sequence[str]]:
    """Lists of lines to try, best first."""
    yield _own_lines(persona, decision)
    if decision.act in (Act.AGREE, Act.LEAVE, Act.REVEAL):
        return  # these must be said in so many words, or not at all
    for act in (*_NEXT_BEST.get(decision.act, ()), *_LAST):
        yield persona.lines[act]
    yield stock_lines()


def _own_lines(persona: Persona, decision: Decision) -> Sequence[str]:
    act = decision.act
    if act is Act.OPEN:
        return persona.opening
    if act is Act.AGREE:
        return persona.win.lines
    if act is Act.LEAVE and decision.exit:
        return persona.exits[decision.exit]
    if decision.fact:
        told = persona.fact(decision.fact).lines
        return told if act is Act.REVEAL else (*told, *persona.lines[Act.RETELL])
    if decision.objection:
        objection = persona.objection(decision.objection)
        return {
            Act.OBJECT: objection.lines,
            Act.INSIST: (*objection.insists, *objection.lines),
            Act.CONCEDE: objection.resolved,
            Act.BRISTLE: objection.inflamed,
        }[act]
    return persona.lines[act]


def _fresh(pools: Iterable[Sequence[str]], spoken: list[str], rng: Random) -> str | None:
    for pool in pools:
        unsaid = [line for line in pool if not _was_said(bare(line), spoken)]
        if unsaid:
            return rng.choice(unsaid)
    return None


def _was_said(line: str, spoken: list[str]) -> bool:
    """A turn is a line, or a line and an aside."""
    return any(turn == line or turn.startswith(f"{line} ") or turn.endswith(f" {line}") for turn in spoken)


def bare(text: str) -> str:
    """The words alone: how two lines are compared."""
    return _SPACES.sub(" ", text.casefold()).strip()


@cache
def stock_lines() -> tuple[str, ...]:
    """Lines any customer could say, see `lines/stock.yaml`."""
    path = Path(__file__).parent / "lines" / "stock.yaml"
    return tuple(read_yaml(path.read_text(encoding="utf-8")))
