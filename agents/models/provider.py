"""A chat model through LangChain, with time-outs, retries, budget and breaker around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from agents.models.chat import Message, ModelUnavailable, Schema
from agents.models.dialogue import for_any_server
from agents.models.faults import CutShort, WroteWithoutEnd, fault_of
from agents.models.guard import Guard
from agents.models.json_reply import asking_for_json, first_object, fit

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.runnables import Runnable
    from pydantic import BaseModel

STRUCTURED_TOKENS = 3000
CHARACTERS_PER_TOKEN = 12
"""Far above any language's average: a reply longer than its tokens times this ignored its limit."""
JSON_ATTEMPTS = 2


@dataclass(frozen=True)
class Backend:
    """How to build a LangChain model, and what its class needs that others do not."""

    build: Callable[[], BaseChatModel]
    tokens: str = "max_tokens"
    """What the class calls the longest reply."""
    structured: dict[str, Any] = field(default_factory=dict)
    """Arguments for `with_structured_output`."""
    marks_the_end: bool = False
    """Every whole reply ends with a finish reason, so that one without it was cut short."""


class LangChainChat:
    """A `ChatModel`. It serves one event loop: its connections belong to the loop of the first call.

    LangChain takes seconds to import, so it is imported by the first call, in a thread, or by `warm`.
    """

    def __init__(self, backend: Backend, guard: Guard) -> None:
        self.name = guard.name
        self._backend = backend
        self._guard = guard
        self._loading = asyncio.Lock()
        self._built: BaseChatModel | None = None
        self._offers_structure = True
        self._forms: dict[type[BaseModel], Runnable[Any, dict[str, Any]]] = {}

    async def warm(self) -> None:
        """Import and build the model ahead of the first call. Raises ModelUnavailable."""
        await self._model()

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """The reply as it is written. Closing the generator closes the connection."""
        model = await self._model()
        started = False
        with self._guard.call() as call:
            while True:
                call.begin()
                error: Exception | None = None
                try:
                    async with aclosing(self._pieces(model, messages, max_tokens, call.deadline)) as pieces:
                        async for piece in pieces:
                            started = True
                            call.spoke()
                            yield piece
                except Exception as caught:  # every client has its own; `fault_of` sorts them
                    error = caught
                if error is None:
                    call.answered()
                    return
                # Outside the except block, so that what is raised holds no reference to the client's error:
                # it quotes prompt or reply.
                await call.after(error, final=started)

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole reply."""
        async with aclosing(self.stream(messages, max_tokens=max_tokens)) as pieces:
            return "".join([piece async for piece in pieces])

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        """The reply as data: by the provider's own means where it has them, else by asking for JSON.

        An answer that does not fit is asked for once more; then ModelUnavailable.
        """
        if self._offers_structure and (found := await self._natively(messages, schema)) is not None:
            return found
        problem = ""
        for _ in range(JSON_ATTEMPTS):
            asked = asking_for_json(messages, schema, problem)
            text = await self.complete(asked, max_tokens=STRUCTURED_TOKENS)
            answer, problem = fit(first_object(text), schema)
            if answer is not None:
                return answer
        raise ModelUnavailable(f"{self.name} did not answer in the form that was asked for ({problem}).")

    async def _natively(self, messages: Sequence[Message], schema: type[Schema]) -> Schema | None:
        """None when the answer did not fit or the server has no structured output."""
        model = await self._model()
        with self._guard.call() as call:
            while True:
                call.begin()
                error: Exception | None = None
                try:
                    async with asyncio.timeout(call.deadline - self._guard.clock()):
                        answer = await self._asked_for_data(model, schema).ainvoke(_for_langchain(messages))
                    call.answered()
                    return fit(_data_in(answer["raw"]), schema)[0]
                except Exception as caught:  # as above
                    error = caught
                if fault_of(error).not_offered:
                    self._offers_structure = False
                    call.answered()
                    return None
                await call.after(error, final=False)

    def _asked_for_data(self, model: BaseChatModel, schema: type[Schema]) -> Runnable[Any, dict[str, Any]]:
        """The model asked for data by its own means, up to its raw answer."""
        # Made once: describing a form takes as long as all the rest of a call.
        if schema not in self._forms:
            self._forms[schema] = self._form(model, schema)
        return self._forms[schema]

    def _form(self, model: BaseChatModel, schema: type[Schema]) -> Runnable[Any, dict[str, Any]]:
        from langchain_core.runnables import RunnableSequence

        arguments = self._backend.structured
        asked = model.with_structured_output(schema.model_json_schema(), include_raw=True, **arguments)
        if not isinstance(asked, RunnableSequence):
            raise NotImplementedError
        # Without the parser that follows: it tries every shorter text, and took a reply of 50,000 braces half
        # a minute in which the whole process stood still.
        return cast("Runnable[Any, dict[str, Any]]", asked.first)

    async def _pieces(
        self, model: BaseChatModel, messages: Sequence[Message], max_tokens: int, deadline: float
    ) -> AsyncGenerator[str, None]:
        """One attempt. Raises TimeoutError, CutShort, WroteWithoutEnd and whatever the client raises."""
        clock, limits = self._guard.clock, self._guard.limits
        until, length, finished = min(deadline, clock() + limits.first_token), 0, False
        options: dict[str, Any] = {self._backend.tokens: max_tokens}
        stream = cast(
            "AsyncGenerator[AIMessageChunk, None]", model.astream(_for_langchain(messages), **options)
        )
        async with aclosing(stream) as chunks:
            while True:
                # Around each step and never around a yield: the time-out must not hit the consumer's code.
                async with asyncio.timeout(until - clock()):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                finished = finished or bool(chunk.response_metadata.get("finish_reason"))
                if text := chunk.text:
                    until, length = deadline, length + len(text)
                    yield text
                if length > max_tokens * CHARACTERS_PER_TOKEN:
                    raise WroteWithoutEnd
        if self._backend.marks_the_end and not finished:
            raise CutShort

    async def _model(self) -> BaseChatModel:
        async with self._loading:
            if self._built is None:
                failed = ""
                try:
                    self._built = await asyncio.to_thread(self._backend.build)
                except Exception as error:  # a provider's constructor may raise anything
                    failed = type(error).__name__
                if self._built is None:
                    raise ModelUnavailable(
                        f"{self.name} cannot be set up ({failed}); see `salesmate models list`."
                    )
            return self._built


def _data_in(answer: AIMessage) -> object:
    """The arguments of the tool that stands for the schema, else the first JSON object of the text."""
    return answer.tool_calls[0]["args"] if answer.tool_calls else first_object(answer.text)


def _for_langchain(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in for_any_server(messages)]
