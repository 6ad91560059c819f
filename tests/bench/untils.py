"""How often `until` is the next flip: generated queries of three clauses or more, against a walk over all facts.

An early `until` costs a look that changes nothing; a late one would be a flip that was missed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from segment_core.evaluator import evaluate
from segment_core.language import ast

from ..property import oracle
from ..property.generate import Scene, queries, scenes
from ..property.test_evaluator import TICK, probes

QUERIES = 1_000
CLAUSES = 3
FAR = timedelta(days=800)
"""How far ahead an answer is looked for that is said never to change."""


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A scene and a query about it with as many clauses as are wanted, or more."""
    scene = draw(scenes())
    return scene, draw(queries(scene).filter(lambda query: _clauses(query) >= CLAUSES))


def measure() -> dict[str, float | str]:
    """How many answers change by time alone, and the share of these whose `until` is on time, early and late."""
    found = Counter[str]()

    @seed(1)
    @settings(
        max_examples=QUERIES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(asked())
    def count(case: tuple[Scene, ast.Query]) -> None:
        found[_kind(*case)] += 1

    count()
    moving = found.total() - found["never"]
    return {
        f"queries of {CLAUSES} clauses or more": found.total(),
        "of which change by time alone": moving,
        **{f"{kind}, share": found[kind] / moving for kind in ("on time", "early", "late")},
        "said never to change, and do": found["missed"],
    }


def _kind(scene: Scene, query: ast.Query) -> str:
    member, until = evaluate(query, scene.customer, scene.shop, scene.at)

    def moved(at: datetime) -> bool:
        return oracle.member(query, scene.customer, scene.shop, at) is not member

    end = until or scene.at + FAR
    if any(map(moved, (*probes(scene, scene.at, end), end - TICK))):
        return "late" if until else "missed"
    if until is None:
        return "never"
    return "on time" if moved(until) else "early"


def _clauses(query: ast.Query) -> int:
    match query:
        case ast.And(children) | ast.Or(children):
            return sum(map(_clauses, children))
        case ast.Not(child):
            return _clauses(child)
        case _:
            return 1
