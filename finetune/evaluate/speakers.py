"""Everything that needs the models to talk, gathered in one event loop for each model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.customer.engine import Hears
from agents.evals.play import Planned
from agents.models.chat import ChatModel
from finetune.evaluate.endings import Ends
from finetune.evaluate.evaluation import Sample, Speaker
from finetune.evaluate.inside import CallTally, play_calls
from finetune.evaluate.speaking import Asked, Draft, human, scripted, silences, speak_at
from finetune.example import Example

LAST_TURNS = 3
"""Of the history, shown with a sample."""
Place = tuple[str, int]
Drafts = dict[Place, Draft | None]
"""What a speaker said where; none where it had no answer."""


@dataclass(frozen=True)
class Heard:
    """One model's drafts at the chosen places, and its calls inside the engine."""

    drafts: Drafts
    tallies: list[CallTally]

    @property
    def unanswered(self) -> int:
        silent = sum(draft is None for draft in self.drafts.values())
        return silent + sum(call.unanswered for call in self.tallies)


def listen_to(
    model: ChatModel,
    asked: Asked,
    plan: Sequence[Planned],
    listeners: dict[str, Hears],
    at_once: int,
    tell: Callable[[], object],
) -> Heard:
    """Let the model speak at every place asked for, then play the calls. Raises EvaluationError."""

    async def both() -> Heard:
        places = asked.all()
        drafts = await speak_at(places, model, at_once, tell)
        tallies = await play_calls(plan, model, listeners, at_once, tell)
        return Heard({place(one): draft for one, draft in zip(places, drafts, strict=True)}, tallies)

    return asyncio.run(both())


def place(example: Example) -> Place:
    return example.call, example.n


def at_all_places(examples: Sequence[Example]) -> tuple[Drafts, Drafts]:
    """What the humans said, and what the script would say."""
    people: Drafts = {place(one): human(one) for one in examples}
    written: Drafts = {}
    for one in examples:
        line = scripted(one)
        written[place(one)] = None if line is None else Draft(line, ends=False)
    return people, written


def by_dialogue(drafts: dict[Speaker, Drafts], chosen: Sequence[Example]) -> dict[Speaker, list[list[str]]]:
    """Each speaker's turns at the chosen places, call by call in one order.

    A place at which any model gave no answer is left out for all, so that all are judged on the same. The
    script is left out where it has no lines at all.
    """
    models = [who for who in drafts if who in ("base", "tuned")]
    kept = [one for one in chosen if all(drafts[who][place(one)] is not None for who in models)]
    calls = sorted({one.call for one in kept})
    turns: dict[Speaker, list[list[str]]] = {}
    for who, said in drafts.items():
        by_call: dict[str, list[str]] = {call: [] for call in calls}
        for one in kept:
            if draft := said[place(one)]:
                by_call[one.call].append(draft.text)
        if who != "scripted" or any(by_call.values()):
            turns[who] = [by_call[call] for call in calls]
    return turns


def endings(
    drafts: dict[Speaker, Drafts], chosen: Sequence[Example], everything: Sequence[Example]
) -> dict[Speaker, list[Ends]]:
    """Where each model ended the call, at the chosen places, with how many such places there are in all."""
    calls = sorted({one.call for one in chosen})
    return {
        who: [_ends(call, said, chosen, everything) for call in calls]
        for who, said in drafts.items()
        if who in ("base", "tuned")
    }


def _ends(call: str, said: Drafts, chosen: Sequence[Example], everything: Sequence[Example]) -> Ends:
    answered = [(one, draft) for one in chosen if one.call == call and (draft := said[place(one)])]
    last = [draft for one, draft in answered if human(one).ends]
    others = [draft for one, draft in answered if not human(one).ends]
    in_all = [human(one).ends for one in everything if one.call == call]
    return Ends(
        ends=len(last),
        ended=sum(draft.ends for draft in last),
        others=len(others),
        cut=sum(draft.ends for draft in others),
        ends_in_all=sum(in_all),
        others_in_all=len(in_all) - sum(in_all),
    )


def sample(example: Example, drafts: dict[Speaker, Drafts]) -> Sample:
    """One turn side by side, after the last turns in which something was said."""
    silent = silences()
    return Sample(
        call=example.call,
        n=example.n,
        act=example.act,
        history=tuple(
            ("seller" if said.role == "user" else "customer", said.content)
            for said in example.talk[-LAST_TURNS:]
            if said.content not in silent
        ),
        human=human(example).text,
        base=_text(drafts.get("base"), example),
        tuned=_text(drafts["tuned"], example),
        scripted=_text(drafts["scripted"], example),
    )


def _text(drafts: Drafts | None, example: Example) -> str | None:
    draft = drafts[place(example)] if drafts else None
    return draft.text if draft else None
