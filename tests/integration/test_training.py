"""Training an adapter, on a tiny model: what is learnt, interrupted, resumed and left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training packages are not installed: make prove installs them")
pytest.importorskip("peft", reason="training packages are not installed: make prove installs them")

from finetune.recipe import Lora, Recipe  # noqa: E402
from finetune.train.base import load, source_of  # noqa: E402
from finetune.train.batches import Encoded, TemplateTokens, encode  # noqa: E402
from finetune.train.faults import TrainingFailed  # noqa: E402
from finetune.train.likelihood import score, tell_all  # noqa: E402
from finetune.train.loop import Seen  # noqa: E402
from finetune.train.lora import train, with_adapter  # noqa: E402
from finetune.train.packs import joined, packs_of  # noqa: E402
from finetune.train.passes import as_pass, packs_for, tell  # noqa: E402
from finetune.train.trained import Trained, read_trained  # noqa: E402
from tests.tiny_llama import made_examples, tiny_base, turns_of_calls, write_data  # noqa: E402

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=8, dropout=0.1),
    learning_rate=0.01,
    batch=4,
    talk=0.0,
    epochs=2,
    most_tokens=256,
    validate_every=5,
    checkpoint_every=3,
    validate_on=8,
    patience=100,
)


class Pulled(Exception):
    """The plug was."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def recipe(base: Path) -> Recipe:
    return RECIPE.model_copy(update={"base": str(base)})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), made_examples(40), made_examples(10, seed=1))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, data: Path, recipe: Recipe) -> Path:
    out = tmp_path_factory.mktemp("out")
    train(data, out, recipe)
    return out


@pytest.fixture(scope="module")
def report(uninterrupted: Path) -> Trained:
    return read_trained(uninterrupted)


