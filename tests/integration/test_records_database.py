"""A database opens, is brought up to date, or says in one sentence why not and what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, make_url, text

from agents.records import database as database_module
from agents.records import schema
from agents.records.database import Database, open_database, upgrade
from agents.records.entries import CustomerTurn, NewQuestion, NewRolePlay
from agents.records.errors import DatabaseUnavailable, SchemaOutOfDate, SchemaTooNew
from agents.records.store import Records
from agents.records.tables import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

NOBODY = 65534
OURS = schema.HEAD
NEXT = f"{int(OURS) + 1:04}"
NEW_CALL = NewRolePlay(
    persona_id="dana",
    persona_version=1,
    persona={},
    customer="Dana",
    difficulty="easy",
    seed=1,
    speaker="scripted",
    initial_state={},
)


async def on(database: Database, work: Callable[[Connection], Any]) -> Any:
    """Run this on a bare connection of the database."""
    async with database._engine.begin() as connection:
        return await connection.run_sync(work)


async def mark(url: str, revision: str) -> None:
    """Make the database claim this revision."""
    opened = await open_database(url)
    await on(
        opened,
        lambda connection: connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        ),
    )
    await opened.close()


@contextmanager
def as_ordinary_person() -> Iterator[None]:
    """Root may write anywhere, so a test of permissions steps down first."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that anybody may read and nobody may write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Call it with the body of the migration after ours to become the SalesMate that ships it."""

    def release(body: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(Path(schema.__file__).with_name("migrations"), folder)
        (folder / "versions" / f"{NEXT}_next.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = '{NEXT}'\ndown_revision = '{schema.HEAD}'\ndef upgrade():\n    {body}\n"
        )
        config = schema.migrations()
        config.set_main_option("script_location", str(folder))
        monkeypatch.setattr(schema, "migrations", lambda: config)
        monkeypatch.setattr(schema, "HEAD", NEXT)
        monkeypatch.setattr(database_module, "HEAD", NEXT)

    return release


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    differences = await on(
        database, lambda connection: compare_metadata(MigrationContext.configure(connection), Base.metadata)
    )
    assert differences == []


def test_the_code_knows_its_newest_migration_and_numbers_rise() -> None:
    scripts = ScriptDirectory.from_config(schema.migrations())
    assert scripts.get_current_head() == schema.HEAD
    chain = [script.revision for script in scripts.walk_revisions()]
    assert chain == sorted(chain, reverse=True)


async def test_migrations_go_down_and_up_again(database: Database) -> None:
    def down(connection: Connection) -> list[str]:
        config = schema.migrations()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    assert await on(database, down) == ["alembic_version"]
    assert await on(database, lambda connection: schema.migrate(connection, "it")) is None
    await Records(database).start(NEW_CALL)


async def test_an_empty_database_is_ready_at_once_and_opens_again(database_url: str) -> None:
    for _ in range(2):
        opened = await open_database(database_url)
        assert opened.revision == schema.HEAD
        await Records(opened).start(NEW_CALL)
        await opened.close()
    assert await upgrade(database_url) == schema.HEAD


async def test_several_first_starts_at_once_agree(database_url: str) -> None:
    opened = await asyncio.gather(*(open_database(database_url) for _ in range(4)))
    assert [len(await Records(one).roleplays()) for one in opened] == [0, 0, 0, 0]
    for one in opened:
        await one.close()


async def test_an_upgrade_keeps_every_row(database_url: str, next_release: Callable[[str], None]) -> None:
    old = await open_database(database_url)
    call = await Records(old).start(NEW_CALL)
    await Records(old).add_customer_turn(
        call.id, 1, CustomerTurn(text="Hello?", state={}, act="greet", model="scripted")
    )
    await old.close()
    next_release("with op.batch_alter_table('roleplays') as t: t.alter_column('customer', nullable=True)")
    if database_url.startswith("postgresql"):
        with pytest.raises(SchemaOutOfDate, match=rf"older schema .*{OURS}.* Run: salesmate db upgrade"):
            await open_database(database_url)
        assert await upgrade(database_url) == OURS
    new = await open_database(database_url)
    assert [turn.text for turn in await Records(new).turns(call.id)] == ["Hello?"]
    assert await on(new, lambda connection: schema.revision_of(connection, "it")) == NEXT
    await new.close()


async def test_an_upgrade_that_fails_half_way_changes_nothing(
    database_url: str, next_release: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await open_database(database_url)).close()
    next_release("op.create_table('half', sa.Column('id', sa.Text)); op.execute('SELEC 1')")
    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        await upgrade(database_url)
    monkeypatch.undo()
    old = await open_database(database_url)
    assert not await on(old, lambda connection: inspect(connection).has_table("half"))
    await old.close()


@pytest.mark.parametrize("use", [open_database, upgrade])
async def test_a_newer_database_is_left_alone(database_url: str, use: Callable[[str], Any]) -> None:
    await mark(database_url, "9999")
    with pytest.raises(SchemaTooNew, match=r"newer SalesMate .*9999.* Update SalesMate"):
        await use(database_url)


@pytest.mark.parametrize("use", [open_database, upgrade])
async def test_another_programs_database_is_left_alone(database_url: str, use: Callable[[str], Any]) -> None:
    await mark(database_url, "a1b2c3d4e5f6")
    with pytest.raises(DatabaseUnavailable, match="belongs to another program"):
        await use(database_url)


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    await (await open_database(str(tmp_path / "new" / "home" / "records.sqlite"))).close()
    assert (tmp_path / "new" / "home" / "records.sqlite").is_file()


async def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    file.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(DatabaseUnavailable, match="is damaged or not a SQLite database") as refusal:
        await open_database(str(file))
    assert str(file) in str(refusal.value)
    assert file.read_bytes().startswith(b"Dear diary")


async def test_a_database_damaged_while_it_is_used_says_so(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    opened = await open_database(str(file))
    call = await Records(opened).start(NEW_CALL)
    for n in range(1, 40):
        await Records(opened).add_rep_turn(call.id, n, "x" * 5000)
    await opened.close()
    with file.open("r+b") as raw:
        raw.seek(4096 * 60)
        raw.write(b"\xa5" * (file.stat().st_size - 4096 * 60))
    opened = await open_database(str(file))
    with pytest.raises(DatabaseUnavailable, match="is damaged") as refusal:
        await Records(opened).turns(call.id)
    assert "xxx" not in "".join(traceback.format_exception(refusal.value))
    await opened.close()


def test_a_file_that_cannot_be_opened_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "diary.sqlite").write_bytes(b"Dear diary, " * 1000)
    for refused in (tmp_path, tmp_path / "file" / "x.sqlite", tmp_path / "diary.sqlite"):
        before = threading.active_count()
        with pytest.raises(DatabaseUnavailable):
            asyncio.run(open_database(str(refused)))
        assert threading.active_count() == before


async def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be written"):
        await open_database(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="cannot be written"):
        await open_database(str(tmp_path / "file" / "records.sqlite"))


@pytest.mark.parametrize("file", ["records.sqlite", "new/records.sqlite"])
async def test_a_folder_without_permission_is_named_before_the_call_starts(
    locked_folder: Path, file: str
) -> None:
    with as_ordinary_person(), pytest.raises(DatabaseUnavailable, match="Check the permissions") as refusal:
        await open_database(str(locked_folder / file))
    assert str(locked_folder / file) in str(refusal.value)


@pytest.fixture
def read_only_database(locked_folder: Path) -> str:
    """A database that anybody may read and nobody may write."""
    file = locked_folder / "records.sqlite"
    locked_folder.chmod(0o755)
    asyncio.run(upgrade(str(file)))
    file.chmod(0o444)
    locked_folder.chmod(0o555)
    return str(file)


async def test_a_read_only_database_is_named_before_the_call_starts(read_only_database: str) -> None:
    with as_ordinary_person(), pytest.raises(DatabaseUnavailable, match="Check the permissions"):
        await open_database(read_only_database)


async def test_a_database_that_another_program_holds_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 50)
    opened = await open_database(str(tmp_path / "records.sqlite"))
    holder = sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="in use by another program"):
        await Records(opened).start(NEW_CALL)
    assert await Records(opened).roleplays() == []
    holder.close()
    await Records(opened).start(NEW_CALL)
    await opened.close()


