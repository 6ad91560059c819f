"""What a meter counts: the units that the service tells, by operation and table, and the calls that it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from botocore.hooks import HierarchicalEmitter

from segment_core.store.capacity import Consumed, Meter


class Service:
    """Calls as botocore tells of them: once before with its parameters, once after with its answer."""

    def __init__(self) -> None:
        self.meter = Meter()
        self._hooks = HierarchicalEmitter()
        self.meter.watch(self._hooks)

    def call(self, operation: str, params: dict[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the parameters as they went out."""
        context: dict[str, Any] = {}
        model = SimpleNamespace(name=operation)
        self._hooks.emit(f"provide-client-params.dynamodb.{operation}", params=params, model=model, context=context)
        self._hooks.emit(f"after-call.dynamodb.{operation}", parsed=answer, model=model, context=context)
        return params


def told(table: str, units: float, index: float = 0) -> dict[str, Any]:
    """What the service says of one table."""
    indexes = {"GlobalSecondaryIndexes": {"due": {"CapacityUnits": index}}} if index else {}
    return {"TableName": table, "CapacityUnits": units, **indexes}


def test_units_are_asked_for_and_added_up_by_operation_and_table() -> None:
    service = Service()
    sent = service.call("GetItem", {"TableName": "A"}, {"ConsumedCapacity": told("A", 0.5)})
    assert sent["ReturnConsumedCapacity"] == "INDEXES"
    service.call("GetItem", {"TableName": "A"}, {"ConsumedCapacity": told("A", 1)})
    service.call("PutItem", {"TableName": "A"}, {"ConsumedCapacity": told("A", 3, index=2)})
    assert service.meter.take() == [
        Consumed("GetItem", "A", calls=2, units=Decimal("1.5")),
        Consumed("PutItem", "A", calls=1, units=Decimal(3), indexes=Decimal(2)),
    ]
    assert service.meter.take() == [], "what was taken is counted once"


def test_a_call_to_several_tables_counts_in_each() -> None:
    service = Service()
    service.call(
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "A"}}, {"Update": {"TableName": "B"}}, {"Put": {"TableName": "A"}}]},
        {"ConsumedCapacity": [told("A", 4), told("B", 2)]},
    )
    service.call("BatchGetItem", {"RequestItems": {"A": {}}}, {"ConsumedCapacity": [told("A", 5)]})
    assert service.meter.take() == [
        Consumed("TransactWriteItems", "A", calls=1, units=Decimal(4), items=2),
        Consumed("TransactWriteItems", "B", calls=1, units=Decimal(2), items=1),
        Consumed("BatchGetItem", "A", calls=1, units=Decimal(5)),
    ]


def test_a_refused_call_is_counted_without_units() -> None:
    service = Service()
    service.call("PutItem", {"TableName": "A"}, {"Error": {"Code": "ConditionalCheckFailedException"}})
    assert service.meter.take() == [Consumed("PutItem", "A", calls=1, refused=1)]


def test_other_calls_are_left_alone() -> None:
    service = Service()
    assert service.call("DescribeTable", {"TableName": "A"}, {"Table": {}}) == {"TableName": "A"}
    assert service.meter.take() == []


def test_reads_and_writes_are_told_apart() -> None:
    assert Consumed("PutItem", "A").writes
    assert not Consumed("Query", "A").writes
