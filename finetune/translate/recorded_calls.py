"""Recorded calls put into another language, one after the other or several at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from finetune.calls import CallTurn, RecordedCall
from finetune.translate.engine import Engine
from finetune.translate.kept import KeptTranslations
from finetune.translate.safely import FaultKind, Way, translate_sentences
from finetune.translate.sentences import split

TARGET = "en"


@dataclass(frozen=True)
class Fault:
    """A sentence that needs a look. It names the place and never says what was said there."""

    call: str
    turn: int
    """Counted from nought, as in `RecordedCall.turns`."""
    kind: FaultKind


@dataclass(frozen=True)
class Translated:
    call: RecordedCall
    faults: tuple[Fault, ...] = ()


def translate_call(
    call: RecordedCall,
    pseudonyms: Sequence[str],
    engine: Engine,
    source: str,
    *,
    target: str = TARGET,
    kept: KeptTranslations | None = None,
) -> Translated:
    """The call in the other language with every figure, code, address and pseudonym still in it.

    Figures take the notation of English. The call is given redacted: translation bends names and numbers,
    which a redactor then no longer finds. With the engine `none`, or from a language to itself, the call is
    returned as it is. `kept` is for redacted calls only. Raises TranslationError.
    """
    if engine.name == "none" or source == target:
        return Translated(call)
    pieces = [(n, piece) for n, turn in enumerate(call.turns) for piece in split(turn.text)]
    said = translate_sentences(
        [piece.strip() for _, piece in pieces], pseudonyms, Way(engine, source, target, kept)
    )
    texts = [""] * len(call.turns)
    faults: list[Fault] = []
    for (n, piece), (sentence, fault) in zip(pieces, said, strict=True):
        core = piece.strip()
        lead = len(piece) - len(piece.lstrip())
        texts[n] += piece[:lead] + sentence + (piece[lead + len(core) :] if core else "")
        if fault:
            faults.append(Fault(call.call, n, fault))
    turns = tuple(CallTurn(speaker=t.speaker, text=text) for t, text in zip(call.turns, texts, strict=True))
    return Translated(call.model_copy(update={"turns": turns}), tuple(faults))


def translate_calls(
    calls: Iterable[tuple[RecordedCall, Sequence[str]]],
    engine: Engine,
    source: str,
    *,
    target: str = TARGET,
    kept: KeptTranslations | None = None,
    workers: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Translated]:
    """Each call with its pseudonyms, translated, in the order given; `on_progress` hears how many are done.

    Threads, not processes: the offline engine lets go of the interpreter while it works and loads its model
    once, Google's waits for the network. `workers` is the number of cores unless given. No more than a few
    calls a worker are read ahead. Raises TranslationError.
    """
    workers = workers or os.cpu_count() or 1
    waiting: deque[Future[Translated]] = deque()
    done = 0
    with ThreadPoolExecutor(workers, thread_name_prefix="translate") as pool:
        try:
            for call, pseudonyms in calls:
                waiting.append(
                    pool.submit(translate_call, call, pseudonyms, engine, source, target=target, kept=kept)
                )
                if len(waiting) < 4 * workers:
                    continue
                yield waiting.popleft().result()
                done += 1
                if on_progress:
                    on_progress(done)
            while waiting:
                yield waiting.popleft().result()
                done += 1
                if on_progress:
                    on_progress(done)
        finally:
            for future in waiting:
                future.cancel()
