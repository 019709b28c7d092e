"""Calls in objects: recorders' JSON, chat messages, the cells of tables, our own `calls.jsonl`."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from finetune.reading.draft import BadRow, Columns, Draft, Row, TurnRow, Utterance
from finetune.reading.labelled import by_lines, labelled
from finetune.reading.times import seconds
from finetune.reading.vocabulary import all_of, first_of, same, vocabulary

DEEPEST = 5
"""Objects within objects before the calls."""
LONGEST_ID = 200
PERSON_IDS = ("speaker id", "speakerid", "participant id", "participantid", "id", "user id", "userid")
PERSON_NAMES = (
    "name",
    "display name",
    "displayname",
    "affiliation",
    "role",
    "participant role",
    "participantrole",
)
Labels = Mapping[str, tuple[str, ...]]


NOBODY = Utterance(("nobody",), "")
"""An empty turn; it is dropped."""


class NotACall(ValueError):
    """A value holds no turns; the sentence says why."""


def rows_of(value: object, line: int, columns: Columns, depth: int = 0) -> Iterator[Row]:
    """The calls in a JSON value: itself, or those it holds."""
    if isinstance(value, list) and value and not _are_turns(value, columns):
        for item in value:
            yield from rows_of(item, line, columns, depth + 1)
        return
    try:
        yield from _call_in(value, line, columns, depth)
    except NotACall as error:
        yield BadRow(line, str(error))


def _call_in(value: object, line: int, columns: Columns, depth: int) -> Iterator[Row]:
    if isinstance(value, list):
        yield Draft(line, turns_in(value, columns))
    elif not isinstance(value, dict):
        raise NotACall("It is no call: an object with turns was expected.")
    elif (found := _turns_of(value, columns)) is not None:
        people = _people(value)
        yield Draft(line, turns_in(found, columns, people), id_of(value, columns), outcome_of(value, columns))
    elif depth < DEEPEST and (inner := _calls_of(value)) is not None:
        yield from rows_of(inner, line, columns, depth + 1)
    elif labels_of(value, columns, {}):
        turn = _turn(value, columns, {}, 1)
        yield TurnRow(line, turn, id_of(value, columns), outcome_of(value, columns))
    else:
        raise NotACall("It has no turns under any known name. Say what its keys are called.")


def turns_in(value: object, columns: Columns, people: Labels | None = None) -> tuple[Utterance, ...]:
    """What was said, from a list of turns or text with labels. Raises NotACall."""
    if isinstance(value, str):
        return _written(value, columns)
    if not isinstance(value, list):
        raise NotACall("Its turns are no list.")
    return tuple(_turn(item, columns, people or {}, n) for n, item in enumerate(value, 1))


def _written(text: str, columns: Columns) -> tuple[Utterance, ...]:
    """A cell: a list as JSON or Python writes it, or lines of "Name: words"."""
    if text.lstrip().startswith("["):
        try:
            return turns_in(_parsed(text.strip()), columns)
        except ValueError as error:
            if isinstance(error, NotACall):
                raise
            if (
                not text.lstrip()[1:].lstrip()[:1].isdigit()
            ):  # else it is the time of a line: [00:01] Agent: …
                raise NotACall(
                    "Its list of turns is not written out as JSON or Python do, or is cut off."
                ) from None
    turns = by_lines(text)
    if not turns:
        raise NotACall("Its words have no speaker's label before them, as in 'agent: …'.")
    return tuple(turns)


def _parsed(text: str) -> object:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass  # Python's quotes, then
    try:
        with warnings.catch_warnings():  # a warning of a doubtful escape would show the words it is in
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise ValueError("no list") from None


def _turn(item: object, columns: Columns, people: Labels, n: int) -> Utterance:
    if isinstance(item, str):
        if turn := labelled(item):
            return turn
        if not item.strip():
            return NOBODY
        raise NotACall(f"Its turn {n} has no speaker's label before its words, as in 'agent: …'.")
    if not isinstance(item, dict):
        raise NotACall(f"Its turn {n} is no object with a speaker and words.")
    if same(str(_value(item, "type", ()))) in vocabulary().not_turns:
        return NOBODY
    text, start = _words(item, columns)
    labels = labels_of(item, columns, people)
    if not labels and text.strip():
        raise NotACall(f"Its turn {n} does not say who speaks.")
    return Utterance(labels or NOBODY.labels, text, start)


def _words(item: Mapping[str, Any], columns: Columns) -> tuple[str, float | None]:
    start = seconds(_value(item, columns.time, vocabulary().columns.time))
    text = _value(item, columns.text, vocabulary().columns.text)
    if isinstance(text, str):
        return text, start
    parts = text if isinstance(text, list) else _value(item, None, vocabulary().parts)
    if not isinstance(parts, list):
        return "", start
    said = [_words(part, columns) if isinstance(part, dict) else (str(part), None) for part in parts]
    # Rev.ai gives punctuation and blanks as elements of their own.
    joint = "" if first_of(("elements",), item) else " "
    first = next((when for _, when in said if when is not None), None)
    return joint.join(text for text, _ in said), first if start is None else start


def labels_of(item: Mapping[str, Any], columns: Columns, people: Labels) -> tuple[str, ...]:
    """All that the speaker of a turn is called, with what the call's list of people adds."""
    names = (columns.speaker,) if columns.speaker else vocabulary().columns.speaker
    labels: list[str] = []
    for key in all_of(names, tuple(item)):
        value = item[key]
        if isinstance(value, dict):
            labels += [str(inner) for inner in value.values() if isinstance(inner, str | int) and str(inner)]
        elif isinstance(value, int) and not isinstance(value, bool):
            labels.append(f"{'channel' if same(key) == 'channel' else 'speaker'} {value}")
        elif isinstance(value, str) and value.strip():
            labels.append(value.strip())
    known = [more for label in labels for more in people.get(same(label).removeprefix("speaker "), ())]
    return tuple(dict.fromkeys([*labels, *known]))


