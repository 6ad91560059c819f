"""What the replay's tests share: the histories, read once."""

from __future__ import annotations

import os

import pytest

from .history import FILE, Row, rows


@pytest.fixture(scope="session")
def table() -> list[Row]:
    """The orders of the real history; skipped where it is not beside the project, but never in CI."""
    if not FILE.exists():
        message = f"{FILE} is not there: clone the shared data beside the project"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return rows()
