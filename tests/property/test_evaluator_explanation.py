"""Any explanation of any query: each part has the verdict that it has on its own, and dates ahead are when they say."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import local_date
from segment_core.evaluator import Explanation, compile_query, describe, evaluate, explain
from segment_core.language import ast, canonical
from segment_core.language.description import LOCALES

from .generate import Scene, clauses, queries, scenes
from .scenes import SEGMENTS


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A scene and a query about it."""
    scene = draw(scenes())
    return scene, draw(clauses(scene) | queries(scene))


def parts(query: ast.Query, explanation: Explanation) -> Iterator[tuple[ast.Query, Explanation]]:
    """Every part of the query with its explanation."""
    yield query, explanation
    nodes: tuple[ast.Query, ...] = ()
    if isinstance(query, ast.And | ast.Or):
        nodes = query.children
    elif isinstance(query, ast.Not):
        nodes = (query.child,)
    elif isinstance(query, ast.InSegment):
        nodes = tuple(SEGMENTS[name].query for name in (query.segment,) if name in SEGMENTS)
    for node, child in zip(nodes, explanation.children, strict=True):
        yield from parts(node, child)


@given(asked())
def test_each_part_has_the_verdict_that_it_has_on_its_own(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    for part, explanation in parts(query, explain(query, scene.customer, scene.shop, scene.at)):
        assert explanation.text == canonical(part)
        assert (explanation.member, explanation.until) == evaluate(part, scene.customer, scene.shop, scene.at)


@given(asked())
def test_what_lies_ahead_is_the_next_flip_or_comes_before_it(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    zone = scene.shop.zone
    for _, part in parts(query, compile_query(query).explain(scene.customer, scene.shop, scene.at)):
        if part.ahead.startswith("next on "):
            assert not part.member
            assert part.until is not None
            assert part.ahead == f"next on {local_date(part.until, zone)}"
        elif part.ahead:
            _, _, day = part.ahead.rpartition(" on ")
            # A total changes before, or when, the verdict on it does.
            assert part.until is None or day <= f"{local_date(part.until, zone)}"
            assert day >= f"{local_date(scene.at, zone)}"


@given(asked())
def test_every_query_is_said_in_words(case: tuple[Scene, ast.Query]) -> None:
    _, query = case
    for locale in LOCALES:
        text = describe(query, locale, "USD")
        assert text.endswith(".")
        assert "MATCHES" not in text
        assert text.count("(") == text.count(")")
