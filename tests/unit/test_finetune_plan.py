"""A plan that cannot be used says which field, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune import plan as plans
from finetune.plan import PlanError, read_plan
from finetune.recipe import Recipe, RecipeError, read_recipe


def test_a_plan_comes_from_a_file_and_options_go_over_it(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("calls: [a.csv]\nseller: user\nseed: 3\n")
    plan = read_plan(file, {"seed": 7})
    assert (plan.calls, plan.seller, plan.seed) == (("a.csv",), "user", 7)


def test_the_language_is_taken_by_its_code_as_by_prepare() -> None:
    assert read_plan(None, {"calls": ["a"], "seller": "agent", "language": "pt-BR"}).language == "pt"


def test_a_plan_needs_no_file() -> None:
    assert read_plan(None, {"calls": ["a.csv"], "seller": "agent"}).redact


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seller: user", "The plan lacks `calls`; give --calls or write it into the plan"),
        ("calls: [a]\nseller: user\nsede: 3", "sede: extra inputs are not permitted"),
        ("calls: [a]\nseller: user\nvalid: 0.6", "valid: input should be less than or equal to 0.5"),
        ("calls: [a]\nseller: user\nlanguage: Portuguese", "language: give a language's code, such as pt."),
        ("calls: [a]\nseller: user\nlanguage: en-GB", "language: this is for calls that are not in English"),
        ("[1, 2]", "holds no plan"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(PlanError) as refused:
        read_plan(file, {})
    assert says in str(refused.value)


def test_a_missing_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read: No such file"):
        read_plan(tmp_path / "none.yaml", {})


def test_the_shipped_recipe_holds_every_field_there_is() -> None:
    recipe = read_recipe()
    assert recipe.model_fields_set == set(type(recipe).model_fields)
    assert recipe.vertex.model_fields_set == set(type(recipe.vertex).model_fields)


def test_what_a_recipe_leaves_out_is_as_in_the_shipped_one(tmp_path: Path) -> None:
    assert Recipe() == read_recipe()
    file = tmp_path / "recipe.yaml"
    file.write_text("seed: 7\nlora: {rank: 4}\nvertex: {epochs: 1}\n")
    recipe, shipped = read_recipe(file), read_recipe()
    assert recipe.lora == shipped.lora.model_copy(update={"rank": 4})
    assert recipe.vertex == shipped.vertex.model_copy(update={"epochs": 1})
    assert recipe.model_copy(update={"seed": 0, "lora": shipped.lora, "vertex": shipped.vertex}) == shipped


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("batch: 0", "batch: input should be greater than or equal to 1"),
        ("vertex: {bucket: my-bucket}", "vertex.bucket: string should match pattern"),
        ("lr: 1", "lr: extra inputs are not permitted"),
        (": : :", "is not YAML"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    with pytest.raises(RecipeError) as refused:
        read_recipe(file)
    assert says in str(refused.value)


def test_the_plan_in_the_readme_is_one(tmp_path: Path) -> None:
    text = (Path(plans.__file__).parent / "README.md").read_text(encoding="utf-8")
    file = tmp_path / "run.yaml"
    file.write_text(text.partition("```yaml\n")[2].partition("```")[0])
    assert read_plan(file, {}).most_minutes == 60
