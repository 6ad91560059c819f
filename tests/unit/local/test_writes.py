"""Who follows a table hears of every write to it, also of one that nobody can tell the table of."""

from __future__ import annotations

from functools import partial

import pytest

from tidemark.stack.writes import Writes


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def writes(heard: list[str]) -> Writes:
    writes = Writes()
    for table in ("Customers", "Memberships"):
        writes.follow(table, partial(heard.append, table))
    return writes


def test_only_those_are_told_whose_table_was_written_to(writes: Writes, heard: list[str]) -> None:
    writes.note(["Memberships", "Members"])
    assert heard == ["Memberships"]
    assert writes.count == 1


def test_a_write_to_a_table_that_nobody_follows_counts(writes: Writes, heard: list[str]) -> None:
    writes.note(["Members"])
    assert heard == []
    assert writes.count == 1


def test_no_write_wakes_nobody(writes: Writes, heard: list[str]) -> None:
    writes.note([])
    assert heard == []
    assert writes.count == 0


def test_a_write_nobody_knows_where_wakes_everybody(writes: Writes, heard: list[str]) -> None:
    writes.note(None)
    assert heard == ["Customers", "Memberships"]
    assert writes.count == 1
