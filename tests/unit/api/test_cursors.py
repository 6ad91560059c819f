"""A cursor leads back to its position, in its own list of its own shop and nowhere else."""

from __future__ import annotations

import base64
import json
import string

import pytest

from segment_core.api import cursors
from segment_core.api.cursors import Place, Position
from segment_core.errors import InvalidRequest

HERE = Place("demo", "segments/s1/members")
POSITION = Position("8401", "d1")


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_stands_for_the_position_it_was_written_for() -> None:
    assert cursors.read(HERE, cursors.write(HERE, POSITION)) == POSITION


@pytest.mark.parametrize("length", range(1, 9))
def test_a_cursor_fits_into_an_address_as_it_is(length: int) -> None:
    cursor = cursors.write(HERE, Position("x" * length, "~?" * length))
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")
    assert cursors.read(HERE, cursor) == Position("x" * length, "~?" * length)


def test_no_cursor_is_the_beginning() -> None:
    assert cursors.read(HERE, None) is None


@pytest.mark.parametrize("place", [Place("other", HERE.list), Place(HERE.shop, "segments/s2/members")])
def test_a_cursor_of_another_place_is_refused(place: Place) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cursors.read(HERE, cursors.write(place, POSITION))
    assert refused.value.code == "invalid_cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "no cursor",
        "e30",
        "\N{GREEK SMALL LETTER ALPHA}",
        encoded("text"),
        encoded(["demo", HERE.list, "d1"]),
        encoded(["demo", HERE.list, "d1", 7]),
        encoded(["demo", HERE.list, "d1", "8401", "more"]),
        encoded(["demo", HERE.list, "d1", ""]),
        encoded(["demo", HERE.list, "d1", "8401#secret"]),
        encoded(["demo", HERE.list, "d1", "x" * 129]),
        "W" * 2000,
        "/" * 8,
        cursors.write(HERE, POSITION)[:-3],
    ],
)
def test_what_is_no_cursor_is_refused_as_such(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cursors.read(HERE, cursor)
    assert refused.value.code == "invalid_cursor"


def test_going_on_in_another_definition_is_refused() -> None:
    cursors.check_definition(None, "d2")
    cursors.check_definition(POSITION, "d1")
    with pytest.raises(InvalidRequest) as refused:
        cursors.check_definition(POSITION, "d2")
    assert refused.value.code == "cursor_expired"
