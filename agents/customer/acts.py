"""The vocabulary of a call: what a rep can be heard doing, and what a customer can do in reply.

Dialogue acts, in the sense of agenda-based user simulation (Schatzmann et al. 2007): behaviour is chosen
among these by code, and a speaker only puts the chosen one into words.
"""

from __future__ import annotations

from enum import StrEnum


class RepAct(StrEnum):
    """What one sentence of the rep's does."""

    INTRODUCE = "introduce"
    IDENTITY_CHECK = "identity_check"  # "Is this Helen?"
    PERMISSION = "permission"  # asks for time, or whether now is good
    REASON = "reason"  # says why she is calling
    OPEN_QUESTION = "open_question"
    CLOSED_QUESTION = "closed_question"
    ACKNOWLEDGE = "acknowledge"  # empathy, playing back what was said
    EVIDENCE = "evidence"  # a specific: figure, example, reference, policy
    PITCH = "pitch"  # claims about the offer without evidence
    PRESSURE = "pressure"
    CLOSE = "close"  # proposes a next step
    PRICE = "price"  # talks of money, fees, discounts
    SMALL_TALK = "small_talk"
    GOODBYE = "goodbye"
    RUDE = "rude"


class Act(StrEnum):
    """What the customer does in a turn. Each is a list of lines in the persona file, unless noted."""

    OPEN = "open"  # persona.opening
    REVEAL = "reveal"  # a fact's lines
    RETELL = "retell"  # a fact asked for again: its other lines, then these
    OBJECT = "object"  # an objection's lines
    INSIST = "insist"  # an objection's insists
    CONCEDE = "concede"  # an objection's resolved
    BRISTLE = "bristle"  # an objection's inflamed
    AGREE = "agree"  # persona.win.lines
    LEAVE = "leave"  # persona.exits
    SPEAKING = "speaking"  # confirms who she is
    WHO = "who"  # asks who is calling and why: the rep has not said
    TIME = "time"  # answers a request for time
    ASK = "ask"  # a question of her own about the rep or the offer
    DEFLECT = "deflect"  # will not say that yet
    VAGUE = "vague"  # answers a question that nothing hidden hangs on
    INTEREST = "interest"  # something specific landed
    WARM = "warm"  # answers empathy
    ACKNOWLEDGE = "acknowledge"  # go on
    SMALL_TALK = "small_talk"
    RESIST_PITCH = "resist_pitch"
    RESIST_PRESSURE = "resist_pressure"
    RESIST_CLOSE = "resist_close"  # a next step asked for too early
    SMALLER_STEP = "smaller_step"  # offers less than was asked: an advance, not a win
    SILENCE = "silence"  # the rep says nothing
    REPEATED = "repeated"  # the rep says the same again
    RUDE = "rude"
    FOREIGN = "foreign"  # the rep writes another language
    TOO_LONG = "too_long"  # a page of text
    CONFUSED = "confused"  # off topic, unintelligible, or talk of instructions and machines
    WRAP_UP = "wrap_up"  # after agreeing: small confirmations until goodbye


class ExitReason(StrEnum):
    """Why a customer left."""

    BUSY = "busy"  # her time is up
    OUT_OF_PATIENCE = "out_of_patience"  # pushed, ignored or bored too often
    LOSS_OF_TRUST = "loss_of_trust"  # rude, or caught in something
    WRONG_PERSON = "wrong_person"  # cannot tell who is calling, or for whom
    NOT_INTERESTED = "not_interested"  # said goodbye without a next step
    SATISFIED = "satisfied"  # said goodbye with one


class Mood(StrEnum):
    """How she sounds, from trust and patience."""

    WARM = "warm"
    OPEN = "open"
    GUARDED = "guarded"
    IRRITATED = "irritated"
    ANGRY = "angry"


LINE_COUNTS: dict[Act, int] = {
    Act.SPEAKING: 4,
    Act.WHO: 5,
    Act.TIME: 4,
    Act.ASK: 8,
    Act.DEFLECT: 12,
    Act.VAGUE: 14,
    Act.INTEREST: 10,
    Act.WARM: 7,
    Act.ACKNOWLEDGE: 16,
    Act.SMALL_TALK: 5,
    Act.RESIST_PITCH: 9,
    Act.RESIST_PRESSURE: 6,
    Act.RESIST_CLOSE: 6,
    Act.SMALLER_STEP: 3,
    Act.SILENCE: 6,
    Act.REPEATED: 5,
    Act.RUDE: 5,
    Act.FOREIGN: 4,
    Act.TOO_LONG: 4,
    Act.CONFUSED: 7,
    Act.RETELL: 5,
    Act.WRAP_UP: 4,
}
"""How many lines of its own a persona owes each act, so that a forty-turn call repeats nothing."""