def weights_in(out: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    found: dict[str, Any] = load_file(out / "adapter" / "adapter_model.safetensors")
    return found


def test_training_makes_the_customers_words_likelier(report: Trained) -> None:
    assert report.figures.loss < report.figures.loss_before
    assert report.figures.steps == 20
    assert report.figures.stopped_by == "epochs"


def test_the_report_says_what_was_learnt_from_and_on_what(report: Trained, uninterrupted: Path) -> None:
    assert report.data.train == 40
    assert report.base.architecture == "llama"
    assert [step for step, _, _ in report.losses] == list(range(1, 21))
    assert [step for step, _, _ in report.validations] == [0, 5, 10, 15, 20]
    assert report.figures.tokens_per_second > 0
    assert set(report.packages) == {"torch", "transformers", "peft", "gguf"}
    assert sorted(path.name for path in uninterrupted.iterdir()) == ["adapter", "adapter.gguf", "train.json"]


@pytest.mark.parametrize("at", [1, 6, 19])
def test_an_interrupted_training_ends_as_one_that_was_not(
    at: int, tmp_path: Path, data: Path, recipe: Recipe, uninterrupted: Path, report: Trained
) -> None:
    def pull_the_plug(seen: Seen) -> None:
        if seen.doing == "training" and seen.step == at:
            raise Pulled

    with pytest.raises(Pulled):
        train(data, tmp_path, recipe, pull_the_plug)
    assert not (tmp_path / "train.json").exists()
    resumed = train(data, tmp_path, recipe)
    assert resumed.losses == report.losses
    assert resumed.validations == report.validations
    expected = weights_in(uninterrupted)
    for name, weight in weights_in(tmp_path).items():
        assert torch.equal(weight, expected[name]), name


def test_bare_talk_is_learnt_between_the_prompts(tmp_path: Path, recipe: Recipe) -> None:
    data = write_data(tmp_path / "data", turns_of_calls(6), turns_of_calls(2, seed=1))
    mixed = train(data, tmp_path / "mixed", recipe.model_copy(update={"batch": 1, "talk": 0.5, "epochs": 1}))
    alone = train(data, tmp_path / "alone", recipe.model_copy(update={"batch": 1, "epochs": 1}))
    assert (alone.figures.steps, mixed.figures.steps) == (6, 12)
    assert mixed.figures.customer_tokens == 2 * alone.figures.customer_tokens
    assert mixed.figures.tokens < 2 * alone.figures.tokens


def test_a_training_goes_on_from_its_checkpoint_and_not_from_the_start(
    tmp_path: Path, data: Path, recipe: Recipe
) -> None:
    steps: list[int] = []

    def watch(seen: Seen) -> None:
        if seen.doing == "training":
            steps.append(seen.step)
            if len(steps) == 8:
                raise Pulled

    with pytest.raises(Pulled):
        train(data, tmp_path, recipe, watch)
    train(data, tmp_path, recipe, watch)
    assert steps[8] == 7  # the last checkpoint is of step 6


def test_a_checkpoint_of_another_recipe_is_not_taken_up(tmp_path: Path, data: Path, recipe: Recipe) -> None:
    def pull_the_plug(seen: Seen) -> None:
        if seen.step == 7:
            raise Pulled

    with pytest.raises(Pulled):
        train(data, tmp_path, recipe, pull_the_plug)
    again = train(data, tmp_path, recipe.model_copy(update={"seed": 1, "epochs": 1}))
    assert again.losses[0][0] == 1


def test_patience_ends_it_and_the_best_weights_are_kept(tmp_path: Path, data: Path, recipe: Recipe) -> None:
    hasty = recipe.model_copy(update={"learning_rate": 0.9, "patience": 2, "epochs": 50, "validate_every": 2})
    found = train(data, tmp_path, hasty)
    assert found.figures.stopped_by == "patience"
    assert found.figures.loss == round(min(loss for _, loss, _ in found.validations), 5)
    assert found.figures.steps == found.figures.best_step + 4


def test_the_minutes_end_it(tmp_path: Path, data: Path, recipe: Recipe) -> None:
    found = train(data, tmp_path, recipe.model_copy(update={"most_minutes": 0.01, "epochs": 10_000}))
    assert found.figures.stopped_by == "minutes"
    assert found.figures.seconds < 3


def test_a_loss_that_is_no_number_ends_it_with_a_sentence(tmp_path: Path, data: Path, recipe: Recipe) -> None:
    broken = tiny_base(tmp_path / "base")
    from safetensors.torch import load_file, save_file

    file = broken / "model.safetensors"
    weights = load_file(file)
    weights["model.norm.weight"][:] = float("inf")
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(TrainingFailed, match=r"no number at step 1; lower learning_rate .* \(0\.01 now\)"):
        train(data, tmp_path / "out", recipe.model_copy(update={"base": str(broken)}))


def test_turns_that_share_a_pass_are_told_as_if_each_were_alone(recipe: Recipe) -> None:
    base = load(source_of(recipe.base))
    examples = turns_of_calls(3)
    tokens = TemplateTokens(base.tokenizer)
    found = [(one.call, encode(one, tokens, None)) for one in examples]
    named: list[tuple[str, Encoded]] = [(call, one) for call, one in found if one is not None]
    packs = packs_of(named, 10_000)
    assert len(packs) == 3
    together = joined(packs)
    assert together.length < 0.6 * sum(one.length for _, one in named)
    told = tell(base.model.eval(), as_pass(together, base.model.device))
    for (_, one), nll, correct in zip(named, told.nll.tolist(), told.correct, strict=True):
        logits = base.model(input_ids=torch.tensor([one.ids])).logits[0, -one.learnt - 1 : -1]
        wanted = torch.tensor(one.ids[-one.learnt :])
        full = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
        assert nll == pytest.approx(float(full.detach()), rel=1e-4)
        assert correct == int((logits.argmax(-1) == wanted).sum())


def test_what_is_learnt_from_a_pack_is_what_is_learnt_from_its_turns(recipe: Recipe) -> None:
    base = load(source_of(recipe.base))
    tokens = TemplateTokens(base.tokenizer)
    encoded = [("a", encode(one, tokens, None)) for one in turns_of_calls(1)]
    named = [(call, one) for call, one in encoded if one is not None]
    alone, shared = packs_of(named, 0), packs_of(named, 10_000)
    gradients = []
    for packs in (alone, shared):
        model = with_adapter(load(source_of(recipe.base)).model, recipe).eval()
        for pack in packs:
            tell(model, as_pass(pack, model.device)).nll.sum().backward()
        gradients.append([one.grad for one in model.parameters() if one.grad is not None])
    assert len(alone) > len(shared) == 1
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "told_apart",
    [
        {"sliding_window": 8},
        {"layer_types": ["full_attention", "linear_attention"]},
        {"_attn_implementation": "eager"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_base_whose_attention_is_of_another_kind_reads_each_turn_alone(
    recipe: Recipe, told_apart: dict[str, Any]
) -> None:
    base = load(source_of(recipe.base))
    tokens = TemplateTokens(base.tokenizer)
    found = [(one.call, encode(one, tokens, None)) for one in turns_of_calls(2)]
    named: list[tuple[str, Encoded]] = [(call, one) for call, one in found if one is not None]
    shared = packs_for(base.model, named, 1000)
    expected = tell_all(base.model, shared, lambda _done, _all: None)
    for name, value in told_apart.items():
        setattr(base.model.config, name, value)
    alone = packs_for(base.model, named, 1000)
    assert len(alone) == len(named) > len(shared)
    seen: list[int] = []
    base.model.register_forward_pre_hook(
        lambda _model, _args, given: seen.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    found_alone = tell_all(base.model, alone, lambda _done, _all: None)
    assert sorted(seen) == sorted(one.length for _, one in named)
    assert [nll for nll, _ in found_alone] == pytest.approx([nll for nll, _ in expected], rel=1e-4)


def test_scoring_tells_a_trained_adapter_from_its_base(uninterrupted: Path, recipe: Recipe) -> None:
    asked = made_examples(10, seed=1)
    base = score(asked, recipe.base, None, most_tokens=256)
    tuned = score(asked, recipe.base, uninterrupted / "adapter", most_tokens=256)
    assert [(one.call, one.n, one.tokens) for one in base] == [(one.call, one.n, 3) for one in asked]
    assert sum(one.nll for one in tuned) < sum(one.nll for one in base)


def test_the_served_adapter_holds_every_layer_that_was_trained(uninterrupted: Path) -> None:
    from gguf import GGUFReader

    reader = GGUFReader(uninterrupted / "adapter.gguf")
    names = {tensor.name: tuple(int(size) for size in tensor.shape) for tensor in reader.tensors}
    assert len(names) == len(weights_in(uninterrupted)) == 2 * 7 * 2
    assert names["blk.0.attn_q.weight.lora_a"] == (32, 4)
    assert names["blk.1.ffn_down.weight.lora_b"] == (4, 32)
    assert reader.fields["general.type"].contents() == "adapter"
    assert reader.fields["adapter.type"].contents() == "lora"
    assert reader.fields["adapter.lora.alpha"].contents() == 8.0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("nowhere.gguf", "There is no file nowhere.gguf"),
        ("no-such-model", "There is no base 'no-such-model'; give smollm2-135m, a folder"),
        (".", "holds no model"),
    ],
)
def test_a_base_that_is_not_there_is_said_so(asked: str, says: str) -> None:
    with pytest.raises(TrainingFailed, match=says):
        source_of(asked)


def test_data_that_are_not_there_are_said_so(tmp_path: Path, recipe: Recipe) -> None:
    with pytest.raises(TrainingFailed, match="run `salesmate finetune prepare`"):
        train(tmp_path, tmp_path / "out", recipe)