def _people(call: Mapping[str, Any]) -> Labels:
    """Names and affiliations by speaker's id, from a call's list of parties (Gong)."""
    key = first_of(vocabulary().people, call)
    listed = call.get(key) if key is not None else None
    people: dict[str, tuple[str, ...]] = {}
    for person in listed if isinstance(listed, list) else ():
        if isinstance(person, dict):
            ids = [person[name] for name in all_of(PERSON_IDS, tuple(person)) if person[name]]
            names = [person[name] for name in all_of(PERSON_NAMES, tuple(person))]
            for each in ids:
                people.setdefault(
                    same(str(each)), tuple(name for name in names if isinstance(name, str) and name)
                )
    return people


def _turns_of(call: Mapping[str, Any], columns: Columns) -> list[Any] | str | None:
    names = (columns.transcript,) if columns.transcript else vocabulary().turns
    for name in names:
        found = _down(call, name)
        if isinstance(found, list) and _are_turns(found, columns):
            return found
        if isinstance(found, str) and (found.lstrip().startswith("[") or by_lines(found)):
            return found
    return None


def _are_turns(values: list[Any], columns: Columns) -> bool:
    first = values[0] if values else None
    if isinstance(first, dict):
        if not labels_of(first, columns, {}) or _turns_of(first, columns) is not None:
            return False
        return (
            first_of((columns.text or "", *vocabulary().columns.text, *vocabulary().parts), first) is not None
        )
    return isinstance(first, str) and labelled(first) is not None


def _calls_of(value: Mapping[str, Any]) -> object:
    for name in vocabulary().calls:
        found = _value(value, name, ())
        if isinstance(found, dict | list) and found:
            return found
    return None


def calls_listed(document: object, columns: Columns) -> tuple[str, list[Any]] | None:
    """The key ("" for none) and the list of calls in a document; None where it is a call itself."""
    if isinstance(document, list):
        return None if _are_turns(document, columns) else ("", document)
    if isinstance(document, dict) and _turns_of(document, columns) is None:
        for key in all_of(vocabulary().calls, tuple(document)):
            if isinstance(document[key], list) and not _are_turns(document[key], columns):
                return key, document[key]
    return None


def _down(value: object, path: str) -> object:
    for name in path.split("."):
        if isinstance(value, list) and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        elif isinstance(value, dict):
            value = _value(value, name, ())
        else:
            return None
    return value


def _value(item: Mapping[str, Any], said: str | None, names: tuple[str, ...]) -> Any:
    key = first_of((said,) if said else names, item)
    return item[key] if key is not None else None


def id_of(call: Mapping[str, Any], columns: Columns) -> str | None:
    """The call's own id, at its top or in its metadata."""
    metadata = _value(call, "metadata", ())
    for place in (call, metadata if isinstance(metadata, dict) else {}):
        for name in (columns.call,) if columns.call else (*vocabulary().columns.call, "id"):
            found = _value(place, name, ())
            if isinstance(found, str | int) and not isinstance(found, bool) and is_id(str(found)):
                return str(found)
    return None


def is_id(value: str) -> bool:
    """Whether it can be a name of a call: some letters on one line, and no call itself."""
    return bool(value.strip()) and len(value) <= LONGEST_ID and "\n" not in value


def outcome_of(call: Mapping[str, Any], columns: Columns) -> str | None:
    """How the call came out, in a few words: `{"donation": 0.1}` is "donation 0.1"."""
    found = _value(call, columns.outcome, vocabulary().columns.outcome)
    if isinstance(found, dict):
        return ", ".join(f"{key} {value}" for key, value in found.items()) or None
    return str(found) if isinstance(found, str | int | float) else None
