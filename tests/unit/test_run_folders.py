"""What is kept of a run: whole stages, under names made of their content, here or in a bucket."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agents
from finetune.evaluate.sizes import sizes_of
from finetune.fingerprint import name_of, sha256_of
from finetune.keys import data_key, evaluation_key, judges, makers
from finetune.plan import Plan
from finetune.reading import CallsNotReadable
from finetune.runs import RunBusy, RunFolder, Runs, StoreFailed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def write(folder: RunFolder, name: str, text: str) -> None:
    path = folder.here / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@given(st.dictionaries(st.text(), JSON, min_size=2, max_size=4))
def test_a_name_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert name_of(value) == name_of(dict(reversed(value.items())))


LISTS = st.lists(st.none() | st.booleans() | st.integers() | st.text(), max_size=4)


@given(LISTS, LISTS)
def test_other_content_has_another_name(one: list[object], other: list[object]) -> None:
    # By repr: 1 and True are equal to Python and are not the same recipe.
    assert (name_of(one) == name_of(other)) == (repr(one) == repr(other))


def test_a_stage_is_there_once_it_is_finished_and_for_its_key_only(tmp_path: Path) -> None:
    folder = Runs(str(tmp_path), tmp_path).folder("run")
    write(folder, "train/train.json", "{}")
    assert not folder.has("train", "k1")
    folder.finish("train", "k1", 3.21, ["train"])
    assert folder.has("train", "k1")
    assert not folder.has("train", "k2")
    assert folder.done()["train"].seconds == 3.2


def test_a_list_of_stages_that_was_cut_short_counts_as_none(tmp_path: Path) -> None:
    folder = Runs(str(tmp_path), tmp_path).folder("run")
    folder.finish("train", "k1", 1, [])
    (folder.here / "stages.json").write_text('{"train": {"key": "k')
    assert not folder.has("train", "k1")


def test_another_machine_takes_a_finished_stage_from_the_bucket(tmp_path: Path) -> None:
    place = f"memory://{tmp_path.name}/runs"
    ours = Runs(place, tmp_path / "ours").folder("run")
    write(ours, "train/adapter/weights", "learnt")
    write(ours, "train/checkpoints/7", "half")
    ours.finish("train", "k1", 1, ["train"])
    theirs = Runs(place, tmp_path / "theirs").folder("run")
    assert theirs.has("train", "k1")
    assert (theirs.here / "train/adapter/weights").read_text() == "learnt"
    assert not theirs.has("train", "k2")


def test_files_without_their_key_are_not_taken_from_the_bucket(tmp_path: Path) -> None:
    place = f"memory://{tmp_path.name}/half"
    with fsspec.open(f"{place}/run/train/weights", "w") as file:
        file.write("half")
    theirs = Runs(place, tmp_path).folder("run")
    assert not theirs.has("train", "k1")
    assert not (theirs.here / "train").exists()


def test_two_cannot_work_in_one_folder(tmp_path: Path) -> None:
    folder = Runs(str(tmp_path), tmp_path).folder("run")
    with folder.at_work(), pytest.raises(RunBusy, match="Another process works in"), folder.at_work():
        pytest.fail("both were let in")
    with folder.at_work():
        pass


def test_a_bucket_that_cannot_be_had_is_a_sentence(tmp_path: Path) -> None:
    folder = Runs("nosuch://bucket/runs", tmp_path).folder("run")
    with pytest.raises(StoreFailed, match="nosuch://bucket/runs/run cannot be read or written"):
        folder.has("train", "k1")


def test_another_recipe_or_gate_prepares_nothing_anew_and_another_prompt_does() -> None:
    names = {file.name for file in makers(rehearsed=False)}
    assert not names & {"recipe.yaml", "gate.yaml", "gate-served.yaml", "card.yaml"}
    assert {"speak.yaml", "labels.yaml", "recorded.yaml", "names.yaml", "masks.yaml", "tables.py"} <= names
    assert {"state.py", "feel.py", "difficulty.yaml", "stock.yaml", "dana-whitfield.yaml"} <= names


def test_what_simulates_calls_counts_only_where_rehearsed_examples_are_asked_for() -> None:
    added = set(makers(rehearsed=True)) - set(makers(rehearsed=False))
    assert {"play.py", "styles.yaml", "helen-marsh.yaml"} <= {file.name for file in added}
    assert {file.relative_to(Path(agents.__file__).parent).parts[0] for file in added} == {"evals"}


def test_another_sampling_or_figure_judges_anew_and_another_gate_does_not() -> None:
    names = {file.name for file in judges()}
    assert {"weights.yaml", "figures.yaml", "endings.py", "check.py", "speak.yaml", "play.py"} <= names
    assert not names & {"gate.yaml", "card.yaml", "redact.py", "recipe.yaml"}


def test_a_persona_of_ones_own_counts_where_calls_are_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESMATE_HOME", str(tmp_path))
    (tmp_path / "calls.csv").write_text("transcription\n")
    plain = Plan(calls=(str(tmp_path / "calls.csv"),), seller="user")
    rehearsed = plain.model_copy(update={"rehearsed": 10})
    before = data_key(plain), data_key(rehearsed), evaluation_key("r1", sizes_of("quick"), 0)
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "sam.yaml").write_text("id: sam\n")
    after = data_key(plain), data_key(rehearsed), evaluation_key("r1", sizes_of("quick"), 0)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, False]


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ("mispelt.csv", "mispelt.csv does not exist. Check its spelling."),
        ("", "is a folder. Name the files in it."),
        ("nosuch://bucket/calls.csv", "nosuch://bucket/calls.csv cannot be read."),
        ("nosuch://bucket/*.csv", "nosuch://bucket/*.csv cannot be read."),
    ],
)
def test_calls_that_cannot_be_had_are_a_sentence_before_they_are_prepared(
    tmp_path: Path, calls: str, says: str
) -> None:
    place = calls if "://" in calls else str(tmp_path / calls)
    with pytest.raises(CallsNotReadable) as refused:
        data_key(Plan(calls=(place,), seller="user"))
    assert says in str(refused.value)


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8996fb924")
