"""A customer stripped of every fact that a query does not depend on gets the same verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import local_date
from segment_core.evaluator import Fact, Reach, depends_on, evaluate, timeline
from segment_core.facts.customer import Customer
from segment_core.language import ast

from .generate import Scene, clauses, queries, scenes

ROWS = ("orders", "checkouts", "events", "metafields", "scores")


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, ast.Query]:
    """A scene and a query about it, more often than not a single clause."""
    scene = draw(scenes())
    return scene, draw(clauses(scene) | queries(scene))


def stripped(scene: Scene, needed: Mapping[Fact, Reach]) -> Customer:
    """The customer with the facts that are needed and no others."""
    today = local_date(scene.at, scene.shop.zone)

    def reached(fact: Fact, when: datetime | None) -> bool:
        if fact not in needed:
            return False
        days = needed[fact]
        return days is None or (when is not None and local_date(when, scene.shop.zone) >= today - timedelta(days=days))

    customer = scene.customer
    names = {field.name for field in fields(Customer)} - {"id", *ROWS}
    return replace(
        Customer("1"),
        **{name: getattr(customer, name) for name in names if Fact("field", name) in needed},
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
    scene, query = case
    rest = stripped(scene, depends_on(query))
    assert evaluate(query, rest, scene.shop, scene.at) == evaluate(query, scene.customer, scene.shop, scene.at)
    end = scene.at + timedelta(days=800)
    assert [*timeline(query, rest, scene.shop, scene.at, end)] == [
        *timeline(query, scene.customer, scene.shop, scene.at, end)
    ]
