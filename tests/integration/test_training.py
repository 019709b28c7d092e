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
from finetune.train.likelihood import score  # noqa: E402
from finetune.train.loop import Seen  # noqa: E402
from finetune.train.lora import train  # noqa: E402
from finetune.train.passes import tell, together, weight_of  # noqa: E402
from finetune.train.trained import Trained, read_trained  # noqa: E402
from tests.tiny_llama import made_examples, tiny_base, write_data  # noqa: E402

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=8, dropout=0.1),
    learning_rate=0.01,
    batch=4,
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


def test_scores_are_of_the_whole_computation_however_they_are_batched(recipe: Recipe) -> None:
    base = load(source_of(recipe.base))
    tokens = TemplateTokens(base.tokenizer)
    encoded = [encode(one, tokens, None) for one in made_examples(5, seed=3)]
    group: list[Encoded] = [one for one in encoded if one is not None]
    told = tell(base.model.eval(), together(group, base.model.device))
    for one, nll, correct in zip(group, told.nll.tolist(), told.correct, strict=True):
        logits = base.model(input_ids=torch.tensor([one.ids])).logits[0, -one.learnt - 1 : -1]
        wanted = torch.tensor(one.ids[-one.learnt :])
        full = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
        assert nll == pytest.approx(float(full.detach()), rel=1e-5)
        assert correct == int((logits.argmax(-1) == wanted).sum())


def test_her_earlier_turns_are_learnt_at_their_weight_and_the_sellers_are_not(recipe: Recipe) -> None:
    base = load(source_of(recipe.base))
    tokens = TemplateTokens(base.tokenizer)
    found = [encode(one, tokens, None) for one in made_examples(40, seed=3)]
    one = max((each for each in found if each is not None), key=lambda each: len(each.said))
    assert len(one.said) == 2
    logits = base.model.eval()(input_ids=torch.tensor([one.ids])).logits[0]
    each = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(one.ids[1:]), reduction="none")
    earlier = sum(float(each[at - 1].detach()) for said in one.said for at in said)
    target = float(each[-one.learnt :].sum().detach())
    told = tell(base.model, together([one], base.model.device, earlier=0.25))
    assert float(told.nll.detach()) == pytest.approx(target + 0.25 * earlier, rel=1e-5)
    assert weight_of([one], 0.25) == one.learnt + 0.25 * sum(map(len, one.said))
    words = [tokens._tokenizer.decode([one.ids[at] for at in said]) for said in one.said]
    history = [said.content for said in made_examples(40, seed=3)[found.index(one)].messages]
    assert all(any(word in line for line in history[2::2]) for word in [w.split()[0] for w in words])


def test_scoring_tells_a_trained_adapter_from_its_base(uninterrupted: Path, recipe: Recipe) -> None:
    asked = made_examples(10, seed=1)
    base = score(asked, recipe.base, None)
    tuned = score(asked, recipe.base, uninterrupted / "adapter")
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
