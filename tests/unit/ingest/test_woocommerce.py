"""WooCommerce: every topic of its table, its dates without offsets, its guests and its ping."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.order import OrderState
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact, to_customer
from segment_core.ingest import woocommerce
from segment_core.ingest.platforms import WOOCOMMERCE
from segment_core.ingest.topics import understand
from segment_core.instants import sortable

from .bodies import EVENTS, RECEIVED, customer, order

SAMPLES = {
    sample["topic"]: sample["body"]
    for sample in (json.loads(path.read_text()) for path in (EVENTS / "woocommerce").glob("*.json"))
}


def understood(topic: str, **changes: Any) -> tuple[Fact, ...]:
    return understand(topic, SAMPLES[topic] | changes, RECEIVED, None, WOOCOMMERCE.topics)


def told(topic: str, **changes: Any) -> OrderState:
    (fact,) = understood(topic, **changes)
    assert isinstance(fact, OrderFact)
    return fact.told


def arriving(minute: int, topic: str, changed: int = -1440) -> OrderState:
    """What a message says that comes in that minute from `RECEIVED` on, of an order that was `changed` in that one."""
    modified = {"date_modified_gmt": (RECEIVED + timedelta(minutes=changed)).strftime("%Y-%m-%dT%H:%M:%S")}
    body = SAMPLES[topic] | ({} if topic == "order.deleted" else modified)
    (fact,) = understand(topic, body, RECEIVED + timedelta(minutes=minute), None, WOOCOMMERCE.topics)
    assert isinstance(fact, OrderFact)
    return fact.told


def test_there_is_a_sample_of_every_topic() -> None:
    assert sorted(SAMPLES) == sorted(name for name, topic in woocommerce.TOPICS.items() if topic.read)


@pytest.mark.parametrize("topic", sorted(SAMPLES))
def test_samples_are_understood(topic: str) -> None:
    (fact,) = understood(topic)
    assert isinstance(fact, {"customer": (ProfileFact, Erasure), "order": OrderFact}[topic.partition(".")[0]])


def test_a_customer() -> None:
    told = customer(*understood("customer.updated"))

    assert (told.id, told.email, told.first_name, told.phone) == ("84", "noor@example.com", "Noor", "+31000000000")
    assert told.created_at == datetime(2025, 11, 3, 9, 12, tzinfo=UTC)
    assert told.as_of == datetime(2026, 2, 10, 19, 15, 30, tzinfo=UTC)
    assert [(address.country, address.region, address.city) for address in told.addresses] == [("NL", None, "Utrecht")]


def test_what_it_does_not_say_is_not_told() -> None:
    (fact,) = understand("customer.updated", {"id": 7, "first_name": ""}, RECEIVED, None, WOOCOMMERCE.topics)

    assert isinstance(fact, ProfileFact)
    assert set(fact.told.fields) == {"first_name"}
    assert to_customer("7", fact.told, []).first_name is None


def test_an_order_is_worth_what_was_kept() -> None:
    facts = understood("order.updated")
    told = order(*facts)

    assert (told.id, told.total, told.currency) == ("727", Decimal("60.60"), "EUR")
    assert told.created_at == datetime(2026, 2, 10, 19, 15, 30, tzinfo=UTC)
    assert told.updated_at == datetime(2026, 2, 14, 8, tzinfo=UTC)
    assert (told.channel, told.discount_codes, told.cancelled_at) == ("checkout", ("welcome10",), None)
    assert [(line.product_id, line.variant_id, line.sku, line.quantity) for line in told.lines] == [
        ("510", None, "ESP-1", 2), ("511", "611", None, 1),
    ]  # fmt: skip
    assert [fact.told.customer_id for fact in facts if isinstance(fact, OrderFact)] == ["84"]


def test_a_guests_order_is_nobodys() -> None:
    (fact,) = understood("order.created", customer_id=0)

    assert isinstance(fact, OrderFact)
    assert fact.told.customer_id is None


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_draft_says_nothing(status: str) -> None:
    assert understood("order.created", status=status) == ()


@pytest.mark.parametrize("status", ["pending", "failed", "trash"])
def test_of_what_is_not_placed_no_more_is_known_than_that(status: str) -> None:
    state = told("order.created", status=status, total=None, date_created_gmt=None)

    assert not state.counts
    assert state.document("727") == {"id": "727", "refunds": []}


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [
        ("processing", False), ("on-hold", False), ("completed", False), ("refunded", False), ("shipped", False),
        ("cancelled", True),
    ],
)  # fmt: skip
def test_a_status_says_whether_an_order_was_cancelled(status: str, cancelled: bool) -> None:
    made = order(*understood("order.updated", status=status))

    assert made.cancelled_at == (datetime(2026, 2, 14, 8, tzinfo=UTC) if cancelled else None)
    assert told("order.updated", status=status).counts


def test_of_one_second_the_status_that_comes_later_holds() -> None:
    of_one_second = [told("order.updated", status=status) for status in ("pending", "processing", "cancelled")]

    for first, second in pairwise(of_one_second):
        assert (
            first.join(second).fields["standing"] == second.fields["standing"] == second.join(first).fields["standing"]
        )


def test_what_is_taken_out_of_the_bin_is_there_whatever_its_date() -> None:
    placed, gone = told("order.created"), arriving(0, "order.deleted")

    assert placed.counts
    assert not placed.join(gone).counts
    for back in (arriving(0, "order.restored"), arriving(1, "order.restored"), arriving(2, "order.updated", changed=1)):
        assert placed.join(gone).join(back).counts
        assert back.join(gone).join(placed).counts
    assert not placed.join(gone).join(arriving(2, "order.updated", changed=-1)).counts
    assert not placed.join(gone).join(arriving(1, "order.restored")).join(arriving(2, "order.deleted")).counts


def test_a_clock_that_is_ahead_does_not_undo_a_deletion_to_come() -> None:
    assert not arriving(0, "order.updated", changed=90).join(arriving(1, "order.deleted")).counts


def test_an_export_that_is_later_than_the_status_knows_of_the_cancellation() -> None:
    placed = told("order.updated")
    before, after = (sortable(datetime(2026, 2, 14, hour, tzinfo=UTC)) for hour in (7, 9))

    assert placed.join(OrderState(cancelled_at=after)).document("727")["cancelled_at"] == after
    assert "cancelled_at" not in placed.join(OrderState(cancelled_at=before)).document("727")


@pytest.mark.parametrize("missing", ["id", "status", "total", "date_created_gmt"])
def test_a_body_without_what_it_needs_is_refused_by_name(missing: str) -> None:
    with pytest.raises(NotUnderstood, match=f"^order.created: there is no '{missing}'"):
        understood("order.created", **{missing: None})


@pytest.mark.parametrize(
    ("body", "ping"),
    [
        (b"webhook_id=12", True),
        (b"webhook_id=", False),
        (b"webhook_id=1&x=2", False),
        (b'{"id": 1}', False),
        (b"", False),
    ],
)
def test_a_ping_is_known_by_its_form(body: bytes, ping: bool) -> None:
    assert woocommerce.is_ping(body) is ping
