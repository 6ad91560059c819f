"""What a change of membership means for lists and for readers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segment_core.membership.flips import Change, flips, rows
from segment_core.model.generation import Generation
from segment_core.model.membership import Cause, Membership
from segment_core.segments.plan import Edit, planned
from segment_core.shop import OrderPolicy

START = datetime(2026, 3, 1, tzinfo=UTC)
LATER = START + timedelta(hours=1)

EMPTY = Generation(1, START, "UTC", "EUR", OrderPolicy())


def building(generation: Generation, segment: str, revision: int = 1, *, silent: bool = False) -> Generation:
    """The generation with which a build of the segment begins, named like it."""
    return planned(generation, {segment: Edit(revision, (), silent)}, segment, START).generation


BUILDING = building(EMPTY, "a")
READ = BUILDING.publishing("a", LATER)
REBUILDING = building(READ, "a", 2)
REDEFINED = REBUILDING.publishing("a", LATER)
GONE = READ.without("a", LATER)
ALL = {generation.number: generation for generation in (EMPTY, BUILDING, READ)}


def state(generation: Generation, bits: int, version: int, cause: Cause = "fact") -> Membership:
    return Membership(bits, None, generation.number, version, cause, START)


def told(old: Membership | None, new: Membership, *generations: Generation) -> list[tuple[str, str, str]]:
    numbered = ALL | {generation.number: generation for generation in generations}
    change = Change("demo", "7", old, new)
    return [(flip.segment, flip.change, flip.cause) for flip in flips(change, numbered.__getitem__)]


def listed(old: Membership | None, new: Membership, *generations: Generation) -> list[tuple[str, bool]]:
    numbered = ALL | {generation.number: generation for generation in generations}
    return [(row.definition, row.member) for row in rows(Change("demo", "7", old, new), numbered.__getitem__)]


def test_a_first_commit_enters() -> None:
    assert told(None, state(READ, 1, 1)) == [("a", "enter", "fact")]
    assert listed(None, state(READ, 1, 1)) == [("a.1", True)]


def test_a_definition_being_built_has_rows_but_nobody_hears_of_it() -> None:
    assert told(None, state(BUILDING, 1, 1)) == []
    assert listed(None, state(BUILDING, 1, 1)) == [("a.1", True)]


def test_publishing_is_announced_once_with_cause_definition_and_writes_no_row_again() -> None:
    before, after = state(BUILDING, 1, 1), state(READ, 1, 2, "definition")
    assert told(before, after) == [("a", "enter", "definition")]
    assert listed(before, after) == []


def test_a_fact_that_comes_first_after_publishing_is_not_taken_for_the_definition() -> None:
    assert told(state(BUILDING, 0, 1), state(READ, 1, 2)) == [("a", "enter", "fact")]
    assert told(state(EMPTY, 0, 1), state(READ, 1, 2, "clock")) == [("a", "enter", "clock")]


def test_a_new_definition_moves_exactly_the_difference() -> None:
    # Slot 0 is the old definition, slot 1 the new one.
    generations = (REBUILDING, REDEFINED)
    assert told(state(REBUILDING, 0b01, 1), state(REDEFINED, 0b00, 2), *generations) == [("a", "leave", "definition")]
    assert told(state(REBUILDING, 0b10, 1), state(REDEFINED, 0b10, 2), *generations) == [("a", "enter", "definition")]
    assert told(state(REBUILDING, 0b11, 1), state(REDEFINED, 0b10, 2), *generations) == []


def test_a_change_of_settings_moves_with_that_cause() -> None:
    settings = READ.settings._replace(zone="Asia/Tokyo")
    resettling = planned(READ, {}, "s", LATER, settings).generation
    resettled = resettling.publishing("s", LATER)
    generations = (resettling, resettled)
    assert (resettling.zone, resettled.zone) == ("UTC", "Asia/Tokyo")
    assert told(state(resettling, 0b01, 1), state(resettled, 0b00, 2), *generations) == [("a", "leave", "settings")]
    assert told(state(resettling, 0b11, 1), state(resettled, 0b10, 2), *generations) == []


def test_what_is_to_stay_untold_is_silent_at_the_first_publication_only() -> None:
    unheard = building(EMPTY, "a", silent=True)
    read = unheard.publishing("a", LATER)
    numbered = {generation.number: generation for generation in (unheard, read)}

    def silent(old: Membership | None, new: Membership) -> list[bool]:
        return [flip.silent for flip in flips(Change("demo", "7", old, new), numbered.__getitem__)]

    assert silent(state(unheard, 1, 1), state(read, 1, 2, "definition")) == [True]
    assert silent(state(read, 0, 1), state(read, 1, 2)) == [False]
    assert silent(state(read, 1, 1), state(read, 0, 2)) == [False]
    assert silent(state(unheard, 0, 1), state(read, 1, 2)) == [False]


def test_a_withdrawn_segment_is_left_for_that_reason() -> None:
    assert told(state(READ, 1, 1), state(GONE, 0, 2, "definition"), GONE) == [("a", "leave", "definition")]
    assert listed(state(READ, 1, 1), state(GONE, 0, 2), GONE) == []


def test_old_bits_are_read_with_the_generation_they_were_written_under() -> None:
    other = building(GONE, "b").publishing("b", LATER)
    assert told(state(READ, 0b1, 1), state(other, 0b1, 2), other) == [
        ("a", "leave", "definition"),
        ("b", "enter", "fact"),
    ]


def test_ids_stay_the_same_when_told_again() -> None:
    change = Change("demo", "7", None, state(READ, 1, 3))
    ids = [flip.id for _ in range(2) for flip in flips(change, ALL.__getitem__)]
    assert ids == ["demo/a/7/3", "demo/a/7/3"]


@pytest.mark.parametrize("now", [EMPTY, BUILDING, READ, GONE])
@pytest.mark.parametrize("then", [None, EMPTY, BUILDING, READ])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_only_a_commit_that_moves_somebody_can_have_rows_or_flips(
    then: Generation | None, now: Generation, before: int, after: int
) -> None:
    old = state(then, before, 1) if then else None
    new = state(now, after, 2)
    moves = Change("demo", "7", old, new).moves
    assert moves or (told(old, new, GONE), listed(old, new, GONE)) == ([], [])


def test_that_a_commit_moves_nobody_is_seen_without_the_rules() -> None:
    assert not Change("demo", "7", state(READ, 1, 1), state(READ, 1, 2)).moves
    assert not Change("demo", "7", state(BUILDING, 0, 1), state(READ, 0, 2)).moves
    assert not Change("demo", "7", None, state(READ, 0, 1)).moves
    assert Change("demo", "7", state(BUILDING, 1, 1), state(READ, 1, 2)).moves
