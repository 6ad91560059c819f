"""The Customers table: where facts are kept, how orders move, what an erasure leaves, what costs a write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from segment_core.errors import Contention, InvalidRequest, TooLarge
from segment_core.facts import registers, tags
from segment_core.facts.customer import Customer
from segment_core.facts.order import CUSTOMER, MONEY, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact
from segment_core.instants import iso
from segment_core.store import client, facts, keys
from segment_core.store.tables import Tables

from .conftest import Stack

SHOP = "demo-shop"
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
ERASURE = Erasure("7", registers.stamp(NOON, None, None))


def profile(minute: int, customer: str = "7", **values: object) -> ProfileFact:
    stamp = registers.stamp(NOON + timedelta(minutes=minute), None, values)
    return ProfileFact(customer, ProfileState(registers.told(stamp, values)))


def order(
    minute: int, total: str, customer: str | None = "7", placed: datetime = NOON, order_id: str = "100"
) -> OrderFact:
    at = NOON + timedelta(minutes=minute)
    money = {"total": total, "currency": "EUR", "updated_at": iso(at)}
    values: dict[str, object] = {"created_at": iso(placed), MONEY: money}
    if customer is not None:
        values[CUSTOMER] = customer
    return OrderFact(order_id, OrderState(registers.told(registers.stamp(at, None, values), values)))


def refund(minute: int, amount: str, order_id: str = "100") -> OrderFact:
    value = {"created_at": iso(NOON + timedelta(minutes=minute)), "amount": amount}
    stamp = registers.stamp(NOON + timedelta(minutes=minute), None, value)
    return OrderFact(order_id, OrderState(refunds=registers.told(stamp, {f"r{minute}": value})))


def deleted(order_id: str = "100") -> OrderFact:
    return OrderFact(order_id, OrderState(deleted=True))


class Shop:
    """One shop's facts in one table."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.table = stack.tables.customers

    def merge(self, *told: Fact, bulk: bool = False) -> list[bool]:
        return [facts.merge(self.table, SHOP, fact, bulk=bulk) for fact in told]

    def customer(self, customer_id: str) -> Customer:
        customer = facts.load(self.table, SHOP, customer_id).customer
        assert customer is not None
        return customer

    def orders(self, customer_id: str) -> list[str]:
        return [order.id for order in self.customer(customer_id).orders]

    def roster(self) -> list[str]:
        return sorted(
            customer
            for number in range(keys.ROSTER_SLICES)
            for customer in facts.roster(self.table, SHOP, number, None, 100)[0]
        )

    def items(self) -> list[dict[str, Any]]:
        return sorted(self.stack.items(self.table), key=lambda item: (item["pk"], item["sk"]))


@pytest.fixture
def shop(stack: Stack) -> Shop:
    return Shop(stack)


def test_nothing_is_known_of_a_customer_who_was_never_told(shop: Shop) -> None:
    assert facts.load(shop.table, SHOP, "7") == facts.Loaded(None, erased=False)


def test_what_was_told_is_loaded(shop: Shop) -> None:
    shop.merge(profile(1, email="a@example.com"), order(1, "10.00"), refund(2, "4.00"))

    customer = shop.customer("7")

    assert customer.email == "a@example.com"
    assert [(o.id, o.created_at, o.total, o.refunds[0].amount) for o in customer.orders] == [
        ("100", NOON, Decimal("10.00"), Decimal("4.00"))
    ]


def test_a_duplicate_costs_no_write(shop: Shop) -> None:
    told: list[Fact] = [
        profile(1, email="a@example.com"),
        order(1, "10.00"),
        refund(2, "4.00"),
        order(1, "5.00", None, order_id="200"),
    ]
    assert shop.merge(*told) == [True, True, True, True]
    before = shop.items()

    assert shop.merge(*told) == [False, False, False, False]
    assert shop.items() == before


def test_an_older_body_costs_no_write(shop: Shop) -> None:
    shop.merge(profile(2, email="new@example.com"), order(2, "10.00"))

    assert shop.merge(profile(1, email="old@example.com"), order(1, "99.00")) == [False, False]


def test_every_order_of_arrival_ends_alike(shop: Shop) -> None:
    told = [order(1, "10.00"), order(2, "8.00", "9"), refund(3, "1.00")]
    ends = []
    for number, arrival in enumerate(permutations(told)):
        order_id = str(1000 + number)
        shop.merge(*(replace(fact, order_id=order_id) for fact in (*arrival, arrival[0])))
        (end,) = [o for o in shop.customer("9").orders if o.id == order_id]
        ends.append((end.total, end.updated_at, end.refunds))

    assert len(set(ends)) == 1
    assert facts.load(shop.table, SHOP, "7").customer in (None, Customer("7"))


