"""Supervised tuning of Gemini on Vertex AI: one job for the same data and settings, asked once or often.

The job is named by what is in it. Its note is written before anything is waited for; where the answer to its
creation was lost, it is found by its label. So an interrupted process, or another machine, goes on with the
job that runs or takes what came of it, and nothing is paid for twice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from agents.models.known import VERTEX, known
from finetune.fingerprint import name_of
from finetune.recipe import Recipe, Vertex
from finetune.train import vertex_data
from finetune.train.faults import TrainingFailed
from finetune.train.trained import REPORT
from finetune.train.tuned import (
    Measures,
    Note,
    SavedCheckpoint,
    Tuned,
    TunedBase,
    TunedData,
    is_tuned,
    read_note,
    read_tuned,
    write_note,
    write_tuned,
)
from finetune.train.vertex_client import DISCARDED, TuningJobs, VertexSettings, Wait

if TYPE_CHECKING:
    from finetune.train.loop import Watch

FIRST_LOOK = 5.0
"""Seconds; then half as long again each time, up to SALESMATE_VERTEX_POLL_SECONDS."""
LONGER = 1.5
SUCCEEDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED")
DOING: Mapping[str, str] = MappingProxyType(
    {
        "JOB_STATE_QUEUED": "queued at Vertex AI",
        "JOB_STATE_PENDING": "waiting for Vertex AI",
        "JOB_STATE_RUNNING": "tuning on Vertex AI",
        "JOB_STATE_PAUSED": "paused at Vertex AI",
        "JOB_STATE_UPDATING": "finishing on Vertex AI",
        "TUNING_JOB_STATE_WAITING_FOR_QUOTA": "waiting for quota",
        "TUNING_JOB_STATE_PROCESSING_DATASET": "reading the data set",
        "TUNING_JOB_STATE_WAITING_FOR_CAPACITY": "waiting for capacity",
        "TUNING_JOB_STATE_TUNING": "tuning on Vertex AI",
        "TUNING_JOB_STATE_POST_PROCESSING": "finishing on Vertex AI",
    }
)


def train(
    data: Path, out: Path, recipe: Recipe, watch: Watch = lambda _: None, wait: Wait = time.sleep
) -> Tuned:
    """Tune on DATA/train.gemini.jsonl; write OUT/job.json when the job is known and, last, OUT/train.json.

    Ctrl-C leaves the job running. Raises TrainingFailed.
    """
    bucket = recipe.vertex.bucket
    if bucket is None:
        raise TrainingFailed(
            "Tuning on Vertex AI needs a bucket for the data sets; name it in the recipe (vertex.bucket: gs://…)."
        )
    tell = _Teller(watch)
    tell("checking the data sets")
    sets = vertex_data.checked(data)
    digests = {each.file.name: each.sha256 for each in sets if each}
    made_of = recipe.vertex.model_dump(exclude={"project", "bucket"})
    name = name_of([made_of, recipe.seed, digests])
    if is_tuned(out) and read_tuned(out).name == name:
        return read_tuned(out)
    settings = VertexSettings()
    jobs, job = _under_way(recipe.vertex, out, name, settings, wait)
    (out / REPORT).unlink(
        missing_ok=True
    )  # of other data or settings: this folder is another tuning's from here
    # Put again for a job that is there: it asks the bucket one question each, and gives their addresses.
    tell("uploading the data sets")
    uris = {each.file.name: vertex_data.put(each, bucket) for each in sets if each}
    if job is None:
        tell("asking for a tuning job")
        job = jobs.create(name, uris[vertex_data.TRAIN], uris.get(vertex_data.VALID))
    write_note(out, Note(name=name, job=job.name, project=jobs.project, location=jobs.location))
    ended = _waited_for(jobs, job, out, recipe.vertex, settings.poll_seconds, tell, wait)
    tuned = _report(
        ended,
        name,
        recipe.vertex,
        TunedData(
            sha256=digests,
            uris=uris,
            train=sets[0].examples,
            validated_on=sets[1].examples if sets[1] else 0,
        ),
    )
    write_tuned(out, tuned)
    return tuned


def cancel(folder: Path, wait: Wait = time.sleep) -> str:
    """Cancel the job of a run or of a folder of training; its resource name. Raises TrainingFailed."""
    places = (folder, folder / "train")
    note = next((found for place in places if (found := read_note(place))), None)
    if note is None:
        raise TrainingFailed(f"No job of Vertex AI is known in {folder}.")
    jobs = _where_noted(note, Vertex(), VertexSettings(), wait)
    if jobs.get(note.job).state.name in (*SUCCEEDED, *DISCARDED):
        raise TrainingFailed(f"The job of {folder} has ended; there is nothing to cancel.")
    jobs.cancel(note.job)
    return note.job


class _Teller:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __call__(self, doing: str, share: float = 0.0) -> None:
        from finetune.train.loop import Seen

        self._watch(Seen(doing, share, 0, None, None, None, None))


def _where_noted(note: Note, recipe: Vertex, settings: VertexSettings, wait: Wait) -> TuningJobs:
    there = {"project": note.project, "location": note.location}
    return TuningJobs(recipe.model_copy(update=there), settings, wait)


def _under_way(
    recipe: Vertex, out: Path, name: str, settings: VertexSettings, wait: Wait
) -> tuple[TuningJobs, Any | None]:
    """The job of that name that was started before and did not fail, whoever started it, and where it is."""
    if note := read_note(out):
        noted_in = _where_noted(note, recipe, settings, wait)  # the recipe may name another place since
        noted = noted_in.get(note.job)
        if noted.state.name not in DISCARDED:
            if note.name == name:
                return noted_in, noted
            if noted.state.name not in SUCCEEDED:
                raise TrainingFailed(
                    f"A job for other data or settings runs for {out}. Take another folder, or end that one: "
                    f"salesmate finetune cancel {out}"
                )
    jobs = TuningJobs(recipe, settings, wait)
    return jobs, jobs.labelled(name)


def _waited_for(
    jobs: TuningJobs, job: Any, out: Path, recipe: Vertex, longest: float, tell: _Teller, wait: Wait
) -> Any:
    """The job when it has succeeded."""
    pause = min(FIRST_LOOK, longest)
    try:
        while job.state.name not in SUCCEEDED:
            if job.state.name in DISCARDED and job.state.name != "JOB_STATE_CANCELLING":
                raise TrainingFailed(_came_to_nothing(jobs, job))
            tell(_doing(job), _share(job, recipe.epochs))
            wait(pause * random.uniform(0.75, 1.25))  # many runs that begin together ask at different times
            pause = min(LONGER * pause, longest)
            job = _looked_at(jobs, job.name)
    except KeyboardInterrupt:
        click.echo(
            f"The job goes on at Vertex AI. Run the same command again to wait for it, or cancel it: "
            f"salesmate finetune cancel {out}",
            err=True,
        )
        raise
    return job


def _looked_at(jobs: TuningJobs, name: str) -> Any:
    try:
        return jobs.get(name)
    except TrainingFailed as lost:
        raise TrainingFailed(f"{lost} The tuning job goes on meanwhile, and is found again.") from None


def _came_to_nothing(jobs: TuningJobs, job: Any) -> str:
    again = "Run the same command again to start another."
    if job.state.name == "JOB_STATE_CANCELLED":
        return f"The tuning job was cancelled. {again}"
    if job.state.name == "JOB_STATE_EXPIRED":
        return f"The tuning job was not done in Vertex AI's time. {again}"
    return f"The tuning job failed. {jobs.why(job)}"


def _doing(job: Any) -> str:
    detail = job.tuning_job_state.name if job.tuning_job_state else ""
    return DOING.get(detail) or DOING.get(job.state.name, "at Vertex AI")


def _share(job: Any, epochs: int) -> float:
    done = (job.tuning_job_metadata.completed_epoch_count or 0) if job.tuning_job_metadata else 0
    return min(1.0, done / epochs)


def _report(job: Any, name: str, recipe: Vertex, data: TunedData) -> Tuned:
    model = job.tuned_model
    if model is None or not model.endpoint or not model.model:
        raise TrainingFailed(
            f"The job {job.name} has ended without an endpoint; look at it in the Google Cloud console."
        )
    stats = job.tuning_data_stats.supervised_tuning_data_stats if job.tuning_data_stats else None
    began, ended = job.start_time or job.create_time, job.end_time
    return Tuned(
        name=name,
        base=TunedBase(name=recipe.base_model),
        endpoint=model.endpoint,
        model=model.model,
        checkpoints=tuple(
            SavedCheckpoint(id=one.checkpoint_id, epoch=one.epoch, step=one.step, endpoint=one.endpoint)
            for one in model.checkpoints or ()
        ),
        job=job.name,
        data=data,
        settings=recipe,
        options=known().options_of(f"{VERTEX}:{recipe.base_model}"),
        measures=Measures(
            billable_tokens=stats.total_billable_token_count if stats else None,
            steps=stats.tuning_step_count if stats else None,
            examples=stats.tuning_dataset_example_count if stats else None,
            truncated=stats.total_truncated_example_count if stats else None,
            dropped=len(stats.dropped_example_reasons or ()) if stats else 0,
        ),
        experiment=job.experiment,
        metrics_uri=job.gcs_metrics_uri,
        seconds=round((ended - began).total_seconds(), 1) if began and ended else None,
    )
