"""What the tests of whole commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.machine import Machine


@pytest.fixture
def machine(home: Path) -> Machine:
    """A machine on which nobody has called anybody yet."""
    return Machine(home)


@pytest.fixture(scope="module")
def shared_machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine for the tests of one file, for what is only read."""
    return Machine(tmp_path_factory.mktemp("machine") / "home")
