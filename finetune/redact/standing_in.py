"""For each thing found in a call, what is put in its place, in the manner in which it was written or said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from finetune.redact.forms import FORMS
from finetune.redact.lexicon import lexicon, names, plain, surrogates
from finetune.redact.names import Mention
from finetune.redact.numbers import Atom, Run, lines_of, said
from finetune.redact.script import Edit, Script
from finetune.redact.spelled import Spelled, SpokenMail, local_words
from finetune.redact.surrogates import (
    CODE_LETTERS,
    Hash,
    People,
    are_surrogate,
    code_for,
    digits_for,
    is_code_surrogate,
    pool_words,
)

LETTERED = {"postcode", "identity", "plate", "account", "tax_number"}
"""Kinds of numbers that have letters in them, said one by one."""
ACCOUNTS = {"handle", "url"}
MOST_NAMES = 2
"""Words of a mail address or an account's handle that make a name."""


@dataclass(frozen=True)
class Found:
    """A passage with personal data."""

    kind: str
    start: int
    end: int
    what: object
    """A Run, Mention, Spelled or SpokenMail; None for what has a form of its own."""


class StandIns:
    """What stands in for the things found in one call."""

    def __init__(self, script: Script, language: str, draw: Hash, found: list[Found]) -> None:
        self._script, self._language, self._draw = script, language, draw
        self._words = lexicon(language)
        said_here = frozenset(re.findall(r"[^\W\d_]+", script.plain))
        self._people = People(language, draw, said_here & pool_words())
        self._mentions = [one.what for one in found if isinstance(one.what, Mention)]
        self._runs = {one.what.digits: one.kind for one in found if isinstance(one.what, Run)}
        self._numbers: dict[str, str] = {}
        for digits in sorted(self._runs, key=lambda digits: (-len(digits), digits)):
            self._numbers[digits] = self._digits(digits)
        for mention in self._mentions:
            self._name(mention.word)

    def already(self, one: Found) -> bool:
        """Whether it is such as is put in here, so nobody's."""
        text = self._script.plain[one.start : one.end]
        match one.what:
            case Run():
                return self._already_digits(one.what.digits)
            case Mention():
                return one.what.word in pool_words()
            case Spelled():
                return one.what.word in pool_words() or is_code_surrogate(one.what.word)
            case SpokenMail():
                return one.what.domain in surrogates().mail_hosts
        return self._already_form(one.kind, text)

    def _already_digits(self, digits: str) -> bool:
        return are_surrogate(digits) or any(digits in other and are_surrogate(other) for other in self._runs)

    def _already_form(self, kind: str, text: str) -> bool:
        if kind == "email":
            return text.rsplit("@", 1)[-1] in surrogates().mail_hosts
        if kind in ACCOUNTS:
            return all(word in pool_words() for word in _account_parts(kind, text))
        if form := FORMS.get(kind):
            return form.already(text, self._language)
        if any(letter.isalpha() for letter in text):
            return is_code_surrogate(text)
        return self._already_digits(re.sub(r"\D", "", text))

    def edits(self, one: Found) -> Iterator[Edit]:
        """The changes that take it out of the script."""
        match one.what:
            case Run():
                yield from self._in_run(one, one.what)
            case Mention():
                text = self._script.text[one.start : one.end]
                yield Edit(one.start, one.end, _in_case_of(text, self._name(one.what.word)))
            case Spelled():
                yield Edit(one.start, one.end, self._spelled(one.what))
            case SpokenMail():
                yield Edit(one.start, one.end, self._spoken_mail(one.what))
            case _:
                text = self._script.text[one.start : one.end]
                yield Edit(one.start, one.end, self._form(one.kind, text))

    # Names

    def _name(self, word: str) -> str:
        """What stands for the plain word of a name; first name or surname by what it is in most places."""
        mentions = [mention for mention in self._mentions if mention.word == word]
        title = next((mention.title for mention in mentions if mention.title), "")
        sex = (
            "female"
            if title in self._words.titles_female
            else "male"
            if title in self._words.titles_male
            else ""
        )
        return self._people.name(word, surname=self._is_surname(word, mentions, title), title_sex=sex)

    def _is_surname(self, word: str, mentions: list[Mention], title: str) -> bool:
        first, last = word in names().first, word in names().surnames
        if first != last:
            return last
        if any(mention.of > 1 for mention in mentions):
            return next(mention.place > 0 for mention in mentions if mention.of > 1)
        return bool(title) and self._words.surname_after_title

    def _known(self) -> frozenset[str]:
        return frozenset(mention.word for mention in self._mentions)

    def _spelled(self, spelled: Spelled) -> str:
        text = self._script.text[spelled.start : spelled.end]
        name = plain(self._name(spelled.word))
        first, second = spelled.letters[0], spelled.letters[1]
        between = self._script.text[first[1] : second[0]]
        if first[1] - first[0] > 1:  # "K for kilo": its words would have to be made up as well
            between = "-"
        return between.join(name.upper() if text[0].isupper() else name)

    def _account_words(self, local: str) -> list[str]:
        """Names in place of the names of a mail address or handle."""
        parts = [part for word in local_words(local, self._language) for part in self._apart(word)]
        parts = [part for part in parts if len(part) > 1 and part.isalpha()][:MOST_NAMES] or [local]
        return [plain(self._account_word(part)) for part in parts]

    def _account_word(self, part: str) -> str:
        known = part in self._known() or part in names().first or part in names().surnames
        return self._name(part) if known else self._people.name(part, surname=True)

    def _apart(self, word: str) -> list[str]:
        """ "carladias" as "carla", "dias", where that can be seen."""
        firsts = self._known() | names().first
        whole = word in firsts or word in names().surnames
        for at in () if whole else range(len(word) - 2, 2, -1):
            if word[:at] in firsts:
                return [word[:at], word[at:]]
        return [word]

    def _host(self, domain: str) -> str:
        hosts = surrogates().mail_hosts
        return hosts[self._draw("host", plain(domain)) % len(hosts)]

    def _spoken_mail(self, mail: SpokenMail) -> str:
        dot = mail.dot or "."
        spaced = f" {dot} " if mail.dot else "."
        local = spaced.join(self._account_words(mail.local))
        return f"{local} {mail.at} {self._host(mail.domain).replace('.', spaced)}"

    # Numbers

    def _digits(self, digits: str) -> str:
        """A part of a longer number of the call is the same part of what stands for that."""
        whole = next((other for other in self._numbers if digits in other), None)
        if whole is not None:
            at = whole.find(digits)
            return self._numbers[whole][at : at + len(digits)]
        return digits_for(self._runs.get(digits, "number"), digits, self._language, self._draw)

    def _in_run(self, one: Found, run: Run) -> Iterator[Edit]:
        left = self._numbers[run.digits]
        for atoms in lines_of(run, self._script.plain):
            mine = one.start <= atoms[0].start and atoms[-1].end <= one.end
            for atom in atoms:
                digits, left = left[: len(atom.digits)], left[len(atom.digits) :]
                if mine:
                    yield Edit(atom.start, atom.end, said(digits, atom, self._words))
            if mine and one.kind in LETTERED:
                yield from self._letters_beside(atoms)

    def _letters_beside(self, atoms: tuple[Atom, ...]) -> Iterator[Edit]:
        """Single letters said before, between and after the digits: "S W one one, four N B"."""
        text, bare = self._script.text, self._script.plain
        line_start, line_end = (
            bare.rfind("\n", 0, atoms[0].start) + 1,
            (bare + "\n").find("\n", atoms[-1].end),
        )
        before = re.search(r"(?:\b[a-z][ ,-]{1,2})*$", bare[line_start : atoms[0].start])
        after = re.match(r"(?:[ ,-]{1,2}[a-z]\b)*", bare[atoms[-1].end : line_end])
        start = line_start + before.start() if before else atoms[0].start
        end = atoms[-1].end + (after.end() if after else 0)
        for letter in re.finditer(r"\b[a-z]\b", bare[start:end]):
            at = start + letter.start()
            a_word = self._language == "pt" and letter.group() in "aeo" and not text[at].isupper()
            if not a_word and not any(atom.start <= at < atom.end for atom in atoms):
                new = CODE_LETTERS[self._draw("letter", bare[start:end]) % len(CODE_LETTERS)]
                yield Edit(at, at + 1, new if text[at].isupper() else new.lower())

    # What has a form of its own

    def _form(self, kind: str, text: str) -> str:
        bare = plain(text)
        if kind == "email":
            local, _, host = bare.rpartition("@")
            return f"{'.'.join(self._account_words(local))}@{self._host(host)}"
        if kind in ACCOUNTS:
            return self._account(kind, text)
        if form := FORMS.get(kind):
            return form.make(text, self._draw(kind, re.sub(r"\W", "", bare)), self._language)
        if any(letter.isalpha() for letter in text):
            return code_for(text, self._draw)
        digits = iter(digits_for(kind, re.sub(r"\D", "", text), self._language, self._draw))
        return "".join(next(digits) if sign.isdigit() else sign for sign in text)

    def _account(self, kind: str, text: str) -> str:
        """A handle or the page of an account on a site, which stays that site's."""
        parts = _account_parts(kind, plain(text))
        if kind == "handle":
            return "@" + ".".join(self._account_words(" ".join(parts)))
        host = re.match(r"(?:https?://)?[^/]+", text)
        if host is None or not parts:
            return text
        place = re.search(r"/(?:in|u|user|profile|pub)/", plain(text))
        return (
            f"{host.group()}{place.group() if place else '/'}{'-'.join(self._account_words(' '.join(parts)))}"
        )


def _in_case_of(text: str, name: str) -> str:
    if text.isupper() and len(text) > 1:
        return name.upper()
    return name.lower() if text.islower() else name


def _account_parts(kind: str, text: str) -> list[str]:
    path = text if kind == "handle" else re.sub(r"^(?:https?://)?[^/]+/?", "", text)
    return [word for word in re.findall(r"[a-z]{2,}", path) if word not in {"in", "user", "profile", "pub"}]
