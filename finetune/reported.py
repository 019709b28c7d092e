"""The report of a preparation: counted from what was kept and what was made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from finetune.example import Example
from finetune.kept import Asked, Kept, Tally
from finetune.recipe import Recipe
from finetune.report import Gemini, Report, Row, SetReport
from finetune.split import Member
from finetune.tokens import Cost, cost_of, estimate, tokens_of
from finetune.tokens import Counter as TokenCounter
from finetune.vocabulary import counter_for


def report_of(
    asked: Asked,
    kept: list[Kept],
    tally: Tally,
    sets: tuple[list[Example], list[Example]],
    gemini: Gemini,
    files: dict[str, str],
) -> Report:
    """What `report.json` says of the calls that were kept and the two sets of examples made of them."""
    counter = counter_for(asked.recipe.base)
    train, valid = (
        _set_report([one for one in kept if one.held_out is out], sets[out], counter) for out in (False, True)
    )
    return Report(
        rows_read=tally.rows,
        kept=len(kept),
        rejected=tuple(Row(source=r.source, line=r.line, reason=r.reason) for r in tally.rejected),
        languages=_counted(one.language for one in kept),
        translated=sum(one.translated for one in kept),
        translation_faults=tuple(tally.faults),
        redactions=_counted(tally.redactions.elements()) if asked.redact else None,
        labels=_counted(example.act.value for examples in sets for example in examples),
        train=train,
        valid=valid,
        gemini=gemini,
        cost=_cost(sets[0], asked.recipe, asked.price_per_million_tokens),
        seed=asked.seed,
        files=files,
    )


def recounted(report: Report, sets: tuple[Sequence[Example], Sequence[Example]], recipe: Recipe) -> Report:
    """The report with tokens and cost as the recipe has them: data that are there serve many recipes."""
    counter = counter_for(recipe.base)
    train, valid = (
        one.model_copy(update={"tokens": tokens_of(examples, counter)})
        for one, examples in zip((report.train, report.valid), sets, strict=True)
    )
    cost = _cost(sets[0], recipe, report.cost.per_million_tokens)
    return report.model_copy(update={"train": train, "valid": valid, "cost": cost})


def _cost(train: Sequence[Example], recipe: Recipe, per_million_tokens: float | None) -> Cost:
    # Gemini's tokens are not the base's.
    return cost_of(tokens_of(train, estimate()), recipe.vertex.epochs, per_million_tokens)


def _set_report(kept: list[Kept], examples: list[Example], counter: TokenCounter) -> SetReport:
    members = [Member(one.call.call, one.call.outcome, one.language, one.translated) for one in kept]
    strata = _counted(
        ", ".join([outcome or "no outcome", language, *(["translated"] if translated else [])])
        for outcome, language, translated in (member.stratum for member in members)
    )
    return SetReport(
        calls=len(kept), examples=len(examples), tokens=tokens_of(examples, counter), strata=strata
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    """Most common first, then by name: the same for the same data."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
