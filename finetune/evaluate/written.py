"""An evaluation's files in a run's folder."""

from __future__ import annotations

from pathlib import Path

from finetune.evaluate import page, plots, report
from finetune.evaluate.evaluation import FILE, Evaluation, EvaluationError


def write(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write evaluation.json, report.md and report.html. Raises EvaluationError."""
    try:
        drawn, no_plots = plots.plots(evaluation), ""
    except ModuleNotFoundError:
        drawn, no_plots = [], plots.NEEDS
    files = {
        FILE: evaluation.model_dump_json(indent=1) + "\n",
        report.FILE: report.markdown(evaluation),
        page.FILE: page.page(evaluation, drawn, no_plots),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{folder} cannot be written to: {error.strerror}.") from None
    return [folder / name for name in files]
