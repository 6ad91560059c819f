"""What the replay's tests share: the histories, read once, and a way to run a plan."""

from __future__ import annotations

import pytest

from ..conftest import missing
from .history import FILE, Row, rows


@pytest.fixture(scope="session")
def table() -> list[Row]:
    """The orders of the real history."""
    if not FILE.exists():
        missing(f"{FILE} is not there: put the shared data beside the project")
    return rows()
