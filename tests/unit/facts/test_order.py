"""Orders: bodies by who is last, refunds by id, cancelled for good, deleted for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from segment_core.facts import order, registers
from segment_core.facts.customer import Order
from segment_core.facts.document import assemble_order
from segment_core.facts.order import CUSTOMER, MONEY, OrderState
from segment_core.instants import iso, sortable

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def body(minute: int, total: str | None = None, **values: object) -> OrderState:
    at = NOON + timedelta(minutes=minute)
    if total is not None:
        values[MONEY] = {"total": total, "currency": "EUR", "updated_at": iso(at)}
    return OrderState(registers.told(registers.stamp(at, None, values), values))


def refund(minute: int, id_: str, amount: str) -> OrderState:
    at = NOON + timedelta(minutes=minute)
    value = {"created_at": iso(at), "amount": amount}
    return OrderState(refunds=registers.told(registers.stamp(at, None, value), {id_: value}))


def read(state: OrderState) -> Order:
    return assemble_order(state.document("1"))


def test_the_later_body_holds() -> None:
    assert read(body(2, "20.00").join(body(1, "10.00"))).total == Decimal("20.00")


def test_total_and_its_date_come_from_one_body() -> None:
    paid = read(body(1, "10.00").join(body(2, tags=["x"])))

    assert (paid.total, paid.updated_at, paid.tags) == (Decimal("10.00"), NOON + timedelta(minutes=1), ("x",))


def test_the_customer_stays_when_a_later_body_names_none() -> None:
    assert body(1, **{CUSTOMER: "7"}).join(body(2, "10.00")).customer_id == "7"


def test_a_refund_may_come_before_its_order_and_twice() -> None:
    state = refund(3, "r", "5.00").join(body(1, "10.00")).join(refund(3, "r", "5.00")).join(refund(4, "s", "1.00"))

    assert [(r.id, r.amount) for r in read(state).refunds] == [("r", Decimal("5.00")), ("s", Decimal("1.00"))]


def test_cancelled_stays_cancelled_at_the_earliest_date_told() -> None:
    early, late = sortable(NOON), sortable(NOON + timedelta(hours=1))
    state = OrderState(cancelled_at=late).join(OrderState(cancelled_at=early)).join(body(9, "10.00"))

    assert read(state).cancelled_at == NOON


def test_deleted_stays_deleted_and_forgets_the_rest() -> None:
    gone = OrderState(deleted=True)

    assert body(1, "10.00").join(gone) == gone.join(body(9, "10.00")) == gone


def test_a_stored_state_is_read_as_it_was() -> None:
    state = body(1, "10.00", **{CUSTOMER: "7", "created_at": iso(NOON)}).join(refund(2, "r", "5.00"))
    state = state.join(OrderState(cancelled_at=sortable(NOON)))

    assert order.decode(state.encode()) == state
    assert order.decode(OrderState(deleted=True).encode()) == OrderState(deleted=True)
