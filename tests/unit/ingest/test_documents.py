"""Customer documents as facts: merged into nothing they give the document's customer again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from segment_core.errors import InvalidDocument
from segment_core.facts.document import read_customer
from segment_core.facts.told import Fact, OrderFact, ProfileFact, to_customer
from segment_core.ingest.documents import understand_document
from tests.unit.facts.test_document import FULL

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
    profile, order = understand_document({"id": "1", "phone": None, "orders": [{"id": "2", "total": "1.00"}]}, RECEIVED)

    assert isinstance(profile, ProfileFact)
    assert isinstance(order, OrderFact)
    assert set(profile.told.fields) == {"phone"}
    assert profile.told.tags.floor == ""
    assert set(order.told.fields) == {"customer_id", "money"}


def test_orders_carry_their_own_date() -> None:
    _, order = understand_document(
        {"id": "1", "as_of": "2026-04-01T00:00:00Z", "orders": [{"id": "2", "updated_at": "2026-01-01T00:00:00Z"}]},
        RECEIVED,
    )

    assert isinstance(order, OrderFact)
    assert order.told.fields["customer_id"].stamp.startswith("2026-01-01T00:00:00.000000Z")


def test_an_order_without_a_date_has_that_of_its_document() -> None:
    document = {"id": "1", "as_of": "2026-04-01T00:00:00Z", "orders": [{"id": "2", "total": "1.00"}]}

    (order,) = merged(understand_document(document, RECEIVED)).orders

    assert order == read_customer(document).orders[0]
    assert order.updated_at == datetime(2026, 4, 1, tzinfo=UTC)


def test_an_empty_list_is_told() -> None:
    (profile,) = understand_document({"id": "1", "tags": [], "addresses": []}, RECEIVED)

    assert isinstance(profile, ProfileFact)
    assert profile.told.tags.floor != ""
    assert profile.told.fields["addresses"].value == []


def test_a_bad_document_is_refused() -> None:
    with pytest.raises(InvalidDocument):
        understand_document({"id": "1", "nick": "x"}, RECEIVED)
