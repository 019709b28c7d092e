"""The word lists of `cues.yaml`, compiled once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from agents.customer.acts import RepAct
from agents.data_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

# A person's name as typed: a capital, and none of the words that also open a sentence alone ("Really?").
_NAME = (
    r"(?-i:(?!(?:Hello|Hi|Hey|Really|Why|What|Who|How|When|Where|Okay|Ok|Yes|No|Sorry|Pardon|Right|Sure|And|So|But"
    r"|The|It|That|This|Is|Are|You|We|My|Your|Still|Ready|Agreed|Deal|Well|Oh|Please|Anything|Now|Today)\b)[A-Z][\w']+)"
)


@dataclass(frozen=True)
class Cues:
    """Patterns by what they tell. See the comments in `cues.yaml`."""

    signs: tuple[re.Pattern[str], ...]
    sure: dict[RepAct, re.Pattern[str]]
    never: dict[RepAct, re.Pattern[str]]
    gentle: re.Pattern[str]
    price: re.Pattern[str]
    specific: re.Pattern[str]
    close: re.Pattern[str]
    some_day: re.Pattern[str]
    jargon: re.Pattern[str]
    confusing: re.Pattern[str]
    filler: re.Pattern[str]
    claim: re.Pattern[str]
    at_you: re.Pattern[str]
    figure: re.Pattern[str]
    names_self: re.Pattern[str]
    ours: re.Pattern[str]
    asks_leave: re.Pattern[str]
    identity: re.Pattern[str]
    proposal: re.Pattern[str]
    open_form: re.Pattern[str]
    closed_form: re.Pattern[str]
    compliance: dict[str, re.Pattern[str]]


def read_data(name: str) -> Any:
    """A data file of this package, as it stands in YAML."""
    return read_yaml((files("agents.customer.listening") / name).read_text("utf-8"))


@cache
def cues() -> Cues:
    raw = read_data("cues.yaml")
    return Cues(
        signs=tuple(_compiled(alternatives) for alternatives in raw["signs"].values()),
        sure={RepAct(act): _compiled(alternatives) for act, alternatives in raw["sure"].items()},
        never={RepAct(act): _compiled(alternatives) for act, alternatives in raw["never"].items()},
        gentle=_compiled(raw["gentle"]),
        price=_compiled(raw["price"]),
        specific=_compiled(raw["specific"]),
        close=_compiled(raw["close"]),
        some_day=_compiled(raw["some_day"]),
        jargon=re.compile(rf"\b(?:{'|'.join(raw['jargon'])})\b", re.IGNORECASE),
        confusing=_compiled(raw["confusing"]),
        filler=_compiled(raw["filler"]),
        claim=_compiled([*raw["claim"], *raw["signs"]["figure"]]),
        at_you=_compiled(raw["signs"]["at_you"]),
        figure=_compiled(raw["signs"]["figure"]),
        names_self=_compiled(raw["names_self"]),
        ours=_compiled(raw["ours"]),
        asks_leave=_compiled(raw["asks_leave"]),
        identity=_compiled(raw["identity"]),
        proposal=_compiled(raw["proposal"]),
        open_form=_compiled([*raw["signs"]["elicits"], *raw["open_form"]]),
        closed_form=_compiled(raw["closed_form"]),
        compliance={name: _compiled(alternatives) for name, alternatives in raw["compliance"].items()},
    )


def _compiled(alternatives: Sequence[str]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{alternative})" for alternative in alternatives)
    return re.compile(joined.replace("{name}", _NAME), re.IGNORECASE | re.MULTILINE)
