"""Who is named in a call: after what announces a name, by lists, and then wherever the name comes again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from finetune.redact.lexicon import Lexicon, Names, lexicon, names, plain

TOKEN = re.compile(r"[^\W\d_]+")
NAME = r"(?P<name>[^\W\d_]+(?:(?: |-|['’])[^\W\d_]+){0,4}?)"
ENDS_SENTENCE = re.compile(r"[.!?:;…\n\"“(]\s*$")
CONTRACTED = re.compile(r"\\?['’](?:t|re|ve|ll)\b")
LONGEST = 5
"""Words of a name."""
SHORTEST = 3
"""Letters of a name that is looked for wherever it may stand."""


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    text: str
    word: str
    """Plain."""
    capital: bool
    """Whether it has one that says something: in a turn that is all capitals none does."""
    first: bool
    """Whether it begins a sentence, where everything has a capital."""


@dataclass(frozen=True)
class Mention:
    """One word of a name, where it stands."""

    start: int
    end: int
    word: str
    place: int
    """Among the words of this name, from 0."""
    of: int
    title: str = ""
    """What came before it: "mrs", "dona"."""


def find_names(text: str, language: str, spelled: frozenset[str] = frozenset()) -> list[Mention]:
    """Every word of a person's name in the text of a call, in order.

    `spelled` are the plain words that somebody spells out in it, which are names where they are said too.
    """
    finder = _Finder(text, language)
    for start, end, level in finder.announced():
        finder.take(start, end, level)
    finder.said_and(spelled)
    finder.by_lists()
    finder.again()
    return sorted(finder.found.values(), key=lambda mention: mention.start)


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str], bool], ...]:
    """Level, pattern, and whether something has to come after the name."""
    words = lexicon(language)
    levels = {
        "strong": words.strong_cues,
        "weak": (*words.weak_cues, *words.cues_after),
        "list": words.list_cues,
    }
    # Two names may share a word ("thanks, Ana, …"), so the name itself is not consumed.
    return tuple(
        (level, re.compile(cue.replace("{NAME}", NAME), re.MULTILINE), not cue.endswith("{NAME}"))
        for level, cues in levels.items()
        for cue in cues
    )


@cache
def _questions(language: str) -> re.Pattern[str]:
    return re.compile("|".join(lexicon(language).name_questions))


class _Finder:
    """The names of one text, gathered step by step."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self.plain = plain(text)
        self.words: Lexicon = lexicon(language)
        self.names: Names = names()
        self.listed = self.names.first | self.names.surnames
        self.never = self.words.not_names
        self.tokens = list(_tokens(text, self.plain))
        self.at = {token.start: n for n, token in enumerate(self.tokens)}
        self.company = self._companies()
        self.found: dict[int, Mention] = {}

    def announced(self) -> Iterator[tuple[int, int, str]]:
        """Where a name is to be expected, where it has to end (0: anywhere), and how surely."""
        for level, pattern, followed in _patterns(self.language):
            for match in pattern.finditer(self.plain):
                yield match.start("name"), match.end("name") if followed else 0, level
        for match in _questions(self.language).finditer(self.plain):
            line = self.plain.find("\n", match.end())
            answer = self.plain[line + 1 : (self.plain + "\n").find("\n", line + 1)] if line >= 0 else ""
            if 0 < len(answer) <= 60 and "\n" not in self.plain[match.end() : line]:
                yield from self._answer(line + 1, answer)

    def _answer(self, start: int, answer: str) -> Iterator[tuple[int, int, str]]:
        for match in TOKEN.finditer(answer):
            if match.group() not in self.never and len(match.group()) >= SHORTEST:
                short = len(TOKEN.findall(answer)) <= 4
                yield start + match.start(), 0, "strong" if short else "weak"
                return

    def take(self, start: int, end: int, level: str) -> None:
        """The name that begins there, if it is one."""
        n = self.at.get(start)
        if n is None:
            return
        while n < len(self.tokens) and self.tokens[n].word in self.words.titles and self._joined(n):
            n += 1
        if not self._may_be(n, level):
            return
        chain = self._chain(n)
        if not end or self.tokens[chain[-1]].end >= end:
            self._mention(chain)

    def _chain(self, n: int) -> list[int]:
        """The words of the name that begins with the token n, without particles."""
        chain = [n]
        while len(chain) < LONGEST and (more := self._more(chain[-1])):
            chain += more
        return chain

    def said_and(self, spelled: frozenset[str]) -> None:
        for n, token in enumerate(self.tokens):
            if token.word in spelled and token.capital and not self._barred(n):
                self._mention([n])

    def by_lists(self) -> None:
        for n, token in enumerate(self.tokens):
            if token.start in self.found or token.word not in self.listed or self._barred(n):
                continue
            if token.word in self.names.also_words:
                if not token.capital or token.first or self._like_a_word(n):
                    continue
            elif not token.capital and (token.word not in self.names.first or len(token.word) < SHORTEST + 1):
                continue
            self._mention(self._chain(n))

    def again(self) -> None:
        """Whoever is known is known everywhere, in capitals or not."""
        known = {m.word: m for m in self.found.values() if len(m.word) >= SHORTEST}
        for n, token in enumerate(self.tokens):
            if token.word not in known or token.start in self.found or n in self.company:
                continue
            if self._of_a_place(n):
                continue
            in_full = self._in_full(n)
            if token.word in self.names.also_words and (
                not token.capital or (token.first and not in_full and not self._alone(n))
            ):
                continue
            if in_full:
                self._mention(in_full)
                continue
            like = known[token.word]
            self.found[token.start] = Mention(
                token.start, token.end, token.word, like.place, like.of, like.title
            )

    def _in_full(self, n: int) -> list[int]:
        """The words of the name where it goes on with a capital: "I'm Tom. Tom Bellamy." """
        chain = self._chain(n) if self.tokens[n].capital else []
        return chain if any(self.tokens[m].capital for m in chain[1:]) else []

    def _alone(self, n: int) -> bool:
        """A first word of a sentence that is set off as when somebody is spoken to or named."""
        after = self.text[self.tokens[n].end : self.tokens[n].end + 2]
        return after[:1] in {",", ".", "!", "?", "", "'", "’", "\n"}

    def _may_be(self, n: int, level: str) -> bool:
        token = self.tokens[n]
        if self._barred(n) or len(token.word) < 2:
            return False
        plain_word = token.word in self.names.also_words
        if level == "strong":
            return True
        if token.word in self.listed:
            return token.capital or not plain_word
        return level == "weak" and token.capital and not self._product(n)

    def _barred(self, n: int) -> bool:
        word = self.tokens[n].word
        return (
            n in self.company
            or word in self.never
            or bool(CONTRACTED.match(self.text, self.tokens[n].end))
            or word in self.words.titles
            or word in self.names.particles
            or word in self.words.acronyms
            or word in self.words.brands
            or (word in self.words.months and self._like_a_word(n))
        )

    def _product(self, n: int) -> bool:
        """ "Standard 48", "CRM": a thing, not a person."""
        token = self.tokens[n]
        return bool(re.match(r" \d", self.text[token.end : token.end + 2])) or (
            token.text.isupper() and len(token.text) <= 4 and not self.text.isupper()
        )

    def _like_a_word(self, n: int) -> bool:
        """Whether what comes before makes a place, a month or a thing of it."""
        before = self.tokens[n - 1] if n else None
        if before is None or not self._joined(n - 1):
            return False
        if self._of_a_place(n) or before.word in self.words.places_after:
            return True
        return before.capital and not before.first and before.start not in self.found

    def _of_a_place(self, n: int) -> bool:
        """ "São Paulo", "San Diego"."""
        before = self.tokens[n - 1] if n else None
        return before is not None and before.word in self.words.saints and self._joined(n - 1)

    def _joined(self, n: int) -> bool:
        """Whether the token n goes straight on to the next, as the words of one name do."""
        if n + 1 >= len(self.tokens):
            return False
        return self.text[self.tokens[n].end : self.tokens[n + 1].start] in {
            " ",
            "-",
            "'",
            "’",
            ". ",
        } and not (
            self.text[self.tokens[n].end] == "."
            and self.tokens[n].word not in self.words.titles
            and len(self.tokens[n].word) > 1
        )

    def _more(self, n: int) -> list[int]:
        """The next word of the name that the token n is of, with a particle before it."""
        if not self._joined(n):
            return []
        nxt = n + 1
        if self.tokens[nxt].word in self.names.particles and self._joined(nxt):
            after = nxt + 1
            known = self.tokens[after].word in self.names.surnames
            return [after] if known and self._may_follow(after) else []
        if self.text[self.tokens[n].end] in "'’" and self.tokens[nxt].word == "s":
            return []
        return [nxt] if self._may_follow(nxt) else []

    def _may_follow(self, n: int) -> bool:
        token = self.tokens[n]
        if token.capital and token.word in self.names.also_words and n not in self.company:
            return True  # "Helen Price"
        if self._barred(n) or len(token.word) < 2:
            return False
        if token.capital:
            return token.word in self.listed or not self._product(n)
        if token.word in self.names.surnames:
            return self.language == "pt" or token.word not in self.names.also_words
        return token.word in self.names.first - self.names.also_words

    def _mention(self, chain: list[int]) -> None:
        before = self.tokens[chain[0] - 1] if chain[0] else None
        title = before.word if before and before.word in self.words.titles else ""
        for place, n in enumerate(chain):
            token = self.tokens[n]
            self.found.setdefault(
                token.start, Mention(token.start, token.end, token.word, place, len(chain), title)
            )

    def _companies(self) -> frozenset[int]:
        """Tokens of capitalised sequences that are a firm's name: "Rosa Cafés", "Morgan & Sons"."""
        inside: set[int] = set()
        sequence: list[int] = []
        firm = self.words.company_words | self.words.brands
        for n, token in enumerate(self.tokens):
            glue = self.text[self.tokens[n - 1].end : token.start] if n else ""
            if sequence and not (token.capital and glue in {" ", "-", " & ", "'", "’"}):
                self._close(sequence, firm, inside)
                sequence = []
            if token.capital and token.word not in self.never:
                sequence.append(n)
        self._close(sequence, firm, inside)
        return frozenset(inside)

    def _close(self, sequence: list[int], firm: frozenset[str], inside: set[int]) -> None:
        if any(self.tokens[n].word in firm for n in sequence):
            inside.update(sequence)


def _tokens(text: str, bare: str) -> Iterator[Token]:
    here = 0
    for line in text.split("\n"):
        loud = line.isupper() and " " in line.strip()
        for match in TOKEN.finditer(line):
            start, end = here + match.start(), here + match.end()
            first = start == here or bool(ENDS_SENTENCE.search(text[max(here, start - 4) : start]))
            yield Token(
                start, end, match.group(), bare[start:end], match.group()[0].isupper() and not loud, first
            )
        here += len(line) + 1
