"""What calls of DynamoDB consume: capacity units, by operation and table.

A meter watches the events of a client or of a session; nobody who is not watched pays for it. Units are told by the
service. Refused writes consume some too, which it does not tell: those calls are counted by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

_READS = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


class Hooks(Protocol):
    """The events of a botocore session or client."""

    def register(self, event_name: str, handler: Any) -> None:
        """Have `handler` called at each such event."""


@dataclass(slots=True)
class Consumed:
    """What the calls of one operation on one table came to. `indexes`: of the units, those of its indexes.

    `items` are those that transactions were to write: DynamoDB Local tells what one of them takes, AWS what all do.
    """

    operation: str
    table: str
    calls: int = 0
    refused: int = 0
    units: Decimal = Decimal(0)
    indexes: Decimal = Decimal(0)
    items: int = 0

    @property
    def writes(self) -> bool:
        """Whether these are write units."""
        return self.operation in _WRITES


class Meter:
    """Counts what the calls of those that it watches consume."""

    def __init__(self) -> None:
        self._consumed: dict[tuple[str, str], Consumed] = {}

    def watch(self, hooks: Hooks) -> None:
        """Count the calls of this session's clients, or of this client, from now on."""
        hooks.register("provide-client-params.dynamodb", self._ask)
        hooks.register("after-call.dynamodb", self._note)

    def take(self) -> list[Consumed]:
        """All that was consumed since this was asked last."""
        taken, self._consumed = list(self._consumed.values()), {}
        return taken

    def _ask(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        if model.name in _READS | _WRITES:
            params["ReturnConsumedCapacity"] = "INDEXES"
            context["tables"] = Counter(_tables(params))

    def _note(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: object) -> None:
        if model.name not in _READS | _WRITES:
            return
        for table, items in context["tables"].items():
            line = self._line(model.name, table)
            line.calls += 1
            line.refused += "Error" in parsed
            line.items += items if model.name == "TransactWriteItems" and "Error" not in parsed else 0
        told = parsed.get("ConsumedCapacity", [])
        for one in told if isinstance(told, list) else [told]:
            line = self._line(model.name, one["TableName"])
            line.units += Decimal(str(one["CapacityUnits"]))
            indexes = one.get("GlobalSecondaryIndexes", {})
            line.indexes += sum((Decimal(str(index["CapacityUnits"])) for index in indexes.values()), Decimal(0))

    def _line(self, operation: str, table: str) -> Consumed:
        return self._consumed.setdefault((operation, table), Consumed(operation, table))


def _tables(params: Mapping[str, Any]) -> Iterator[str]:
    if "TableName" in params:
        yield params["TableName"]
    yield from params.get("RequestItems", ())
    for operation in params.get("TransactItems", ()):
        yield from (action["TableName"] for action in operation.values())
