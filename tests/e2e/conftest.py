"""What the tests of whole commands share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.machine import Machine
from tests.e2e.slack_office import Office, one_workspace, serving
from tests.fakes.slack.server import FakeSlack
from tests.integration.conftest import new_postgres, postgres_server
from tests.proofs import only_in_full

__all__ = ["postgres_server"]


@pytest.fixture
def machine(home: Path) -> Machine:
    """A machine on which nobody has called anybody yet."""
    return Machine(home)


@pytest.fixture(scope="module")
def shared_machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine for the tests of one file, for what is only read."""
    return Machine(tmp_path_factory.mktemp("machine") / "home")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=only_in_full)])
def kept_in(request: pytest.FixtureRequest) -> str:
    """Where the served SalesMate of a module keeps its records: in its own file (empty), or in PostgreSQL.

    Every day the first day is told on PostgreSQL, the rest on the file; `make prove` tells all on both.
    """
    return new_postgres(request.getfixturevalue("postgres_server")) if request.param == "postgresql" else ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(kept_in: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A workspace served by its token, for all stories of a module; each has people of its own."""
    async with FakeSlack() as slack:
        home = tmp_path_factory.mktemp("office")
        async with serving(slack, home, one_workspace(slack, kept_in)) as served:
            yield served
