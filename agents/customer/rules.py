"""The customer's rules, in the order of her concern; the first that applies decides the turn.

Leaving comes first, then whatever is wrong with the message, then the call's business (who are you, the next
step, questions, objections), then small reactions. A rule looks at a `Moment` and returns a decision or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agents.customer.acts import Act, ExitReason, RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.difficulty import modifiers, win_trust
from agents.customer.gates import gate_is_open, ready_to_agree
from agents.customer.persona import Persona
from agents.customer.state import CustomerState, Decision, Standing, Status

SURE = 0.5
"""From this confidence a thing counts as done."""
SURE_OF_GOODBYE = 0.95
"""Taking a pleasantry for a goodbye ends a good call. Real ones are heard at .99, most others below .9."""
CLOSE_SECOND = 0.95
"""A second fact asked for counts only where the question points there nearly as surely."""
CLOSE_TO_KNOWN = 0.8
"""Where the surest is told already, the question may well have meant the next."""
SURE_OF_PRESSURE = 0.85
SURE_OF_INFLAMED = 0.75
COURTESIES = 3
"""Greetings and asking for time belong to the first turns."""
HALF_SURE = 0.35
WRAP_UPS = 3
INSULTS_TAKEN = 1
SILENCES_TAKEN = 3
TURNS_WITHOUT_A_NAME = 4
NEARLY = 0.12
"""Within this of the trust a next step takes, she offers a smaller one."""
RAISE_SHARE = 0.75
"""How often a trigger brings up its objection, times scepticism and the difficulty's resistance."""
QUESTION_SHARE = 0.3
"""How often a plain reaction becomes, or is followed by, a question of her own."""
INSIST_SHARE = 0.6


@dataclass(frozen=True)
class Moment:
    """What a rule looks at: the state before and after the message was felt."""

    persona: Persona
    before: CustomerState
    state: CustomerState
    heard: Appraisal
    rng: Random


_WEIGHED_BEFORE = (RepAct.CLOSE, RepAct.PRESSURE)
_GREETING = (RepAct.IDENTITY_CHECK, RepAct.INTRODUCE)
Rule = Callable[[Moment], Decision | None]


# --- leaving ------------------------------------------------------------------------------------------


