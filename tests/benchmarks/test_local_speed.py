"""Figures of `make bench`: a model in this process against llama.cpp itself, on the same file and prompts, in
turns. Printed, never asserted."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from agents.customer import scripted
from agents.customer.acts import RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.engine import choose, open_call
from agents.customer.persona_files import built_in_folder, load
from agents.customer.prompt import speak_messages
from agents.customer.state import Difficulty
from agents.customer.transcript import Turn, said_by
from agents.models.chat import Message
from agents.models.dialogue import for_any_server
from agents.models.local.chat import LocalChat
from agents.models.local.server import PROMPT_BATCH, PROMPT_CACHE_MIB
from agents.models.local.voice import half_the_cores, local_chat
from agents.models.local.weights import weights as sampling
from agents.models.settings import ModelSettings
from tests.benchmarks.lines import REP_LINES
from tests.local_weights import NAME, put_in_place, the_weights

pytestmark = pytest.mark.bench
WORDS, CONTEXT, SLOTS = 32, 1024, 16
ROUNDS = {1: 3, 4: 3, 16: 2}
"""By how many calls are made at once."""
OPTIONS = {"temperature": 0, "ignore_eos": True}
"""So that each contestant writes as many words. Marks among them count too, though ours gives none out."""

Prompt = list[Message]
Times = list[list[float]]
"""For each call: seconds until each word was given, and last until it was over."""


def prompts_of_a_call(persona_file: Path) -> list[Prompt]:
    """What the customer's model is asked at each turn of a call to this persona."""
    persona = load(persona_file)
    answered = open_call(persona, Difficulty.NORMAL, 7)
    turns, state, asked = [Turn("customer", answered.text)], answered.decision.state, []
    for number, line in enumerate(REP_LINES[:5]):
        turns.append(Turn("rep", line))
        fact = persona.facts[number % len(persona.facts)].id
        act = Heard(act=RepAct.OPEN_QUESTION, confidence=0.9, sentence=line)
        heard = Appraisal(acts=(act,), asked=((fact, 0.9),), words=len(line.split()), introduced=number == 0)
        decision = choose(persona, state, heard)
        state = decision.state
        asked.append(for_any_server(speak_messages(persona, decision, turns)))
        words = scripted.speak(persona, decision, said_by(turns, "customer"), random.Random(number))
        turns.append(Turn("customer", words or "Right."))
    return asked


def body(prompt: Prompt) -> dict[str, Any]:
    messages = [{"role": one.role, "content": one.content} for one in prompt]
    return {**sampling().sampling, **OPTIONS, "messages": messages, "max_tokens": WORDS, "stream": True}


def raw_server(weights: Path) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.verbosity = str(weights), -1
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
    params.n_batch = params.n_ubatch = PROMPT_BATCH
    params.cache_ram_mib, params.warmup, params.fit_params = PROMPT_CACHE_MIB, False, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = half_the_cores()
    return xllamacpp.Server(params)


def is_word(chunk: dict[str, Any]) -> bool:
    return bool(chunk.get("choices") and chunk["choices"][0]["delta"].get("content"))


async def by_us(model: LocalChat, prompts: list[Prompt]) -> Times:
    async def one(prompt: Prompt) -> list[float]:
        began = time.perf_counter()
        given = [time.perf_counter() - began async for _ in model.stream(prompt, max_tokens=WORDS)]
        return [*given, time.perf_counter() - began]

    return await asyncio.gather(*(one(prompt) for prompt in prompts))


