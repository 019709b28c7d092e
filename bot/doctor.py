"""`salesmate doctor`: what is configured, what works, and what to do about the rest."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec

import click

from bot.findings import Finding
from bot.neutral import neutral, one_line
from ingestion.extras import to_install

OLDEST_PYTHON = (3, 11)
EXTRAS = {"vertex": ("langchain_google_vertexai", "customers and copilot on Vertex AI")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("--db", "database_url", metavar="URL", help="The database, instead of SALESMATE_DATABASE_URL.")
def doctor(*, as_json: bool, database_url: str | None) -> None:
    """Say what is configured, what works and what to do about the rest."""
    findings: list[Finding] = []
    for finding in examine(database_url):
        findings.append(finding)
        if not as_json:
            click.echo(_for_people(finding))
    healthy = all(finding.status != "fail" for finding in findings)
    if as_json:
        data = {"ok": healthy, "checks": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(data, ensure_ascii=False))
    sys.exit(0 if healthy else 1)


def examine(database_url: str | None = None) -> Iterator[Finding]:
    """Every part in turn. A part that breaks in an unforeseen way is a finding too."""
    parts: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("Python", python),
        ("Home folder", home_folder),
        ("Database", lambda: database(database_url)),
        ("Personas", personas),
        ("Embedder", embedder),
        ("Knowledge base", knowledge_base),
        ("Models", models),
        ("Promoted customer", lambda: promoted(database_url)),
        ("Slack", lambda: slack(database_url)),
        ("Extras", extras),
    )
    for name, look in parts:
        try:
            yield from look()
        except Exception as error:
            # The doctor looks at broken things; what one does must not keep the rest from being looked at.
            yield Finding(name, "fail", _sentence(error), "Correct what the sentence names and look again.")


def python() -> Iterator[Finding]:
    """Whether this Python is new enough."""
    version = platform.python_version()
    if sys.version_info >= OLDEST_PYTHON:
        yield Finding("Python", "ok", version)
    else:
        yield Finding("Python", "fail", f"{version} is too old.", "Install Python 3.11 or newer.")


def home_folder() -> Iterator[Finding]:
    """Whether what SalesMate keeps can be written."""
    from ingestion.settings import Settings

    home = Settings().home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            yield Finding("Home folder", "ok", str(home))
    except OSError as error:
        do = "Make it writable, or name another folder in SALESMATE_HOME."
        yield Finding("Home folder", "fail", f"{home} cannot be written: {error.strerror}.", do)


def database(database_url: str | None) -> Iterator[Finding]:
    """Whether the records open, and with which schema."""
    from agents.records.database import open_database
    from agents.records.errors import RecordsError
    from agents.records.settings import RecordsSettings

    async def look() -> tuple[str, str]:
        opened = await open_database(database_url or RecordsSettings().database)
        await opened.close()
        return opened.where, opened.revision

    try:
        where, revision = asyncio.run(look())
    except RecordsError as error:
        yield Finding("Database", "fail", str(error), "See the sentence; then: salesmate db upgrade")
        return
    yield Finding("Database", "ok", f"{where} opens, schema {revision}.")


def personas() -> Iterator[Finding]:
    """Whether every persona file can be used."""
    from agents.customer.persona_files import PersonaFileError
    from agents.customer.persona_list import catalogue, own_folder

    everyone, wrong = catalogue(), []
    for persona_id in everyone.ids:
        try:
            everyone.get(persona_id)
        except PersonaFileError as error:
            wrong.append(one_line(str(error.problems[0])))
    if not wrong:
        yield Finding("Personas", "ok", f"{len(everyone.ids)} customers can be called.")
    for sentence in wrong:
        do = f"Correct it; your own are in {own_folder()}. See: salesmate personas validate"
        yield Finding("Personas", "fail", sentence, do)


def embedder() -> Iterator[Finding]:
    """Whether listening and search have their model."""
    from ingestion.embed import DIMENSIONS, MiniLM

    model = MiniLM()
    start = time.perf_counter()
    try:
        shape = model.embed(["hello"]).shape
    except Exception as error:
        # The runtime raises its own kinds for a missing library, a wrong processor, a damaged file.
        do = "Install SalesMate's dependencies again: make demo"
        yield Finding("Embedder", "fail", f"{model.name} does not load: {_sentence(error)}", do)
        return
    took = time.perf_counter() - start
    good = shape == (1, DIMENSIONS)
    yield Finding("Embedder", "ok" if good else "fail", f"{model.name} loads in {took:.1f} s.")


def knowledge_base() -> Iterator[Finding]:
    """Which index the copilot answers from, whether it can be used, and what is in it."""
    from contextlib import closing

    from ingestion.errors import KnowledgeError
    from ingestion.index.choose import LOCAL, open_index
    from ingestion.settings import Settings
    from ingestion.status import collections_in, place_of

    settings = Settings()
    place = place_of(settings, LOCAL)
    if place.size == 0:
        yield Finding("Knowledge base", "warn", f"{place.address} is not there yet.", _first_documents())
        return
    try:
        with closing(open_index(settings)) as index:
            found = collections_in(index, settings.home, LOCAL)
    except KnowledgeError as error:
        do = "Do what the sentence says, then look again."
        if place.kind == "embedded":
            do = f"Move {place.address} away and ingest your documents again."
        yield Finding("Knowledge base", "fail", str(error), do)
        return
    where = f"{place.kind} index at {place.address}"
    if place.kind == "weaviate":
        where += " answers"
    if not found:
        yield Finding("Knowledge base", "warn", f"{where}; it is empty.", _first_documents())
        return
    documents = sum(len(one.documents) for one in found)
    names = ", ".join(f"{one.name} ({len(one.documents)})" for one in found)
    sentence = f"{where}; {_count(documents, 'document')} in {_count(len(found), 'collection')}: {names}."
    yield Finding("Knowledge base", "ok", sentence)
    failed = sum(len(run.failed) for one in found for run in one.runs)
    if failed:
        sentence = f"{_count(failed, 'file')} could not be read when last ingested."
        yield Finding("Documents left out", "warn", sentence, "Which and why: salesmate ingest status")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _first_documents() -> str:
    from ingestion.settings import Settings

    own = "Add your documents: salesmate ingest FOLDER"
    return f"{own} (the samples come by themselves at the first question)" if Settings().samples else own


def models() -> Iterator[Finding]:
    """Who speaks in each role, and why."""
    from agents.models.catalogue import resolve
    from agents.models.errors import ModelNotUsable
    from agents.models.settings import ModelSettingsError, model_settings
    from agents.models.voice import ROLES

    try:
        settings = model_settings()
    except ModelSettingsError as error:
        yield Finding("Models", "fail", str(error), "Correct that setting.")
        return
    for role in ROLES:
        name = f"Model of the {role}"
        try:
            voice = resolve(role, settings)
        except (ModelNotUsable, ModelSettingsError) as error:
            yield Finding(name, "fail", str(error), f"Correct it, or unset SALESMATE_{role.upper()}_MODEL.")
        else:
            yield Finding(name, "ok", f"{voice.name}: {voice.why}")


def promoted(database_url: str | None) -> Iterator[Finding]:
    """Which fine-tuned customer speaks, and whether it loads."""
    from bot import promoted as look

    yield from look.promoted(database_url)


def slack(database_url: str | None) -> Iterator[Finding]:
    """Whether SalesMate is joined to Slack, where somebody set that up."""
    from bot.slack import doctor as slack_doctor

    yield from slack_doctor.slack(database_url)


def extras() -> Iterator[Finding]:
    """Which optional packages are there. None is needed."""
    for extra, (package, purpose) in EXTRAS.items():
        if find_spec(package):
            yield Finding(f"Extra '{extra}'", "ok", f"installed: {purpose}")
        else:
            do = f"Only if you want it: {to_install(extra)}"
            yield Finding(f"Extra '{extra}'", "ok", f"not installed: {purpose}", do)


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {one_line(str(error))}"


def _for_people(finding: Finding) -> str:
    text = f"{finding.status:<5} {finding.name}: {neutral(finding.sentence)}"
    return f"{text}\n      {neutral(finding.do)}" if finding.do else text
