"""Customer documents as facts: merged into nothing they give the document's customer again."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from segment_core.errors import InvalidDocument
from segment_core.facts.customer import OrderLine
from segment_core.facts.document import assemble_order, read_customer
from segment_core.facts.order import OrderState
from segment_core.facts.told import Fact, OrderFact, ProfileFact, to_customer
from segment_core.ingest.documents import understand_document
from segment_core.record import replace
from tests.unit.facts.test_document import FULL

from .bodies import sample, understood

RECEIVED = datetime(2026, 5, 1, tzinfo=UTC)


def merged(facts: tuple[Fact, ...]) -> Any:
    (profile,) = [fact for fact in facts if isinstance(fact, ProfileFact)]
    orders = [(fact.order_id, fact.told) for fact in facts if isinstance(fact, OrderFact)]
    return to_customer(profile.customer_id, profile.told, orders)


def test_a_document_is_the_customer_that_its_facts_add_up_to() -> None:
    assert merged(understand_document(FULL, RECEIVED)) == read_customer(FULL)


def test_a_document_without_a_date_counts_from_its_receipt() -> None:
    document = {key: value for key, value in FULL.items() if key != "as_of"}

    assert merged(understand_document(document, RECEIVED)) == replace(read_customer(document), as_of=RECEIVED)


def test_importing_twice_tells_nothing_new() -> None:
    assert understand_document(FULL, RECEIVED) == understand_document(FULL, datetime(2026, 6, 1, tzinfo=UTC))


def test_only_keys_of_the_document_are_told() -> None:
    document = {"id": "1", "phone": None, "orders": [{"id": "2", "total": "1.00"}]}
    profile, *bought = understand_document(document, RECEIVED)
    (order,) = bought

    assert set(profile.told.fields) == {"phone"}
    assert profile.told.tags.floor == ""
    assert set(order.told.fields) == {"customer_id", "money"}


def test_orders_carry_their_own_date() -> None:
    _, *bought = understand_document(
        {"id": "1", "as_of": "2026-04-01T00:00:00Z", "orders": [{"id": "2", "updated_at": "2026-01-01T00:00:00Z"}]},
        RECEIVED,
    )

    (order,) = bought
    assert order.told.fields["customer_id"].stamp.startswith("2026-01-01T00:00:00.000000Z")


def test_an_order_without_a_date_has_that_of_its_document() -> None:
    document = {"id": "1", "as_of": "2026-04-01T00:00:00Z", "orders": [{"id": "2", "total": "1.00"}]}

    (order,) = merged(understand_document(document, RECEIVED)).orders

    assert order == read_customer(document).orders[0]
    assert order.updated_at == datetime(2026, 4, 1, tzinfo=UTC)


LINE = {"product_id": 510, "vendor": "Before", "product_type": "Coffee", "category": "aa-1", "tags": ["consumable"]}


def order_of(line: dict[str, Any], as_of: str = "2026-02-01T00:00:00Z") -> tuple[Fact, ...]:
    """A document of a customer with the order of the sample webhooks."""
    return understand_document({"id": "8401", "as_of": as_of, "orders": [{"id": "550101", "lines": [line]}]}, RECEIVED)


def lines(*told: tuple[Fact, ...]) -> list[OrderLine]:
    """The lines of the order once all that was merged, the same in every order of arrival."""
    ends = []
    for sequence in permutations(told):
        state = OrderState()
        for fact in (fact for facts in sequence for fact in facts if isinstance(fact, OrderFact)):
            state = state.join(fact.told)
        ends.append(state)
    assert all(end == ends[0] for end in ends)
    return list(assemble_order(ends[0].document("550101")).lines)


@pytest.mark.parametrize("topic", ["orders/create", "orders/fulfilled", "orders/cancelled"])
def test_what_a_webhook_does_not_say_of_a_product_stays(topic: str) -> None:
    """Webhooks tell of a product no more than its vendor."""
    first, second = lines(order_of(LINE), understood(topic, sample(topic)))

    assert (first.product_type, first.category, first.tags) == ("Coffee", "aa-1", ("consumable",))
    assert (first.vendor, first.quantity, first.sku) == ("North Roasters", 2, "ESP-1")
    assert (second.product_id, second.product_type, second.category, second.tags) == ("511", None, None, ())


def test_products_survive_any_number_of_webhooks_and_a_document_that_leaves_them_out() -> None:
    told = [understood(topic, sample(topic)) for topic in ("orders/create", "orders/fulfilled")]
    bare = order_of({"product_id": "510", "quantity": 3}, "2026-06-01T00:00:00Z")

    (line,) = lines(order_of(LINE), *told, bare)

    assert (line.quantity, line.vendor, line.tags) == (3, "North Roasters", ("consumable",))


@pytest.mark.parametrize("key", ["tags", "vendor", "product_type", "category"])
def test_an_attribute_that_a_later_document_has_empty_is_empty(key: str) -> None:
    (line,) = lines(order_of(LINE), order_of({**LINE, key: [] if key == "tags" else None}, "2026-06-01T00:00:00Z"))

    assert not getattr(line, key)


def test_an_empty_list_is_told() -> None:
    profile, *_ = understand_document({"id": "1", "tags": [], "addresses": []}, RECEIVED)

    assert profile.told.tags.floor != ""
    assert profile.told.fields["addresses"].value == []


def test_a_bad_document_is_refused() -> None:
    with pytest.raises(InvalidDocument):
        understand_document({"id": "1", "nick": "x"}, RECEIVED)