def test_a_refund_before_its_order_waits_at_the_pointer(shop: Shop) -> None:
    shop.merge(refund(2, "4.00"))
    assert [item["pk"] for item in shop.items()] == [keys.order_pointer(SHOP, "100")]

    shop.merge(order(1, "10.00"))

    assert shop.customer("7").orders[0].refunds[0].amount == Decimal("4.00")


def test_an_order_without_customer_waits_for_one(shop: Shop) -> None:
    shop.merge(order(1, "10.00", None))
    assert shop.roster() == []

    shop.merge(order(2, "12.00", "7"))
    shop.merge(order(3, "13.00", None))

    assert shop.customer("7").orders[0].total == Decimal("13.00")


def test_the_customer_of_an_order_is_in_the_roster(shop: Shop) -> None:
    shop.merge(order(1, "10.00"))

    assert shop.roster() == ["7"]


def test_an_order_moves_to_another_customer(shop: Shop) -> None:
    shop.merge(order(1, "10.00", "7"), order(2, "10.00", "9"))

    assert shop.orders("7") == []
    assert shop.orders("9") == ["100"]
    assert shop.merge(order(1, "10.00", "7")) == [False]


def test_an_order_moves_to_another_date(shop: Shop) -> None:
    shop.merge(order(1, "10.00"), order(2, "10.00", placed=NOON - timedelta(days=1)))

    assert [o.created_at for o in shop.customer("7").orders] == [NOON - timedelta(days=1)]


def test_versions_go_on_when_an_order_moves_there_and_back(shop: Shop) -> None:
    versions = []
    for minute, customer in enumerate(("7", "9", "7")):
        shop.merge(order(minute, "10.00", customer))
        versions += [item["version"] for item in shop.items() if item["sk"].startswith(keys.ORDER_PREFIX)]

    assert versions == [1, 2, 3]


def test_a_deleted_order_is_gone_and_stays_gone(shop: Shop) -> None:
    shop.merge(order(1, "10.00"), deleted())
    assert shop.orders("7") == []

    assert shop.merge(order(9, "10.00"), refund(9, "1.00"), deleted()) == [False, False, False]
    assert shop.orders("7") == []


def test_a_deletion_may_come_before_its_order(shop: Shop) -> None:
    assert shop.merge(deleted(), order(1, "10.00")) == [True, False]
    assert shop.roster() == []


def test_an_erased_customer_never_comes_back(shop: Shop) -> None:
    shop.merge(profile(1, email="a@example.com"), order(1, "10.00"), ERASURE)

    assert facts.load(shop.table, SHOP, "7") == facts.Loaded(None, erased=True)
    assert shop.roster() == []
    assert facts.purge(shop.table, SHOP, "7") == 1
    late: list[Fact] = [profile(9, email="a@example.com"), order(9, "10.00"), refund(9, "1.00"), ERASURE]
    assert shop.merge(*late) == [False, False, False, False]
    shop.merge(order(9, "10.00", order_id="300"))
    assert facts.load(shop.table, SHOP, "7") == facts.Loaded(None, erased=True)
    assert facts.purge(shop.table, SHOP, "7") == 0
    assert not any(
        "facts" in item and ("10.00" in item["facts"] or "example" in item["facts"]) for item in shop.items()
    )


def test_an_erasure_may_come_before_its_customer(shop: Shop) -> None:
    assert shop.merge(ERASURE, profile(1, email="a@example.com"), order(1, "10.00")) == [True, False, True]
    assert facts.load(shop.table, SHOP, "7").erased
    assert [item["facts"] for item in shop.items() if item["sk"] == keys.ORDER_POINTER] == [
        OrderState(deleted=True).encode()
    ]


def test_an_order_that_moves_to_an_erased_customer_leaves_the_other(shop: Shop) -> None:
    shop.merge(ERASURE, order(1, "10.00", "9"), order(2, "10.00", "7"))

    assert shop.orders("9") == []


def test_a_customer_erased_at_the_last_moment_gets_no_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.merge(profile(1, email="a@example.com"))
    transact = client.transact

    def erased_before(operations: Any) -> bool:
        shop.merge(ERASURE)
        return transact(operations)

    monkeypatch.setattr(client, "transact", erased_before)
    shop.merge(order(1, "10.00"))
    monkeypatch.undo()

    assert not any(item["sk"].startswith(keys.ORDER_PREFIX) for item in shop.items())


