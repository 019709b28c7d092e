"""The scorecard for people: what came out, why, what stayed hidden, and what to do differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import ROUNDED
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.neutral import one_line

MARKS = {True: ("yes", "green"), False: ("no", "red")}
BAND_STYLES = {"good": "green", "low": "yellow", "high": "yellow"}
LONGEST_QUOTE = 160


def scorecard_blocks(card: Mapping[str, Any], customer: str) -> Iterator[RenderableType]:
    """The parts of a scorecard, top to bottom. `card` is what `Scored.scorecard` holds."""
    yield _verdict(card)
    yield _checks(card)
    yield _measures(card["measures"])
    yield from _facts(card, customer)
    yield from _feedback(card["feedback"])


def _verdict(card: Mapping[str, Any]) -> Text:
    passed = bool(card["passed"])
    text = Text("Score ")
    text.append(f"{card['score']} of 100", "bold")
    text.append(", ")
    text.append("passed" if passed else "not passed", "bold green" if passed else "bold red")
    how = f" (pass mark {card['pass_mark']}; rubric {card['rubric']['id']}, judged by {card['judge']})"
    text.append(how, "dim")
    for check in card["checks"]:
        if check["id"] in card["blocked_by"]:
            text.append(f"\nFails a call whatever the points: {one_line(check['question'])}", "red")
    if card["judge_note"]:
        text.append(f"\n{one_line(card['judge_note'])}", "dim")
    return text


def _checks(card: Mapping[str, Any]) -> Table:
    """By criterion. Checks that the call gave no occasion for are counted, not listed."""
    table = Table(box=ROUNDED)
    table.add_column("Check", ratio=5)
    table.add_column("", no_wrap=True)
    table.add_column("Turn", justify="right", no_wrap=True)
    table.add_column("Your words", ratio=4)
    for criterion in card["criteria"]:
        checks = [check for check in card["checks"] if check["criterion"] == criterion["id"]]
        answered = [check for check in checks if check["met"] is not None]
        table.add_section()
        table.add_row(
            Text(one_line(criterion["title"]), "bold"),
            Text(f"{criterion['met']}/{criterion['of']}" if criterion["of"] else "-", "bold"),
        )
        for check in answered:
            mark, style = MARKS[check["met"]]
            turn = "" if check["turn"] is None else str(check["turn"])
            table.add_row(_text(check["question"]), Text(mark, style), turn, _quote(check["quote"]))
        if skipped := len(checks) - len(answered):
            table.add_row(Text(f"No occasion for {skipped} more.", "dim"))
    return table


def _measures(measures: Mapping[str, Any]) -> Table:
    table = Table(box=ROUNDED)
    table.add_column("Measure", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("Band", no_wrap=True)
    table.add_column("What it says")
    for measure in measures.values():
        if measure["value"] is None:
            continue
        band = Text(str(measure["band"]), BAND_STYLES.get(str(measure["band"]), ""))
        table.add_row(_text(measure["label"]), _figure(measure), band, _text(measure["text"]))
    return table


def _figure(measure: Mapping[str, Any]) -> str:
    value = float(measure["value"])
    return f"{value:.0%}" if str(measure["unit"]).startswith("share") else f"{value:g}"


def _facts(card: Mapping[str, Any], customer: str) -> Iterator[RenderableType]:
    told, hidden = card["facts"]["opened"], card["facts"]["hidden"]
    yield Text(f"\n{one_line(customer)} told you {len(told)} of {len(told) + len(hidden)} things.")
    if hidden:
        yield Text("What stayed hidden:", "bold")
    for fact in hidden:
        yield _item(_text(card["fact_texts"].get(fact, fact)))


def _feedback(feedback: Mapping[str, Any]) -> Iterator[RenderableType]:
    if strength := feedback["strength"]:
        yield Text("\nWhat went well", "bold green")
        yield _item(_with_quote(strength))
    if feedback["fixes"]:
        yield Text("\nWhat to do differently", "bold yellow")
    for fix in feedback["fixes"]:
        text = _with_quote(fix)
        if fix["say_instead"]:
            text.append("\nSay instead: ").append(f"“{one_line(fix['say_instead'])}”", "bold")
        yield _item(text)


def _with_quote(point: Mapping[str, Any]) -> Text:
    text = _text(point["text"])
    if point["quote"]:
        text.append(f" Turn {point['turn']}: ", "dim").append(_quote(point["quote"]))
    return text


def _item(text: Text) -> Table:
    """A point of a list, its further lines under the first."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(" -", text)
    return grid


def _quote(quote: str | None) -> Text:
    if not quote:
        return Text("")
    words = one_line(quote)
    return Text(f"“{words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE] + ' …'}”", "italic")


def _text(words: object) -> Text:
    return Text(one_line(str(words)))
