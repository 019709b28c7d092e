"""What the copilot says: an answer with its sources, an answer shown to others, a hint."""

from __future__ import annotations

from collections.abc import Sequence

from agents.copilot.result import Citation, Place
from agents.records.entries import Question
from bot.messages import Answered, Hinted
from bot.presentation import Actions, Button, Feedback, Message, Part, Source, Sources, Words
from bot.shown.shortened import quoted

QUESTION_LONGEST = 300
NO_ANSWER = "The papers do not say."
NOTHING_BEARS = "Nothing in the documents bears on what was just said."


def answer(answered: Answered, *, shareable: bool, private: bool | None = None) -> Message:
    """The answer to the person who asked. What may be shared is private until then, unless said otherwise."""
    found = answered.answer
    says = (found.answer if found.answered else found.reason).strip() or NO_ANSWER
    parts: list[Part] = [_asked(answered.question), Words(text=says)]
    if found.answered:
        parts += _sources(found.citations)
    elif found.nearest:
        parts.append(Words(text="Pages that may be worth opening:", tone="small"))
        parts.append(Sources(sources=tuple(_page(place) for place in found.nearest)))
    if answered.id:
        parts.append(Feedback(question=answered.id))
        if shareable and found.answered:
            parts.append(
                Actions(buttons=(Button(action="share", label="Share here", value=answered.id),)),
            )
    return Message(summary=says, parts=tuple(parts), private=shareable if private is None else private)


def shared(question: Question) -> Message:
    """A kept answer, for everybody who is here."""
    sources = tuple(Source.model_validate(_kept_source(cited)) for cited in question.citations)
    parts: list[Part] = [
        _asked(question.question, "Shared from the copilot. The question was"),
        Words(text=question.answer),
    ]
    if sources:
        parts.append(Sources(sources=sources))
    return Message(summary=question.answer, parts=tuple(parts))


def hint(hinted: Hinted) -> Message:
    """What is worth knowing about what the customer just said."""
    if not hinted.notes:
        return Message(summary=NOTHING_BEARS, parts=(Words(text=NOTHING_BEARS),))
    parts: list[Part] = [Words(text="Worth knowing just now", tone="bold")]
    for note in hinted.notes:
        parts.append(Words(text=note.text))
        parts += _sources(note.citations)
    if hinted.id:
        parts.append(Feedback(question=hinted.id))
    return Message(summary=" ".join(note.text for note in hinted.notes), parts=tuple(parts))


def _asked(question: str, lead: str = "You asked") -> Words:
    return Words(text=f"{lead}: {quoted(question, QUESTION_LONGEST)}", tone="small")


def _sources(citations: Sequence[Citation]) -> list[Part]:
    if not citations:
        return []
    return [Sources(sources=tuple(_cited(citation) for citation in citations))]


def _cited(citation: Citation) -> Source:
    return Source(
        n=citation.n,
        title=citation.title,
        page=citation.page,
        heading=citation.heading,
        quote=citation.quote,
        uri=citation.uri,
    )


def _page(place: Place) -> Source:
    return Source(n=0, title=place.title, page=place.page, heading=place.heading, uri=place.uri)


def _kept_source(cited: dict[str, object]) -> dict[str, object]:
    return {name: cited[name] for name in Source.model_fields if name in cited}
