"""One question asked and what became of it: right or wrong, by rules that anyone can follow by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.copilot.evidence import units_of
from agents.copilot.ground import unsupported
from agents.copilot.result import Citation, CopilotAnswer
from agents.evals.question_set import Case, GoldPlace
from ingestion.document import Document
from ingestion.evals.metrics import hit, ndcg, recall
from ingestion.index.protocol import Hit

ReadDocument = Callable[[str], Document | None]
"""The document at an address, or None where it cannot be read."""

CITED_SENTENCE = re.compile(r"(.+?)((?:\[\d+\])+)\.?(?:\s+|$)", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """`on_gold` is by citation, `placed` by gold place: cited or not.

    `unsupported` are the cited sentences, of `sentences` in all, that their quotes do not bear; `missing` is
    what the answer lacks, `wrongly` what it must not say.
    """

    case: Case
    answer: CopilotAnswer
    pages: tuple[tuple[str, int], ...]
    """The pages of the passages, best first, each once."""
    sentences: int = 0
    unsupported: tuple[str, ...] = ()
    on_gold: tuple[bool, ...] = ()
    placed: tuple[bool, ...] = ()
    missing: tuple[str, ...] = ()
    wrongly: tuple[str, ...] = ()
    ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def contains(self) -> bool:
        """Whether all that must be said is said, and nothing that must not."""
        return self.answer.answered and not self.missing and not self.wrongly

    @property
    def well_placed(self) -> bool:
        """Whether a gold place is cited; each of them where the question needs all."""
        return (all if self.case.all_gold else any)(self.placed) if self.case.gold else True

    @property
    def right(self) -> bool:
        """The right answer from the right place; of a question without an answer, that it was refused."""
        return self.contains and self.well_placed if self.case.answerable else not self.answer.answered

    @property
    def why_wrong(self) -> str:
        """In a few words; empty when it is right."""
        if self.right:
            return ""
        if not self.case.answerable:
            return f"answered ({self.case.sort.replace('_', ' ')})"
        if not self.answer.answered:
            return "refused" if self.hit_at_5 else "refused, and its page was not found"
        if self.wrongly:
            return f"says {', '.join(self.wrongly)}"
        return f"lacks {', '.join(self.missing)}" if self.missing else "cites another page"

    @property
    def ndcg_at_10(self) -> float:
        return ndcg(self._ranked(), self._relevant())

    @property
    def recall_at_10(self) -> float:
        return recall(self._ranked(), self._relevant())

    @property
    def hit_at_5(self) -> float:
        return hit(self._ranked(), self._relevant())

    def _relevant(self) -> dict[str, float]:
        return {str(place): 1.0 for place in self.case.gold}

    def _ranked(self) -> list[str]:
        """The pages found; the first page of a gold place goes by that place's name, others of it by none."""
        left, ranked = list(self.case.gold), list[str]()
        for document, page in self.pages:
            place = next((place for place in left if place.holds(document, page)), None)
            if place:
                left.remove(place)
            ranked.append(str(place) if place else f"{document}, page {page}")
        return ranked


def outcome_of(
    case: Case, answer: CopilotAnswer, passages: Sequence[Hit], read_document: ReadDocument
) -> Outcome:
    """Hold an answer against its case and against the documents it cites."""
    cited = {one.n: one for one in answer.citations}
    pages = tuple(dict.fromkeys((hit.document, hit.page) for hit in passages))
    sentences = cited_sentences(answer.answer)
    return Outcome(
        case=case,
        answer=answer,
        pages=pages,
        sentences=len(sentences),
        unsupported=tuple(
            sentence
            for sentence, numbers in sentences
            if not bears([cited[n] for n in numbers if n in cited], sentence, read_document)
        ),
        on_gold=tuple(any(_at(place, one) for place in case.gold) for one in answer.citations),
        placed=tuple(any(_at(place, one) for one in answer.citations) for place in case.gold),
        missing=tuple(text for text in _wanted(case) if not says(answer.answer, text)),
        wrongly=tuple(text for text in case.must_not_contain if says(answer.answer, text)),
        ms=answer.ms,
    )


def cited_sentences(answer: str) -> list[tuple[str, list[int]]]:
    """Every sentence of an answer without its marks, and the numbers in them."""
    found = CITED_SENTENCE.findall(answer)
    return [(sentence.strip(), [int(n) for n in re.findall(r"\d+", marks)]) for sentence, marks in found]


def bears(citations: Sequence[Citation], sentence: str, read_document: ReadDocument) -> bool:
    """Whether the quotes stand on their pages and, with where they stand, bear the sentence.

    Stricter than the copilot's own check, which may draw on the whole passage: here a row has its column
    names beside it, a quote its title, its heading and its paper's date, and nothing else.
    """
    evidence = []
    for one in citations:
        document = read_document(one.uri)
        page = next((page for page in document.pages if page.number == one.page), None) if document else None
        if document is None or page is None or one.quote not in page.text:
            return False
        whole = Hit(one.document, one.title, one.page, one.heading, page.text, 1.0, one.uri, "", "")
        headers = [header for unit in units_of([whole]) if unit.quote == one.quote for header in unit.headers]
        dated = document.dated.isoformat() if document.dated else ""
        evidence += [one.title, one.heading, dated, *headers, one.quote]
    return bool(evidence) and not unsupported(sentence, "\n".join(evidence))


def says(answer: str, wanted: str) -> bool:
    """Whether the answer says one of the alternatives "60 days|two months": as whole numbers and from the
    beginning of a word, whatever the case, the spaces and the shape of quotes and dashes."""
    return any(_stands_in(_plain(one), _plain(answer)) for one in wanted.split("|") if one.strip())


def _stands_in(wanted: str, text: str) -> bool:
    before = r"(?<!\d)(?<!\d[.,])" if wanted[0].isdigit() else r"(?<!\w)" if wanted[0].isalpha() else ""
    after = r"(?!\d)(?![.,]\d)" if wanted[-1].isdigit() else ""
    return bool(re.search(before + re.escape(wanted) + after, text))


def _plain(text: str) -> str:
    text = re.sub(r"\[\d+\]", "", text.lower()).replace("’", "'").replace("‘", "'")
    text = re.sub(r"[–—−]", "-", re.sub(r"[“”]", '"', text))
    return " ".join(re.sub(r"\s+([%.,;:])", r"\1", text).split())


def _wanted(case: Case) -> tuple[str, ...]:
    return (*case.must_contain, *((case.since,) if case.since else ()))


def _at(place: GoldPlace, citation: Citation) -> bool:
    return place.holds(citation.document, citation.page)
