"""People name their database in several ways; each is understood or refused with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.records.address import describe, normalise_url
from agents.records.errors import DatabaseUnavailable


@pytest.mark.parametrize(
    ("written", "driver", "database"),
    [
        ("records.sqlite", "sqlite+aiosqlite", "records.sqlite"),
        ("/var/lib/sales mate/ü.sqlite", "sqlite+aiosqlite", "/var/lib/sales mate/ü.sqlite"),
        (" data/x.db\n", "sqlite+aiosqlite", "data/x.db"),
        ("sqlite:///data/x.db", "sqlite+aiosqlite", "data/x.db"),
        ("sqlite:////data/x.db", "sqlite+aiosqlite", "/data/x.db"),
        ("sqlite+aiosqlite:////data/x.db", "sqlite+aiosqlite", "/data/x.db"),
        ("postgresql://u:p@db.example:5433/sales", "postgresql+asyncpg", "sales"),
        ("postgres://u:p@db.example/sales", "postgresql+asyncpg", "sales"),
        ("postgresql+psycopg://u:p@db.example/sales", "postgresql+asyncpg", "sales"),
    ],
)
def test_what_people_write_becomes_an_address_with_the_right_driver(
    written: str, driver: str, database: str
) -> None:
    url = normalise_url(written)
    assert (url.drivername, url.database) == (driver, database)


def test_home_is_understood() -> None:
    assert normalise_url("~/records.sqlite").database == str(Path.home() / "records.sqlite")


def test_a_unix_socket_survives() -> None:
    url = normalise_url("postgresql://postgres:@/sales?host=/run/postgresql")
    assert url.query["host"] == "/run/postgresql"
    assert url.database == "sales"


def test_the_tls_setting_that_hosting_companies_hand_out_is_understood() -> None:
    assert normalise_url("postgres://u:p@h/d?sslmode=require").query == {"ssl": "require"}


@pytest.mark.parametrize(
    "written",
    ["mysql://u:s3cret@h/d", "postgresql://u:s3cret@h:s3cret/d", "sqlite://", ":memory:", "", "://"],
)
def test_what_cannot_be_used_is_refused_with_an_example_and_without_the_password(written: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refusal:
        normalise_url(written)
    assert "records.sqlite" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@given(st.text(alphabet="abcXYZ019-._~", min_size=8))
def test_words_about_the_database_never_hold_the_password(password: str) -> None:
    url = normalise_url(f"postgresql://owner:{password}@db.example/sales?password={password}")
    assert describe(url) == "The PostgreSQL database 'sales' on db.example"
