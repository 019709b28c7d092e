"""The copilot's part of the graph, and the only place that knows the order of its steps.

    START -+-> plan_queries -> retrieve -> answer -> ground    a question was asked
           +-> notice -> take_notes        none was: what is worth knowing about what the customer just said

It is given the talk as both sides heard it, and its tools: no persona and no customer state is in either.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Literal, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.copilot.answer import answer
from agents.copilot.ground import ground
from agents.copilot.hints import notes_on, worth_looking_up
from agents.copilot.queries import plan_queries
from agents.copilot.result import CopilotAnswer, Draft, Note, Turn
from agents.copilot.retrieve import retrieve
from agents.copilot.stopwatch import Stopwatch
from agents.copilot.tools import Tools
from ingestion.index.protocol import Hit

NOTHING_ASKED = "There is nothing to look up in this."


class CopilotState(TypedDict, total=False):
    """What the copilot's nodes see. `question` is absent when notes are wanted."""

    question: str
    collection: str | None
    recent: tuple[Turn, ...]
    watch: Stopwatch
    queries: tuple[str, ...]
    passages: tuple[Hit, ...]
    draft: Draft
    answer: CopilotAnswer
    notes: tuple[Note, ...]


async def consult(tools: Tools, start: CopilotState) -> CopilotState:
    """Run the copilot's graph to its end: `answer` or `notes` is in what it returns.

    `queries` is what was looked up. Raises what the search raises.
    """
    return cast("CopilotState", await copilot_graph().ainvoke(start, context=tools))


@cache
def copilot_graph() -> CompiledStateGraph[Any, Tools, Any, Any]:
    """The compiled graph; it holds no state, so one serves everybody."""
    builder = StateGraph(CopilotState, context_schema=Tools)
    for node in (_plan_queries, _retrieve, _answer, _ground, _notice, _take_notes):
        builder.add_node(node.__name__.removeprefix("_"), node)
    builder.add_conditional_edges(START, _what_is_wanted)
    builder.add_conditional_edges("plan_queries", _anything_to_look_up)
    for source, target in (
        ("retrieve", "answer"),
        ("answer", "ground"),
        ("ground", END),
        ("notice", "take_notes"),
        ("take_notes", END),
    ):
        builder.add_edge(source, target)
    return builder.compile()


def _what_is_wanted(state: CopilotState) -> Literal["plan_queries", "notice"]:
    return "plan_queries" if "question" in state else "notice"


async def _plan_queries(state: CopilotState, runtime: Runtime[Tools]) -> CopilotState:
    watch = Stopwatch()
    queries = await plan_queries(state["question"], state["recent"], runtime.context.model)
    watch.lap("plan")
    if not queries:
        return {"answer": CopilotAnswer(answered=False, reason=NOTHING_ASKED, ms=watch.ms)}
    return {"queries": queries, "watch": watch}


def _anything_to_look_up(state: CopilotState) -> Literal["retrieve", "__end__"]:
    return "retrieve" if "queries" in state else "__end__"


async def _retrieve(state: CopilotState, runtime: Runtime[Tools]) -> CopilotState:
    passages = await retrieve(state["queries"], state["collection"], runtime.context.search)
    state["watch"].lap("search")
    return {"passages": passages}


async def _answer(state: CopilotState, runtime: Runtime[Tools]) -> CopilotState:
    tools = runtime.context
    draft = await answer(
        # A follow-up means nothing to a model that has not heard the talk.
        " ".join(state["queries"]) if state["recent"] else state["question"],
        state["passages"],
        queries=state["queries"],
        embedder=tools.embedder,
        model=tools.model,
    )
    state["watch"].lap("answer")
    return {"draft": draft}


async def _ground(state: CopilotState) -> CopilotState:
    grounded = await ground(state["draft"], state["passages"], " ".join(state["queries"]))
    state["watch"].lap("ground")
    return {"answer": replace(grounded, queries=state["queries"], ms=state["watch"].ms)}


async def _notice(state: CopilotState, runtime: Runtime[Tools]) -> CopilotState:
    watch = Stopwatch()
    queries = await worth_looking_up(state["recent"], runtime.context.model)
    watch.lap("plan")
    return {"queries": queries, "watch": watch}


async def _take_notes(state: CopilotState, runtime: Runtime[Tools]) -> CopilotState:
    notes = await notes_on(state["queries"], runtime.context, state["collection"])
    state["watch"].lap("answer")
    return {"notes": notes}
