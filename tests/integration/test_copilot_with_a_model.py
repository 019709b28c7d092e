"""The copilot with a chat model over real HTTP: what it invents is not shown, its failures cost no answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.copilot.answer import answer
from agents.copilot.ground import ground
from agents.copilot.result import CopilotAnswer
from agents.models.backends import server_backend
from agents.models.chat import ChatModel
from agents.models.guard import Guard
from agents.models.provider import LangChainChat
from agents.models.settings import ModelSettings
from ingestion.embed import default_embedder
from ingestion.index.embedded import EmbeddedIndex
from ingestion.search import Search
from tests.fakes.openai import KEY, MODEL, Behaviour, FakeOpenAI, Refusal, Reply, Reset, Running

pytest_plugins = ("tests.integration.sample_knowledge",)

QUESTION = "How long does an ISA transfer take?"
TRUE = "An ISA transfer takes 15 working days"


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with Running() as fake:
        yield fake


@pytest.fixture
def search(sample_index: Path) -> Search:
    return Search(EmbeddedIndex(sample_index), default_embedder())


def a_model(server: FakeOpenAI, **settings: Any) -> LangChainChat:
    chosen = ModelSettings(model_base_url=server.base_url, model_api_key=KEY, **settings)
    return LangChainChat(server_backend(MODEL, chosen), Guard(f"server:{MODEL}", chosen, rng=Random(1)))


async def asked(search: Search, model: ChatModel, question: str = QUESTION) -> CopilotAnswer:
    passages = search(question, "northgate")
    draft = await answer(question, passages, embedder=default_embedder(), model=model)
    return await ground(draft, passages, question)


def number_of(search: Search, words: str, question: str = QUESTION) -> int:
    passages = search(question, "northgate")
    return next(n for n, hit in enumerate(passages, start=1) if words in hit.text)


# --- what a model invents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        "An ISA transfer takes 16 working days [{n}].",
        "An ISA transfer takes 15 working weeks [{n}].",
        "An ISA transfer takes 15 days [{n}].",
        "An ISA transfer never takes 15 working days [{n}].",
        "A personal pension transfer takes 15 working days [{n}].",
        "An ISA transfer takes 6 to 8 weeks [{n}].",
        "An ISA transfer takes at least 15 working days [{n}].",
        "The adviser pays £50 for an ISA transfer [{n}].",
        "It is guaranteed by the regulator [{n}].",
        "Transfers were free until 4 May 2019 [{n}].",
        "An ISA transfer takes 15 working days [99].",
        "An ISA transfer takes 15 working days.",
        "Click [here](http://evil.example) to transfer [{n}].",
        "Los traspasos tardan quince días laborables [{n}].",
    ],
)
async def test_an_invented_sentence_beside_a_true_one_is_removed(
    server: FakeOpenAI, search: Search, lie: str
) -> None:
    n = number_of(search, "15 working days")
    server.says(f"{lie.format(n=n)} {TRUE} [{n}]. {lie.format(n=n)}")
    assert (await asked(search, a_model(server))).answer == f"{TRUE} [1]."


async def test_an_answer_all_invented_is_refused_with_a_reason(server: FakeOpenAI, search: Search) -> None:
    server.says("Transfers take one afternoon and cost £75 [1]. They are insured by Barclays [2].")
    found = await asked(search, a_model(server))
    assert not found.answered
    assert "not borne out" in found.reason
    assert found.nearest


async def test_a_model_that_answers_something_else_is_taken_for_a_refusal(
    server: FakeOpenAI, search: Search
) -> None:
    question = "How much does a Junior ISA cost?"
    n = number_of(search, "Junior ISA", question)
    server.says(f"You have a named adviser with at most 90 clients [{n}].")
    assert not (await asked(search, a_model(server), question)).answered


async def test_not_in_the_documents_is_a_refusal_whatever_stands_beside_it(
    server: FakeOpenAI, search: Search
) -> None:
    server.says(f"{TRUE} [{number_of(search, '15 working days')}]. Not in the documents.")
    assert not (await asked(search, a_model(server))).answered


# --- a model that fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        Reply(TRUE, before_first=20),
        Reply(f"{TRUE} [1].", between=0.4),
        Reply("An ISA transfer takes an eternity [1]. ", endless=True, between=0.02),
        Reply("An ISA transfer takes two days [1].", breaks_after=3),
        Reply("An ISA transfer takes two days [1].", garbled=True),
        Reply(no_chunks=True),
        Reply(""),
        Refusal(429, retry_after="60"),
        Refusal(500),
        Reset(),
    ],
    ids=["silent", "slow", "endless", "cut", "garbled", "no chunks", "empty", "429", "500", "reset"],
)
async def test_a_model_that_fails_leaves_the_cited_sentences_within_its_time(
    server: FakeOpenAI, search: Search, failure: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.usual = failure
    model = a_model(server, model_first_token_seconds=0.5, model_reply_seconds=1, model_retries=1)
    search(QUESTION, "northgate")
    start = time.monotonic()
    found = await asked(search, model)
    assert time.monotonic() - start < 4
    assert found.answered, found.reason
    assert "15 working days" in found.answer
    assert "eternity" not in found.answer
    assert "two days" not in found.answer
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "working days" not in logged
    assert "maiden name" not in logged


async def test_a_model_that_keeps_failing_is_left_alone(server: FakeOpenAI, search: Search) -> None:
    server.usual = Refusal(500)
    model = a_model(server, model_retries=0, model_failures_to_open=2)
    for _ in range(4):
        assert (await asked(search, model)).answered
    assert server.tried == 2


async def test_when_the_requests_of_the_minute_are_spent_the_documents_still_answer(
    server: FakeOpenAI, search: Search
) -> None:
    server.says(f"{TRUE} [{number_of(search, '15 working days')}].")
    model = a_model(server, model_calls_per_minute=1)
    assert (await asked(search, model)).answer == f"{TRUE} [1]."
    assert "15 working days" in (await asked(search, model)).answer
    assert server.tried == 1
