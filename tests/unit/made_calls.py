"""Calls made by hand for the coach: what was said, how it was heard, what the customer did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from hypothesis import strategies as st

from agents.coach.call import CallRecord, CallTurn
from agents.customer.acts import Act, RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.difficulty import first_state
from agents.customer.engine import choose, open_call, outcome_of
from agents.customer.persona import Persona
from agents.customer.persona_files import built_in_folder, load
from agents.customer.state import CustomerState, Difficulty, Standing, Status
from tests.unit.made_personas import appraisals


@cache
def helen() -> Persona:
    """The cold-called investor who ships with SalesMate."""
    return load(built_in_folder() / "helen-marsh.yaml")


@dataclass(frozen=True)
class Line:
    """One line of a made call."""

    speaker: Literal["customer", "rep"]
    text: str
    act: Act | None = None
    fact: str | None = None
    raised: str | None = None
    resolved: tuple[str, ...] = ()
    heard: Appraisal | None = None


def customer(
    text: str,
    act: Act = Act.ACKNOWLEDGE,
    *,
    fact: str | None = None,
    raised: str | None = None,
    resolved: Sequence[str] = (),
) -> Line:
    return Line("customer", text, act, fact, raised, tuple(resolved))


def rep(text: str, *acts: RepAct, **heard: Any) -> Line:
    """A rep's line, heard as those acts; `heard` holds more fields of the appraisal."""
    done = tuple(Heard(act=act, confidence=0.9, sentence=text) for act in acts)
    return Line("rep", text, heard=Appraisal(acts=done, words=len(text.split()), **heard))


def silence() -> Line:
    return Line("rep", "", heard=Appraisal(silence=True))


def made_call(
    *lines: Line,
    outcome: str = "no_sale",
    ended_by: Literal["customer", "rep"] = "rep",
    persona: Persona | None = None,
) -> CallRecord:
    """The call those lines make. Its state holds what the lines brought about."""
    persona = persona or helen()
    objections = {line.raised: Standing.RAISED for line in lines if line.raised}
    objections |= dict.fromkeys((name for line in lines for name in line.resolved), Standing.RESOLVED)
    state = first_state(persona, Difficulty.NORMAL, 7).model_copy(
        update={
            "opened": tuple(line.fact for line in lines if line.fact),
            "objections": objections,
            "agreed": outcome == "agreed",
        }
    )
    turns = tuple(
        CallTurn(n, line.speaker, line.text, line.act, line.fact, line.raised, line.resolved, line.heard)
        for n, line in enumerate(lines, start=1)
    )
    return CallRecord(persona, turns, state, outcome, ended_by)


def opening_lines() -> list[Line]:
    return [
        customer("Hello. Who is this?", Act.OPEN),
        rep(
            "Good morning, my name is Sam Carter from Northgate Wealth. Is this a bad moment?",
            RepAct.INTRODUCE,
            RepAct.PERMISSION,
            introduced=True,
        ),
        customer("You may go on.", Act.TIME),
        rep("I am calling because you left a reply card at our library talk.", RepAct.REASON),
        customer("I see."),
    ]


def excellent_call() -> CallRecord:
    """Everything a rubric asks for, an objection met among it."""
    return made_call(
        *opening_lines(),
        rep("What brought you along that evening?", RepAct.OPEN_QUESTION, asked=(("why-card", 0.9),)),
        customer("My neighbour Dorothy wanted company.", Act.REVEAL, fact="why-card"),
        rep(
            "That was kind of you. Who looks after your investments at the moment?",
            RepAct.ACKNOWLEDGE,
            RepAct.OPEN_QUESTION,
            empathy=0.8,
            asked=(("adviser-firm", 0.9),),
        ),
        customer("A Mr Hollis, in Skipton.", Act.REVEAL, fact="adviser-firm"),
        rep(
            "I can see that matters to you. What worries you about how he keeps in touch?",
            RepAct.ACKNOWLEDGE,
            RepAct.OPEN_QUESTION,
            empathy=0.8,
            asked=(("no-contact", 0.9),),
        ),
        customer("Not a word since the January before last.", Act.REVEAL, fact="no-contact"),
        rep(
            "What does another silent year mean for the plans you have?",
            RepAct.OPEN_QUESTION,
            asked=(("edie", 0.9),),
        ),
        customer("My granddaughter's rent depends on it.", Act.REVEAL, fact="edie"),
        rep(
            "We read your statements and write two pages, at no charge.",
            RepAct.EVIDENCE,
            claims=("no charge",),
        ),
        customer("How do I know you are genuine?", Act.OBJECT, raised="genuine"),
        rep(
            "You are right to ask. Look us up on the regulator's register and ring that number.",
            RepAct.ACKNOWLEDGE,
            RepAct.EVIDENCE,
            empathy=0.7,
            answered=(("genuine", 0.9),),
        ),
        customer("That is a proper answer.", Act.CONCEDE, resolved=["genuine"]),
        rep(
            "Could we meet on Thursday at eleven? I will write to confirm it.",
            RepAct.CLOSE,
            next_step=0.9,
            specific=True,
        ),
        customer("Very well. You may have your half hour.", Act.AGREE),
        outcome="agreed",
        ended_by="customer",
    )


