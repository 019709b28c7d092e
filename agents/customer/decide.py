"""What the customer does: a pure function of persona, state, what was heard, and the dice of the turn.

(Agenda-based user simulation: Schatzmann et al. 2007.) The rules themselves are in `rules.py`.
"""

from __future__ import annotations

from random import Random

from agents.customer.acts import Act
from agents.customer.appraisal import Appraisal
from agents.customer.feel import feel
from agents.customer.persona import Persona
from agents.customer.rules import RULES, Moment, plain
from agents.customer.state import CustomerState, Decision


def decide(persona: Persona, state: CustomerState, heard: Appraisal, rng: Random) -> Decision:
    """Choose the customer's next act and the state it leaves behind.

    No fact opens before its gate; patience only falls when the rep gives cause; a customer whose patience is
    spent leaves, whatever else is true.
    """
    moment = Moment(persona, state, feel(persona, state, heard), heard, rng)
    decision = next((chosen for rule in RULES if (chosen := rule(moment))), None) or plain(moment)
    last = Act.ASK if decision.aside is Act.ASK else decision.act
    remembered = decision.state.model_copy(update={"last_act": last})
    return decision.model_copy(update={"state": remembered})
