"""So many requests of a kind in a minute, counted for a shop by all processes together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segment_core.errors import TooMany
from segment_core.store import limits
from tests.functional.conftest import NOW, Stack


def test_a_shop_is_let_in_so_often_in_a_minute(stack: Stack) -> None:
    table = stack.tables.segments
    at = NOW.replace(second=20)
    for _ in range(3):
        limits.take(table, "demo", "previews", 3, at)
    with pytest.raises(TooMany) as refused:
        limits.take(table, "demo", "previews", 3, at)
    assert (refused.value.code, refused.value.retry_after) == ("too_many_previews", 40)
    # Others, other kinds and the next minute have their own.
    limits.take(table, "other", "previews", 3, at)
    limits.take(table, "demo", "exports", 3, at)
    limits.take(table, "demo", "previews", 3, at + timedelta(seconds=refused.value.retry_after))


def test_a_request_that_is_refused_is_not_counted(stack: Stack) -> None:
    table = stack.tables.segments
    limits.take(table, "demo", "previews", 1, NOW)
    for _ in range(3):
        with pytest.raises(TooMany):
            limits.take(table, "demo", "previews", 1, NOW)
    # A higher limit has room for what is left of it.
    limits.take(table, "demo", "previews", 2, NOW)


def test_whoever_is_refused_at_the_end_of_a_minute_waits_for_a_second(stack: Stack) -> None:
    at = NOW.replace(second=59, microsecond=900_000)
    limits.take(stack.tables.segments, "demo", "previews", 1, at)
    with pytest.raises(TooMany) as refused:
        limits.take(stack.tables.segments, "demo", "previews", 1, at)
    assert refused.value.retry_after == 1
