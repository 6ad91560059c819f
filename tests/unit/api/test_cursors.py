"""A cursor leads back to its position, in its own list of its own shop with its own filters, and nowhere else."""

from __future__ import annotations

import base64
import json
import string

import pytest

from segment_core.api import cursors
from segment_core.api.cursors import Place, Position
from segment_core.errors import InvalidRequest

HERE = Place.of("demo", "segments", search="vip", sort="name", at=None)
POSITION = Position("8401", "d1")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, as the parameter store would have it."""
    monkeypatch.setattr(cursors, "_key", lambda: b"a key of this test alone")


def refused(place: Place, cursor: str) -> str:
    with pytest.raises(InvalidRequest) as refusal:
        cursors.read(place, cursor)
    return refusal.value.code


def test_a_cursor_stands_for_the_position_it_was_written_for() -> None:
    assert cursors.read(HERE, cursors.write(HERE, POSITION)) == POSITION


@pytest.mark.parametrize("length", range(1, 9))
def test_a_cursor_fits_into_an_address_as_it_is(length: int) -> None:
    cursor = cursors.write(HERE, Position("x" * length, "~?" * length))
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")
    assert cursors.read(HERE, cursor) == Position("x" * length, "~?" * length)


def test_the_longest_name_fits_into_a_cursor() -> None:
    longest = Position("\N{PARTY POPPER}" * 255)
    assert cursors.read(HERE, cursors.write(HERE, longest)) == longest


def test_no_cursor_is_the_beginning() -> None:
    assert cursors.read(HERE, None) is None


@pytest.mark.parametrize(
    "place",
    [
        Place.of("other", "segments", search="vip", sort="name"),
        Place.of("demo", "segments/s1/members", search="vip", sort="name"),
        Place.of("demo", "segments", search="vi", sort="name"),
        Place.of("demo", "segments", search="vip", sort="id"),
        Place.of("demo", "segments"),
        # The same letters, parted elsewhere.
        Place("demos", "egments", HERE.filters),
    ],
)
def test_a_cursor_of_another_place_is_refused(place: Place) -> None:
    assert refused(HERE, cursors.write(place, POSITION)) == "invalid_cursor"


def test_a_cursor_that_was_changed_anywhere_is_refused() -> None:
    signed = base64.urlsafe_b64decode(cursors.write(HERE, POSITION) + "==")
    for place in range(len(signed)):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert refused(HERE, base64.urlsafe_b64encode(changed).decode().rstrip("=")) == "invalid_cursor"


def test_a_cursor_of_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = cursors.write(HERE, POSITION)
    monkeypatch.setattr(cursors, "_key", lambda: b"another key")
    assert refused(HERE, cursor) == "invalid_cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "no cursor",
        "e30",
        "\N{GREEK SMALL LETTER ALPHA}",
        base64.urlsafe_b64encode(json.dumps(["d1", "8401"]).encode()).decode().rstrip("="),
        "W" * 20_000,
        "/" * 8,
    ],
)
def test_what_is_no_cursor_is_refused_as_such(cursor: str) -> None:
    assert refused(HERE, cursor) == "invalid_cursor"


def test_going_on_in_another_definition_is_refused() -> None:
    cursors.check_definition(None, "d2")
    cursors.check_definition(POSITION, "d1")
    with pytest.raises(InvalidRequest) as refusal:
        cursors.check_definition(POSITION, "d2")
    assert refusal.value.code == "cursor_expired"
