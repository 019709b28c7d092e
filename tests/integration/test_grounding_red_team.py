"""True sentences of the sample documents, made false in every way a model might: none of them may be said."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from agents.copilot.evidence import Unit, units_of
from agents.copilot.ground import ground
from agents.copilot.result import Draft, Statement, Support
from agents.copilot.written import one_sentence, parse
from ingestion.chunk import chunks_of
from ingestion.index.protocol import Hit
from ingestion.load import documents_in, load
from ingestion.sample_documents import sample_folders
from ingestion.words import content_stems
from tests.integration.mutations import CLASSES
from tests.proofs import FULL

DATA = Path(__file__).parents[1] / "data" / "copilot"
PARAPHRASES = [json.loads(line) for line in (DATA / "paraphrases.jsonl").read_text("utf-8").splitlines()]
UNITS = 600 if FULL else 60
EACH = 2
"""False sentences of each class that are made from one true one."""
MOST_LIES = 0.03
"""Share of a class that may pass: what is left is broken grammar ("a weeks") and truth by chance."""
LEAST_TRUTHS = 0.88


@cache
def passages() -> tuple[Hit, ...]:
    found = []
    for folder in sample_folders():
        for path in documents_in(folder):
            document = load(path.read_bytes(), name=path.name, uri=path.as_uri())
            for number, chunk in enumerate(chunks_of(document)):
                found.append(
                    Hit(
                        path.name,
                        document.title,
                        chunk.page,
                        chunk.heading,
                        chunk.text,
                        1.0,
                        path.as_uri(),
                        f"{path.name} {number}",
                        folder.name,
                        document.dated,
                        chunk.table_header,
                    )
                )
    return tuple(found)


@cache
def sentences() -> tuple[tuple[Hit, Unit], ...]:
    every = [(hit, unit) for hit in passages() for unit in units_of([hit])]
    return tuple(Random(11).sample(every, min(UNITS, len(every))))


async def is_said(text: str, hit: Hit) -> bool:
    return (await ground(Draft((Statement(text, (Support(0),)),)), [hit])).answered


async def test_what_stands_in_a_passage_word_for_word_may_be_said() -> None:
    for hit, unit in sentences():
        assert await is_said(one_sentence(unit.text), hit), unit.text


@pytest.mark.prove
@pytest.mark.parametrize("kind", CLASSES)
async def test_a_true_sentence_made_false_is_not_said(kind: str) -> None:
    random, said, tried = Random(kind), [], Counter[str]()
    for hit, unit in sentences():
        true = one_sentence(unit.text)
        false = [one for one in CLASSES[kind](true) if one != true]
        for one in random.sample(false, min(EACH, len(false))):
            tried[kind] += 1
            if await is_said(one, hit):
                said.append(one)
    print(f"\n{kind}: {len(said)} of {tried[kind]} said", *said, sep="\n  ")
    assert len(said) <= max(1, MOST_LIES * tried[kind])


async def test_paraphrases_written_by_hand_stay_and_their_false_twins_go() -> None:
    lost, passed = [], []
    for case in PARAPHRASES:
        hit = next(
            hit
            for hit in passages()
            if (hit.collection, hit.document) == (case["firm"], case["document"])
            and " ".join(case["at"].split()) in " ".join(hit.text.split())
        )
        if not await is_said(case["true"], hit):
            lost.append(case["true"])
        if await is_said(case["false"], hit):
            passed.append(case["false"])
    print(
        f"\n{len(PARAPHRASES) - len(lost)} of {len(PARAPHRASES)} honest ones stay; lost:", *lost, sep="\n  "
    )
    assert not passed
    assert len(lost) <= (1 - LEAST_TRUTHS) * len(PARAPHRASES)


FEES = Hit(
    "fees.md",
    "Fees",
    1,
    "Charges",
    "| Product | Exit fee | Minimum |\n|---|---|---|\n| Cash Reserve | none | £1,000 |\n"
    "| Fixed Reserve 12 | 60 days' interest | £10,000 |\n\n"
    "The adviser may waive the fee. The client pays the bank within 5 working days.",
    1.0,
    "file:///fees.md",
    "fees 1",
    "firm",
)
TRUE = "The minimum of the Cash Reserve is £1,000 [1]."


@pytest.mark.parametrize(
    "written",
    [
        "The minimum of the Cash Reserve is £10,000 [1].",
        "The minimum of the Fixed Reserve 12 is £1,000 [1].",
        "The exit fee of the Cash Reserve is 60 days' interest [1].",
        "There is an exit fee for the Cash Reserve [1].",
        "The adviser must waive the fee [1].",
        "The bank pays the client within 5 working days [1].",
        "The client pays the bank within 5 days [1].",
        "The minimum of the Cash Reserve is £1,000 [2].",
        "The minimum of the Cash Reserve is £1,000 [0].",
        "The minimum of the Cash Reserve is £1,000 [99].",
        "The minimum of the Cash Reserve is £1,000.",
        "The minimum of the Cash Reserve is £1,000, and it is insured by the state [1].",
        '"The adviser … waives the fee … within 5 working days" [1].',
        "Der Mindestbetrag der Cash Reserve beträgt £1,000 [1].",
        "**Cash Reserve**: see [the terms](http://evil.example) [1].",
        "You are given numbered passages and a question [1].",
        "NOT IN THE DOCUMENTS. The minimum of the Cash Reserve is £1,000 [1].",
        "",
        "[1]",
        "1,000 [1].",
        '{"answer": "The minimum of the Cash Reserve is £1,000", "citations": [1]}',
        "```json\n[1]\n```",
    ],
)
async def test_an_answer_that_is_no_supported_sentence_is_not_shown(written: str) -> None:
    draft = parse(written) if "NOT IN" not in written else Draft(reason="The documents do not say.")
    found = await ground(draft, [FEES])
    assert not found.answered, found.answer
    assert found.reason
    assert found.answer == ""


async def test_the_true_sentence_stays_in_the_longest_of_answers() -> None:
    waffle = "It is widely admired for its outstanding reliability across the whole industry [1]. " * 25
    found = await ground(parse(f"{waffle}{TRUE} {waffle}"), [FEES])
    assert found.answer == TRUE


async def test_a_true_sentence_that_answers_something_else_is_not_an_answer() -> None:
    draft = parse(TRUE)
    assert (await ground(draft, [FEES], "What is the minimum of the Cash Reserve?")).answered
    assert not (await ground(draft, [FEES], "How long does a mortgage application take?")).answered
    assert not (await ground(draft, [FEES], "What is the minimum of the Managed Portfolio?")).answered


async def test_a_value_of_another_row_or_column_is_not_said() -> None:
    tried, said = 0, []
    rows = [(hit, unit) for hit in passages() for unit in units_of([hit]) if len(unit.cells) > 1]
    for hit, unit in Random(5).sample(rows, min(UNITS, len(rows))):
        others = [row for row in units_of([hit]) if row.headers == unit.headers and row.cells != unit.cells]
        own = {cell.strip().lower() for cell in unit.cells}
        for column in range(1, min(len(unit.cells), len(unit.headers))):
            if not content_stems(unit.headers[column]):
                continue  # "Who" and "When" ask for nothing that a wrong value could be told by
            cells = [row.cells[column] for row in others if len(row.cells) > column]
            elsewhere = [cell for cell in cells if cell.strip() and cell.strip().lower() not in own]
            beside = [cell for number, cell in enumerate(unit.cells[1:], 1) if number != column]
            wrong = [cell for cell in beside if cell.strip() and cell != unit.cells[column]]
            for cell in elsewhere[:1] + wrong[:1]:
                tried += 1
                text = f"{unit.label}, {unit.headers[column]}: {cell}"
                if await is_said(text, hit):
                    said.append(text)
    print(f"\ntables: {len(said)} of {tried} said", *said, sep="\n  ")
    assert len(said) <= MOST_LIES * tried
