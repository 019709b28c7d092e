"""A chat model inside this process, with the same patience around it as any other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any

from agents.models.chat import Message, ModelUnavailable, Schema
from agents.models.dialogue import for_any_server
from agents.models.faults import CutShort, Failed, Fault, fault_of
from agents.models.guard import Guard
from agents.models.json_reply import asking_for_json, first_object, fit
from agents.models.local.engine import Adapter, Busy, Engine
from agents.models.local.weights import weights

STRUCTURED_TOKENS = 1000
"""A small model that has lost the thread fills all it may."""
JSON_ATTEMPTS = 2
ROOM_FOR_A_REPLY = 256
"""Tokens of the context that a prompt must leave free, where the reply may be that long."""
_TOO_LONG = "exceed_context_size_error"


class _TooLong(Exception):
    """The prompt does not fit into the context."""


class _NoTurn(Exception):
    """Other calls were written for longer than this one may wait."""


class LocalChat:
    """A `ChatModel`. May be used from any event loop, and from several."""

    def __init__(
        self,
        engine: Engine,
        adapter: Adapter | None,
        guard: Guard,
        *,
        options: dict[str, Any],
        marks: re.Pattern[str],
    ) -> None:
        """`options` go over the catalogue's; `marks` are taken out of what is said."""
        self.name = guard.name
        self._engine = engine
        self._adapter = adapter
        self._guard = guard
        self._options = {**weights().sampling, **options}
        self._marks = marks

    async def warm(self) -> None:
        """Load ahead of the first call. Raises ModelUnavailable."""
        if self._engine.ready(self._adapter):
            return
        failed = ""
        try:
            await asyncio.to_thread(self._engine.warm, self._adapter)
        except Failed as error:
            failed = error.fault.says
        if failed:
            raise ModelUnavailable(f"{self.name} {failed}.")

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """The reply as it is written. Closing the generator stops the model within a word.

        A talk longer than the context loses its oldest turns, as in training.
        """
        return self._stream(messages, self._options | {"max_tokens": max_tokens})

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole reply."""
        async with aclosing(self.stream(messages, max_tokens=max_tokens)) as pieces:
            return "".join([piece async for piece in pieces])

    async def structured(self, messages: Sequence[Message], schema: type[Schema]) -> Schema:
        """The reply as data, held to the schema while it is written.

        An answer that does not fit (it was cut, say) is asked for once more; then ModelUnavailable.
        """
        asked, problem = messages, ""
        for _ in range(JSON_ATTEMPTS):
            options = self._options | weights().sampling_for_data | {"max_tokens": STRUCTURED_TOKENS}
            form = {"name": schema.__name__, "schema": schema.model_json_schema()}
            options["response_format"] = {"type": "json_schema", "json_schema": form}
            async with aclosing(self._stream(asked, options)) as pieces:
                text = "".join([piece async for piece in pieces])
            answer, problem = fit(first_object(text), schema)
            if answer is not None:
                return answer
            asked = asking_for_json(messages, schema, problem)
        raise ModelUnavailable(f"{self.name} did not answer in the form that was asked for ({problem}).")

    async def _stream(
        self, messages: Sequence[Message], options: dict[str, Any]
    ) -> AsyncGenerator[str, None]:
        await self.warm()
        talk, started = for_any_server(messages), False
        with self._guard.call() as call:
            while True:
                call.begin()
                error: Exception | None = None
                try:
                    async with aclosing(self._fitted(talk, options, call.deadline)) as pieces:
                        async for piece in pieces:
                            started = True
                            call.spoke()
                            yield piece
                except Exception as caught:
                    error = caught
                if error is None:
                    call.answered()
                    return
                self._not_its_fault(error)
                if "response_format" in options and fault_of(error).not_offered:
                    # A schema that llama.cpp makes no grammar of: the answer is checked all the same.
                    options = {name: value for name, value in options.items() if name != "response_format"}
                    continue
                await call.after(error, final=started)

    def _not_its_fault(self, error: Exception) -> None:
        """Raises ModelUnavailable for what the breaker is not to hear of."""
        if isinstance(error, Busy | _NoTurn):
            raise ModelUnavailable(
                f"{self.name} has too many calls to answer; try again, or raise SALESMATE_LOCAL_PARALLEL "
                "on a larger machine."
            )
        if isinstance(error, _TooLong):
            raise ModelUnavailable(
                f"{self.name} cannot take so long a prompt into its {self._engine.settings.context} tokens; "
                "raise SALESMATE_LOCAL_CONTEXT."
            )

    async def _fitted(
        self, talk: list[Message], options: dict[str, Any], deadline: float
    ) -> AsyncGenerator[str, None]:
        """One attempt, with no more of the talk than fits. Raises what `_pieces` raises."""
        while True:
            try:
                async with aclosing(self._pieces(talk, options, deadline)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _TooLong:  # before its first piece
                shorter = without_oldest(talk)
                if shorter is None:
                    raise
                talk = shorter
            else:
                return

    async def _pieces(
        self, messages: Sequence[Message], options: dict[str, Any], deadline: float
    ) -> AsyncGenerator[str, None]:
        """One attempt. Raises TimeoutError, CutShort, Failed, Busy, _NoTurn and _TooLong."""
        clock, limits = self._guard.clock, self._guard.limits
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[dict[str, Any] | Future[None]] = asyncio.Queue()

        def hear(item: dict[str, Any] | Future[None]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(heard.put_nowait, item)

        request = {**options, "messages": self._for_template(messages)}
        room = min(options["max_tokens"], ROOM_FOR_A_REPLY)
        generation = self._engine.generate(request, self._adapter, hear)
        generation.when_over(hear)
        until, waits, finished = min(deadline, clock() + limits.first_token), True, False
        try:
            while True:
                # Around each step and never around a yield: the time-out must not hit the consumer's code.
                try:
                    async with asyncio.timeout(until - clock()):
                        item = await heard.get()
                except TimeoutError:
                    if waits:
                        raise _NoTurn from None
                    raise
                if isinstance(item, Future):
                    break
                if waits:
                    until, waits = min(deadline, clock() + limits.first_token), False
                self._check(item, room)
                text, ended = _said(item)
                finished = finished or ended
                if text:
                    until = deadline
                    yield text
            item.result()
            if not finished:
                raise CutShort
        finally:
            generation.stop()

    def _check(self, chunk: dict[str, Any], room: int) -> None:
        if error := chunk.get("error"):
            if error.get("type") == _TOO_LONG:
                raise _TooLong
            raise Failed(Fault("refused the request; check SALESMATE_MODEL_OPTIONS", not_offered=True))
        progress = chunk.get("prompt_progress")
        if progress and progress["total"] + room > self._engine.settings.context:
            raise _TooLong

    def _for_template(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        return [{"role": message.role, "content": self._plain(message.content)} for message in messages]

    def _plain(self, text: str) -> str:
        """Without the template's own tokens, and without what is no Unicode."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        return self._marks.sub(" ", text)  # and not with nothing: what is left must not join to a mark


def without_oldest(messages: Sequence[Message]) -> list[Message] | None:
    """The talk without its oldest two turns after the system message; None when nothing can go."""
    head = [message for message in messages if message.role == "system"]
    talk = [message for message in messages if message.role != "system"]
    return [*head, *talk[2:]] if len(talk) > 2 else None


def _said(chunk: dict[str, Any]) -> tuple[str, bool]:
    """The words of a chunk, and whether they are the last."""
    choices = chunk.get("choices")
    if not choices:
        return "", False
    return choices[0]["delta"].get("content") or "", bool(choices[0].get("finish_reason"))
