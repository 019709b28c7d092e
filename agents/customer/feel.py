"""How a message moves the customer: trust, patience and mood.

Trust rises with what the rep does well, each at its own rate, with less to gain the more there is already;
it falls with what she does badly. Patience only falls, and only when the rep gives cause. Both are monotone
in every field of the appraisal and in difficulty; property tests hold them to that.
"""

from __future__ import annotations

from agents.customer.acts import Act, Mood, RepAct
from agents.customer.appraisal import Appraisal
from agents.customer.difficulty import modifiers
from agents.customer.persona import Persona
from agents.customer.state import CustomerState, Standing

# Trust gained by a turn that does this as well as can be, before temperament and difficulty.
GAIN_INTRODUCTION = 0.05
GAIN_PERMISSION = 0.03
GAIN_REASON = 0.04
GAIN_QUESTION_THAT_FITS = 0.08
GAIN_OPEN_QUESTION = 0.04
GAIN_EMPATHY = 0.08
GAIN_EVIDENCE = 0.07
GAIN_OBJECTION_MET = 0.14
GAIN_SMALL_TALK = 0.01
GAIN_MOST = 0.24
"""No single turn earns more than this."""
FIRST_TURNS = 3
"""Courtesies count while the call is being opened, not later."""

# Trust lost.
LOSS_PITCH = 0.03
LOSS_PITCH_UNASKED = 0.05
"""A pitch before the customer has told anything."""
LOSS_PRESSURE = 0.12
LOSS_RUDE = 0.35
LOSS_JARGON = 0.03
LOSS_REPEATED = 0.04
LOSS_TOO_LONG = 0.05
LOSS_SILENCE = 0.02
LOSS_CONFUSING = 0.04
LOSS_FOREIGN = 0.02
LOSS_INFLAMED = 0.08

# Patience spent, in annoyances.
COST_PITCH = 0.6
COST_PRESSURE = 1.8
COST_RUDE = 4.0
COST_REPEATED = 1.0
COST_TOO_LONG = 1.2
COST_SILENCE = 0.9
"""Times how many silences in a row: the third costs three times the first."""
COST_CONFUSING = 1.2
COST_FOREIGN = 1.2
COST_NO_INTRODUCTION = 0.8
COST_EMPTY_TURN = 0.45
"""Nothing asked, met, shown or proposed."""
COST_OBJECTION_IGNORED = 0.3
COST_OVERTIME = 1.5
"""Each turn after her time is up."""


CLEAR_ANSWER = 0.9
"""How well a message must meet an objection that nobody has raised yet."""
DOUBT = 0.35
"""A thing heard less surely than this was not heard."""


def feel(persona: Persona, state: CustomerState, heard: Appraisal) -> CustomerState:
    """The state after hearing the message and before choosing what to do about it."""
    bent = modifiers(state.difficulty)
    dials = persona.dials
    gain = _gain(state, heard) * dials.trust_gain * bent.gain * (1 - dials.scepticism / 2)
    loss = _loss(state, heard) * dials.trust_loss * bent.loss
    trust = state.trust + gain * (1.15 - state.trust) - loss
    patience = state.patience - _cost(persona, state, heard) * bent.loss
    credit = _credit(state, heard)
    met = {name for name, done in credit.items() if done >= 1}
    felt = state.model_copy(
        update={
            "turn": state.turn + 1,
            "trust": min(1.0, max(0.0, trust)),
            "patience": max(0.0, patience),
            "introduced": state.introduced or heard.introduced,
            "silences": state.silences + 1 if heard.silence else 0,
            "insults": state.insults + (heard.rude >= 0.5),
            "credit": credit,
            "objections": {
                name: Standing.RESOLVED if name in met else standing
                for name, standing in state.objections.items()
            },
        }
    )
    return felt.model_copy(update={"mood": mood_of(persona, felt)})


def mood_of(persona: Persona, state: CustomerState) -> Mood:
    """How she sounds: anger shows in patience, warmth in trust."""
    left = state.patience / (persona.dials.patience * modifiers(state.difficulty).patience)
    if left < 0.2 or state.insults:
        return Mood.ANGRY
    if left < 0.5:
        return Mood.IRRITATED
    if state.trust >= 0.6:
        return Mood.WARM
    return Mood.OPEN if state.trust >= 0.4 else Mood.GUARDED


def _clear(sure: float) -> float:
    """How much a confidence counts: nothing below doubt, all of it when certain."""
    return max(0.0, sure - DOUBT) / (1 - DOUBT)


