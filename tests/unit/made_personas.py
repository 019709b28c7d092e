"""Personas made up at random, valid by the same rules as written ones."""

from __future__ import annotations

from hypothesis import strategies as st

from agents.customer.acts import LINE_COUNTS, ExitReason, RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.persona import Persona

# Letters only, so that no made-up line is a near-duplicate of another or holds another's tell.
_SYLLABLES = tuple(a + b for a in "bdfgk" for b in "aeiou")


def _word(number: int) -> str:
    text = ""
    number += 1
    while number:
        text += _SYLLABLES[number % len(_SYLLABLES)]
        number //= len(_SYLLABLES)
    return text


class _Words:
    """Hands out lines of words that were never used before."""

    def __init__(self) -> None:
        self._next = 0

    def line(self, words: int = 4) -> str:
        return " ".join(self.word() for _ in range(words))

    def lines(self, count: int, words: int = 4) -> list[str]:
        return [self.line(words) for _ in range(count)]

    def word(self) -> str:
        self._next += 1
        return _word(self._next)


@st.composite
def made_personas(draw: st.DrawFn) -> Persona:
    """Any persona the schema allows: random dials, gates (also chained), triggers and needs."""
    words = _Words()
    facts = draw(st.integers(5, 8))
    objections = draw(st.integers(4, 6))
    triggers = st.lists(st.sampled_from(list(RepAct)), min_size=1, max_size=4, unique=True)
    unit = st.floats(0, 1)
    return Persona.model_validate(
        {
            "id": "made-up",
            "version": 1,
            "name": "Made Up",
            "call_type": "discovery",
            "industry": "testing",
            "public": {"role": "tester", "company": "tests", "summary": "Somebody made up for a test."},
            "seller": {"company": "us", "product": "it", "goal": "a step", "collection": "none"},
            "private": {"situation": "testing", "goals": ["to test"], "style": "plain"},
            "dials": {
                "patience": draw(st.floats(2, 20)),
                "trust": draw(unit),
                "scepticism": draw(unit),
                "talkativeness": draw(unit),
                "trust_gain": draw(st.floats(0.1, 3)),
                "trust_loss": draw(st.floats(0.1, 3)),
                "turns": draw(st.integers(10, 60)),
            },
            "opening": words.lines(6),
            "facts": [_fact(draw, words, number, objections) for number in range(facts)],
            "objections": [
                {
                    "id": f"objection-{number}",
                    "text": words.line(),
                    "trigger": draw(triggers),
                    "lines": words.lines(4),
                    "insists": words.lines(3),
                    "resolved_by": words.lines(4),
                    "resolved": words.lines(3),
                    "inflamed_by": words.lines(2),
                    "inflamed": words.lines(2),
                }
                for number in range(objections)
            ],
            "win": {
                "next_step": words.line(),
                "needs": {"trust": draw(unit), "facts": draw(st.integers(0, facts)), "open_objections": 0},
                "offered_by": words.lines(4),
                "lines": words.lines(4),
            },
            "exits": {reason.value: words.lines(3) for reason in ExitReason},
            "lines": {act.value: words.lines(count) for act, count in LINE_COUNTS.items()},
        }
    )


def _fact(draw: st.DrawFn, words: _Words, number: int, objections: int) -> dict[str, object]:
    earlier = [f"fact-{n}" for n in range(number)] + [f"objection-{n}" for n in range(objections)]
    tell = words.word()
    return {
        "id": f"fact-{number}",
        "text": f"{tell} {words.line()}",
        "opens_when": {
            "trust": draw(st.floats(0, 1)),
            "after": draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)),
        },
        "asked_by": words.lines(4),
        "tells": [tell],
        "lines": [f"{tell} {words.line()}" for _ in range(3)],
        "follow_up": words.line(),
    }


def appraisals(persona: Persona) -> st.SearchStrategy[Appraisal]:
    """Anything that could be heard by this persona."""
    unit = st.floats(0, 1)
    facts = st.sampled_from([fact.id for fact in persona.facts])
    objections = st.sampled_from([objection.id for objection in persona.objections])
    flag = st.booleans().flatmap(lambda often: st.just(False) if often else st.booleans())
    return st.builds(
        Appraisal,
        acts=st.lists(
            st.builds(Heard, act=st.sampled_from(list(RepAct)), confidence=unit, sentence=st.just("…")),
            max_size=4,
        ).map(tuple),
        asked=st.lists(st.tuples(facts, unit), max_size=2).map(tuple),
        answered=st.lists(st.tuples(objections, unit), max_size=2).map(tuple),
        inflamed=st.lists(st.tuples(objections, unit), max_size=1).map(tuple),
        next_step=unit,
        specific=st.booleans(),
        empathy=unit,
        pressure=unit,
        jargon=unit,
        rude=unit,
        silence=flag,
        repeated=flag,
        foreign=flag,
        too_long=flag,
        confusing=flag,
        introduced=st.booleans(),
    )
