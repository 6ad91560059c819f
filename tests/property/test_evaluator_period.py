"""What happens over a period: every flip, as stepping finds it, as the oracle says it, in parts as in one piece."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import TICK
from segment_core.evaluator import Flip, evaluate, timeline
from segment_core.language import ast

from . import oracle
from .generate import Scene, near, queries, scenes


@st.composite
def periods(draw: st.DrawFn) -> tuple[Scene, ast.Query, datetime]:
    """A scene, a query about it, and the end of a period that begins with the scene."""
    scene = draw(scenes())
    distance = draw(st.integers(0, 120))
    return scene, draw(queries(scene)), near(draw, scene.at + timedelta(days=distance), scene.shop.zone, days=3)


def stepped(scene: Scene, query: ast.Query, end: datetime) -> list[Flip]:
    """The flips in `[scene.at, end)`, by evaluating anew at every `until`."""
    flips = []
    _, until = evaluate(query, scene.customer, scene.shop, scene.at - TICK)
    while until is not None and until < end:
        member, later = evaluate(query, scene.customer, scene.shop, until)
        flips.append(Flip(until, member))
        until = later
    return flips


@given(periods())
def test_a_timeline_is_what_stepping_from_until_to_until_finds(case: tuple[Scene, ast.Query, datetime]) -> None:
    scene, query, end = case
    assert [*timeline(query, scene.customer, scene.shop, scene.at, end)] == stepped(scene, query, end)


@given(periods())
def test_before_and_after_every_flip_is_what_a_walk_over_all_facts_says(
    case: tuple[Scene, ast.Query, datetime],
) -> None:
    scene, query, end = case
    for at, member in timeline(query, scene.customer, scene.shop, scene.at, end):
        assert oracle.member(query, scene.customer, scene.shop, at) is member
        assert oracle.member(query, scene.customer, scene.shop, at - TICK) is not member


@given(periods(), st.integers(0, 40), st.integers(0, 86_400))
def test_the_last_flip_before_an_instant_says_who_is_in_then(
    case: tuple[Scene, ast.Query, datetime], days: int, seconds: int
) -> None:
    scene, query, _ = case
    at = scene.at + timedelta(days=days, seconds=seconds)
    flips = [*timeline(query, scene.customer, scene.shop, scene.at, at + TICK)]
    first = evaluate(query, scene.customer, scene.shop, scene.at).member
    assert (flips[-1].member if flips else first) is oracle.member(query, scene.customer, scene.shop, at)


@given(periods(), st.floats(0, 1))
def test_a_period_is_the_sum_of_its_parts(case: tuple[Scene, ast.Query, datetime], part: float) -> None:
    scene, query, end = case
    whole = [*timeline(query, scene.customer, scene.shop, scene.at, end)]
    # Cut on a flip when there is one: it must be in exactly one of the two parts.
    cut = whole[int(part * (len(whole) - 1))].at if whole else scene.at + (end - scene.at) * part
    parts = [(scene.at, cut), (cut, end)]
    assert whole == [flip for a, b in parts for flip in timeline(query, scene.customer, scene.shop, a, b)]
