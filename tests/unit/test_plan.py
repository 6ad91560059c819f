"""What has to be built together: seen from generations alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segment_core.model.generation import Generation
from segment_core.segments.plan import Edit, dependents, planned
from segment_core.shop import OrderPolicy

AT = datetime(2026, 3, 1, tzinfo=UTC)
EMPTY = Generation(1, AT, "UTC", "EUR", OrderPolicy())


def begun(generation: Generation, build: str, **edits: Edit) -> Generation:
    return planned(generation, edits, build, AT).generation


def read(generation: Generation, **asks: tuple[str, ...]) -> Generation:
    """The generation in which readers also see these segments, each made by a build of its own."""
    for segment, asked in asks.items():
        generation = begun(generation, "made", **{segment: Edit(1, asked)}).publishing("made", AT)
    return generation


def ids(generation: Generation, build: str) -> set[str]:
    return {one.id for one in generation.builds.get(build, [])}


CHAIN = read(EMPTY, a=(), b=("a",), c=("b",), d=())


def test_who_asks_a_changed_segment_is_built_again_with_it() -> None:
    changed = begun(CHAIN, "x", a=Edit(2, ()))
    edition = changed.number
    assert ids(changed, "x") == {"a.2", f"b.1.{edition}", f"c.1.{edition}"}
    assert {one.id for one in changed.published.values()} == {"a.1", "b.1", "c.1", "d.1"}
    published = changed.publishing("x", AT)
    assert {one.id for one in published.live} == {"a.2", f"b.1.{edition}", f"c.1.{edition}", "d.1"}
    assert set(published.retired) == {"a.1", "b.1", "c.1"}


def test_who_is_asked_only_is_left_alone() -> None:
    assert ids(begun(CHAIN, "x", c=Edit(2, ("b",))), "x") == {"c.2"}


def test_builds_that_have_nothing_to_do_with_each_other_go_on_side_by_side() -> None:
    both = begun(begun(CHAIN, "x", d=Edit(2, ())), "y", c=Edit(2, ()))
    assert (ids(both, "x"), ids(both, "y")) == ({"d.2"}, {"c.2"})
    one = both.publishing("x", AT)
    assert (ids(one, "x"), ids(one, "y")) == (set(), {"c.2"})


def test_a_newer_text_takes_the_place_of_the_one_being_built() -> None:
    first = begun(CHAIN, "x", d=Edit(2, ()))
    plan = planned(first, {"d": Edit(3, ())}, "y", AT)
    assert plan.absorbed == ("x",)
    assert (ids(plan.generation, "x"), ids(plan.generation, "y")) == (set(), {"d.3"})
    assert plan.generation.retired == ("d.2",)


def test_who_asks_what_is_being_built_joins_that_build_and_what_was_begun_is_kept() -> None:
    first = begun(CHAIN, "x", a=Edit(2, ()))
    plan = planned(first, {"d": Edit(2, ("c",))}, "y", AT)
    assert plan.absorbed == ("x",)
    assert ids(plan.generation, "y") == ids(first, "x") | {"d.2"}
    before = {one.id: one.slot for one in first.live}
    assert {one.id: one.slot for one in plan.generation.live if one.id in before} == before
    assert plan.generation.retired == ()


def test_a_change_below_what_is_being_built_begins_it_again() -> None:
    first = begun(CHAIN, "x", c=Edit(2, ("b",)))
    plan = planned(first, {"a": Edit(2, ())}, "y", AT)
    edition = plan.generation.number
    assert plan.absorbed == ("x",)
    assert ids(plan.generation, "y") == {"a.2", f"b.1.{edition}", f"c.2.{edition}"}


def test_a_segment_that_asks_one_that_was_never_read_is_published_with_it() -> None:
    first = begun(EMPTY, "x", a=Edit(1, ()))
    second = begun(first, "y", b=Edit(1, ("a",)))
    assert (ids(second, "x"), ids(second, "y")) == (set(), {"a.1", "b.1"})


def test_settings_build_everything_and_take_in_what_is_being_built() -> None:
    first = begun(CHAIN, "x", d=Edit(2, ()))
    settings = CHAIN.settings._replace(zone="Asia/Tokyo")
    plan = planned(first, {}, "s", AT, settings)
    edition = plan.generation.number
    assert ids(plan.generation, "s") == {f"{one}.{edition}" for one in ("a.1", "b.1", "c.1", "d.2")}
    assert (plan.generation.zone, plan.generation.pending) == ("UTC", settings)
    joined = planned(plan.generation, {"e": Edit(1, ())}, "t", AT)
    assert joined.absorbed == ("s",)
    assert ids(joined.generation, "t") == ids(plan.generation, "s") | {"e.1"}
    published = joined.generation.publishing("t", AT)
    assert (published.zone, published.pending, published.builds) == ("Asia/Tokyo", None, {})


def test_settings_of_a_shop_without_segments_govern_at_once() -> None:
    settings = EMPTY.settings._replace(zone="Asia/Tokyo")
    assert planned(EMPTY, {}, "s", AT, settings).generation.settings == settings
    resettling = planned(read(EMPTY, a=()), {}, "s", AT, settings).generation
    assert resettling.without("a", AT).settings == settings


def test_a_slot_is_given_again_at_once_and_its_bit_means_something_else_then() -> None:
    first = read(EMPTY, a=(), b=())
    gone = first.without("a", AT)
    assert (gone.retired, gone.freed({"a.1"}, AT).retired) == (("a.1",), ())
    again = begun(gone, "x", c=Edit(1, ()))
    assert {one.id: one.slot for one in again.live} == {"b.1": 1, "c.1": 0}
    assert first.common(again) == 0b10


@pytest.mark.parametrize(("segment", "asking"), [("a", ["b"]), ("b", ["c"]), ("c", []), ("x", [])])
def test_dependents_are_those_that_ask_straight(segment: str, asking: list[str]) -> None:
    assert dependents(CHAIN, segment) == asking
