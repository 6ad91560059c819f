"""A customer stripped of every fact that a query does not depend on gets the same verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.calendar import TICK, day_start, local_date, resolve
from segment_core.evaluator import Fact, Reach, depends_on, evaluate, timeline
from segment_core.facts.customer import Checkout, Customer, Order
from segment_core.language import ast
from segment_core.record import names, replace
from segment_core.shop import Shop

from .draws import ZONES, anchors, pick
from .generate import Scene, clauses, near, queries, scenes

COMPARISONS: tuple[ast.ComparisonOperator, ...] = ("=", "!=", ">", ">=", "<", "<=")
ORDERED: tuple[ast.AnniversaryOperator, ...] = (*COMPARISONS, "BETWEEN")
ROWS = ("orders", "checkouts", "events", "metafields", "scores")


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A scene and a query about it, more often than not a single clause."""
    scene = draw(scenes())
    return scene, draw(clauses(scene) | queries(scene))


def dated(draw: st.DrawFn, offset: ast.Offset) -> ast.Clause:
    """A clause that compares a date with the offset."""
    untils: tuple[ast.DateExpression, ...] = (ast.Named("today"), ast.Named("yesterday"), ast.Offset(-1, "w"))
    until, operator = draw(st.sampled_from(untils)), draw(st.sampled_from(ORDERED))
    values: tuple[ast.Value, ...] = (offset, until) if operator == "BETWEEN" else (offset,)
    name = pick(
        draw,
        ("last_order_date", "last_order_date", "first_order_date", "abandoned_checkout_date", "MATCHES", "MATCHES"),
    )
    if name == "MATCHES":
        total, count = draw(st.sampled_from(COMPARISONS)), ast.Number(Decimal(draw(st.integers(0, 3))))
        parameters = (ast.Parameter("date", operator, values), ast.Parameter("count", total, (count,)))
        return ast.Matches("orders_placed", parameters[: draw(st.integers(1, 2))], draw(st.booleans()))
    return ast.Between(name, offset, until) if operator == "BETWEEN" else ast.Comparison(name, operator, offset)


@st.composite
def asked_at_the_edge(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A clause with an offset, and facts on the dates beside the one that it means, and on recent ones."""
    zone = ZoneInfo(pick(draw, ZONES))
    at = near(draw, pick(draw, anchors(zone)), zone, days=3)
    today = local_date(at, zone)
    offset = ast.Offset(-draw(st.integers(0, 13)), draw(st.sampled_from(("d", "w", "m", "y"))))

    def when() -> datetime:
        day = draw(st.sampled_from((resolve(offset, today), today, today, resolve(ast.Offset(-1, "w"), today))))
        beside = day_start(day + timedelta(days=draw(st.integers(-1, 1))), zone)
        return beside + timedelta(seconds=draw(st.sampled_from((-1, 0, 1))))

    orders = tuple(Order("1", created_at=when()) for _ in range(draw(st.integers(1, 2))))
    checkouts = tuple(Checkout("1", when()) for _ in range(draw(st.integers(0, 1))))
    return Scene(Shop(zone, "USD"), at, Customer("1", orders=orders, checkouts=checkouts)), dated(draw, offset)


def stripped(scene: Scene, needed: Mapping[Fact, Reach]) -> Customer:
    """The customer with the facts that are needed and no others."""
    today = local_date(scene.at, scene.shop.zone)

    def reached(fact: Fact, when: datetime | None) -> bool:
        if fact not in needed:
            return False
        days = needed[fact]
        return days is None or (when is not None and local_date(when, scene.shop.zone) >= today - timedelta(days=days))

    customer = scene.customer
    fields = set(names(Customer)) - {"id", *ROWS}
    return replace(
        Customer("1"),
        **{name: getattr(customer, name) for name in fields if Fact("field", name) in needed},
        orders=tuple(
            order if reached(Fact("lines"), order.created_at) else replace(order, lines=())
            for order in customer.orders
            if reached(Fact("orders"), order.created_at)
        ),
        checkouts=tuple(one for one in customer.checkouts if reached(Fact("checkouts"), one.updated_at)),
        events=tuple(event for event in customer.events if reached(Fact("event", event.type), event.at)),
        metafields={key: value for key, value in customer.metafields.items() if Fact("metafield", key) in needed},
        scores={name: score for name, score in customer.scores.items() if Fact("score", name) in needed},
    )


@given(asked())
def test_what_is_not_depended_on_can_be_left_out(case: tuple[Scene, ast.Query]) -> None:
    agree(*case)


@settings(max_examples=600)
@given(asked_at_the_edge())
def test_nor_does_what_is_too_old_matter(case: tuple[Scene, ast.Query]) -> None:
    agree(*case)


def agree(scene: Scene, query: ast.Query) -> None:
    rest = stripped(scene, depends_on(query, scene.shop.segments))
    assert evaluate(query, rest, scene.shop, scene.at) == evaluate(query, scene.customer, scene.shop, scene.at)
    # A flip at the instant itself is a matter of the instant before, which looks back one day more.
    start, end = scene.at + TICK, scene.at + timedelta(days=800)
    assert [*timeline(query, rest, scene.shop, start, end)] == [
        *timeline(query, scene.customer, scene.shop, start, end)
    ]
