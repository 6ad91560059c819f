"""Segments that ask segments: answered through the shop, and never without an end."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import Explanation, Fact, Rule, Verdict, compile_query, depends_on
from segment_core.facts.document import read_customer
from segment_core.instants import parse as instant
from segment_core.language import parse
from segment_core.shop import Shop

AT = instant("2026-03-01T12:00:00Z")
LEAVES = instant("2026-03-06T00:00:00Z")
CUSTOMER = read_customer({"id": "1", "orders": [{"id": "1", "created_at": "2026-02-03T12:00:00Z"}]})


def shop(**queries: str) -> Shop:
    return Shop(ZoneInfo("UTC"), "USD", segments={name: rule(query) for name, query in queries.items()})


def rule(query: str) -> Rule:
    return compile_query(parse(query))


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("in_segment('recent')", Verdict(True, LEAVES)),
        ("NOT in_segment('recent')", Verdict(False, LEAVES)),
        ("in_segment('buyers')", Verdict(True, LEAVES)),
        ("in_segment('recent') AND in_segment('buyers')", Verdict(True, LEAVES)),
        ("in_segment('nowhere')", Verdict(False, None)),
        ("NOT in_segment('nowhere')", Verdict(True, None)),
        ("in_segment('odd')", Verdict(False, None)),
        ("NOT in_segment('odd')", Verdict(True, None)),
        ("in_segment('odder')", Verdict(False, None)),
        ("in_segment('round')", Verdict(False, None)),
    ],
)
def test_a_segment_is_asked_through_the_shop(query: str, verdict: Verdict) -> None:
    known = shop(
        recent="last_order_date >= -30d",
        buyers="in_segment('recent') AND number_of_orders = 1",
        odd="NOT in_segment('odd')",
        odder="NOT in_segment('odd')",
        round="in_segment('trip')",
        trip="in_segment('round')",
    )
    assert rule(query).evaluate(CUSTOMER, known, AT) == verdict


def test_a_long_chain_ends() -> None:
    known = shop(**{f"s{n}": f"in_segment('s{n + 1}')" for n in range(50)}, s50="number_of_orders = 1")
    assert rule("in_segment('s45')").evaluate(CUSTOMER, known, AT) == Verdict(True, None)
    assert rule("in_segment('s0')").evaluate(CUSTOMER, known, AT) == Verdict(False, None)


def test_the_explanation_holds_that_of_the_segment() -> None:
    known = shop(recent="last_order_date >= -30d")
    inner = Explanation("clause", "last_order_date >= -30d", True, LEAVES, seen=instant("2026-02-03T12:00:00Z"))
    assert rule("in_segment('recent')").explain(CUSTOMER, known, AT) == Explanation(
        "segment", "in_segment('recent')", True, LEAVES, children=(inner,)
    )


@pytest.mark.parametrize(
    ("segment", "obstacle"),
    [
        ("nowhere", "there is no segment 'nowhere'"),
        ("odd", "the segment 'odd' leads back to itself"),
        ("odder", "the segment 'odder' asks segments more than 10 deep"),
        ("recent", ""),
    ],
)
def test_the_explanation_says_why_a_segment_cannot_be_asked(segment: str, obstacle: str) -> None:
    known = shop(odd="in_segment('odd')", odder="in_segment('odd')", recent="last_order_date >= -30d")
    explanation = rule(f"in_segment('{segment}')").explain(CUSTOMER, known, AT)
    assert explanation.obstacle == obstacle
    assert len(explanation.children) == (not obstacle)


def test_where_a_segment_is_asked_does_not_change_who_is_in_it() -> None:
    known = shop(
        a="in_segment('b') OR number_of_orders = 1", b="in_segment('a') OR number_of_orders = 1", c="in_segment('a')"
    )
    asked = ["in_segment('a')", "in_segment('b')", "in_segment('c')"]
    for query in [*asked, " OR ".join(asked), " OR ".join(reversed(asked))]:
        assert rule(query).evaluate(CUSTOMER, known, AT) == Verdict(False, None)


def test_what_a_segment_reads_is_read() -> None:
    known = shop(recent="last_order_date >= -30d", odd="in_segment('odd') OR in_segment('recent')")
    assert depends_on(parse("in_segment('odd')"), known.segments) == {
        Fact("segment", "odd"): None,
        Fact("segment", "recent"): None,
        Fact("orders"): 30,
    }
    assert depends_on(parse("in_segment('recent')")) == {Fact("segment", "recent"): None}
