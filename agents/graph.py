"""The graph: one message in, the customer's, the copilot's or the coach's reply out.

    START -> route -+-> customer: listen -> decide -> speak
                    +-> copilot:  a graph of its own, see agents.copilot.graph
                    +-> coach:    measure -> judge -> verify_evidence -> feedback

It is a function of state: no checkpointer. State comes in from the records and goes out with the reply, to be
written in the same transaction as the transcript. Each branch is given only its own view of the state, so the
copilot has no persona to leak. What a rep sees while a reply is written was checked: `speak` checks its
drafts a sentence at a time and passes on only what it let through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.coach.call import CallRecord, listened
from agents.coach.judge import Judgement, ModelJudge, RulesJudge, verify_evidence
from agents.coach.measures import Measures, measure
from agents.coach.rubric import rubric_for
from agents.coach.scorecard import Scorecard, scorecard
from agents.copilot.graph import CopilotState, consult
from agents.copilot.result import CopilotAnswer, Notes
from agents.copilot.result import Turn as CopilotTurn
from agents.copilot.tools import Tools
from agents.customer.appraisal import Appraisal
from agents.customer.engine import Reply, choose, put_into_words
from agents.customer.persona import Persona
from agents.customer.speak import Utterance
from agents.customer.state import CustomerState, Decision
from agents.customer.transcript import Turn
from agents.parts import Parts
from agents.route import Intent


class Addressed(TypedDict):
    """What `route` looks at."""

    intent: Intent


class CustomerView(TypedDict, total=False):
    """What the customer's nodes see."""

    persona: Persona
    customer: CustomerState
    turns: tuple[Turn, ...]
    heard: Appraisal
    decision: Decision
    utterance: Utterance


class CoachView(TypedDict, total=False):
    """What the coach's nodes see: a call that is over."""

    call: CallRecord
    measures: Measures
    judgement: Judgement
    card: Scorecard


class TurnState(Addressed, CustomerView, CopilotState, CoachView):
    """Everything one run of the graph may hold."""


async def reply(
    parts: Parts,
    persona: Persona,
    state: CustomerState,
    turns: tuple[Turn, ...],
    emit: Callable[[str], None] = lambda _: None,
) -> Reply:
    """The customer's reply to the last of `turns`; `emit` is given it as it is spoken."""
    start = {"intent": Intent.SAY, "persona": persona, "customer": state, "turns": turns}
    end: Any = {}
    async for mode, chunk in graph().astream(start, context=parts, stream_mode=["custom", "values"]):
        if mode == "custom":
            emit(chunk)
        else:
            end = chunk
    return Reply(end["utterance"], end["decision"], end["heard"])


async def ask(
    parts: Parts, question: str, collection: str | None, recent: tuple[CopilotTurn, ...] = ()
) -> CopilotAnswer:
    """The copilot's answer. Raises what the search raises."""
    start = {"intent": Intent.ASK, "question": question, "collection": collection, "recent": recent}
    end = await graph().ainvoke(start, context=parts)
    answered: CopilotAnswer = end["answer"]
    return answered


async def worth_knowing(parts: Parts, collection: str | None, recent: tuple[CopilotTurn, ...]) -> Notes:
    """Up to three notes on what the customer just said. Raises what the search raises."""
    start = {"intent": Intent.HINT, "collection": collection, "recent": recent}
    end = await graph().ainvoke(start, context=parts)
    return Notes(end["notes"], end["queries"], end["watch"].ms)


async def score(parts: Parts, call: CallRecord) -> Scorecard:
    """The scorecard of a call that is over, by the rubric for its kind of call."""
    end = await graph().ainvoke({"intent": Intent.END, "call": call}, context=parts)
    card: Scorecard = end["card"]
    return card


@cache
def graph() -> CompiledStateGraph[Any, Parts, Any, Any]:
    """The compiled graph; it holds no state, so one serves every call."""
    builder = StateGraph(TurnState, context_schema=Parts)
    customer = (_listen, _decide, _speak)
    coach = (_measure, _judge, _verify_evidence, _feedback)
    for node in (*customer, _copilot, *coach):
        builder.add_node(node.__name__.strip("_"), node)
    builder.add_conditional_edges(START, _route)
    for source, target in (
        ("listen", "decide"),
        ("decide", "speak"),
        ("speak", END),
        ("copilot", END),
        ("measure", "judge"),
        ("judge", "verify_evidence"),
        ("verify_evidence", "feedback"),
        ("feedback", END),
    ):
        builder.add_edge(source, target)
    return builder.compile()


def _route(state: Addressed) -> Literal["listen", "copilot", "measure"]:
    match state["intent"]:
        case Intent.ASK | Intent.HINT:
            return "copilot"
        case Intent.END:
            return "measure"
    return "listen"


# --- the customer -----------------------------------------------------------------------------------------


async def _listen(state: CustomerView, runtime: Runtime[Parts]) -> CustomerView:
    *earlier, last = state["turns"]
    # The first time a persona is heard, her ears are made: off the loop, like the listening itself.
    ears = await asyncio.to_thread(runtime.context.hears, state["persona"])
    heard = await ears.appraise(last.text, earlier)
    return {"heard": heard}


async def _decide(state: CustomerView) -> CustomerView:
    return {"decision": choose(state["persona"], state["customer"], state["heard"])}


async def _speak(state: CustomerView, runtime: Runtime[Parts]) -> CustomerView:
    decision, utterance = await put_into_words(
        state["persona"],
        state["decision"],
        state["turns"],
        model=runtime.context.customer.model,
        emit=get_stream_writer(),
    )
    return {"decision": decision, "utterance": utterance}


# --- the copilot ------------------------------------------------------------------------------------------


async def _copilot(state: CopilotState, runtime: Runtime[Parts]) -> CopilotState:
    parts = runtime.context
    return await consult(Tools(parts.search, parts.embedder, parts.copilot.model), state)


# --- the coach --------------------------------------------------------------------------------------------


async def _measure(state: CoachView, runtime: Runtime[Parts]) -> CoachView:
    call = await listened(state["call"], runtime.context.hears(state["call"].persona))
    # Telling the kinds of questions apart embeds them: tens of milliseconds that belong off the loop.
    return {"call": call, "measures": await asyncio.to_thread(measure, call, runtime.context.embedder)}


async def _judge(state: CoachView, runtime: Runtime[Parts]) -> CoachView:
    call, model = state["call"], runtime.context.coach.model
    judge = ModelJudge(model) if model else RulesJudge()
    rubric = rubric_for(call.persona.call_type)
    return {"judgement": await judge.answer(call, state["measures"], rubric)}


async def _verify_evidence(state: CoachView) -> CoachView:
    return {"judgement": verify_evidence(state["call"], state["judgement"])}


async def _feedback(state: CoachView) -> CoachView:
    call = state["call"]
    card = scorecard(call, rubric_for(call.persona.call_type), state["measures"], state["judgement"])
    return {"card": card}
