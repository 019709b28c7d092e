"""Evidence: a yes stands only on the rep's own words, exactly as they are in the turn it names."""

from __future__ import annotations

from agents.coach.call import CallRecord
from agents.coach.quote import FEWEST_WORDS
from agents.coach.rules import NOT_SHOWN, Finding


def verified(call: CallRecord, finding: Finding) -> bool:
    """Whether the quote stands in that turn, and the rep said it."""
    turn = call.turn(finding.turn) if finding.turn is not None else None
    if turn is None or turn.speaker != "rep" or not finding.quote:
        return False
    said = finding.quote.strip()
    enough = len(said.split()) >= FEWEST_WORDS or said == turn.text.strip()
    return bool(said) and enough and finding.quote in turn.text


def supported(call: CallRecord, finding: Finding) -> Finding:
    """The finding as far as its evidence carries it: a yes without becomes "not shown", a no loses a quote
    that was never said."""
    if finding.met is None or verified(call, finding):
        return finding
    if finding.met:
        return NOT_SHOWN
    turn = call.turn(finding.turn) if finding.turn is not None else None
    silent = turn is not None and turn.speaker == "rep" and not finding.quote
    return Finding(False, finding.turn) if silent else NOT_SHOWN
