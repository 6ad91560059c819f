"""What the replay's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .history import Row, rows


@pytest.fixture(scope="session")
def table(shared: Path) -> list[Row]:
    """The orders of the real history, read once."""
    return rows(shared / "data" / "cdnow_sample.csv.gz")