def _gain(state: CustomerState, heard: Appraisal) -> float:
    opening = state.turn < FIRST_TURNS
    gain = _clear(max((sure for _, sure in heard.asked), default=0.0)) * GAIN_QUESTION_THAT_FITS
    gain += _clear(heard.did(RepAct.OPEN_QUESTION)) * GAIN_OPEN_QUESTION
    gain += _clear(heard.empathy) * GAIN_EMPATHY
    gain += _clear(heard.did(RepAct.EVIDENCE)) * GAIN_EVIDENCE
    gain += _clear(heard.did(RepAct.SMALL_TALK)) * GAIN_SMALL_TALK
    gain += (
        sum(well for name, well in heard.answered if state.objections.get(name) is Standing.RAISED)
        * GAIN_OBJECTION_MET
    )
    if opening:
        gain += (heard.introduced and not state.introduced) * GAIN_INTRODUCTION
        gain += _clear(heard.did(RepAct.PERMISSION)) * GAIN_PERMISSION
        gain += _clear(heard.did(RepAct.REASON)) * GAIN_REASON
    return min(GAIN_MOST, gain)


def _loss(state: CustomerState, heard: Appraisal) -> float:
    loss = _clear(heard.did(RepAct.PITCH)) * (LOSS_PITCH if state.opened else LOSS_PITCH_UNASKED)
    loss += _clear(heard.pressure) * LOSS_PRESSURE
    loss += _clear(heard.rude) * LOSS_RUDE
    loss += _clear(heard.jargon) * LOSS_JARGON
    loss += heard.repeated * LOSS_REPEATED
    loss += heard.too_long * LOSS_TOO_LONG
    loss += heard.silence * LOSS_SILENCE
    loss += heard.confusing * LOSS_CONFUSING
    loss += heard.foreign * LOSS_FOREIGN
    loss += sum(_clear(sure) for name, sure in heard.inflamed if name in state.objections) * LOSS_INFLAMED
    return loss


def _cost(persona: Persona, state: CustomerState, heard: Appraisal) -> float:
    cost = _clear(heard.did(RepAct.PITCH)) * COST_PITCH
    cost += _clear(heard.pressure) * COST_PRESSURE
    cost += _clear(heard.rude) * COST_RUDE
    cost += heard.repeated * COST_REPEATED
    cost += heard.too_long * COST_TOO_LONG
    cost += heard.confusing * COST_CONFUSING
    cost += heard.foreign * COST_FOREIGN
    cost += heard.silence * COST_SILENCE * (state.silences + 1)
    if not (state.introduced or heard.introduced):
        cost += COST_NO_INTRODUCTION
    # Whatever she says to the customer's own question is an answer, be it one word.
    substance = 1.0 if state.last_act is Act.ASK and not heard.silence else _substance(heard)
    cost += (1 - substance) * COST_EMPTY_TURN
    if Standing.RAISED in state.objections.values():
        cost += (1 - max(substance, max((well for _, well in heard.answered), default=0))) * (
            COST_OBJECTION_IGNORED
        )
    if state.turn >= persona.dials.turns:
        cost += COST_OVERTIME
    return cost


def _substance(heard: Appraisal) -> float:
    """How much there is in the message for the customer, 0 to 1."""
    acts = (
        RepAct.INTRODUCE,
        RepAct.IDENTITY_CHECK,
        RepAct.PERMISSION,
        RepAct.REASON,
        RepAct.OPEN_QUESTION,
        RepAct.CLOSED_QUESTION,
        RepAct.EVIDENCE,
        RepAct.CLOSE,
        RepAct.PRICE,
        RepAct.GOODBYE,
    )
    most = max(
        *(heard.did(act) for act in acts),
        *(sure for _, sure in (*heard.asked, *heard.answered)),
        heard.empathy,
        heard.next_step,
        0.0,
    )
    return min(1.0, 2 * _clear(most))


def _credit(state: CustomerState, heard: Appraisal) -> dict[str, float]:
    """What has been said towards each objection adds up: a likely answer meets it, as do two doubtful ones.

    A clear answer also counts before the objection was raised, and then it never is.
    """
    credit = dict(state.credit)
    for name, well in heard.answered:
        if name in state.objections or well >= CLEAR_ANSWER:
            credit[name] = min(1.0, credit.get(name, 0.0) + 2 * well)
    return credit