def in_threads(call: Callable[[Prompt, list[float]], None], prompts: list[Prompt]) -> Times:
    times: Times = [[] for _ in prompts]
    threads = [threading.Thread(target=call, args=pair) for pair in zip(prompts, times, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def by_raw(server: Any, prompts: list[Prompt]) -> Times:
    def call(prompt: Prompt, times: list[float]) -> None:
        began = time.perf_counter()

        def heard(chunk: dict[str, Any]) -> None:
            if is_word(chunk):
                times.append(time.perf_counter() - began)

        server.handle_chat_completions(body(prompt), heard)
        times.append(time.perf_counter() - began)

    return in_threads(call, prompts)


def by_http(server: Any, prompts: list[Prompt]) -> Times:
    def call(prompt: Prompt, times: list[float]) -> None:
        began = time.perf_counter()
        url = f"{server.listening_address}/v1/chat/completions"
        with httpx.stream("POST", url, json=body(prompt), timeout=600) as answer:
            lines = (line[6:] for line in answer.iter_lines() if line.startswith("data: {"))
            times.extend(time.perf_counter() - began for line in lines if is_word(json.loads(line)))
        times.append(time.perf_counter() - began)

    return in_threads(call, prompts)


@dataclass
class Seen:
    """Of one contestant with so many calls at once, for each round."""

    rates: list[float]
    firsts: list[float]
    work: list[float]

    def add(self, times: Times, cpu: float) -> None:
        words = WORDS * len(times)
        self.rates.append(words / max(one[-1] for one in times))
        self.firsts.append(median(one[0] for one in times))
        self.work.append(1000 * cpu / words)

    def __str__(self) -> str:
        rate, first, work = median(self.rates), median(self.firsts), median(self.work)
        return f"{rate:6.1f} words/s, first after {first:5.2f} s, {work:5.0f} ms of CPU a word"

    def against(self, other: Seen) -> str:
        """In ratios round by round, so that other work on the machine bends both alike."""

        def ratio(ours: list[float], theirs: list[float]) -> float:
            return median(mine / its for mine, its in zip(ours, theirs, strict=True))

        rate, first = ratio(self.rates, other.rates), ratio(self.firsts, other.firsts)
        work = ratio(self.work, other.work)
        return f"{rate:.2f} of the words/s, {first:.2f} of the wait, {work:.2f} of the CPU"


def memory_mb() -> float:
    """Of what is resident, the process's own: mapped weights are shared and can be dropped."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


@pytest.fixture
def weights(pytestconfig: pytest.Config, home: Path) -> Path:
    assert pytestconfig.cache is not None
    file = the_weights(pytestconfig.cache.mkdir("models"))
    put_in_place(file, home)
    return file


def a_model(slots: int = SLOTS, context: int = CONTEXT) -> LocalChat:
    settings = ModelSettings(
        local_parallel=slots,
        local_context=context,
        model_options=OPTIONS,
        model_first_token_seconds=600,
        model_reply_seconds=600,
    )
    return local_chat(f"local:{NAME}", settings)


@pytest.fixture
def calls() -> list[list[Prompt]]:
    return [prompts_of_a_call(file) for file in sorted(built_in_folder().glob("*.yaml"))]


async def test_against_llama_cpp(weights: Path, calls: list[list[Prompt]]) -> None:
    # A server for each, because slots remember prompts.
    model, raw, served = a_model(), raw_server(weights), raw_server(weights)
    contestants: dict[str, Callable[[list[Prompt]], Awaitable[Times]]] = {
        "ours": lambda prompts: by_us(model, prompts),
        "raw": lambda prompts: asyncio.to_thread(by_raw, raw, prompts),
        "http": lambda prompts: asyncio.to_thread(by_http, served, prompts),
    }
    for contestant in contestants.values():
        await contestant([[Message("system", "You are Dana."), Message("user", "Hello?")]])
    for together, rounds in ROUNDS.items():
        seen = {name: Seen([], [], []) for name in contestants}
        for number in range(rounds):
            prompts = [calls[(number + place) % len(calls)][number % 5] for place in range(together)]
            names = list(contestants) if number % 2 else list(reversed(contestants))
            for name in names:
                used = time.process_time()
                times = await contestants[name](prompts)
                seen[name].add(times, time.process_time() - used)
        for name, figures in seen.items():
            print(f"{together:>2} at once, {name:<4}: {figures}")
        for name in ("raw", "http"):
            print(f"   ours / {name}: {seen['ours'].against(seen[name])}")


def test_what_a_slot_remembers_between_the_turns_of_a_call(weights: Path, calls: list[list[Prompt]]) -> None:
    server = raw_server(weights)
    found = []
    for prompt in calls[0]:
        chunks: list[dict[str, Any]] = []
        server.handle_chat_completions({**body(prompt), "max_tokens": 2}, chunks.append)
        timings = chunks[-1]["timings"]
        found.append(f"{timings['cache_n']} of {timings['cache_n'] + timings['prompt_n']}")
    print(f"prompt tokens remembered, turn by turn: {', '.join(found)}")


async def test_memory(weights: Path, calls: list[list[Prompt]]) -> None:
    mapped = weights.stat().st_size / 1e6  # noqa: ASYNC240 - nothing else goes on
    for slots, context in ((4, 4096), (16, 1024)):
        before = memory_mb()
        model = a_model(slots, context)
        await model.warm()
        loaded = memory_mb()
        await by_us(model, [call[0] for call in calls[:2]])
        print(
            f"{slots} calls of {context} tokens: {loaded - before:.0f} MB beside the weights "
            f"({mapped:.0f} MB, mapped), {memory_mb() - before:.0f} MB at work"
        )
        del model
