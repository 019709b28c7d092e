"""The scorecard: what came out, what to keep, what to change, what stayed hidden, and how it was judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.presentation import Actions, Button, Heading, Items, Message, Part, Quote, Rule, Words
from bot.shown.seen import HARDEST, difficulty_name, visibility_button, who_sees
from bot.shown.shortened import quoted, shortened

QUOTE_LONGEST, QUESTION_LONGEST, MEASURE_LONGEST = 160, 300, 300
MARKS = {True: "✓", False: "✗"}


def scorecard(
    card: Mapping[str, Any], *, roleplay: str, customer: str, visibility: str, difficulty: str
) -> Message:
    """The scorecard of a call that is over. `card` is what `Scored.scorecard` holds."""
    parts: list[Part] = [
        Heading(text=f"Scorecard: {customer}, {difficulty_name(difficulty).lower()}"),
        *_verdict(card),
        *_feedback(card["feedback"], card["fact_texts"]),
        *_facts(card, customer),
        Rule(),
        *_criteria(card),
        *_measures(card["measures"]),
        Words(text=_small_print(card, visibility), tone="small"),
        scorecard_buttons(roleplay, visibility, difficulty),
    ]
    return Message(summary=f"{customer}: {_result(card)}", parts=tuple(parts))


def scorecard_buttons(roleplay: str, visibility: str, difficulty: str) -> Actions:
    """What a rep can do with a call that is over."""
    buttons = [Button(action="retry", label="Try again from …", value=roleplay, style="primary")]
    if difficulty != HARDEST:
        buttons.append(Button(action="harder", label="Try harder", value=roleplay))
    buttons.append(visibility_button(roleplay, visibility, on_card=True))
    buttons.append(Button(action="export", label="Export", value=roleplay))
    return Actions(buttons=tuple(buttons))


def _result(card: Mapping[str, Any]) -> str:
    passed = "passed" if card["passed"] else "not passed"
    return f"{card['score']} of 100, {passed} (pass mark {card['pass_mark']})"


def _verdict(card: Mapping[str, Any]) -> Iterator[Part]:
    yield Words(text=_result(card), tone="bold")
    for check in card["checks"]:
        if check["id"] in card["blocked_by"]:
            yield Words(text=f"Fails a call whatever the points: {check['question']}")
    if card["judge_note"]:
        yield Words(text=str(card["judge_note"]), tone="small")


def _feedback(feedback: Mapping[str, Any], fact_texts: Mapping[str, str]) -> Iterator[Part]:
    if strength := feedback["strength"]:
        yield Words(text="What went well", tone="bold")
        yield from _point(strength)
    if feedback["fixes"]:
        yield Words(text="What to do differently", tone="bold")
    for n, fix in enumerate(feedback["fixes"], start=1):
        yield from _point(fix, f"{n}. ")
        if fix["say_instead"]:
            opens = fact_texts.get(str(fix.get("would_open")), "")
            then = f"\nIt might have brought out: {opens}" if opens else ""
            yield Words(text=f"Say instead: “{fix['say_instead']}”{then}")


def _point(point: Mapping[str, Any], number: str = "") -> Iterator[Part]:
    yield Words(text=f"{number}{point['text']}")
    if point["quote"]:
        yield Quote(text=f"Turn {point['turn']}: {quoted(str(point['quote']), QUOTE_LONGEST)}")


def _facts(card: Mapping[str, Any], customer: str) -> Iterator[Part]:
    told, hidden = card["facts"]["opened"], card["facts"]["hidden"]
    yield Words(text=f"{customer} told you {len(told)} of {len(told) + len(hidden)} things.", tone="bold")
    if hidden:
        yield Words(text="What stayed hidden:")
        yield Items(items=tuple(str(card["fact_texts"].get(fact, fact)) for fact in hidden))


def _criteria(card: Mapping[str, Any]) -> Iterator[Part]:
    """By criterion. Checks that the call gave no occasion for are counted, not listed; words that several
    checks rest on are quoted with the first of them."""
    for criterion in card["criteria"]:
        checks = [check for check in card["checks"] if check["criterion"] == criterion["id"]]
        quoted_already: set[str] = set()
        lines = [_check_line(check, quoted_already) for check in checks if check["met"] is not None]
        if skipped := len(checks) - len(lines):
            lines.append(
                f"No occasion for {skipped} more." if lines else "The call gave no occasion for these."
            )
        points = f": {criterion['met']} of {criterion['of']}" if criterion["of"] else ""
        yield Words(text=f"{criterion['title']}{points}", tone="bold")
        if lines:
            yield Words(text="\n".join(lines))


def _check_line(check: Mapping[str, Any], quoted_already: set[str]) -> str:
    line = f"{MARKS[bool(check['met'])]} {shortened(str(check['question']), QUESTION_LONGEST)}"
    if not check["quote"]:
        return line
    quote = f" Turn {check['turn']}: {quoted(str(check['quote']), QUOTE_LONGEST)}"
    if quote in quoted_already:
        return f"{line} Turn {check['turn']}."
    quoted_already.add(quote)
    return line + quote


def _measures(measures: Mapping[str, Any]) -> Iterator[Part]:
    lines = [
        f"{measure['label']} {_figure(measure)}, {measure['band']}: "
        f"{shortened(str(measure['text']), MEASURE_LONGEST)}"
        for measure in measures.values()
        if measure["value"] is not None
    ]
    if lines:
        yield Words(text="How the talk went (no points)", tone="bold")
        yield Items(items=tuple(lines))


def _figure(measure: Mapping[str, Any]) -> str:
    value, unit = float(measure["value"]), str(measure["unit"])
    if unit.startswith("share"):
        return f"{value:.0%}"
    # Other units say what the label says.
    return f"{round(value, 1):g} {unit}" if unit.startswith(("per ", "words ")) else f"{value:g}"


def _small_print(card: Mapping[str, Any], visibility: str) -> str:
    return f"Rubric {card['rubric']['id']}, judged by {card['judge']}. {who_sees(visibility)}"
