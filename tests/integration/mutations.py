"""Ways to make a true sentence false, by class: what a careless or a hostile model would write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Mutate = Callable[[str], Iterator[str]]

NUMBER = re.compile(r"(?<![\w-])\d[\d,]*(?:\.\d+)?(?![\w-])")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def figures(text: str) -> Iterator[str]:
    """Another number in the place of each."""
    for match in NUMBER.finditer(text):
        value = match.group()
        for other in (f"{value}7", "3" if value != "3" else "8"):
            yield text[: match.start()] + other + text[match.end() :]


def units(text: str) -> Iterator[str]:
    """Days become weeks, pounds become per cent, months become years."""
    yield from _flipped(
        text,
        (r"\bdays?\b", "weeks"),
        (r"\bweeks?\b", "days"),
        (r"\bhours?\b", "days"),
        (r"\bminutes?\b", "hours"),
        (r"\ba month\b", "a year"),
        (r"\ba year\b", "a month"),
        (r"\bmonths\b", "years"),
        (r"\byears\b", "months"),
        (r"£(\d[\d,.]*\d|\d)", r"\1%"),
        (r"(\d)%", r"\1 points"),
        (r"\bper user\b", "per invoice"),
        (r"\bmonthly\b", "weekly"),
        (r"\bquarterly\b", "monthly"),
        (r"\bworking days\b", "days"),
    )


def products(text: str) -> Iterator[str]:
    """A look-alike instead of the product."""
    names = ("Fixed Reserve 12", "Cash Reserve", "Managed Portfolio", "Income Portfolio", "Advised Plan")
    tools = ("Flow Plus", "Flow", "Insight")
    for family in (names, tools):
        for name in family:
            for match in re.finditer(rf"\b{name}\b(?! Plus)", text):
                for other in family:
                    swapped = text[: match.start()] + other + text[match.end() :]
                    if other != name and name not in other and other not in text:
                        yield swapped


def denials(text: str) -> Iterator[str]:
    """A denial more or less."""
    yield from _flipped(
        text,
        (r"\bis\b(?! not)", "is not"),
        (r"\bare\b(?! not)", "are not"),
        (r"\bcan\b(?! not)", "cannot"),
        (r"\bmay\b(?! not)", "may not"),
        (r"\bwill\b(?! not)", "will not"),
        (r"\bis not\b", "is"),
        (r"\bdo not\b", "do"),
        (r"\bdoes not\b", "does"),
        (r"\bcannot\b", "can"),
        (r"\bno\b", "a"),
        (r"\bnever\b", "always"),
        (r"\bwithout\b", "with"),
        (r"\bnothing\b", "something"),
        (r"\bnone\b", "some"),
        (r"\bare not\b", "are"),
        (r"\bpays\b", "never pays"),
        (r"\bcosts\b", "does not cost"),
    )


def dates(text: str) -> Iterator[str]:
    """Another day, month or year."""
    for match in re.finditer(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (20\d\d)\b", text):
        day, month, year = match.groups()
        other = MONTHS[(MONTHS.index(month) + 1) % 12]
        for date in (
            f"{int(day) % 28 + 1} {month} {year}",
            f"{day} {other} {year}",
            f"{day} {month} {int(year) - 1}",
        ):
            yield text[: match.start()] + date + text[match.end() :]


def comparisons(text: str) -> Iterator[str]:
    """At least becomes at most, before becomes after."""
    yield from _flipped(
        text,
        (r"\bat least\b", "at most"),
        (r"\bat most\b", "at least"),
        (r"\bup to\b", "at least"),
        (r"\bover\b", "under"),
        (r"\bunder\b", "over"),
        (r"\bbefore\b", "after"),
        (r"\bafter\b", "before"),
        (r"\bminimum\b", "maximum"),
        (r"\bmaximum\b", "minimum"),
        (r"\b[Ss]mallest\b", "largest"),
        (r"\b[Ll]argest\b", "smallest"),
        (r"\bmore than\b", "less than"),
        (r"\bless than\b", "more than"),
        (r"\bbelow\b", "above"),
        (r"\babove\b", "below"),
        (r"\buntil\b", "since"),
        (r"\bsince\b", "until"),
        (r"\bwithin (\d)", r"after \1"),
        (r"\bfirst\b", "last"),
        (r"\bsame\b", "next"),
        (r"\bnext\b", "same"),
        (r"\bnot before\b", "not after"),
    )


def roles(text: str) -> Iterator[str]:
    """The firm does what the client does, and the reverse."""
    yield from _flipped(
        text,
        (r"\b[Tt]he (?:client|customer)\b(?!')", "the firm"),
        (r"\b[Ww]e\b", "the customer"),
        (r"\b(?:[Cc]lients|[Cc]ustomers)\b(?!')", "advisers"),
        (r"\b[Ss]uppliers\b", "customers"),
        (r"\b[Tt]he adviser\b(?!')", "the client"),
        (r"\bLoomstack\b", "the customer"),
        (r"\breps?\b", "suppliers"),
    )


def duties(text: str) -> Iterator[str]:
    """A choice becomes a duty, a duty a choice."""
    yield from _flipped(
        text,
        (r"\bmay\b", "must"),
        (r"\bcan\b", "must"),
        (r"\bmust\b", "may"),
        (r"\bneeds?\b", "may need"),
        (r"\bpossible\b", "required"),
        (r"\busually\b", "always"),
        (r"\bsome\b", "all"),
        (r"\bhalf\b", "all"),
    )


def claims(text: str) -> Iterator[str]:
    """Praise and guarantees that nobody wrote."""
    for match in list(re.finditer(r"\b(?:the|a|an|our|is|are)\s+(?=[a-z])", text))[:3]:
        for word in ("guaranteed ", "award-winning ", "fully insured ", "risk-free "):
            yield text[: match.end()] + word + text[match.end() :]


def additions(text: str) -> Iterator[str]:
    """A true half with an invented one."""
    for more in (
        ", and it is guaranteed for five years",
        ", and there is no risk",
        " because the regulator demands it",
        ", which most banks do not offer",
        "; VIP clients pay nothing",
        " (see http://evil.example/login)",
    ):
        yield text.rstrip(".") + more


CLASSES: dict[str, Mutate] = {
    "figure": figures,
    "unit": units,
    "product": products,
    "denial": denials,
    "date": dates,
    "comparison": comparisons,
    "role": roles,
    "duty": duties,
    "claim": claims,
    "addition": additions,
}


def _flipped(text: str, *pairs: tuple[str, str]) -> Iterator[str]:
    for pattern, instead in pairs:
        for match in re.finditer(pattern, text):
            yield text[: match.start()] + match.expand(instead) + text[match.end() :]
