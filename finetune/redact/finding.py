"""Everything our recognisers find in the text of a call, each with what is needed to replace it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import yaml

from finetune.redact.lexicon import HERE, lexicon, plain
from finetune.redact.names import find_names
from finetune.redact.number_kinds import kind_of
from finetune.redact.numbers import lines_of, read_runs
from finetune.redact.spelled import find_spelled, find_spoken_mail

DATE = r"\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?(?:\d{4}|\d{2})|(?:19|20)\d{2}-\d{2}-\d{2}"
TO_BIRTH_DATE = 45
"""Characters at most between what announces a date of birth and the date."""


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    forms = yaml.safe_load((HERE / "patterns.yaml").read_text(encoding="utf-8"))
    words = lexicon(language)
    cues = "|".join(words.birth_cues)
    every = [(kind, re.compile(form)) for kind, of in forms.items() for form in of]
    every += [("address", re.compile(form)) for form in words.address]
    every += [(kind, re.compile(form)) for kind, form in words.codes.items()]
    every += [
        (
            "birth_date",
            re.compile(
                rf"(?:{cues})(?:[^.!\d]|\n){{0,{TO_BIRTH_DATE}}}?\b(?P<date>{DATE}|{words.spoken_date.strip()})"
            ),
        )
    ]
    return tuple(every)


KINDS = (
    *("email", "url", "handle", "ip", "pix_key", "iban", "birth_date", "address", "identity", "postcode"),
    *(
        "plate",
        "tax_number",
        "card",
        "phone",
        "extension",
        "sort_code",
        "account",
        "number",
        "spelled",
        "name",
    ),
)
"""Every kind, the one that is believed first where two overlap first."""


def find_all(text: str, language: str) -> Iterator[tuple[str, int, int, object]]:
    bare = plain(text)
    for kind, pattern in _patterns(language):
        for match in pattern.finditer(bare):
            group = "date" if kind == "birth_date" else 0
            if "\n" not in match.group(group):
                yield kind, match.start(group), match.end(group), None
    spelled_out = frozenset(spelled.word for spelled in find_spelled(bare, language, frozenset()))
    mentions = find_names(text, language, spelled_out)
    known = frozenset(mention.word for mention in mentions)
    for mail in find_spoken_mail(bare, language, known):
        yield "email", mail.start, mail.end, mail
    for spelled in find_spelled(bare, language, known):
        yield "spelled", spelled.start, spelled.end, spelled
    for run in read_runs(bare, lexicon(language)):
        if (personal := kind_of(run, bare, language)) is not None:
            for atoms in lines_of(run, bare):
                yield personal, atoms[0].start, atoms[-1].end, run
    for mention in mentions:
        yield "name", mention.start, mention.end, mention
