"""What a rep is told about the sample firms, from the real documents and without a model."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from agents.copilot.desk import Desk
from agents.copilot.result import CopilotAnswer, Turn
from agents.evals.question_set import load_set
from agents.models.chat import Message, ModelUnavailable, Schema
from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.load import load
from ingestion.search import Search, UnknownCollectionError

pytest_plugins = ("tests.integration.sample_knowledge",)

SMOKE = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "agents" / "evals" / "questions.jsonl")
    .read_text("utf-8")
    .splitlines()
]
AT_LEAST_RIGHT = 18
"""Of the 20 with an answer; 19 measured. The other four are near misses, seldom told from answers."""
UNTOUCHED = [
    case
    for name in ("tune", "report")
    for case in load_set(Path(__file__).parents[1] / "data" / "copilot" / f"{name}.jsonl")
    if case.sort == "untouched"
]
AT_LEAST_REFUSED = 0.9
"""Share of the questions that the papers do not touch; .96 measured."""


@pytest.fixture
def desk(sample_index: Path) -> Desk:
    embedder = default_embedder()
    return Desk(Search(EmbeddedIndex(sample_index), embedder), embedder)


def page_text(uri: str, page: int) -> str:
    path = Path(unquote(urlsplit(uri).path))
    return load(path.read_bytes(), name=path.name, uri=uri).pages[page - 1].text


def is_right(case: dict[str, Any], answer: CopilotAnswer) -> bool:
    return answer.answered and all(text.lower() in answer.answer.lower() for text in case["must_contain"])


def assert_cited(answer: CopilotAnswer) -> None:
    """Every sentence ends in marks, every mark has its citation, every quote stands on its page."""
    assert re.fullmatch(r"(?:.+?(?: |\b)(?:\[\d+\])+\.(?: |$))+", answer.answer), answer.answer
    marks = {int(mark) for mark in re.findall(r"\[(\d+)\]", answer.answer)}
    assert marks == {citation.n for citation in answer.citations}
    for citation in answer.citations:
        assert citation.quote in page_text(citation.uri, citation.page)
        assert citation.uri.startswith("file:///")


async def test_most_questions_written_by_hand_are_answered_rightly_and_all_answers_cited(desk: Desk) -> None:
    wrong = []
    for case in SMOKE:
        answer = await desk.ask(case["question"], collection=case["firm"])
        if answer.answered:
            assert_cited(answer)
        if case["answerable"] and not is_right(case, answer):
            wrong.append(f"{case['question']} -> {answer.answer or answer.reason}")
    right = sum(case["answerable"] for case in SMOKE) - len(wrong)
    print(f"\n{right} right; wrong:", *wrong, sep="\n  ")
    assert right >= AT_LEAST_RIGHT


async def test_what_the_documents_never_touch_is_refused_with_the_nearest_papers(desk: Desk) -> None:
    assert len(UNTOUCHED) >= 20
    answered = []
    for case in UNTOUCHED:
        answer = await desk.ask(case.question, collection=case.collection)
        if answer.answered:
            answered.append(f"{case.question} -> {answer.answer}")
            continue
        assert answer.reason.endswith(".")
        assert "\n" not in answer.reason
        assert 1 <= len(answer.nearest) <= 3
    print(f"\n{len(answered)} of {len(UNTOUCHED)} answered:", *answered, sep="\n  ")
    assert 1 - len(answered) / len(UNTOUCHED) >= AT_LEAST_REFUSED


async def test_a_circular_replaces_a_value_and_the_answer_says_since_when(desk: Desk) -> None:
    answer = await desk.ask(
        "What does early withdrawal from the Fixed Reserve 12 cost?", collection="northgate"
    )
    assert "60 days" in answer.answer
    assert "1 June 2026" in answer.answer
    assert "90 days" not in answer.answer


async def test_look_alike_products_are_told_apart(desk: Desk) -> None:
    flow = await desk.ask("How much is Flow per user?", collection="loomstack")
    plus = await desk.ask("How much is Flow Plus per user?", collection="loomstack")
    assert "£24" in flow.answer
    assert "£38" not in flow.answer
    assert "£38" in plus.answer
    assert "£24" not in plus.answer


async def test_a_follow_up_is_understood_from_the_talk(desk: Desk) -> None:
    talk = [Turn("rep", "How much is Flow per user?")]
    answer = await desk.ask("And Flow Plus?", collection="loomstack", recent_turns=talk)
    assert "£38" in answer.answer


async def test_one_firm_never_answers_from_the_other_ones_papers(desk: Desk) -> None:
    answer = await desk.ask("How much is Flow per user?", collection="northgate")
    assert not answer.answered
    assert all("loomstack" not in place.uri for place in answer.nearest)


async def test_the_answer_as_json_has_the_agreed_keys(desk: Desk) -> None:
    found = (await desk.ask("How long does an ISA transfer take?", collection="northgate")).to_json()
    assert set(found) == {"answered", "answer", "citations", "queries", "ms", "reason", "nearest"}
    assert set(json.loads(json.dumps(found))["ms"]) == {"plan", "search", "answer", "ground"}
    citations = json.loads(json.dumps(found))["citations"]
    assert set(citations[0]) == {"n", "document", "title", "page", "heading", "quote", "uri"}


async def test_small_talk_is_not_looked_up(desk: Desk) -> None:
    answer = await desk.ask("Thanks!", collection="northgate")
    assert (answer.answered, answer.queries) == (False, ())


def test_an_unknown_collection_suggests_the_nearest(desk: Desk) -> None:
    with pytest.raises(UnknownCollectionError, match="Did you mean 'northgate'"):
        desk.search.check_collection("nortgate")


@pytest.mark.parametrize(
    ("firm", "customer", "says"),
    [
        ("northgate", "What happens if I need the money early from the fixed reserve?", "60 days"),
        ("loomstack", "Is our data kept in the UK? Legal will ask.", "UK"),
        ("loomstack", "We run Sage 200 here.", "Sage 200"),
        ("loomstack", "Honestly £24 a user sounds expensive for us.", "£24"),
    ],
)
async def test_a_customer_who_touches_the_papers_brings_up_a_cited_note(
    desk: Desk, firm: str, customer: str, says: str
) -> None:
    talk = [Turn("rep", "How are things?"), Turn("customer", customer)]
    notes = (await desk.hints(talk, collection=firm)).notes
    assert 1 <= len(notes) <= 3
    assert says in notes[0].text
    assert notes[0].citations


@pytest.mark.parametrize(
    "customer",
    ["Hello?", "Yes, go on.", "Lovely weather today, isn't it?", "My kids are playing in the garden.", ""],
)
async def test_small_talk_brings_up_nothing(desk: Desk, customer: str) -> None:
    assert (await desk.hints([Turn("customer", customer)], collection="northgate")).notes == ()


class Chatty:
    """A chat model that says what it is told to, or is down."""

    name = "chatty"

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.prompts: list[Sequence[Message]] = []

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        self.prompts.append(messages)
        assert max_tokens > 0
        if self.reply is None:
            raise ModelUnavailable("chatty did not answer.")
        return self.reply

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        yield await self.complete(messages, max_tokens=max_tokens)

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        raise ModelUnavailable(f"chatty writes no {schema.__name__} after {len(messages)} messages.")


QUESTION = "How long does an ISA transfer take?"


async def asked(desk: Desk, model: Chatty) -> CopilotAnswer:
    return await Desk(desk.search, desk.embedder, model).ask(QUESTION, collection="northgate")


async def test_a_sentence_that_a_model_invents_is_removed_every_time(desk: Desk) -> None:
    passages = desk.search(QUESTION, "northgate")
    n = next(i for i, hit in enumerate(passages, start=1) if "15 working days" in hit.text)
    true = f"An ISA transfer takes 15 working days [{n}]."
    for lie in (
        f"It is free for clients over 60 years [{n}].",
        "Nobody has ever waited longer.",
        f"Transfers were handled by Barclays until 4 May 2019 [{n}].",
        "Pay £500 to speed it up [99].",
    ):
        answer = await asked(desk, Chatty(f"{true} {lie}"))
        assert answer.answer == true.replace(f"[{n}]", "[1]")


async def test_a_model_that_says_it_is_not_there_refuses(desk: Desk) -> None:
    assert not (await asked(desk, Chatty("NOT IN THE DOCUMENTS"))).answered


async def test_a_model_that_is_down_leaves_the_extractive_answer(desk: Desk) -> None:
    assert "15 working days" in (await asked(desk, Chatty(None))).answer


async def test_the_model_is_given_rules_apart_from_documents_and_question(desk: Desk) -> None:
    model = Chatty("NOT IN THE DOCUMENTS")
    await asked(desk, model)
    ((system, user),) = model.prompts
    assert (system.role, user.role) == ("system", "user")
    assert QUESTION not in system.content
    assert "<question>" in user.content
