"""Prepare: from recorded calls to the data sets that a customer is trained and judged on.

Read, drop what is there twice, find the language, redact in that language, translate, split by call, make
examples. The same calls and seed give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import fsspec

from finetune.calls import Place, RecordedCall, Rejected
from finetune.data_folder import DataFolder
from finetune.example import Example
from finetune.examples import examples_of
from finetune.gemini import broken_limits, gemini_lines, within_validation_limit
from finetune.labels import vectors_of
from finetune.reading import CallsNotReadable, read_calls
from finetune.recipe import Recipe
from finetune.report import Gemini, Report, Row, SetReport, TranslationFault
from finetune.split import Member, held_out
from finetune.tokens import Counter as TokenCounter
from finetune.tokens import cost_of, estimate, tokens_of
from finetune.vocabulary import counter_for
from ingestion.embed import default_embedder
from ingestion.settings import Settings

ENGLISH, UNKNOWN = "en", "und"
NO_LANGUAGE = (
    "it cannot be told which language this call is in, so it cannot be translated; say it with --from, "
    "or --translate none."
)
AT_ONCE = 32
"""Calls whose turns are embedded together."""


class NothingToPrepare(Exception):
    """No call is left to train on; the sentence says why and what to do."""


@dataclass(frozen=True)
class Asked:
    """What to prepare, and how."""

    calls: tuple[str, ...]
    """Paths, addresses and wildcards."""
    seller: str
    out: str
    valid_calls: tuple[str, ...] = ()
    """Where the data come split: all of these are held out, and none of `calls`."""
    translate: str = "offline"
    language: str | None = None
    """Of the calls that are not in English; found out call by call when None."""
    redact: bool = True
    valid: float = 0.1
    seed: int = 0
    rehearsed: int = 0
    """So many examples of rehearsed calls are mixed into the training set."""
    recipe: Recipe = field(default_factory=Recipe)
    price_per_million_tokens: float | None = None
    """For training, in whatever currency; None: no amount is estimated."""


@dataclass(frozen=True)
class Kept:
    """A call on its way."""

    call: RecordedCall
    language: str
    """It was held in."""
    held_out: bool = False
    translated: bool = False
    pseudonyms: tuple[str, ...] = ()


@dataclass
class Tally:
    """What the report will say."""

    rows: int = 0
    places: dict[str, Place] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)
    faults: list[TranslationFault] = field(default_factory=list)


Watch = Callable[[Sequence[Any], str], Iterable[Any]]
"""Goes through the items and shows how far it is; the text says what is being done."""


def unwatched(items: Sequence[Any], doing: str) -> Iterable[Any]:
    """Shows nothing."""
    return items


def prepare(asked: Asked, watch: Watch = unwatched) -> Report:
    """Write the data sets into `asked.out` and return what `report.json` says.

    Raises NothingToPrepare, CallsNotReadable, TranslationError, RedactionError or StoreFailed, each with a
    sentence for a person.
    """
    tally = Tally()
    folder = DataFolder(asked.out)
    folder.check()
    kept = _different(asked, _read(asked, tally, watch), tally)
    kept = _in_english(asked, _redacted(asked, kept, tally, watch), tally, watch)
    kept = _split(asked, kept)
    _check_both_sides(asked, kept, tally)
    examples = _examples(asked, kept, watch)
    train = [
        example for one, found in zip(kept, examples, strict=True) if not one.held_out for example in found
    ]
    valid = [example for one, found in zip(kept, examples, strict=True) if one.held_out for example in found]
    train += _rehearsed(asked, watch)
    for_gemini = within_validation_limit(valid, asked.seed)
    problems = _refused_by_vertex(train, for_gemini)
    folder.write(
        {
            "calls.jsonl": (one.call.model_dump_json(exclude_none=True) + "\n" for one in kept),
            "train.jsonl": (example.model_dump_json() + "\n" for example in train),
            "valid.jsonl": (example.model_dump_json() + "\n" for example in valid),
            "train.gemini.jsonl": gemini_lines(train),
            "valid.gemini.jsonl": gemini_lines(for_gemini),
        }
    )
    gemini = Gemini(
        train=len(train),
        valid=len(for_gemini),
        left_out_of_valid=len(valid) - len(for_gemini),
        problems=tuple(problems),
    )
    report = _report(asked, kept, tally, (train, valid), gemini, folder.digests)
    folder.finish(report.model_dump_json(indent=1) + "\n")
    return report


def _read(asked: Asked, tally: Tally, watch: Watch) -> list[Kept]:
    kept: list[Kept] = []
    # What is held out is read first: of two alike it is the one that stays, and training goes without.
    sources = [(source, True) for source in files_of(asked.valid_calls)]
    sources += [(source, False) for source in files_of(asked.calls)]
    for source, out in watch(sources, "Reading calls"):
        for found in read_calls(source, asked.seller, places=tally.places):
            tally.rows += 1
            if isinstance(found, Rejected):
                tally.rejected.append(found)
            else:
                kept.append(Kept(found, ENGLISH, held_out=out))
    if not kept:
        raise NothingToPrepare(_none_left(tally))
    return kept


def _rehearsed(asked: Asked, watch: Watch) -> list[Example]:
    if not asked.rehearsed:
        return []
    from finetune.rehearsed import rehearsed

    return rehearsed(asked.rehearsed, asked.seed, lambda plan: watch(plan, "Rehearsing calls"))


def files_of(sources: Iterable[str]) -> list[str]:
    """The files meant, wildcards written out in order. Raises CallsNotReadable where one matches nothing."""
    found: list[str] = []
    for source in sources:
        if not set(source) & set("*?["):
            found.append(source)
            continue
        store, path = fsspec.core.url_to_fs(source)
        matching = sorted(store.glob(path))
        if not matching:
            raise CallsNotReadable(f"No file matches {source}.")
        found += [store.unstrip_protocol(one) if "://" in source else str(one) for one in matching]
    return list(dict.fromkeys(found))


def _different(asked: Asked, kept: list[Kept], tally: Tally) -> list[Kept]:
    from finetune.duplicates import without_duplicates
    from finetune.language import language_of

    calls, doubles = without_duplicates([one.call for one in kept], tally.places)
    tally.rejected += doubles
    stay = {call.call for call in calls}
    different = [one for one in kept if one.call.call in stay]
    return [replace(one, language=_language(asked, language_of(one.call))) for one in different]


def _language(asked: Asked, found: str) -> str:
    """`--from` names the language of whatever is not in English."""
    return asked.language if asked.language and found != ENGLISH else found


def _redacted(asked: Asked, kept: list[Kept], tally: Tally, watch: Watch) -> list[Kept]:
    if not asked.redact:
        return kept
    from finetune.redact import Redactor, UnknownLanguage

    redactor = Redactor(asked.seed)
    redacted = []
    for one in watch(kept, "Redacting"):
        try:
            done = redactor.redact(one.call, one.language)
        except UnknownLanguage:
            place = tally.places[one.call.call]
            tally.rejected.append(Rejected(place.source, place.line, _not_redactable(one.language)))
            continue
        tally.redactions.update(done.counts)
        redacted.append(replace(one, call=done.call, pseudonyms=done.pseudonyms))
    if not redacted:
        raise NothingToPrepare(_none_left(tally))
    return redacted


def _not_redactable(language: str) -> str:
    if language == UNKNOWN:
        return (
            "it cannot be told which language this call is in, so it cannot be redacted; say it with --from."
        )
    return (
        f"personal data in calls held in '{language}' cannot be found, so the call is left out; "
        "use --no-redact if the calls hold none."
    )


def _in_english(asked: Asked, kept: list[Kept], tally: Tally, watch: Watch) -> list[Kept]:
    if asked.translate == "none":
        return kept
    kept = _in_a_known_language(kept, tally)
    languages = sorted({one.language for one in kept} - {ENGLISH})
    if not languages:
        return kept
    from finetune.translate.engine import open_engine
    from finetune.translate.kept import KeptTranslations
    from finetune.translate.recorded_calls import translate_calls

    engine = open_engine(asked.translate)
    # What was not redacted is not kept either: the file outlives the run.
    known = KeptTranslations(Settings().home / "translations.sqlite") if asked.redact else None
    done: dict[str, RecordedCall] = {}
    for language in languages:
        foreign = [one for one in kept if one.language == language]
        pairs = [(one.call, one.pseudonyms) for one in foreign]
        translated = translate_calls(pairs, engine, language, kept=known)
        for one, result in zip(watch(foreign, f"Translating ({language})"), translated, strict=True):
            done[one.call.call] = result.call
            tally.faults += [TranslationFault(call=f.call, turn=f.turn, kind=f.kind) for f in result.faults]
    return [
        replace(one, call=done[one.call.call], translated=True) if one.call.call in done else one
        for one in kept
    ]


def _in_a_known_language(kept: list[Kept], tally: Tally) -> list[Kept]:
    known = [one for one in kept if one.language != UNKNOWN]
    for one in kept:
        if one.language == UNKNOWN:
            place = tally.places[one.call.call]
            tally.rejected.append(Rejected(place.source, place.line, NO_LANGUAGE))
    if not known:
        raise NothingToPrepare(_none_left(tally))
    return known


def _split(asked: Asked, kept: list[Kept]) -> list[Kept]:
    if asked.valid_calls:
        return kept
    members = [Member(one.call.call, one.call.outcome, one.language, one.translated) for one in kept]
    out = held_out(members, asked.valid, asked.seed)
    return [replace(one, held_out=one.call.call in out) for one in kept]


def _check_both_sides(asked: Asked, kept: list[Kept], tally: Tally) -> None:
    training = any(not one.held_out for one in kept)
    if asked.valid_calls and not training:
        raise NothingToPrepare(
            "No call is left to train on: what --calls names cannot be used or is among --valid-calls too."
            + _first_left_out(tally)
        )
    if asked.valid_calls and not any(one.held_out for one in kept):
        raise NothingToPrepare(
            "No call is left to judge on: none of --valid-calls can be used." + _first_left_out(tally)
        )
    if not training or (asked.valid > 0 and not any(one.held_out for one in kept)):
        raise NothingToPrepare(
            "Only one call is left, and training needs a second one to judge on; add calls, or say --valid 0."
            + _first_left_out(tally)
        )


def _examples(asked: Asked, kept: list[Kept], watch: Watch) -> list[list[Example]]:
    embedder = default_embedder(Settings().embeddings_folder)
    found: list[list[Example]] = []
    for start in watch(range(0, len(kept), AT_ONCE), "Making examples"):
        some = kept[start : start + AT_ONCE]
        vectors = vectors_of([one.call for one in some], embedder)
        for one, rows in zip(some, vectors, strict=True):
            language = ENGLISH if one.translated else one.language
            found.append(list(examples_of(one.call, rows, seed=asked.seed, language=language)))
    return found


def _refused_by_vertex(train: list[Example], valid: list[Example]) -> list[str]:
    count = estimate().count
    return broken_limits("train.gemini.jsonl", train, count) + broken_limits(
        "valid.gemini.jsonl", valid, count
    )


def _report(
    asked: Asked,
    kept: list[Kept],
    tally: Tally,
    sets: tuple[list[Example], list[Example]],
    gemini: Gemini,
    files: dict[str, str],
) -> Report:
    counter = counter_for(asked.recipe.base)
    train, valid = (
        _set_report([one for one in kept if one.held_out is out], sets[out], counter) for out in (False, True)
    )
    return Report(
        rows_read=tally.rows,
        kept=len(kept),
        rejected=tuple(Row(source=r.source, line=r.line, reason=r.reason) for r in tally.rejected),
        languages=_counted(one.language for one in kept),
        translated=sum(one.translated for one in kept),
        translation_faults=tuple(tally.faults),
        redactions=_counted(tally.redactions.elements()) if asked.redact else None,
        labels=_counted(example.act.value for examples in sets for example in examples),
        train=train,
        valid=valid,
        gemini=gemini,
        cost=cost_of(
            tokens_of(sets[0], estimate()),  # Gemini's tokens are not the base's
            asked.recipe.vertex.epochs,
            asked.price_per_million_tokens,
        ),
        seed=asked.seed,
        files=files,
    )


def _set_report(kept: list[Kept], examples: list[Example], counter: TokenCounter) -> SetReport:
    members = [Member(one.call.call, one.call.outcome, one.language, one.translated) for one in kept]
    strata = _counted(
        ", ".join([outcome or "no outcome", language, *(["translated"] if translated else [])])
        for outcome, language, translated in (member.stratum for member in members)
    )
    return SetReport(
        calls=len(kept), examples=len(examples), tokens=tokens_of(examples, counter), strata=strata
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    """Most common first, then by name: the same for the same data."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _first_left_out(tally: Tally) -> str:
    if not tally.rejected:
        return ""
    first = tally.rejected[0]
    return (
        f" {len(tally.rejected)} of {tally.rows} rows were left out, the first, "
        f"{first.source} line {first.line}: {first.reason}"
    )


def _none_left(tally: Tally) -> str:
    if not tally.rejected:
        return "There is no call to train on: the files hold none. Give --calls a file with recorded calls."
    first = tally.rejected[0]
    return (
        f"None of {tally.rows} rows can be used. The first, {first.source} line {first.line}: {first.reason}"
    )
