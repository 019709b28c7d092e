"""`salesmate finetune evaluate` and `gate` as somebody runs them, on models behind real HTTP."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.customer.prompt import END_OF_CALL, NOTE
from finetune.cli import finetune
from finetune.evaluate.contestants import trained_beside, weights_of, without_adapter
from finetune.evaluate.evaluation import EvaluationError, read_evaluation
from finetune.evaluate.run import adapter_sha256_of, read_split
from finetune.evaluate.sizes import sizes_of
from finetune.evaluate.speaking import choose
from tests.fakes.openai import KEY, FakeOpenAI, Refusal, Running
from tests.unit.made_examples import as_lines, made_examples

TUNED, BASE = "tuned-1", "base-1"
LITTLE = ("--quick", "--calls", "1", "--turns", "6", "--at-once", "4")


@dataclass(frozen=True)
class Bench:
    """A server with two models, and prepared data."""

    server: FakeOpenAI
    folder: Path

    def runs(self, *arguments: str) -> Result:
        env = {"SALESMATE_MODEL_BASE_URL": self.server.base_url, "SALESMATE_MODEL_API_KEY": KEY}
        env |= {"COLUMNS": "200", "SALESMATE_MODEL_RETRIES": "0"}
        return CliRunner().invoke(finetune, arguments, env=env)

    def evaluates(self, *more: str) -> Result:
        data = str(self.folder / "valid.jsonl")
        return self.runs("evaluate", "--model", f"server:{TUNED}", "--data", data, *LITTLE, *more)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "valid.jsonl").write_text(as_lines(made_examples(4)), encoding="utf-8")
    (folder / "train.jsonl").write_text(as_lines(made_examples(8, "train")), encoding="utf-8")
    with Running() as server:
        server.models = [TUNED, BASE]
        server.says(as_a_customer)
        yield Bench(server, folder)


def as_a_customer(messages: list[dict[str, Any]]) -> str:
    """Says the line that it was shown, and ends the call where it was asked to."""
    note = str(messages[-1]["content"])
    line = re.search(r"could sound like: (.+)", note)
    end = END_OF_CALL if "end the call now" in note else ""
    return (line[1] if line else "Go on.") + end


@pytest.fixture(scope="module")
def judged(bench: Bench) -> Bench:
    """One evaluation of the two, for all who look at its files."""
    done = bench.evaluates("--against", f"server:{BASE}", "--out", str(bench.folder / "run"))
    assert done.exit_code == 0, done.output
    assert "Different first turns" in done.output
    assert f"Listening to server:{TUNED} (" in done.stderr
    return bench


def test_every_figure_is_there_or_says_why_not(judged: Bench) -> None:
    evaluation = read_evaluation(judged.folder / "run")
    for name, figure in evaluation.figures.items():
        assert figure.missing or (figure.tuned and figure.base and figure.change), name
    missing = {name for name, figure in evaluation.figures.items() if figure.missing}
    assert missing == {"token_accuracy", "perplexity", "persona_use"}
    assert "only local models" in str(evaluation.figures["perplexity"].missing)
    assert evaluation.classifier is not None
    assert (evaluation.data.calls, evaluation.data.examples) == (4, 16)


def test_a_speaker_that_does_as_it_is_told_has_the_figures_of_one(judged: Bench) -> None:
    figures = read_evaluation(judged.folder / "run").figures
    values = {name: figure.tuned.value for name, figure in figures.items() if figure.tuned}
    assert values["ending_f1"] == 1.0
    assert values["ending_early"] == values["early_leaks"] == values["contradictions"] == 0.0
    assert values["spoken"] > 0.5
    assert values["decision_fidelity"] > 0.8
    script = figures["words_per_turn"].scripted
    assert script is not None
    assert script.value == pytest.approx(values["words_per_turn"])


def test_the_report_holds_samples_side_by_side_and_pictures(judged: Bench) -> None:
    markdown = (judged.folder / "run" / "report.md").read_text(encoding="utf-8")
    html = (judged.folder / "run" / "report.html").read_text(encoding="utf-8")
    for text in (markdown, html):
        assert "Side by side" in text
        assert NOTE not in text
        assert "this is Sam from Northgate" in text
        assert "server:tuned-1" in text
    assert "<img alt=" in html or "salesmate[calls]" in html


def test_the_gate_keeps_out_what_shows_no_gain_and_leaves_a_card(judged: Bench) -> None:
    run = judged.folder / "run"
    done = judged.runs("gate", str(run))
    assert done.exit_code == 1
    assert "stays out" in done.output
    verdict = json.loads((run / "gate.json").read_text(encoding="utf-8"))
    assert verdict["passed"] is False
    checks = {check["name"]: check for check in verdict["checks"]}
    assert "must not sound like the seller" in checks["role_inversion at_most"]["why"]
    assert checks["early_leaks at_most"]["passed"]
    assert "did not pass" in (run / "card.md").read_text(encoding="utf-8")


def test_ones_own_thresholds_may_let_it_pass(judged: Bench, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("checks: [{figure: early_leaks, must: at_most, bound: 0, why: always}]", encoding="utf-8")
    file = str(judged.folder / "run" / "evaluation.json")
    done = judged.runs("gate", file, "--thresholds", str(own), "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["passed"] is True


def test_the_verdict_tells_which_evaluation_of_which_adapter_it_judged(judged: Bench, tmp_path: Path) -> None:
    run = judged.folder / "run"
    judged.runs("gate", str(run))
    verdict = json.loads((run / "gate.json").read_text(encoding="utf-8"))
    assert verdict["evaluation_sha256"] == read_evaluation(run).sha256
    assert verdict["model"] == f"server:{TUNED}"
    assert verdict["adapter_sha256"] is None
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"GGUF")
    assert adapter_sha256_of(f"local:smollm2-135m+{adapter}") == hashlib.sha256(b"GGUF").hexdigest()
    assert adapter_sha256_of("local:smollm2-135m") is None
    with pytest.raises(EvaluationError, match="cannot be read"):
        adapter_sha256_of(f"local:smollm2-135m+{tmp_path}/none.gguf")


def test_calls_that_were_trained_on_are_no_test(bench: Bench) -> None:
    done = bench.evaluates("--train", str(bench.folder / "valid.jsonl"))
    assert isinstance(done.exception, EvaluationError)
    assert "not held out" in str(done.exception)


def test_a_model_that_does_not_answer_is_not_judged(bench: Bench) -> None:
    bench.server.will(*[Refusal(500)] * 40)
    done = bench.evaluates("--json")
    bench.server.script.clear()
    assert isinstance(done.exception, EvaluationError)
    assert "without a reply" in str(done.exception)


def test_a_model_that_falls_silent_in_the_simulated_calls_is_not_judged_either(bench: Bench) -> None:
    quick = sizes_of("quick")
    examples = read_split(bench.folder / "valid.jsonl").examples
    drafts = len(choose(examples, quick.openings, 6, quick.endings, seed=0).all())
    bench.server.will(*[bench.server.usual] * drafts, *[Refusal(500)] * 100)
    done = bench.evaluates("--json")
    bench.server.script.clear()
    assert isinstance(done.exception, EvaluationError)
    assert "without a reply" in str(done.exception)


def test_a_line_that_is_no_example_is_named_and_not_quoted(bench: Bench, tmp_path: Path) -> None:
    data = tmp_path / "valid.jsonl"
    data.write_text(as_lines(made_examples(1)) + '{"call": "x", "n": 1, "target": "my secret"}\n')
    done = bench.runs("evaluate", "--model", f"server:{TUNED}", "--data", str(data))
    assert isinstance(done.exception, EvaluationError)
    assert f"{data}:5: messages" in str(done.exception)
    assert "secret" not in str(done.exception)


def test_the_script_is_no_model(bench: Bench) -> None:
    data = str(bench.folder / "valid.jsonl")
    done = bench.runs("evaluate", "--model", "scripted", "--data", data)
    assert isinstance(done.exception, EvaluationError)
    assert "no chat model" in str(done.exception)


def test_a_local_model_is_compared_with_its_base_and_scored_by_what_training_left(tmp_path: Path) -> None:
    trained = tmp_path / "train"
    (trained / "adapter").mkdir(parents=True)
    model = f"local:smollm2-135m+{trained / 'adapter.gguf'}"
    assert without_adapter(model) == "local:smollm2-135m"
    assert without_adapter("local:smollm2-135m") is None
    assert without_adapter("openai:gpt+x") is None
    assert trained_beside(trained / "adapter.gguf") is None
    why = weights_of(model)
    assert isinstance(why, str)
    assert "adapter" in why
    (trained / "adapter" / "adapter_config.json").write_text("{}")
    assert trained_beside(trained / "adapter.gguf") == trained / "adapter"
