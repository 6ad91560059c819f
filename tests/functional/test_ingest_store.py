"""The Customers table: where facts are kept, how orders move, what an erasure leaves, what costs a write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from segment_core.errors import Contention, InvalidRequest, TooLarge
from segment_core.facts import registers, tags
from segment_core.facts.customer import Customer
from segment_core.facts.order import CUSTOMER, MONEY, OrderState, decode
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact
from segment_core.instants import iso
from segment_core.record import replace
from segment_core.store import clearing, client, facts, keys, orders
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
    assert clearing.clear(shop.table, SHOP, "7") == 1
    late: list[Fact] = [profile(9, email="a@example.com"), order(9, "10.00"), refund(9, "1.00"), ERASURE]
    # That it was this customer's at that later instant is remembered: somebody else may have had it before.
    assert shop.merge(*late) == [False, True, False, False]
    assert shop.merge(*late) == [False, False, False, False]
    shop.merge(order(9, "10.00", order_id="300"))
    assert facts.load(shop.table, SHOP, "7") == facts.Loaded(None, erased=True)
    assert clearing.clear(shop.table, SHOP, "7") == 0
    assert not any(
        "facts" in item and ("10.00" in item["facts"] or "example" in item["facts"]) for item in shop.items()
    )


def test_an_erasure_may_come_before_its_customer(shop: Shop) -> None:
    assert shop.merge(ERASURE, profile(1, email="a@example.com"), order(1, "10.00")) == [True, False, True]
    assert facts.load(shop.table, SHOP, "7").erased
    (tombstone,) = [decode(item["facts"]) for item in shop.items() if item["sk"] == keys.ORDER_POINTER]
    assert (tombstone.fields.keys(), tombstone.customer_id) == ({CUSTOMER}, "7")


@pytest.mark.parametrize("message", [0, 1])
def test_an_order_that_had_gone_to_somebody_else_is_theirs_whenever_that_is_told(tables: Tables, message: int) -> None:
    """In many orders of arrival, each said twice, with the remains cleared away early or late."""
    if message:
        told: list[Fact] = [order(1, "10.00", "7"), order(2, "8.00", "9"), ERASURE]
        expected = [("100", NOON, Decimal("8.00"))]
    else:
        told = [order(1, "10.00", "9"), order(2, "8.00", "7"), ERASURE]
        expected = []
    for number, arrival in enumerate(permutations([0, 1, 2, 0, 1, 2])):
        if number % 23:
            continue
        shop = f"s{number}"
        for place, one in enumerate(arrival):
            facts.merge(tables.customers, shop, told[one])
            if place % 2 == number % 2:
                clearing.clear(tables.customers, shop, "7")
        clearing.clear(tables.customers, shop, "7")
        facts.merge(tables.customers, shop, profile(0, "9"))
        customer = facts.load(tables.customers, shop, "9").customer
        assert customer is not None
        assert [(one.id, one.created_at, one.total) for one in customer.orders] == expected, arrival
        assert not any(facts.merge(tables.customers, shop, one) for one in told), arrival


def test_an_order_of_somebody_erased_is_in_no_answer_to_a_request(shop: Shop) -> None:
    shop.merge(order(1, "10.00"), refund(1, "1.00", order_id="200"), ERASURE)
    clearing.clear(shop.table, SHOP, "7")

    assert [order_id for order_id, _ in orders.waiting(shop.table, SHOP, ["100", "200"])] == ["200"]


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


def end(shop: Shop) -> list[dict[str, Any]]:
    """All items but for how often each was written; leaves an empty table for the next to begin with."""
    if facts.load(shop.table, SHOP, "7").erased:
        clearing.clear(shop.table, SHOP, "7")
    items = shop.items()
    for item in items:
        client.delete(shop.table, {"pk": item["pk"], "sk": item["sk"]})
    return [{**item, "version": 0} for item in items]


MESSAGES: dict[str, tuple[list[Fact], list[Fact]]] = {
    "a new customer with orders": ([], many(30)),
    "a newer body": ([order(5, "12.00", order_id="3")], many(5)),
    "another customer's order": ([order(0, "9.00", customer="8", order_id="3")], many(5)),
    "a deleted order": ([deleted("3")], many(5)),
    "an order that waits for its customer": ([order(0, "9.00", None, order_id="3")], many(5)),
    "an erased customer": ([ERASURE], many(5)),
    "several customers": ([profile(1, "8")], [profile(2), order(1, "1.00", "8"), order(1, "2.00", "9", order_id="2")]),
    "one order twice": ([], [order(2, "1.00"), order(1, "2.00", "8"), refund(3, "0.50")]),
    "an erasure with orders": (
        [order(1, "1.00")],
        [ERASURE, profile(2), order(2, "2.00"), order(2, "3.00", "8", NOON, "2")],
    ),
    "nothing": ([profile(1)], []),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_the_facts_of_a_message_end_as_they_would_one_by_one(what: str, shop: Shop) -> None:
    before, told = MESSAGES[what]
    shop.merge(*before)
    changes = shop.merge(*told, bulk=True)
    one_by_one = end(shop)

    shop.merge(*before)
    assert facts.merge_all(shop.table, SHOP, told, bulk=True) == any(changes)
    together = shop.items()
    assert not facts.merge_all(shop.table, SHOP, told, bulk=True)
    assert shop.items() == together
    assert end(shop) == one_by_one


RACES: dict[str, tuple[list[Fact], list[Fact], list[Fact]]] = {
    "two orders of a new customer": ([], [profile(1), order(1, "1.00")], [profile(1), order(2, "2.00", order_id="2")]),
    "one new order told twice": ([], [profile(1), order(1, "1.00")], [profile(1), order(1, "1.00")]),
    "an order and its refund": ([], [profile(1), order(1, "1.00")], [refund(2, "0.50")]),
    "two customers of one order": ([profile(1)], [order(1, "1.00", "7")], [order(2, "1.00", "8")]),
    "an order that moves away": ([order(1, "1.00", "7")], [order(2, "2.00", "7")], [order(3, "1.00", "8")]),
    "a known order and its refund": ([order(1, "1.00")], [order(2, "2.00")], [refund(2, "0.50")]),
    "an order and its deletion": ([order(1, "1.00")], [profile(2), order(2, "2.00")], [deleted()]),
    "a customer and an erasure": ([profile(1)], [profile(2), order(1, "1.00")], [ERASURE]),
    "a move and an erasure": ([order(1, "1.00", "8")], [order(2, "1.00", "7")], [ERASURE]),
    "a move and a refund": ([order(1, "1.00", "8")], [order(2, "2.00", "7")], [refund(2, "0.50")]),
    "fields of a profile": ([profile(1, email="a")], [profile(2, email="b")], [profile(2, phone="1")]),
    "many orders and one of them": ([], many(60), [order(2, "2.00", order_id="55")]),
}


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("what", RACES)
def test_who_is_overtaken_at_whatever_call_says_all_the_same(
    what: str, call: int, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, told, overtaking = RACES[what]
    for message in (before, overtaking, told):
        facts.merge_all(shop.table, SHOP, message)
    expected = end(shop)
    facts.merge_all(shop.table, SHOP, before)
    calls = 0

    def overtaken(original: Callable[..., Any]) -> Callable[..., Any]:
        def first(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call:
                facts.merge_all(shop.table, SHOP, overtaking)
            return original(*arguments, **options)

        return first

    with monkeypatch.context() as patch:
        for name in ("batch_get", "put", "transact"):
            patch.setattr(client, name, overtaken(getattr(client, name)))
        facts.merge_all(shop.table, SHOP, told)
    if calls < call:
        facts.merge_all(shop.table, SHOP, overtaking)

    assert end(shop) == expected


def test_an_order_that_moves_by_its_date_alone_keeps_its_customer(shop: Shop) -> None:
    earlier = NOON - timedelta(days=1)
    shop.merge(order(1, "10.00", "7"), order(2, "10.00", None, placed=earlier))
    assert [o.created_at for o in shop.customer("7").orders] == [earlier]

    shop.merge(ERASURE, order(3, "10.00", None))

    assert not any(item["sk"].startswith(keys.ORDER_PREFIX) for item in shop.items())


@pytest.mark.parametrize(("count", "size"), [(120, 0), (16, 300_000)], ids=["many", "large"])
def test_what_one_transaction_does_not_take_is_written_in_several(
    count: int, size: int, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"channel": "x" * size}
    large = OrderState(registers.told(registers.stamp(NOON, None, values), values))
    told = [replace(fact, told=fact.told.join(large)) if isinstance(fact, OrderFact) else fact for fact in many(count)]
    transact, written = client.transact, []

    def second_is_overtaken(operations: Any) -> bool:
        written.append(operations)
        return len(written) != 2 and transact(operations)

    monkeypatch.setattr(client, "transact", second_is_overtaken)
    monkeypatch.setattr("time.sleep", lambda _: None)

    assert facts.merge_all(shop.table, SHOP, told)
    assert sum(item["sk"].startswith(keys.ORDER_PREFIX) for item in shop.items()) == count
    assert len(written) > 3
    assert all(len(operations) <= client.TRANSACTION_LIMIT for operations in written)
    assert all(len(json.dumps(operations)) < 4_000_000 for operations in written)
    assert "PROFILE" in json.dumps(written[0])
