"""Judges answer a rubric's checks and nothing else: by rules, or by a chat model.

A model is asked only what needs judgement. What the records know (facts told, how the call came out) code
answers, and a model can add a lapse the rules missed but never take one away.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from agents.coach.call import CallRecord, CallTurn
from agents.coach.evidence import supported, verified
from agents.coach.measures import Measures
from agents.coach.rubric import Check, Rubric
from agents.coach.rules import RECORDED, Case, Finding, NeverBase, ObjectionsRule
from agents.data_files import read_yaml
from agents.models.chat import ChatModel, Message, ModelUnavailable

RULES = "rules"
MOST_OF_A_TURN = 1500
"""Characters of a turn that a model is shown."""


@dataclass(frozen=True)
class Judgement:
    """The answers by check id. `prompt_hash` is empty when no model answered; `note` says why, if one should
    have."""

    findings: Mapping[str, Finding]
    judge: str = RULES
    prompt_hash: str = ""
    note: str = ""


class Judge(Protocol):
    """Answers a rubric's checks about a call."""

    async def answer(self, call: CallRecord, measures: Measures, rubric: Rubric) -> Judgement: ...


class RulesJudge:
    """Judges by the rules in the rubric: no model, always the same answer."""

    async def answer(self, call: CallRecord, measures: Measures, rubric: Rubric) -> Judgement:
        case = Case(call, measures)
        return Judgement({check.id: check.rule.find(case) for check in rubric.checks})


class Verdict(BaseModel):
    """A model's answer to one check."""

    model_config = ConfigDict(frozen=True)

    id: str
    met: bool
    turn: int | None = None
    quote: str | None = None


class Verdicts(BaseModel):
    """What a judging model is asked for."""

    model_config = ConfigDict(frozen=True)

    verdicts: tuple[Verdict, ...] = Field(description="One for each check.")


class JudgePrompt(BaseModel):
    """`prompts/judge.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    check: str
    turn: str
    silence: str
    transcript: str


class ModelJudge:
    """Judges with a chat model; by the rules when it does not answer, and says so."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat
        self._rules = RulesJudge()

    async def answer(self, call: CallRecord, measures: Measures, rubric: Rubric) -> Judgement:
        ruled = (await self._rules.answer(call, measures, rubric)).findings
        if not call.spoken:
            return Judgement(ruled, note="The rep said nothing, so no model was asked.")
        asked = [check for check in rubric.checks if is_judged(check) and ruled[check.id].met is not None]
        messages = judge_messages(call, asked)
        try:
            reply = await self._chat.structured(messages, Verdicts)
        except ModelUnavailable:
            return Judgement(ruled, note=f"{self._chat.name} did not answer; judged by rules.")
        said = {verdict.id: _finding(call, verdict) for verdict in reply.verdicts}
        answered = {check.id: _settled(call, check, ruled[check.id], said) for check in asked}
        return Judgement({**ruled, **answered}, judge=self._chat.name, prompt_hash=prompt_hash(rubric))


def verify_evidence(call: CallRecord, judgement: Judgement) -> Judgement:
    """The judgement without what was not said: a yes with no true quote becomes "not shown"."""
    findings = {name: supported(call, finding) for name, finding in judgement.findings.items()}
    return Judgement(findings, judgement.judge, judgement.prompt_hash, judgement.note)


def is_judged(check: Check) -> bool:
    """Whether the check takes judgement, rather than a look at the records."""
    rule = check.rule
    if isinstance(rule, ObjectionsRule):
        return rule.objections == "taken_up"
    return not isinstance(rule, RECORDED)


def judge_messages(call: CallRecord, checks: list[Check]) -> list[Message]:
    """What a model is sent: rules apart from data, and every word of the call escaped, so that nobody's words
    can close their own fence."""
    prompt = judge_prompt()
    asked = "".join(
        prompt.check.format(id=check.id, question=check.question, anchor=check.anchor) for check in checks
    )
    text = prompt.transcript.format(
        call_type=call.persona.call_type.value.replace("_", " "),
        customer=call.persona.name,
        turns="".join(_fenced(turn) for turn in call.turns),
        checks=asked,
    )
    return [Message("system", prompt.system), Message("user", text)]


def prompt_hash(rubric: Rubric) -> str:
    """Which prompt and which checks were answered: 16 hexadecimal digits."""
    both = judge_prompt().model_dump_json() + rubric.model_dump_json()
    return hashlib.sha256(both.encode()).hexdigest()[:16]


@cache
def judge_prompt() -> JudgePrompt:
    """The prompt file, read once."""
    raw = read_yaml((files("agents.coach") / "prompts" / "judge.yaml").read_text("utf-8"))
    return JudgePrompt.model_validate(raw)


def _fenced(turn: CallTurn) -> str:
    prompt = judge_prompt()
    text = html.escape(turn.text[:MOST_OF_A_TURN].strip(), quote=False) or prompt.silence
    return prompt.turn.format(n=turn.n, speaker=turn.speaker, text=text)


def _finding(call: CallRecord, verdict: Verdict) -> Finding:
    """As the model answered; a quote may be given as it stood in the escaped transcript."""
    said = (verdict.quote or "").strip() or None
    as_shown = Finding(verdict.met, verdict.turn, said)
    unescaped = Finding(verdict.met, verdict.turn, html.unescape(said) if said else None)
    return as_shown if verified(call, as_shown) else unescaped


def _settled(call: CallRecord, check: Check, ruled: Finding, said: Mapping[str, Finding]) -> Finding:
    """The model's answer where it may have one: a lapse takes a true quote; one the rules found stays."""
    answered = said.get(check.id, ruled)
    if not isinstance(check.rule, NeverBase):
        return answered
    if ruled.met is False or not verified(call, answered):
        return ruled
    return answered
