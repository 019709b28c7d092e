"""One evaluation, from examples to figures: base against tuned on calls that neither was trained on."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agents.models.adapters import sha256_of
from agents.models.chat import ChatModel
from finetune.evaluate.contestants import Weights, voice_of, weights_of, without_adapter
from finetune.evaluate.endings import ending_figures
from finetune.evaluate.evaluation import (
    ActRow,
    Data,
    Evaluation,
    EvaluationError,
    Figure,
    Sample,
    Speaker,
    meanings,
)
from finetune.evaluate.inside import (
    CallTally,
    inside_figures,
    listeners_for,
    plan_calls,
    play_calls,
    reasons_of,
)
from finetune.evaluate.next_tokens import by_act, judge, token_figures, with_other_persona
from finetune.evaluate.roles import RoleJudge, learn_roles, role_figures
from finetune.evaluate.sizes import Sizes
from finetune.evaluate.speakers import Heard, at_all_places, by_dialogue, endings, listen_to, sample
from finetune.evaluate.speaking import Asked, choose, spread
from finetune.evaluate.style import opening_figures, shapes_of, style_figures, words_of
from finetune.example import Example

SAMPLES = 20
TOKENS = ("token_accuracy", "perplexity", "persona_use")
FEW_CALLS = 20
"""Held out, below which the bootstrap is too sure of itself."""

Step = Callable[[], object]
"""Called as each piece of a stage is done."""
Watch = Callable[[str, int], AbstractContextManager[Step]]
"""Opens a stage of so many pieces, for whoever shows progress."""


def unwatched(_: str, __: int) -> AbstractContextManager[Step]:
    return nullcontext(lambda: None)


@dataclass(frozen=True)
class Split:
    """A file of examples."""

    path: Path
    sha256: str
    examples: tuple[Example, ...]


def read_split(path: Path) -> Split:
    """The examples of a prepared split. Raises EvaluationError: the line's number, never what it says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.") from None
    examples = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            examples.append(Example.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the line"
            raise EvaluationError(
                f"{path}:{number}: {where}: {first['msg'].lower()}; give a file that "
                "`salesmate finetune prepare` wrote."
            ) from None
    if not examples:
        raise EvaluationError(f"{path} holds no examples; prepare more calls, or a larger --valid.")
    return Split(path, hashlib.sha256(content).hexdigest(), tuple(examples))


def evaluate(
    model: str,
    against: str | None,
    valid: Split,
    train: Split | None,
    sizes: Sizes,
    *,
    seed: int = 0,
    at_once: int = 4,
    options: Mapping[str, Any] | None = None,
    watch: Watch = unwatched,
) -> Evaluation:
    """Every figure for the model, beside its base where there is one. Raises EvaluationError.

    `options` go with every request to either, as an operator would serve them (SALESMATE_MODEL_OPTIONS).
    Names of models are those of `salesmate models list`. Loads the models one after the other.
    """
    start = time.monotonic()
    names: dict[Speaker, str] = {"base": against} if against else {}
    names["tuned"] = model
    adapter_sha256 = adapter_sha256_of(model)
    _only_held_out(valid, train)
    figures, acts = _token_figures(names, valid.examples, sizes, seed, watch)
    asked = choose(valid.examples, sizes.openings, sizes.turns, sizes.endings, seed)
    roles = learn_roles(train.examples, seed) if train else None
    voices = {who: voice_of(name, options or {}) for who, name in names.items()}
    heard, played = _talk(voices, asked, sizes, seed, at_once, watch)
    spoken, words, samples = _spoken_figures(heard, asked, valid.examples, roles, seed)
    figures |= spoken | _inside(played, valid.examples, seed)
    calls = len({one.call for one in valid.examples})
    return Evaluation(
        model=model,
        adapter_sha256=adapter_sha256,
        against=against,
        data=Data(
            file=valid.path.name,
            sha256=valid.sha256,
            calls=calls,
            examples=len(valid.examples),
            train_sha256=train.sha256 if train else None,
        ),
        seed=seed,
        asked=sizes.model_dump(),
        seconds=round(time.monotonic() - start, 1),
        figures={name: figures[name] for name in meanings() if name in figures},
        acts=acts,
        classifier=roles.quality if roles else None,
        words_per_turn=words,
        rejected={who: reasons_of(calls) for who, calls in played.items()},
        unanswered={who: one.unanswered for who, one in heard.items()},
        samples=samples,
        notes=_notes(against, calls),
    )


def adapter_sha256_of(model: str) -> str | None:
    """The SHA-256 of a local model's adapter as it is now: the figures are not of what is trained in its
    place later. None where the name tells of no adapter. Raises EvaluationError."""
    if without_adapter(model) is None:
        return None
    adapter = Path(model.partition("+")[2]).expanduser()
    try:
        return sha256_of(adapter)
    except OSError as error:
        raise EvaluationError(f"{adapter} cannot be read: {error.strerror}.") from None


def _only_held_out(valid: Split, train: Split | None) -> None:
    """No call on both sides: the prototype's headline was of turns it had trained on."""
    if train and (both := {one.call for one in valid.examples} & {one.call for one in train.examples}):
        raise EvaluationError(
            f"{len(both)} calls of {valid.path.name} are in {train.path.name} as well, so they are not held "
            "out; prepare the data again and give both of its files."
        )


def _token_figures(
    names: dict[Speaker, str], examples: Sequence[Example], sizes: Sizes, seed: int, watch: Watch
) -> tuple[dict[str, Figure], tuple[ActRow, ...]]:
    """Figures of tokens and the same by act, or the reason why there are none."""
    weights = {who: weights_of(name) for who, name in names.items()}
    tuned = weights["tuned"]
    if isinstance(tuned, str):
        return {name: Figure(missing=tuned) for name in TOKENS}, ()
    chosen = spread(examples, sizes.scored, seed)
    others = with_other_persona(chosen, seed, sizes.persona)
    # All are shown as much of the talk as the tuned one was trained on.
    usable = {
        who: replace(one, most_tokens=tuned.most_tokens)
        for who, one in weights.items()
        if isinstance(one, Weights)
    }
    judged = {}
    for who, one in usable.items():
        with watch(f"Scoring people's words by {names[who]}", len(chosen) + len(others)) as step:
            judged[who] = judge(chosen, partial(one.scores, tell=step), others)
    return token_figures(judged, seed), by_act(judged, seed)


def _talk(
    voices: Mapping[Speaker, ChatModel], asked: Asked, sizes: Sizes, seed: int, at_once: int, watch: Watch
) -> tuple[dict[Speaker, Heard], dict[Speaker, list[CallTally]]]:
    """What each model says at the chosen places, and everybody's simulated calls."""
    plan = plan_calls(sizes.calls, seed)
    listeners = listeners_for(plan)
    heard = {}
    for who, voice in voices.items():
        with watch(f"Listening to {voice.name}", len(asked.all()) + len(plan)) as step:
            heard[who] = listen_to(voice, asked, plan, listeners, at_once, step)
    played = {who: one.tallies for who, one in heard.items()}
    played["scripted"] = asyncio.run(play_calls(plan, None, listeners, at_once))
    return heard, played


def _spoken_figures(
    heard: dict[Speaker, Heard],
    asked: Asked,
    examples: Sequence[Example],
    roles: RoleJudge | None,
    seed: int,
) -> tuple[dict[str, Figure], dict[Speaker, tuple[int, ...]], tuple[Sample, ...]]:
    """The figures of what was said at human places, the lengths for the plot, and samples to read."""
    people, written = at_all_places(examples)
    drafts = {who: one.drafts for who, one in heard.items()} | {"human": people, "scripted": written}
    openings = by_dialogue(drafts, asked.openings)
    turns = by_dialogue(drafts, asked.turns)
    figures = ending_figures(endings(drafts, asked.endings, examples), seed)
    figures |= style_figures(turns, seed) | role_figures(turns, roles, seed)
    figures |= opening_figures(openings)
    words = {
        who: tuple(len(words_of(turn)) for turn in chain.from_iterable(calls)) for who, calls in turns.items()
    }
    samples = tuple(sample(one, drafts) for one in asked.turns[:SAMPLES])
    return figures, words, samples


def _inside(
    played: dict[Speaker, list[CallTally]], examples: Sequence[Example], seed: int
) -> dict[str, Figure]:
    people = shapes_of([draft.text for draft in at_all_places(examples)[0].values() if draft])
    return inside_figures(played, people, seed)


def _notes(against: str | None, calls: int) -> tuple[str, ...]:
    notes = []
    if against is None:
        notes.append("There is no base to compare with: name one with --against.")
    if calls < FEW_CALLS:
        notes.append(
            f"Only {calls} calls were held out: intervals are wide, and may be too narrow for the truth."
        )
    return tuple(notes)
