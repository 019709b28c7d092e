"""Whether a tuned model may be promoted, and what is written of it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from finetune import pipeline
from finetune.card import card, write_card
from finetune.evaluate import page, plots, report
from finetune.evaluate.evaluation import (
    Classifier,
    Data,
    Estimate,
    Evaluation,
    EvaluationError,
    Figure,
    Sample,
    meanings,
    read_evaluation,
)
from finetune.evaluate.run import TOKENS
from finetune.gate import (
    SERVED,
    SHIPPED,
    GateError,
    Threshold,
    Thresholds,
    judge,
    read_thresholds,
    read_verdict,
    shipped_for,
    write_verdict,
)
from finetune.gate_cli import gate
from finetune.plan import Plan
from finetune.recipe import Recipe

BAIT = ("<script>x</script>", "</article>", "|", "\n# a", "`", '" onload="x', "<!--", "&lt;b&gt;", "\r\n")
HOSTILE = st.lists(st.one_of(st.text(max_size=9), st.sampled_from(BAIT)), max_size=6).map("".join)

MODEL = "local:smollm2-135m+runs/1/train/adapter.gguf"


def around(value: float, by: float = 0.01) -> Estimate:
    return Estimate(value=value, low=value - by, high=value + by)


def compared(base: float, tuned: float, *, ratio: bool = False, by: float = 0.01) -> Figure:
    change = tuned / base if ratio else tuned - base
    return Figure(base=around(base), tuned=around(tuned), change=around(change, by), dialogues=40, items=400)


def good() -> dict[str, Figure]:
    """A tuned model that is better where it must be, and like its base in the rest."""
    figures = {name: compared(0.02, 0.02) for name in meanings()}
    never = Figure(base=around(0, 0), tuned=around(0, 0), change=around(0, 0), dialogues=40, items=400)
    figures |= dict.fromkeys(("early_leaks", "contradictions", "inversions_spoken", "repeats"), never)
    figures["token_accuracy"] = compared(0.31, 0.45)
    figures["perplexity"] = compared(30.0, 15.0, ratio=True)
    return figures


def an_evaluation(said: str = "Who is this?", /, **figures: Figure) -> Evaluation:
    return Evaluation(
        model=MODEL,
        against="local:smollm2-135m",
        data=Data(file="valid.jsonl", sha256="ab" * 32, calls=40, examples=400),
        seed=0,
        asked={"calls": 6},
        seconds=12.5,
        figures=good() | figures,
        classifier=Classifier(trained_on=900, held_out=200, auc=0.84, bar=1.2, people_above=0.04),
        words_per_turn={"tuned": (3, 4, 9), "human": (2, 10, 30)},
        rejected={"tuned": {"too_long": 3}, "base": {"empty": 9}},
        samples=(
            Sample(
                call="c-1",
                n=1,
                act="who",
                history=(("seller", said),),
                human=said,
                base=None,
                tuned=said,
                scripted=said,
            ),
        ),
    )


def failed(evaluation: Evaluation, *asked: dict[str, Any]) -> list[str]:
    thresholds = Thresholds.model_validate({"checks": asked}) if asked else read_thresholds()
    return [check.why for check in judge(evaluation, thresholds).checks if not check.passed]


def test_a_model_that_is_better_and_loses_no_behaviour_passes() -> None:
    assert failed(an_evaluation()) == []
    assert judge(an_evaluation(), read_thresholds()).passed


def test_better_by_chance_is_not_better() -> None:
    wide = compared(30.0, 29.0, ratio=True, by=0.2)
    (why,) = failed(an_evaluation(perplexity=wide))
    assert "0.9667 times the base's" in why
    assert failed(an_evaluation(token_accuracy=compared(0.45, 0.41)))
    no_interval = wide.model_copy(update={"change": Estimate(value=0.5)})
    assert "too few calls" in failed(an_evaluation(perplexity=no_interval))[0]


def test_the_prototypes_floor_is_kept_even_by_a_model_that_beats_its_base() -> None:
    (why,) = failed(an_evaluation(token_accuracy=compared(0.2, 0.4)))
    assert "above 0.4" in why
    assert "eval_fraction_of_correct_next_step_preds" in why


@pytest.mark.parametrize(
    ("name", "base", "tuned"),
    [
        ("early_leaks", 0.0, 0.001),
        ("inversions_spoken", 0.1, 0.05),
        ("role_inversion", 0.28, 0.26),
        ("length_distance", 3.0, 4.5),
        ("opening_unique", 0.9, 0.7),
        ("decision_fidelity", 0.9, 0.75),
        ("persona_use", -0.2, 0.0),
    ],
)
def test_a_behaviour_that_was_lost_fails_whatever_else_was_gained(
    name: str, base: float, tuned: float
) -> None:
    assert len(failed(an_evaluation(**{name: compared(base, tuned)}))) == 1


def test_a_figure_that_is_missing_fails_with_its_reason_unless_it_may() -> None:
    missing = an_evaluation(perplexity=Figure(missing="The model tells no odds."))
    asked = {"figure": "perplexity", "must": "beat_base"}
    assert failed(missing, asked) == ["The model tells no odds."]
    assert failed(missing, asked | {"may_be_missing": True}) == []
    alone = an_evaluation(perplexity=Figure(tuned=around(15.0)))
    assert failed(alone, asked) == ["There is no base to compare with; evaluate with --against."]


def served(**figures: Figure) -> Evaluation:
    """A model behind an address: good, and silent about odds."""
    silent = Figure(missing="It does not tell how likely it finds given words.")
    evaluation = an_evaluation(**dict.fromkeys(TOKENS, silent), **figures)
    return evaluation.model_copy(update={"model": "vertexai:projects/1/locations/europe-west4/endpoints/2"})


def test_a_model_on_a_server_is_asked_for_all_but_the_odds_that_it_does_not_tell(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text(served().model_dump_json(), encoding="utf-8")
    assert CliRunner().invoke(gate, [str(tmp_path)]).exit_code == 0
    assert read_verdict(tmp_path).passed
    (tmp_path / "evaluation.json").write_text(served(early_leaks=compared(0, 0.1)).model_dump_json())
    assert CliRunner().invoke(gate, [str(tmp_path)]).exit_code == 1
    assert CliRunner().invoke(gate, [str(tmp_path), "--thresholds", str(SHIPPED)]).exit_code == 1
    assert not judge(served(length_distance=compared(2.0, 2.5)), read_thresholds(SERVED)).passed


def test_nothing_of_behaviour_is_asked_of_local_models_alone() -> None:
    behaviour = {
        (one.figure, one.must): one.bound for one in read_thresholds().checks if one.figure not in TOKENS
    }
    of_served = {(one.figure, one.must): one.bound for one in read_thresholds(SERVED).checks}
    assert of_served.keys() == behaviour.keys()
    assert all((of_served[asked] or 0) <= (bound or 0) for asked, bound in behaviour.items())


def test_the_demands_follow_where_the_model_is_tuned_unless_the_plan_names_its_own(tmp_path: Path) -> None:
    own = tmp_path / "gate.yaml"
    own.write_text("checks: [{figure: spoken, must: at_least, bound: 0.5}]", encoding="utf-8")
    plan = Plan(calls=("calls.csv",), seller="user")
    for recipe, shipped in ((Recipe(), SHIPPED), (Recipe(backend="vertex"), SERVED)):
        assert pipeline._thresholds(plan, recipe) == read_thresholds(shipped)
        mine = plan.model_copy(update={"gate": own})
        assert pipeline._thresholds(mine, recipe) == read_thresholds(own)
    assert shipped_for("local:smollm2-135m+a/adapter.gguf") == SHIPPED
    assert shipped_for("server:customer-v1") == SERVED


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_better_never_fails_where_what_is_worse_passed(base: float, one: float, other: float) -> None:
    worse, better = sorted((one, other))
    for name, order in (("decision_fidelity", (worse, better)), ("short_distance", (better, worse))):
        asked = {"figure": name, "must": "no_worse", "bound": 0.1}
        passes = [not failed(an_evaluation(**{name: compared(base, value)}), asked) for value in order]
        assert passes[0] <= passes[1]


def test_exactly_the_tolerance_is_within_it() -> None:
    asked = {"figure": "short_distance", "must": "no_worse", "bound": 0.1}
    assert 0.4 - 0.3 > 0.1
    assert failed(an_evaluation(short_distance=compared(0.3, 0.4)), asked) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("checks: []", "checks"),
        ("checks: [{figure: charm, must: beat_base}]", "there is no figure 'charm'"),
        ("checks: [{figure: spoken, must: no_worse}]", "needs a bound"),
        ("checks: [{figure: perplexity, must: beat_base, bound: 1}]", "takes no bound"),
        ("checks: [{figure: words_per_turn, must: no_worse, bound: 1}]", "told for context"),
        ("checks: [{figure: perplexity, must: no_worse, bound: 1}]", "ratio"),
        ("a: [", "not YAML"),
    ],
)
def test_thresholds_that_make_no_sense_are_told(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GateError, match=says):
        read_thresholds(file)


def test_what_was_judged_is_read_again_as_it_was(tmp_path: Path) -> None:
    evaluation = an_evaluation()
    (tmp_path / "evaluation.json").write_text(evaluation.model_dump_json(), encoding="utf-8")
    assert read_evaluation(tmp_path) == evaluation
    assert json.loads(evaluation.model_dump_json())["schema"] == 2
    verdict = judge(evaluation, read_thresholds())
    write_verdict(verdict, tmp_path)
    assert read_verdict(tmp_path) == verdict


def test_a_folder_without_an_evaluation_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="salesmate finetune evaluate"):
        read_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text('{"schema": 2}', encoding="utf-8")
    with pytest.raises(EvaluationError, match="evaluate again"):
        read_evaluation(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 1}, "schema: input should be 2"),
        ({"figures": {"charm": {}}}, "figures: there is no figure 'charm'"),
    ],
)
def test_figures_of_another_meaning_are_not_read_as_these(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    other = an_evaluation().model_dump(mode="json") | change
    (tmp_path / "evaluation.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(EvaluationError, match=f"{says}.*evaluate again"):
        read_evaluation(tmp_path)


def test_a_verdict_of_another_form_is_refused(tmp_path: Path) -> None:
    verdict = judge(an_evaluation(), read_thresholds()).model_dump(mode="json") | {"schema": 0}
    (tmp_path / "gate.json").write_text(json.dumps(verdict), encoding="utf-8")
    with pytest.raises(GateError, match="run the gate again"):
        read_verdict(tmp_path)


def test_the_card_tells_counts_figures_licence_and_limits(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "prepare").mkdir()
    (tmp_path / "train" / "train.json").write_text('{"steps": 1200, "recipe": {"base": "smollm2-135m"}}')
    (tmp_path / "prepare" / "report.json").write_text('{"kept": 61, "redactions": {"phone": 12}}')
    evaluation = an_evaluation()
    text = write_card(tmp_path, evaluation, judge(evaluation, read_thresholds())).read_text(encoding="utf-8")
    for told in (
        "passed the gate",
        "Apache-2.0",
        "steps | 1,200",
        "recipe: base | smollm2-135m",
        "redactions: phone | 12",
        "kept | 61",
        "Intended use",
        "Limits",
        "× 0.5 (0.49 to 0.51)",
        "## Judged with\n\n- salesmate",
    ):
        assert told in text
    assert "Who is this?" not in text


def test_a_card_without_reports_says_so() -> None:
    evaluation = an_evaluation(early_leaks=compared(0.0, 0.1))
    text = card(evaluation, judge(evaluation, read_thresholds()), None, None)
    assert "did not pass" in text
    assert "train/train.json" in text


class Page(HTMLParser):
    """What a browser would make of the page: the tags, their balance, the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.alts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.alts.append(dict(attrs)["alt"] or "")
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_needs_nothing_else_and_says_its_pictures_in_words() -> None:
    pytest.importorskip("matplotlib", reason="the packages for calls are not installed")
    evaluation = an_evaluation()
    html = page.page(evaluation, plots.plots(evaluation))
    shown = Page(html)
    assert shown.open == []
    assert len(shown.alts) == 4
    assert "Distribution of words a turn. tuned: median 4; people: median 10." in shown.alts
    assert "script" not in shown.tags
    assert "http" not in html.replace("http-equiv", "")
    for told in ("Token accuracy", "45.0 % (44.0 to 46.0)", "× 0.5", "better", "AUC is 0.840", "too long"):
        assert told in shown.text


@given(HOSTILE)
def test_words_of_a_call_become_no_markup(said: str) -> None:
    evaluation = an_evaluation(said)
    shown = Page(page.page(evaluation, []))
    assert shown.open == []
    assert shown.tags == Page(page.page(an_evaluation(), [])).tags
    lines = report.markdown(evaluation).splitlines()
    assert len(lines) == len(report.markdown(an_evaluation()).splitlines())
    assert not any("<script" in line for line in lines)


def test_without_matplotlib_the_page_says_what_to_install() -> None:
    assert "pip install 'salesmate[calls]'" in Page(page.page(an_evaluation(), [], plots.NEEDS)).text


def test_every_check_that_ships_names_a_figure_that_is_told() -> None:
    for shipped in (SHIPPED, SERVED):
        assert {check.figure for check in read_thresholds(shipped).checks} <= set(meanings())
    assert Threshold(figure="spoken", must="at_least", bound=0.5).why