def _leaves(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    if state.insults > INSULTS_TAKEN or (heard.rude >= SURE and state.patience <= 0):
        return _leave(state, ExitReason.LOSS_OF_TRUST)
    if not state.introduced and state.turn > TURNS_WITHOUT_A_NAME and not heard.silence:
        return _leave(state, ExitReason.WRONG_PERSON)
    if state.silences > SILENCES_TAKEN:
        return _leave(state, ExitReason.OUT_OF_PATIENCE)
    if state.patience <= 0:
        late = state.turn > now.persona.dials.turns
        return _leave(state, ExitReason.BUSY if late else ExitReason.OUT_OF_PATIENCE)
    return None


def _says_goodbye(now: Moment) -> Decision | None:
    heard, state = now.heard, now.state
    surest = max((one.confidence for one in heard.acts), default=0.0)
    goodbye = heard.did(RepAct.GOODBYE)
    stays = heard.next_step >= SURE or heard.asked or _just_met(now)
    if stays or goodbye < max(SURE_OF_GOODBYE, surest):
        return None
    happy = state.agreed or state.advanced
    return _leave(state, ExitReason.SATISFIED if happy else ExitReason.NOT_INTERESTED)


def _wraps_up(now: Moment) -> Decision | None:
    """After a yes nothing is argued again: she confirms, answers what she is asked, and rings off."""
    state, heard = now.state, now.heard
    if not state.agreed or heard.asked:
        return None
    if state.wrapped >= (WRAP_UPS if _questions(heard) >= SURE else 1):
        return _leave(state, ExitReason.SATISFIED)
    return Decision(state=state.model_copy(update={"wrapped": state.wrapped + 1}), act=Act.WRAP_UP)


# --- something is wrong with the message ----------------------------------------------------------------


def _minds(now: Moment) -> Decision | None:
    heard = now.heard
    for happened, act in (
        (heard.rude >= SURE, Act.RUDE),
        (heard.silence, Act.SILENCE),
        (heard.foreign, Act.FOREIGN),
        (heard.confusing, Act.CONFUSED),
        (heard.too_long, Act.TOO_LONG),
        (heard.repeated, Act.REPEATED),
    ):
        if happened:
            return Decision(state=now.state, act=act)
    return None


def _resists_pressure(now: Moment) -> Decision | None:
    # An objection that was just met outranks pressure that is only likely.
    if now.state.agreed or now.heard.pressure < (SURE_OF_PRESSURE if _just_met(now) else SURE):
        return None
    return (
        _bristles(now) or _objects(now, RepAct.PRESSURE) or Decision(state=now.state, act=Act.RESIST_PRESSURE)
    )


# --- the call's business --------------------------------------------------------------------------------


def _asks_who(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    others = (one.confidence for one in heard.acts if one.act not in _GREETING)
    checked = heard.did(RepAct.IDENTITY_CHECK) >= max(SURE, *others, 0.0)
    checked = checked and not heard.asked and state.turn <= COURTESIES and state.last_act is not Act.SPEAKING
    if checked:
        return Decision(state=state, act=Act.SPEAKING, aside=None if state.introduced else Act.WHO)
    return None if state.introduced else Decision(state=state, act=Act.WHO)


def _weighs_next_step(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    proposed = heard.next_step >= (HALF_SURE if heard.specific and heard.did(RepAct.CLOSE) else SURE)
    if state.agreed or not (proposed or heard.did(RepAct.CLOSE) >= SURE):
        return None
    ready = ready_to_agree(now.persona, state)
    if ready and proposed:
        return Decision(state=state.model_copy(update={"agreed": True}), act=Act.AGREE)
    asks_more = heard.asked or (state.turn <= COURTESIES and heard.did(RepAct.PERMISSION) >= SURE)
    if (not proposed and asks_more) or (heard.next_step < HALF_SURE and not ready):
        return None  # a question that only sounds like a proposal, or no step of hers
    if raised := _objects(now, RepAct.CLOSE):
        return raised
    near = state.opened and state.trust >= win_trust(now.persona, state.difficulty) - NEARLY
    if (ready or (near and heard.specific)) and not state.advanced:
        return Decision(state=state.model_copy(update={"advanced": True}), act=Act.SMALLER_STEP)
    return None if heard.asked else Decision(state=state, act=Act.RESIST_CLOSE)


def _weighs_answer(now: Moment) -> Decision | None:
    """An objection that was just met is conceded; one that was made worse bites."""
    met = _just_met(now)
    if met and not now.heard.asked:
        return Decision(state=now.state, act=Act.CONCEDE, objection=met[0])
    return _bristles(now)


def _answers(now: Moment) -> Decision | None:
    state = now.state
    asked = sorted((pair for pair in now.heard.asked if pair[1] >= SURE), key=lambda pair: -pair[1])
    if not asked:
        return None
    known = asked[0][0] in state.opened
    least = (CLOSE_TO_KNOWN if known else CLOSE_SECOND) * asked[0][1]
    facts = [now.persona.fact(name) for name, sure in asked if sure >= least]
    for fact in facts:
        if fact.id not in state.opened and gate_is_open(fact, state):
            opened = state.model_copy(update={"opened": (*state.opened, fact.id)})
            return Decision(state=opened, act=Act.REVEAL, fact=fact.id)
    told = [fact for fact in facts if fact.id in state.opened]
    if told:
        return Decision(state=state, act=Act.RETELL, fact=told[0].id)
    return Decision(state=state, act=Act.DEFLECT) if facts else None


def _insists(now: Moment) -> Decision | None:
    """A standing objection comes back when the rep goes past it."""
    state, heard = now.state, now.heard
    standing = [name for name, s in state.objections.items() if s is Standing.RAISED]
    tried = heard.empathy >= SURE or any(name in standing for name, _ in heard.answered)
    if state.agreed or not standing or tried or _questions(heard) >= SURE:
        return None
    if state.last_act is Act.INSIST or now.rng.random() > INSIST_SHARE:
        return None
    return Decision(state=state, act=Act.INSIST, objection=standing[0])


def _raises(now: Moment) -> Decision | None:
    """What the rep did brings up an objection; one at a time, and not in two turns running."""
    state = now.state
    if state.agreed or Standing.RAISED in state.objections.values():
        return None
    if state.last_act in (Act.OBJECT, Act.CONCEDE):
        return None
    chance = RAISE_SHARE * (0.5 + now.persona.dials.scepticism / 2) * modifiers(state.difficulty).resistance
    sure = (one for one in now.heard.acts if one.confidence >= SURE and one.act not in _WEIGHED_BEFORE)
    causes = sorted(sure, key=lambda one: -one.confidence)
    found = next((raised for cause in causes if (raised := _objects(now, cause.act))), None)
    return found if found and now.rng.random() < chance else None


# --- small reactions --------------------------------------------------------------------------------------


def _reacts(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    asked_before = now.before.last_act is Act.ASK
    wondering = Act.ASK if now.rng.random() < QUESTION_SHARE and not asked_before else None
    for happened, act, aside in (
        (state.turn <= 3 and heard.did(RepAct.PERMISSION) >= SURE, Act.TIME, None),
        (_questions(heard) >= SURE, Act.VAGUE, None),
        (heard.did(RepAct.EVIDENCE) >= SURE, Act.INTEREST, wondering),
        (heard.empathy >= SURE, Act.WARM, wondering),
        (heard.did(RepAct.PITCH) >= SURE, Act.RESIST_PITCH, None),
        (heard.did(RepAct.SMALL_TALK) >= SURE, Act.SMALL_TALK, None),
    ):
        if happened:
            return Decision(state=state, act=act, aside=aside)
    return None


def plain(now: Moment) -> Decision:
    asks = now.rng.random() < QUESTION_SHARE + now.persona.dials.talkativeness / 4
    asks = asks and now.before.last_act is not Act.ASK
    return Decision(state=now.state, act=Act.ASK if asks else Act.ACKNOWLEDGE)


def _leave(state: CustomerState, reason: ExitReason) -> Decision:
    left = state.model_copy(update={"status": Status.LEFT, "exit": reason})
    return Decision(state=left, act=Act.LEAVE, exit=reason)


def _objects(now: Moment, cause: RepAct) -> Decision | None:
    """Bring up the first objection this cause triggers and that was not raised yet."""
    state = now.state
    for objection in now.persona.objections:
        met = state.credit.get(objection.id, 0.0) >= 1
        if cause in objection.trigger and objection.id not in state.objections and not met:
            return _object(state, objection.id)
    return None


def _object(state: CustomerState, name: str) -> Decision:
    raised = state.model_copy(update={"objections": {**state.objections, name: Standing.RAISED}})
    return Decision(state=raised, act=Act.OBJECT, objection=name)


def _just_met(now: Moment) -> list[str]:
    """Objections that this message met."""
    return [
        name
        for name, standing in now.state.objections.items()
        if standing is Standing.RESOLVED and now.before.objections.get(name) is Standing.RAISED
    ]


def _bristles(now: Moment) -> Decision | None:
    """What makes an objection worse bites; where it was still unspoken, it comes out."""
    for name, sure in now.heard.inflamed:
        if sure >= SURE and now.state.objections.get(name) is Standing.RAISED:
            return Decision(state=now.state, act=Act.BRISTLE, objection=name)
        if sure >= SURE_OF_INFLAMED and name not in now.state.objections and not now.state.agreed:
            return _object(now.state, name)
    return None


def _questions(heard: Appraisal) -> float:
    return max(heard.did(RepAct.OPEN_QUESTION), heard.did(RepAct.CLOSED_QUESTION))


RULES: tuple[Rule, ...] = (
    _leaves,
    _minds,
    _says_goodbye,
    _wraps_up,
    _resists_pressure,
    _asks_who,
    _weighs_next_step,
    _weighs_answer,
    _answers,
    _insists,
    _raises,
    _reacts,
)
"""Every rule, in order; `plain` is what is left when none applies."""
