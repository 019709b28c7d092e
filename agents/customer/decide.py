"""What the customer does: a pure function of persona, state, what was heard, and the dice of the turn.

The order of the rules is the customer's order of concern: leaving first, then whatever is wrong with the
message, then the call's business (who are you, the next step, questions, objections), then small reactions.
(Agenda-based user simulation: Schatzmann et al. 2007.) No rule opens a fact whose gate is shut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agents.customer.acts import Act, ExitReason, RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.difficulty import gate_trust, modifiers, win_facts, win_trust
from agents.customer.feel import feel
from agents.customer.persona import Fact, Persona
from agents.customer.state import CustomerState, Decision, Standing, Status

SURE = 0.5
"""From this confidence a thing counts as done."""
SURE_OF_GOODBYE = 0.75
"""Taking a pleasantry for a goodbye ends a good call, so this must be surer."""
CLOSE_SECOND = 0.95
"""A second fact asked for counts only where the question points there nearly as surely."""
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


Rule = Callable[[Moment], Decision | None]


def decide(persona: Persona, state: CustomerState, heard: Appraisal, rng: Random) -> Decision:
    """Choose the customer's next act and the state it leaves behind.

    No fact opens before its gate; patience only falls when the rep gives cause; a customer whose patience is
    spent leaves, whatever else is true.
    """
    moment = Moment(persona, state, feel(persona, state, heard), heard, rng)
    decision = next((chosen for rule in _RULES if (chosen := rule(moment))), None) or _plain(moment)
    remembered = decision.state.model_copy(update={"last_act": decision.act})
    return decision.model_copy(update={"state": remembered})


def gate_is_open(fact: Fact, state: CustomerState) -> bool:
    """Whether the fact may be told: enough trust, and everything it waits for has happened."""
    done = {*state.opened, *(n for n, standing in state.objections.items() if standing is Standing.RESOLVED)}
    return state.trust >= gate_trust(fact, state.difficulty) and done.issuperset(fact.opens_when.after)


def ready_to_agree(persona: Persona, state: CustomerState) -> bool:
    """Whether the call has earned the next step."""
    needs = persona.win.needs
    standing = sum(1 for s in state.objections.values() if s is Standing.RAISED)
    return (
        state.introduced
        and state.trust >= win_trust(persona, state.difficulty)
        and len(state.opened) >= win_facts(persona, state.difficulty)
        and standing <= needs.open_objections
    )


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
    if goodbye < max(SURE_OF_GOODBYE, surest) or heard.next_step >= SURE or heard.asked:
        return None
    happy = state.agreed or state.advanced
    return _leave(state, ExitReason.SATISFIED if happy else ExitReason.NOT_INTERESTED)


def _wraps_up(now: Moment) -> Decision | None:
    if not now.state.agreed or now.heard.asked:
        return None
    if now.state.last_act is Act.WRAP_UP:
        return _leave(now.state, ExitReason.SATISFIED)
    return Decision(state=now.state, act=Act.WRAP_UP)


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
    if now.heard.pressure < SURE:
        return None
    return (
        _bristles(now) or _objects(now, RepAct.PRESSURE) or Decision(state=now.state, act=Act.RESIST_PRESSURE)
    )


# --- the call's business --------------------------------------------------------------------------------


def _asks_who(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    checked = heard.did(RepAct.IDENTITY_CHECK) >= SURE
    if state.introduced:
        only_checked = checked and not heard.asked and heard.did(RepAct.REASON) < SURE
        return Decision(state=state, act=Act.SPEAKING) if only_checked and state.turn <= 2 else None
    if checked and state.last_act is not Act.SPEAKING:
        return Decision(state=state, act=Act.SPEAKING, aside=Act.WHO)
    return Decision(state=state, act=Act.WHO)


def _weighs_next_step(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    if max(heard.next_step, heard.did(RepAct.CLOSE)) < SURE:
        return None
    ready = ready_to_agree(now.persona, state)
    if ready and heard.next_step >= SURE:
        return Decision(state=state.model_copy(update={"agreed": True}), act=Act.AGREE)
    if raised := _objects(now, RepAct.CLOSE):
        return raised
    near = state.opened and state.trust >= win_trust(now.persona, state.difficulty) - NEARLY
    if (ready or (near and heard.specific)) and not state.advanced:
        return Decision(state=state.model_copy(update={"advanced": True}), act=Act.SMALLER_STEP)
    return None if heard.asked else Decision(state=state, act=Act.RESIST_CLOSE)


def _weighs_answer(now: Moment) -> Decision | None:
    """An objection that was just met is conceded; one that was made worse bites."""
    met = [
        name
        for name, standing in now.state.objections.items()
        if standing is Standing.RESOLVED and now.before.objections.get(name) is Standing.RAISED
    ]
    if met and not now.heard.asked:
        return Decision(state=now.state, act=Act.CONCEDE, objection=met[0])
    return _bristles(now)


def _answers(now: Moment) -> Decision | None:
    state = now.state
    surest = max((sure for _, sure in now.heard.asked), default=0.0)
    facts = [
        now.persona.fact(name)
        for name, sure in sorted(now.heard.asked, key=lambda pair: -pair[1])
        if sure >= max(SURE, CLOSE_SECOND * surest)
    ]
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
    if not standing or tried or _questions(heard) >= SURE:
        return None
    if state.last_act is Act.INSIST or now.rng.random() > INSIST_SHARE:
        return None
    return Decision(state=state, act=Act.INSIST, objection=standing[0])


def _raises(now: Moment) -> Decision | None:
    """What the rep did brings up an objection; one at a time, and not in two turns running."""
    state = now.state
    if Standing.RAISED in state.objections.values() or state.last_act in (Act.OBJECT, Act.CONCEDE):
        return None
    chance = RAISE_SHARE * (0.5 + now.persona.dials.scepticism / 2) * modifiers(state.difficulty).resistance
    causes = {heard.act for heard in now.heard.acts if heard.confidence >= SURE}
    found = next((raised for act in RepAct if act in causes and (raised := _objects(now, act))), None)
    return found if found and now.rng.random() < chance else None


# --- small reactions --------------------------------------------------------------------------------------


def _reacts(now: Moment) -> Decision | None:
    state, heard = now.state, now.heard
    wondering = Act.ASK if now.rng.random() < QUESTION_SHARE else None
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


def _plain(now: Moment) -> Decision:
    asks = now.rng.random() < QUESTION_SHARE + now.persona.dials.talkativeness / 4
    return Decision(state=now.state, act=Act.ASK if asks else Act.ACKNOWLEDGE)


_RULES: tuple[Rule, ...] = (
    _leaves,
    _minds,
    _resists_pressure,
    _says_goodbye,
    _wraps_up,
    _asks_who,
    _weighs_next_step,
    _weighs_answer,
    _answers,
    _insists,
    _raises,
    _reacts,
)


def _leave(state: CustomerState, reason: ExitReason) -> Decision:
    left = state.model_copy(update={"status": Status.LEFT, "exit": reason})
    return Decision(state=left, act=Act.LEAVE, exit=reason)


def _objects(now: Moment, cause: RepAct) -> Decision | None:
    """Bring up the first objection this cause triggers and that was not raised yet."""
    state = now.state
    for objection in now.persona.objections:
        if cause in objection.trigger and objection.id not in state.objections:
            raised = state.model_copy(
                update={"objections": {**state.objections, objection.id: Standing.RAISED}}
            )
            return Decision(state=raised, act=Act.OBJECT, objection=objection.id)
    return None


def _bristles(now: Moment) -> Decision | None:
    for name, sure in now.heard.inflamed:
        if sure >= SURE and now.state.objections.get(name) is Standing.RAISED:
            return Decision(state=now.state, act=Act.BRISTLE, objection=name)
    return None


def _questions(heard: Appraisal) -> float:
    return max(heard.did(RepAct.OPEN_QUESTION), heard.did(RepAct.CLOSED_QUESTION))