def test_a_write_that_lost_a_race_starts_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.merge(profile(1, email="a@example.com"), order(1, "10.00"))
    races: Iterator[Fact] = iter([profile(2, phone="1"), refund(2, "4.00")])
    put = client.put

    def overtaken(table: str, item: Any, **condition: Any) -> bool:
        monkeypatch.setattr(client, "put", put)
        shop.merge(next(races))
        return put(table, item, **condition)

    later: tuple[Fact, ...] = (profile(3, first_name="A"), order(3, "11.00"))
    for told in later:
        monkeypatch.setattr(client, "put", overtaken)
        assert shop.merge(told) == [True]

    customer = shop.customer("7")
    assert (customer.phone, customer.first_name) == ("1", "A")
    assert (customer.orders[0].total, len(customer.orders[0].refunds)) == (Decimal("11.00"), 1)


def test_who_is_always_overtaken_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "put", lambda *_, **__: False)
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(Contention):
        shop.merge(profile(1, email="a@example.com"))


def test_imports_mark_what_they_write_and_others_take_the_mark_off(shop: Shop) -> None:
    shop.merge(profile(1, email="a@example.com"), order(1, "10.00"), bulk=True)
    assert all(item["bulk"] is True for item in shop.items())

    shop.merge(profile(2, email="b@example.com"), order(2, "11.00"))
    assert [item["sk"] for item in shop.items() if "bulk" in item] == [keys.ORDER_POINTER]


def test_too_much_for_one_item_is_refused(shop: Shop) -> None:
    far_too_many = tags.added(
        registers.stamp(NOON, None, None), [f"tag {number:05} {'x' * 40}" for number in range(6000)]
    )

    with pytest.raises(TooLarge) as refusal:
        shop.merge(ProfileFact("7", ProfileState(tags=far_too_many)))

    assert refusal.value.code == "item_too_large"
    assert shop.items() == []


def test_ids_that_would_be_other_keys_are_refused(stack: Stack) -> None:
    for shop, fact in (
        ("a#b", profile(1)),
        (SHOP, profile(1, customer="7#x")),
        (SHOP, order(1, "1.00", order_id="1#2")),
    ):
        with pytest.raises(InvalidRequest):
            facts.merge(stack.tables.customers, shop, fact)


def test_the_roster_is_read_in_pages(shop: Shop) -> None:
    wanted = [str(number) for number in range(200) if keys.shard(str(number), keys.ROSTER_SLICES) == 3]
    shop.merge(*(profile(1, customer=customer) for customer in wanted))
    found: list[str] = []
    after = None
    while True:
        page, after = facts.roster(shop.table, SHOP, 3, after, 4)
        assert len(page) <= 4
        found += page
        if after is None:
            break

    assert found == sorted(wanted)


def test_shops_do_not_see_each_other(tables: Tables) -> None:
    facts.merge(tables.customers, "one", order(1, "10.00"))
    facts.merge(tables.customers, "two", order(1, "20.00", "9"))

    assert facts.load(tables.customers, "two", "7").customer is None
    assert facts.load(tables.customers, "one", "7").customer is not None


def many(count: int, customer: str = "7", total: str = "10.00") -> list[Fact]:
    return [profile(1, customer), *(order(1, total, customer, order_id=str(number)) for number in range(count))]


def test_an_import_makes_a_new_customer_as_merging_would(stack: Stack) -> None:
    one_by_one, together = Shop(stack), Shop(stack)
    one_by_one.merge(*many(30), bulk=True)
    expected = one_by_one.items()
    for item in expected:
        client.delete(stack.tables.customers, {"pk": item["pk"], "sk": item["sk"]})
    assert facts.merge_all(together.table, SHOP, many(30), bulk=True)
    assert together.items() == expected
    assert not facts.merge_all(together.table, SHOP, many(30), bulk=True)
    assert together.items() == expected


@pytest.mark.parametrize(
    "before",
    [[order(5, "12.00", order_id="3")], [order(0, "9.00", customer="8", order_id="3")], [deleted("3")], [ERASURE]],
    ids=["a newer body", "another customer's", "deleted", "erased customer"],
)
def test_an_import_of_orders_that_are_known_merges_each(stack: Stack, before: list[Fact]) -> None:
    shop = Shop(stack)
    shop.merge(*before)
    shop.merge(*many(5), bulk=True)
    expected = [{**item, "version": 0} for item in shop.items()]
    for item in shop.items():
        client.delete(shop.table, {"pk": item["pk"], "sk": item["sk"]})
    shop.merge(*before)
    facts.merge_all(shop.table, SHOP, many(5), bulk=True)
    assert [{**item, "version": 0} for item in shop.items()] == expected