async def test_a_server_that_dropped_its_connections_is_met_again(
    postgres_url: str, postgres_server: Any
) -> None:
    opened = await open_database(postgres_url)
    call = await Records(opened).start(NEW_CALL)
    postgres_server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'test%';")
    assert await Records(opened).roleplay(call.id) == call
    await opened.close()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://sam:hunter2-secret@127.0.0.1:1/sales", "on 127.0.0.1:1 cannot be reached"),
        ("postgresql://sam:hunter2-secret@/sales?host=/nowhere", "on /nowhere cannot be reached"),
        (
            "postgresql://sam:hunter2-secret@no-such-host.invalid/sales",
            "no-such-host.invalid cannot be reached",
        ),
        ("postgresql://sam@127.0.0.1:1/sales?password=hunter2-secret", "on 127.0.0.1:1 cannot be reached"),
    ],
)
async def test_an_unreachable_server_is_named_without_the_password(address: str, sentence: str) -> None:
    for use in (open_database, upgrade):
        with pytest.raises(DatabaseUnavailable) as refusal:
            await use(address)
        assert sentence in str(refusal.value)
        assert "hunter2-secret" not in "".join(traceback.format_exception(refusal.value))


async def test_a_missing_postgresql_database_says_so(postgres_url: str) -> None:
    address = make_url(postgres_url).set(database="missing", password="hunter2-secret")  # noqa: S106
    with pytest.raises(DatabaseUnavailable, match=r"'missing' .* does not exist there") as refusal:
        await open_database(address.render_as_string(hide_password=False))
    assert "hunter2-secret" not in "".join(traceback.format_exception(refusal.value))


async def test_a_user_who_may_not_make_tables_says_so(postgres_url: str, postgres_server: Any) -> None:
    name = make_url(postgres_url).username
    postgres_server.psql(f"REVOKE ALL ON SCHEMA {name} FROM {name}; ALTER SCHEMA {name} OWNER TO postgres;")
    with pytest.raises(DatabaseUnavailable, match="Grant it that right"):
        await open_database(postgres_url)


async def test_a_fault_never_repeats_what_was_said(database: Database) -> None:
    secret = "-".join(["555", "0100"])  # not in the source, whose lines a traceback shows
    question = NewQuestion(
        question=f"Whose number is {secret}?", queries=(secret,), answer="", answered=False
    )
    await on(database, lambda connection: connection.execute(text("DROP TABLE copilot_questions")))
    with pytest.raises(DatabaseUnavailable, match="backup") as fault:
        await Records(database).save_question(question)
    assert secret not in "".join(traceback.format_exception(fault.value))
