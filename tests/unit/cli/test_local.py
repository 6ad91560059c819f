"""`tidemark local`: what it says of its clock, and of a folder in which nothing can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segment_core.instants import iso
from tidemark.cli import main
from tidemark.cli.local import about_clock
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database

EARLIER = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = EARLIER + timedelta(days=30)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(None)
    yield database
    database.close()


def test_it_tells_the_time_at_which_the_clock_stands(database: Database) -> None:
    StackClock(database, EARLIER)
    assert list(about_clock(StackClock(database, EARLIER), EARLIER)) == [f"the clock stands at {iso(EARLIER)}"]
    assert list(about_clock(StackClock(database, None), None)) == [f"the clock stands at {iso(EARLIER)}"]


def test_it_says_when_the_wanted_time_is_past(database: Database) -> None:
    StackClock(database, LATER)
    first, second = about_clock(StackClock(database, EARLIER), EARLIER)
    assert first == f"the clock stands at {iso(LATER)}"
    assert second.startswith(f"--at {iso(EARLIER)} is ignored: ")


def test_it_tells_the_time_of_a_clock_that_runs(database: Database) -> None:
    (told,) = about_clock(StackClock(database, None), None)
    assert told.startswith("the clock runs; it is 20")


def test_a_folder_that_is_none_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["local", "--port", "0", "--data", str(file)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tidemark: no data can be kept in {file}: ")
