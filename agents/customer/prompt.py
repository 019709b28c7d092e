"""The prompt a speaking model gets: one function, used by serving and by fine-tuning alike.

It is built from what is open only. A fact the rep has not earned cannot leak, because it is not there.

What stays the same comes first and what changes with the turn comes last, so that a server that keeps what it
has read (llama.cpp, vLLM, most hosted models) reads only the last exchange anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from string import Formatter

from pydantic import BaseModel, ConfigDict

from agents.customer import scripted
from agents.customer.acts import Act, ExitReason, Mood
from agents.customer.persona import Persona
from agents.customer.state import Decision
from agents.customer.transcript import Turn, said_by
from agents.data_files import read_yaml
from agents.models.chat import Message

MOST_OF_A_TURN = 1500
"""Characters of one of the rep's turns that a model is shown; a pasted page says no more than its start."""


NOTE = "[["
"""What the note begins with, and nothing that a rep says: `speak_messages` sees to it."""
_BRACKETS = re.compile(r"\[{2,}|\]{2,}")

END_OF_CALL = "<|endconversation|>"
"""What a fine-tuned model writes after the customer's last words (after UserLM, arXiv 2510.06552). It is
never spoken: `speak` reads a draft no further, and whether she leaves is decided by code all the same."""


class SpeakPrompt(BaseModel):
    """`prompts/speak.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    note: str
    silence: str
    retry: str
    mood: dict[Mood, str]
    reasons: dict[str, str]
    acts: dict[Act, str]
    exits: dict[ExitReason, str]


def speak_messages(
    persona: Persona, decision: Decision, turns: Sequence[Turn], *, rejected: str | None = None
) -> list[Message]:
    """What a model is sent to speak the decided act, with the whole call as history.

    `rejected` is the reason code of the draft before, on the one retry.
    """
    prompt = speak_prompt()
    messages = [
        Message("system", _system(prompt, persona)),
        *_history(prompt, turns),
        Message("user", _note(prompt, persona, decision, turns)),
    ]
    if rejected:
        reason = prompt.reasons.get(rejected, prompt.reasons["default"])
        messages.append(Message("user", prompt.retry.format(reason=reason, name=persona.name)))
    return messages


def _system(prompt: SpeakPrompt, persona: Persona) -> str:
    return prompt.system.format(
        name=persona.name,
        role=persona.public.role,
        company=persona.public.company,
        situation=persona.private.situation,
        goals="; ".join(persona.private.goals),
        style=persona.private.style,
        always="; ".join(persona.must_always) or "-",
        never="; ".join(persona.must_never) or "-",
    )


def _note(prompt: SpeakPrompt, persona: Persona, decision: Decision, turns: Sequence[Turn]) -> str:
    # The fact of this turn counts as open, and is told as its content.
    told = [persona.fact(name).text for name in decision.state.opened if name != decision.fact]
    example = scripted.speak(persona, decision, said_by(turns, "customer"), Random(decision.state.seed))
    fields = {
        "mood": prompt.mood[decision.state.mood],
        "told": " ".join(told),
        "act": prompt.acts[decision.act],
        "content": _content(prompt, persona, decision),
        "example": example or "",
        "length": "under thirty words" if decision.act is Act.REVEAL else "one or two short sentences",
    }
    lines = [line for line in prompt.note.splitlines() if any(fields[name] for name in _fields_of(line))]
    return "\n".join(lines).format(**fields)


def _fields_of(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]


def _content(prompt: SpeakPrompt, persona: Persona, decision: Decision) -> str:
    if decision.fact:
        return f"The thing to say: {persona.fact(decision.fact).text}"
    if decision.objection:
        return f"The objection: {persona.objection(decision.objection).text}"
    if decision.act is Act.AGREE:
        return f"The next step: {persona.win.next_step}"
    if decision.exit:
        return f"The reason: {prompt.exits[decision.exit]}"
    return ""


def _history(prompt: SpeakPrompt, turns: Sequence[Turn]) -> list[Message]:
    return [
        Message("assistant", turn.text)
        if turn.speaker == "customer"
        else Message("user", _unmarked(turn.text)[:MOST_OF_A_TURN] or prompt.silence)
        for turn in turns
    ]


def without_note(last: str) -> str:
    """What the caller said in a prompt's last message; empty where the customer speaks first."""
    return last.rpartition(NOTE)[0].strip()


def _unmarked(text: str) -> str:
    """The rep's words without double brackets: only the note has them."""
    return _BRACKETS.sub(lambda run: run.group()[0], text)


@cache
def speak_prompt() -> SpeakPrompt:
    """The prompt file, read once."""
    path = Path(__file__).parent / "prompts" / "speak.yaml"
    return SpeakPrompt.model_validate(read_yaml(path.read_text(encoding="utf-8")))