def average_call() -> CallRecord:
    """A tidy opening, one thing learnt, a vague close."""
    return made_call(
        *opening_lines(),
        rep("We are simply the best in Yorkshire.", RepAct.PITCH),
        customer("According to whom?", Act.RESIST_PITCH),
        rep("Who looks after your investments?", RepAct.OPEN_QUESTION, asked=(("adviser-firm", 0.9),)),
        customer("A Mr Hollis, in Skipton.", Act.REVEAL, fact="adviser-firm"),
        rep("Our funds have won several prizes.", RepAct.PITCH),
        customer("I have an adviser already.", Act.OBJECT, raised="have-adviser"),
        rep("Well, it never hurts to have options, does it."),
        customer("You went straight past it.", Act.INSIST),
        rep("Maybe we could have a chat at some point?", RepAct.CLOSE, next_step=0.6),
        customer("I think not.", Act.RESIST_CLOSE),
        rep("Thank you for your time. Goodbye.", RepAct.GOODBYE),
        customer("Goodbye.", Act.LEAVE),
        ended_by="customer",
    )


def rude_call() -> CallRecord:
    return made_call(
        customer("Hello. Who is this?", Act.OPEN),
        rep("It's Sam from Northgate Wealth.", RepAct.INTRODUCE, introduced=True),
        customer("Yes?", Act.SPEAKING),
        rep("Are you always this slow, madam?", RepAct.RUDE, rude=0.9),
        customer("I beg your pardon?", Act.RUDE),
        rep("You people never listen to anything.", RepAct.RUDE, rude=0.9),
        customer("Goodbye.", Act.LEAVE),
        outcome="hung_up",
        ended_by="customer",
    )


def silent_call() -> CallRecord:
    return made_call(
        customer("Hello. Who is this?", Act.OPEN),
        silence(),
        customer("I can wait.", Act.SILENCE),
        silence(),
        customer("Goodbye.", Act.LEAVE),
        outcome="hung_up",
        ended_by="customer",
    )


@dataclass
class _Played:
    """A call as it goes on."""

    state: CustomerState
    turns: list[CallTurn] = field(default_factory=list)


@st.composite
def played_calls(draw: st.DrawFn) -> CallRecord:
    """Any call the customer's own behaviour can lead to, whatever the rep says and however it is heard."""
    persona = helen()
    opening = open_call(persona, draw(st.sampled_from(list(Difficulty))), draw(st.integers(0, 99)))
    call = _Played(opening.state, [CallTurn(1, "customer", opening.text, Act.OPEN)])
    for _ in range(draw(st.integers(0, 12))):
        _play(call, persona, draw(st.text(max_size=60)), draw(appraisals(persona)))
        if call.state.status is Status.LEFT:
            break
    by_rep = call.state.status is Status.RUNNING
    outcome = outcome_of(call.state, ended_by_rep=by_rep)
    return CallRecord(persona, tuple(call.turns), call.state, outcome, "rep" if by_rep else "customer")


def _play(call: _Played, persona: Persona, text: str, heard: Appraisal) -> None:
    before, decision = call.state, choose(persona, call.state, heard)
    call.state = after = decision.state
    n = len(call.turns)
    call.turns.append(CallTurn(n + 1, "rep", text, heard=heard))
    resolved = tuple(
        name
        for name, standing in after.objections.items()
        if standing is Standing.RESOLVED and before.objections.get(name) is not Standing.RESOLVED
    )
    raised = next((name for name in after.objections if name not in before.objections), None)
    fact = decision.fact if decision.fact not in before.opened else None
    call.turns.append(CallTurn(n + 2, "customer", "…", decision.act, fact, raised, resolved))
