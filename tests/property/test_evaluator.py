"""The evaluator against the oracle: who is in, and until exactly when; and the laws that both must obey."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.evaluator import Verdict, evaluate
from segment_core.language import ast, canonical
from segment_core.language.normal import normal
from segment_core.language.segments import clauses as ast_clauses
from segment_core.record import replace

from . import oracle
from .generate import Scene, clauses, queries, scenes

TICK = timedelta(microseconds=1)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A scene and a query about it."""
    scene = draw(scenes())
    return scene, draw(queries(scene))


@st.composite
def asked_once(draw: st.DrawFn) -> tuple[Scene, ast.Clause]:
    """A scene and a single clause about it."""
    scene = draw(scenes())
    return scene, draw(clauses(scene))


@st.composite
def asked_twice(draw: st.DrawFn) -> tuple[Scene, ast.Query, ast.Query]:
    """A scene and two queries about it."""
    scene = draw(scenes())
    return scene, draw(queries(scene)), draw(queries(scene))


def answered(query: ast.Query, scene: Scene) -> Verdict:
    return evaluate(query, scene.customer, scene.shop, scene.at)


def expected(query: ast.Query, scene: Scene, at: datetime) -> bool:
    return oracle.member(query, scene.customer, scene.shop, at)


def probes(scene: Scene, start: datetime, end: datetime) -> list[datetime]:
    """Instants in `[start, end)` at which something could happen: facts and midnights, and the tick before them."""
    customer = scene.customer
    facts = [customer.created_at]
    facts += [when for order in customer.orders for when in (order.created_at, order.cancelled_at)]
    facts += [refund.created_at for order in customer.orders for refund in order.refunds]
    facts += [when for checkout in customer.checkouts for when in (checkout.updated_at, checkout.completed_at)]
    midnights = [
        datetime.combine(scene.today + timedelta(days=day), datetime.min.time(), scene.shop.zone).astimezone(UTC)
        for day in (*range(10), *range(10, 400, 13))
    ]
    facts += [event.at for event in customer.events]
    edges = [when for when in (*facts, *midnights, *anniversaries(scene)) if when is not None]
    return [start] + [at for edge in edges for at in (edge - TICK, edge) if start <= at < end]


def anniversaries(scene: Scene) -> list[datetime]:
    """Midnights around the days on which metafields come round."""
    days = {date(2024, 2, 29)}
    for metafield in scene.customer.metafields.values():
        with suppress(ValueError):
            days.add(date.fromisoformat(str(metafield.value)[:10]))
    near = [day.replace(year=scene.today.year, day=min(day.day, 28)) + timedelta(n) for day in days for n in range(4)]
    around = [day + timedelta(days=distance) for day in near for distance in (-365, -7, -1, 0, 7, 365)]
    return [datetime.combine(day, datetime.min.time(), scene.shop.zone).astimezone(UTC) for day in around]


def may_break_off(query: ast.Query) -> bool:
    """Whether a search may take so many steps that it is broken off: only one through years of anniversaries does."""
    return "anniversary" in canonical(query)


def agree(one: Verdict, other: Verdict, *queries: ast.Query) -> bool:
    """Whether the verdicts are the same, but for where a search was broken off."""
    return one == other or (one.member == other.member and any(map(may_break_off, queries)))


@given(asked())
def test_membership_is_what_a_walk_over_all_facts_says(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    assert answered(query, scene).member == expected(query, scene, scene.at)


@given(asked_once() | asked())
def test_the_answer_holds_until_and_flips_at_until(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    member, until = answered(query, scene)
    end = until or scene.at + timedelta(days=800)
    assert scene.at < end
    for at in (*probes(scene, scene.at, end), end - TICK):
        assert expected(query, scene, at) == member, f"early at {at}"
    if until is not None and expected(query, scene, until) == member:
        assert may_break_off(query)


def test_until_is_seldom_early() -> None:
    early, seen = [], []

    @settings(max_examples=400)
    @given(asked())
    def ask(case: tuple[Scene, ast.Query]) -> None:
        scene, query = case
        if isinstance(query, ast.And | ast.Or) and len([*ast_clauses(query)]) >= 3:
            member, until = answered(query, scene)
            seen.append(query)
            early.append(until is not None and answered(query, replace(scene, at=until)).member == member)

    ask()
    assert len(seen) > 100
    assert sum(early) < 0.01 * len(seen)


@given(asked())
def test_a_query_and_its_negation_part_the_customers_and_flip_together(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    member, until = answered(query, scene)
    assert answered(ast.Not(query), scene) == Verdict(not member, until)
    assert not answered(ast.And((query, ast.Not(query))), scene).member
    assert agree(answered(ast.Or((query, ast.Not(query))), scene), Verdict(True, None), query)


@given(asked())
def test_the_normal_form_means_the_same(case: tuple[Scene, ast.Query]) -> None:
    scene, query = case
    assert agree(answered(normal(query), scene), answered(query, scene), query)


@given(asked_twice())
def test_and_and_or_obey_the_laws_of_logic(case: tuple[Scene, ast.Query, ast.Query]) -> None:
    scene, a, b = case
    both, either = answered(ast.And((a, b)), scene), answered(ast.Or((a, b)), scene)
    assert both.member == (answered(a, scene).member and answered(b, scene).member)
    assert either.member == (answered(a, scene).member or answered(b, scene).member)
    for same in (ast.And((b, a)), ast.Not(ast.Or((ast.Not(a), ast.Not(b))))):
        assert agree(both, answered(same, scene), a, b)
    assert agree(either, answered(ast.Or((b, a)), scene), a, b)
    for same in (ast.And((a, a)), ast.And((a, ast.Or((a, b))))):
        assert agree(answered(a, scene), answered(same, scene), a, b)


@given(asked_once())
def test_negated_operators_are_exact_complements(case: tuple[Scene, ast.Clause]) -> None:
    scene, clause = case
    match clause:
        case ast.Comparison(operator="=" | "!=" as operator) | ast.Anniversary(operator="=" | "!=" as operator):
            opposite: ast.Clause = replace(clause, operator="!=" if operator == "=" else "=")
        case ast.Contains() | ast.In() | ast.StartsWith() | ast.Matches() | ast.IsNull():
            opposite = replace(clause, negated=not clause.negated)
        case _:
            return
    member, until = answered(clause, scene)
    assert answered(opposite, scene) == Verdict(not member, until)


@given(scenes(), st.integers(0, 95), st.integers(0, 95), st.sampled_from([">", ">="]), st.integers(1, 3))
def test_a_shorter_window_never_adds_to_at_least(
    scene: Scene, a: int, b: int, operator: ast.ParameterOperator, count: int
) -> None:
    def within(days: int, total: ast.ParameterOperator) -> bool:
        window = ast.Parameter("date", operator, (ast.Offset(-days, "d"),))
        least = ast.Parameter("count", total, (ast.Number(Decimal(count)),))
        return answered(ast.Matches("orders_placed", (window, least)), scene).member

    shorter, longer = sorted((a, b))
    assert within(shorter, ">=") <= within(longer, ">=")
    assert within(shorter, "<=") >= within(longer, "<=")
