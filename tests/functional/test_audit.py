"""The audit finds memberships that are not what the facts say, is not misled by what is under way, and repairs."""

from __future__ import annotations

import random
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.errors import InvalidRequest
from segment_core.membership.audit import AGAIN_SECONDS, UNDER_WAY_SECONDS, Audited, audit
from segment_core.membership.budget import unlimited
from segment_core.membership.evaluate import evaluate_all
from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.segments.shops import put_shop
from segment_core.store import facts, keys, memberships

from .conftest import NOW, Stack, load_function
from .customers import SHOP, customer_with_order, names, recent, store


@pytest.fixture
def one_slice(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three customers, all in the only slice of the roster, evaluated."""
    monkeypatch.setattr(keys, "ROSTER_SLICES", 1)
    recent(shop)
    found = ["1", "2", "3"]
    for customer in found:
        store(shop, customer_with_order(customer, "2026-02-20T10:00:00Z"))
    evaluate_all(shop.tables, SHOP, found, NOW, "fact")
    return found


def spoil(stack: Stack, customer: str, **changes: Any) -> Membership:
    stored = memberships.read(stack.tables.memberships, SHOP, customer)
    assert stored is not None
    wrong = replace(stored, version=stored.version + 1, **changes)
    assert memberships.commit(stack.tables.memberships, SHOP, customer, stored, wrong)
    return wrong


def run(stack: Stack, *, repair: bool = False, most: int = 10, wait: Any = lambda _: None, seed: int = 1) -> Audited:
    return audit(stack.tables, NOW, random.Random(seed), most, unlimited, wait, repair=repair)


def test_what_is_right_is_left_alone(shop: Stack, one_slice: list[str]) -> None:
    assert run(shop) == Audited(3, 0, 0)
    assert run(shop, most=2) == Audited(2, 0, 0)


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The slices of the roster that are read, in their order."""
    asked: list[int] = []
    real = facts.roster

    def roster(table: str, shop: str, slice_number: int, after: str | None, limit: int) -> Any:
        asked.append(slice_number)
        return real(table, shop, slice_number, after, limit)

    monkeypatch.setattr(facts, "roster", roster)
    return asked


@pytest.mark.parametrize("seed", range(3))
def test_a_small_shop_is_audited_whole_and_no_slice_is_read_twice(shop: Stack, queries: list[int], seed: int) -> None:
    for number in range(15):
        store(shop, {"id": str(number)})

    assert run(shop, most=15, seed=seed).customers == 15
    assert len(queries) == len(set(queries)) <= keys.ROSTER_SLICES


def test_as_many_as_are_asked_for_are_looked_at_and_no_more_slices_than_that_takes(
    shop: Stack, queries: list[int]
) -> None:
    for number in range(40):
        store(shop, {"id": str(number)})

    assert run(shop, most=10).customers == 10
    assert 1 < len(queries) < keys.ROSTER_SLICES
    queries.clear()
    assert run(shop, most=1).customers == 1


def test_what_was_found_wrong_is_looked_at_again_and_repaired_in_time(shop: Stack, one_slice: list[str]) -> None:
    for customer in one_slice:
        spoil(shop, customer, bits=0)
    enough_for_two = UNDER_WAY_SECONDS + 1.5 * AGAIN_SECONDS

    found = audit(shop.tables, NOW, random.Random(1), 9, lambda: enough_for_two, lambda _: None, repair=True)

    assert found == Audited(2, 2, 2)


def test_once_the_time_is_over_nothing_is_drawn_any_more(shop: Stack, one_slice: list[str], queries: list[int]) -> None:
    for other in "ab":
        put_shop(
            shop.tables, other, domain=f"{other}.example.com", zone="UTC", currency="EUR",
            count_test_orders=False, count_cancelled_orders=False, at=NOW,
        )  # fmt: skip
    assert audit(shop.tables, NOW, random.Random(1), 9, lambda: 0.0, lambda _: None, repair=False) == Audited(0, 0, 0)
    assert queries == []


@pytest.mark.parametrize("wrong", [{"bits": 0}, {"due": None}, {"due": NOW + timedelta(days=300)}])
def test_what_is_wrong_is_found_and_repaired_when_it_is_told_to(
    wrong: dict[str, Any], shop: Stack, one_slice: list[str]
) -> None:
    spoiled = spoil(shop, "2", **wrong)

    assert run(shop) == Audited(3, 1, 0)
    assert memberships.read(shop.tables.memberships, SHOP, "2") == spoiled
    assert run(shop, repair=True) == Audited(3, 1, 1)
    assert run(shop) == Audited(3, 0, 0)
    assert names(shop, "2") == ["Recent"]


def test_what_was_only_under_way_is_no_mismatch(shop: Stack, one_slice: list[str]) -> None:
    store(shop, {"id": "2", "as_of": "2026-03-01T01:00:00Z", "orders": [
        {"id": "o2", "created_at": "2025-02-20T10:00:00Z", "updated_at": "2026-03-01T01:00:00Z"}]})  # fmt: skip

    assert run(shop, wait=lambda _: evaluate_all(shop.tables, SHOP, ["2"], NOW, "fact")) == Audited(3, 0, 0)


def test_who_is_due_anyway_is_left_to_the_sweep(shop: Stack, one_slice: list[str]) -> None:
    spoil(shop, "2", bits=0, due=NOW)

    assert run(shop) == Audited(3, 0, 0)


def test_the_handler_repairs_when_its_event_says_so(
    shop: Stack, one_slice: list[str], context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    spoil(shop, "2", bits=0)
    handler = load_function("audit").handler

    assert handler({}, context) == {"customers": 0, "mismatches": 0, "repaired": 0}
    context.get_remaining_time_in_millis = lambda: 600_000
    assert handler({}, context) == {"customers": 3, "mismatches": 1, "repaired": 0}
    assert handler({"repair": True, "customers": 1}, context)["customers"] == 1
    assert handler({"repair": True}, context) == {"customers": 3, "mismatches": 1, "repaired": 1}
    assert '"AuditMismatches":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"repair": "no"}, "repair must be true or false"),
        ({"customers": 0}, "customers must be a whole number, 1 or more"),
        ({"customers": True}, "customers must be a whole number, 1 or more"),
        ({"customers": "all"}, "customers must be a whole number, 1 or more"),
    ],
)
def test_an_event_that_says_something_else_is_refused(
    shop: Stack, context: SimpleNamespace, event: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        load_function("audit").handler(event, context)
