"""Tuning Gemini on Vertex AI: one job, whatever happens on the way."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from finetune.cli import finetune
from finetune.promote import read_run
from finetune.recipe import Recipe
from finetune.train import vertex
from finetune.train.backends import base_of, kept, model_of
from finetune.train.backends import train as train_by_backend
from finetune.train.faults import TrainingFailed
from finetune.train.tuned import read_note
from tests.fakes.google_tokens import PROJECT
from tests.fakes.vertex import CANCELLED, FAILED, LOCATION, PENDING, RUNNING, Trouble
from tests.tuning_data import BUCKET, Tuning, line, tuning, write_data

ENDPOINT = "projects/4711/locations/us-central1/endpoints/9003"
LOST, QUOTA, DOWN = Trouble(lost=True), Trouble(429, "Quota exceeded."), Trouble(503)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tuning]:
    with tuning(tmp_path, monkeypatch) as begun:
        yield begun


def test_a_job_ends_in_an_endpoint_by_its_full_name(person: Tuning) -> None:
    tuned = person.run()
    assert tuned.endpoint == ENDPOINT
    assert [(one.id, one.epoch, one.step) for one in tuned.checkpoints] == [
        ("1", 1, 40),
        ("2", 2, 80),
        ("3", 3, 120),
    ]
    assert tuned.checkpoints[0].endpoint == ENDPOINT.replace("9003", "9001")
    assert tuned.measures.billable_tokens == 5150
    assert tuned.measures.truncated == tuned.measures.dropped == 1
    assert tuned.seconds == 3600.5
    assert model_of(person.out) == f"vertexai:{ENDPOINT}"
    assert base_of(person.out) == "vertexai:gemini-2.5-flash-lite"


def test_the_job_is_asked_for_as_the_recipe_says(person: Tuning) -> None:
    person.run(base_model="gemini-2.5-flash", adapter_size=8, epochs=2, learning_rate_multiplier=0.5)
    [body] = person.service.bodies
    spec = body["supervisedTuningSpec"]
    assert body["baseModel"] == "gemini-2.5-flash"
    assert spec["hyperParameters"] == {
        "epochCount": 2,
        "learningRateMultiplier": 0.5,
        "adapterSize": "ADAPTER_SIZE_EIGHT",
    }
    for name, uri in (("train", "trainingDatasetUri"), ("valid", "validationDatasetUri")):
        assert person.service.buckets.at(spec[uri]) == (person.data / f"{name}.gemini.jsonl").read_bytes()
    assert body["tunedModelDisplayName"] == f"salesmate-{body['labels']['salesmate-tuning']}"


def test_people_see_what_the_job_does(person: Tuning) -> None:
    person.run()
    doing = [each for each, _ in person.seen]
    assert doing[0] == "checking the data sets"
    assert "waiting for Vertex AI" in doing
    assert person.seen[-1] == ("tuning on Vertex AI", 1 / 3)


def test_it_is_looked_at_less_and_less_often_but_never_rarely(
    person: Tuning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESMATE_VERTEX_POLL_SECONDS", "20")
    person.service.lives = (PENDING,) * 12 + (RUNNING, "JOB_STATE_SUCCEEDED")
    person.run()
    assert person.waited[0] < 7
    assert 15 <= max(person.waited) <= 25


def test_asking_again_starts_and_uploads_nothing(person: Tuning) -> None:
    first = person.run()
    assert person.run() == first
    (person.out / "train.json").unlink()
    assert person.run() == first  # by the note
    (person.out / "train.json").unlink()
    (person.out / "job.json").unlink()
    assert person.run() == first  # by the label: as another machine would
    assert person.asked("create") == 1
    assert len(person.service.buckets.uploads) == 2


def test_an_interrupted_wait_goes_on_with_the_same_job(
    person: Tuning, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    recipe = Recipe(backend="vertex", vertex=person.recipe)
    with pytest.raises(KeyboardInterrupt):
        vertex.train(person.data, person.out, recipe, wait=stop)
    said = capsys.readouterr().err
    assert "Run the same command again to wait for it" in said
    assert f"salesmate finetune cancel {person.out}" in said
    assert person.asked("cancel") == 0
    assert person.run().endpoint == ENDPOINT
    assert person.asked("create") == 1


def test_a_job_whose_creation_was_not_answered_is_found_and_not_started_twice(person: Tuning) -> None:
    person.service.add_other_jobs(7)
    person.service.page_most = 3
    person.service.will("create", LOST)
    assert person.run().endpoint == ENDPOINT
    assert person.asked("create") == 1


def test_a_creation_that_did_not_happen_is_asked_for_again(person: Tuning) -> None:
    person.service.will("create", QUOTA, DOWN, QUOTA)
    assert person.run().endpoint == ENDPOINT
    assert person.asked("create") == 4
    assert len(person.service.jobs) == 1


def test_used_up_quota_says_what_to_ask_google_for(person: Tuning) -> None:
    person.service.will("create", *[QUOTA] * 20)
    with pytest.raises(TrainingFailed, match=r"ask Google for more 'Global concurrent tuning jobs'"):
        person.run()
    assert person.waited == sorted(person.waited, key=lambda wait: wait > 16)  # later ones are longer
    assert max(person.waited) <= 32
    assert not (person.out / "train.json").exists()


def test_a_service_that_stumbles_is_asked_again(person: Tuning, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESMATE_VERTEX_REQUEST_SECONDS", "0.3")
    person.service.will("get", DOWN, Trouble(500), Trouble(slow=0.6), LOST)
    person.service.will("list", DOWN)
    assert person.run().endpoint == ENDPOINT


def test_an_answer_that_is_none_of_vertex_ais_is_no_answer(person: Tuning) -> None:
    proxy = Trouble(200, "Please log in to the network.")
    person.service.will("create", proxy)
    person.service.will("get", proxy, proxy)
    assert person.run().endpoint == ENDPOINT
    person.service.will("get", *[proxy] * 8)
    (person.out / "train.json").unlink()
    with pytest.raises(TrainingFailed, match="check the network, its proxy and SALESMATE_VERTEX_URL"):
        person.run()


def test_a_service_that_stays_away_leaves_the_job_to_be_found_again(person: Tuning) -> None:
    person.service.will("get", *[DOWN] * 8)
    with pytest.raises(TrainingFailed, match="The tuning job goes on meanwhile"):
        person.run()
    assert person.run().endpoint == ENDPOINT
    assert person.asked("create") == 1


def test_a_failed_job_is_told_in_our_words_and_may_be_started_again(person: Tuning) -> None:
    person.service.lives = (PENDING, RUNNING, FAILED)
    person.service.fails_with = (3, "Dataset line 2 is bad: 'my card is 4711'")
    with pytest.raises(TrainingFailed) as failed:
        person.run()
    assert "The tuning job failed. Vertex AI does not take the data set" in str(failed.value)
    assert "(INVALID_ARGUMENT)" in str(failed.value)
    assert "4711" not in str(failed.value)
    person.service.lives = (RUNNING, "JOB_STATE_SUCCEEDED")
    assert person.run().endpoint == ENDPOINT
    assert person.asked("create") == 2


def test_a_job_is_cancelled_by_one_command(person: Tuning) -> None:
    person.service.lives = (PENDING,)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    run = person.out.parent / "run"
    recipe = Recipe(backend="vertex", vertex=person.recipe)
    with pytest.raises(KeyboardInterrupt):
        vertex.train(person.data, run / "train", recipe, wait=stop)
    said = CliRunner().invoke(finetune, ["cancel", str(run)])
    assert said.exit_code == 0, said.output
    assert "Vertex AI was asked to cancel projects/4711/locations/us-central1/tuningJobs/" in said.output
    [job] = person.service.jobs.values()
    assert list(job.ahead)[-1] == CANCELLED


def test_who_waits_for_a_job_that_is_cancelled_is_told(person: Tuning) -> None:
    person.service.lives = (RUNNING, "JOB_STATE_CANCELLING", CANCELLED)
    with pytest.raises(TrainingFailed, match=r"was cancelled\. Run the same command again to start another"):
        person.run()


def test_there_is_nothing_to_cancel_where_nothing_runs(person: Tuning, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="No job of Vertex AI is known"):
        vertex.cancel(tmp_path)
    person.run()
    with pytest.raises(TrainingFailed, match="has ended; there is nothing to cancel"):
        vertex.cancel(person.out)


def test_a_folder_is_not_taken_from_a_job_that_runs(person: Tuning) -> None:
    person.service.lives = (PENDING,)
    person.service.will("get", *[DOWN] * 8)
    with pytest.raises(TrainingFailed):
        person.run()
    with pytest.raises(TrainingFailed, match=r"for other data or settings runs.*finetune cancel"):
        person.run(epochs=5)


def test_a_job_is_asked_for_where_it_was_started_whatever_the_recipe_says_since(person: Tuning) -> None:
    first = person.run()
    (person.out / "train.json").unlink()
    assert person.run(project="strangers").job == first.job
    note = read_note(person.out)
    assert note
    assert (note.project, note.location) == (PROJECT, LOCATION)


def test_another_recipe_is_another_job_in_a_folder_whose_job_has_ended(person: Tuning) -> None:
    first = person.run()
    second = person.run(epochs=2)
    assert second.job != first.job
    assert second.endpoint.endswith("endpoints/9002")


def test_bad_data_are_refused_before_anything_is_sent(person: Tuning) -> None:
    write_data(person.data, train=line() + "{")
    with pytest.raises(TrainingFailed, match="line 2: it is no example"):
        person.run()
    assert person.service.buckets.uploads == []
    assert person.service.asked == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"bucket": None}, r"needs a bucket .*vertex\.bucket"),
        ({"bucket": "gs://nowhere"}, "There is no bucket gs://nowhere"),
        ({"base_model": "gemini-1.0-pro"}, "does not tune gemini-1.0-pro in us-central1"),
        ({"project": "strangers"}, "may not tune models in project strangers.*Vertex AI User"),
        ({"location": "mars-1"}, "finds nothing under that name in project acme-sales, mars-1"),
    ],
)
def test_what_the_recipe_gets_wrong_is_one_sentence(
    person: Tuning, settings: dict[str, object], told: str
) -> None:
    with pytest.raises(TrainingFailed, match=told):
        person.run(**settings)
    assert person.asked("create") <= 1
    assert not (person.out / "job.json").exists()


def test_a_bucket_that_may_not_be_written_is_told_without_googles_text(
    person: Tuning, caplog: pytest.LogCaptureFixture
) -> None:
    person.service.buckets.forbidden.add(BUCKET.removeprefix("gs://"))
    with pytest.raises(TrainingFailed) as refused:
        person.run()
    assert "give it the role 'Storage Object User'" in str(refused.value)
    assert "secret" not in str(refused.value)
    person.service.buckets.forbidden.clear()
    for code, told in ((401, "gcloud auth application-default login"), (500, "run the same command again")):
        person.service.buckets.fail_next.append(code)
        with pytest.raises(TrainingFailed, match=told) as refused:
            person.run()
        assert "secret" not in str(refused.value) + caplog.text
    assert person.run().endpoint == ENDPOINT


def test_credentials_that_are_missing_or_expired_say_how_to_get_others(
    person: Tuning, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.service.grants = False
    with pytest.raises(TrainingFailed, match="did not accept the credentials; run: gcloud auth"):
        person.run()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    with pytest.raises(TrainingFailed, match="No Google credentials were found; run: gcloud auth"):
        person.run()


def test_the_project_may_come_with_the_credentials(person: Tuning) -> None:
    assert person.run(project=None).endpoint == ENDPOINT


def test_a_damaged_note_is_no_reason_to_start_a_second_job(person: Tuning) -> None:
    person.out.mkdir()
    (person.out / "job.json").write_text("{")
    with pytest.raises(TrainingFailed, match="If no job runs for it in the Google Cloud console, remove it"):
        person.run()
    assert person.asked("create") == 0


def test_the_train_command_tunes_where_the_recipe_says_so(person: Tuning, tmp_path: Path) -> None:
    person.service.lives = ("JOB_STATE_SUCCEEDED",)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"backend: vertex\nvertex: {{project: acme-sales, bucket: '{BUCKET}'}}\n")
    person.run()  # so that the command needs not wait
    asked = ["train", "--data", str(person.data), "--out", str(person.out), "--recipe", str(recipe)]
    said = CliRunner().invoke(finetune, asked)
    assert said.exit_code == 0, said.output
    assert "Tuned gemini-2.5-flash-lite on 3 examples, 5,150 tokens billed; 3 checkpoints." in said.output
    assert f"The model is vertexai:{ENDPOINT}" in said.output
    assert "SALESMATE_MODEL_OPTIONS='{\"thinking_budget\": 0}'" in said.output
    told = CliRunner().invoke(finetune, [*asked, "--json"])
    assert json.loads(told.stdout)["backend"] == "vertex"


def test_a_run_that_was_tuned_is_kept_and_promoted_by_its_endpoint(person: Tuning, tmp_path: Path) -> None:
    run = tmp_path / "run"
    person.out = run / "train"
    person.run()
    recipe = Recipe(backend="vertex", vertex=person.recipe)
    train_by_backend(recipe, person.data, person.out, lambda _: None)  # the pipeline's way in
    assert kept(run) == ["train/train.json"]
    candidate = read_run(str(run))
    assert candidate.version.model == f"vertexai:{ENDPOINT}"
    assert candidate.version.licence == "Google Cloud terms"
    assert candidate.adapter is None


LOADS = """
import sys
from click.testing import CliRunner
import finetune.pipeline, finetune.train.backends, finetune.train.vertex, finetune.train.vertex_cli
from finetune.cli import finetune as command
said = CliRunner().invoke(command, ["train", "--data", "/nowhere", "--out", "/nowhere"])
assert type(said.exception).__name__ == "TrainingFailed", said.output
prepared = ["prepare", "--calls", sys.argv[1], "--seller", "user", "--no-redact", "--out", sys.argv[2]]
said = CliRunner().invoke(command, prepared)
assert said.exit_code == 0, (said.output, said.exception)
google = ("google.genai", "google.auth", "google.cloud", "google.api_core", "gcsfs")
print([name for name in sys.modules if name.startswith(google)])
"""


def test_nothing_of_google_is_loaded_where_nothing_of_it_is_used(tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    turns = [
        "user: Hi, this is Sam from Northgate.",
        "bot: Who is this?",
        "user: Sam.",
        "bot: No, thanks. Bye.",
    ]
    with calls.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["transcription"], *[[str([*turns, f"user: {n}"])] for n in range(4)]])
    asked = [sys.executable, "-c", LOADS, str(calls), str(tmp_path / "data")]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "[]", said.stderr
