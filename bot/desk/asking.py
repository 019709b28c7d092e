"""The copilot: questions, hints, answers shared and judged."""

from __future__ import annotations

from agents.records.entries import Feedback
from bot.desk.task import Task
from bot.messages import Answered, Hinted
from bot.presentation import Outgoing, Place
from bot.shown.copilot import answer, hint, shared
from bot.shown.trouble import not_a_call, trouble

THANKS = {
    "helpful": "Noted: the copilot's answer helped.",
    "unhelpful": "Noted: the copilot's answer did not help.",
}
NOTHING_TO_SHARE = "The papers had no answer to that, so there is nothing to share."


async def ask(task: Task) -> None:
    """A question from a command, a modal, a shortcut or a mention. Raises NotFound, KnowledgeError."""
    roleplay = task.given("roleplay")
    if not roleplay and (here := await task.records.roleplay_at(task.thread)):
        roleplay = here.id
    place = task.place
    if roleplay and not place.thread:
        place = await task.place_of(roleplay)
    alone = True if task.given("private") else None
    await answer_question(task, task.given("text"), roleplay, place, private=alone)


async def answer_question(
    task: Task, question: str, roleplay: str, place: Place, *, private: bool | None = None
) -> None:
    """The answer at `place`, for her alone where it can be shared from there. Raises NotFound and
    KnowledgeError."""
    if not question.strip():
        return await task.tell(not_a_call())
    task.live.thinking(None)

    def told(answered: Answered) -> list[Outgoing]:
        message = answer(answered, shareable=bool(place.reply_url), private=private)
        return [Outgoing(place=place, content=message, roleplay=roleplay)]

    await task.salesmate.ask(
        question,
        roleplay_id=roleplay or None,
        keep=task.finishing(
            lambda events: [one for event in events if isinstance(event, Answered) for one in told(event)]
        ),
    )
    return None


async def hint_wanted(task: Task) -> None:
    """What is worth knowing just now? Raises NotFound, KnowledgeError."""
    roleplay = task.given("roleplay")
    await give_hint(task, roleplay, await task.place_of(roleplay))


async def give_hint(task: Task, roleplay: str, place: Place) -> None:
    """The hint at `place`. Raises NotFound, KnowledgeError."""
    task.live.thinking(None)
    await task.salesmate.hint(
        roleplay,
        task.finishing(
            lambda events: [
                Outgoing(place=place, content=hint(event), roleplay=roleplay)
                for event in events
                if isinstance(event, Hinted)
            ]
        ),
    )


async def share(task: Task) -> None:
    """An answer of hers, for everybody where she asked. Raises NotFound."""
    question = await task.records.question(task.given("question"))
    if not question.answered:
        return await task.tell(trouble(NOTHING_TO_SHARE))
    return await task.finish([task.at(shared(question))])


async def feedback(task: Task) -> None:
    """Whether an answer helped. Raises NotFound."""
    verdict: Feedback = "helpful" if task.given("verdict") == "helpful" else "unhelpful"
    thanks = trouble(THANKS[verdict]).model_copy(update={"private": True})
    await task.salesmate.feedback(
        task.given("question"), verdict, task.finishing(lambda _: [task.note(thanks)])
    )
