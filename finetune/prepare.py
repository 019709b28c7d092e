"""Prepare: from recorded calls to the data sets that a customer is trained and judged on.

Read, drop what is there twice, find the language, redact in that language, translate, split by call, make
examples. The same calls and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import fsspec

from finetune.calls import RecordedCall, Rejected
from finetune.data_folder import DataFolder
from finetune.example import Example
from finetune.examples import examples_of
from finetune.gemini import broken_limits, gemini_lines, within_validation_limit
from finetune.kept import Asked, Kept, NothingToPrepare, Tally, Watch, unwatched
from finetune.labels import vectors_of
from finetune.reading import CallsNotReadable, read_calls
from finetune.reading.source import in_words
from finetune.report import Gemini, Report, TranslationFault
from finetune.reported import report_of
from finetune.split import Member, held_out
from finetune.tokens import estimate
from ingestion.embed import default_embedder
from ingestion.settings import Settings

ENGLISH, UNKNOWN = "en", "und"
NO_LANGUAGE = (
    "it cannot be told which language this call is in, so it cannot be translated; say it with --from, "
    "or --translate none."
)
AT_ONCE = 32
"""Calls whose turns are embedded together."""


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
    report = report_of(asked, kept, tally, (train, valid), gemini, folder.digests)
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
        raise NothingToPrepare(tally.none_left())
    return kept


def _rehearsed(asked: Asked, watch: Watch) -> list[Example]:
    if not asked.rehearsed:
        return []
    from finetune.rehearsed import rehearsed

    return rehearsed(asked.rehearsed, asked.seed, lambda plan: watch(plan, "Rehearsing calls"))


def files_of(sources: Iterable[str]) -> list[str]:
    """The files meant, wildcards written out in order. Raises CallsNotReadable where one matches nothing or
    cannot be looked up."""
    found: list[str] = []
    for source in sources:
        if not set(source) & set("*?["):
            found.append(source)
            continue
        with in_words(source):
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
            tally.leave_out(one.call.call, _not_redactable(one.language))
            continue
        tally.redactions.update(done.counts)
        redacted.append(replace(one, call=done.call, pseudonyms=done.pseudonyms))
    if not redacted:
        raise NothingToPrepare(tally.none_left())
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
            tally.leave_out(one.call.call, NO_LANGUAGE)
    if not known:
        raise NothingToPrepare(tally.none_left())
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
            + tally.left_out()
        )
    if asked.valid_calls and not any(one.held_out for one in kept):
        raise NothingToPrepare(
            "No call is left to judge on: none of --valid-calls can be used." + tally.left_out()
        )
    if not training or (asked.valid > 0 and not any(one.held_out for one in kept)):
        raise NothingToPrepare(
            "Only one call is left, and training needs a second one to judge on; add calls, or name some "
            "to judge on with --valid-calls." + tally.left_out()
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
