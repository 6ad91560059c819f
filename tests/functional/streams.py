"""What moto's tables leave out: their streams, read by the functions that `template.yaml` has read them.

Every write of a handler or a test becomes a record with its images; `quiet` hands them on until nothing follows.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from segment_core.runtime import bus
from segment_core.store import client, keys

from .conftest import Stack, load_function

# As it is before a test watches over calls: the stream reads without anybody's role.
_CALL = BaseClient._make_api_call  # type: ignore[attr-defined]

Record = dict[str, Any]


class Streams:
    """The streams of Customers and Memberships, and what came of them."""

    def __init__(self, stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._context = context
        self._functions: dict[str, ModuleType] = {name: load_function(name) for name in ("evaluate", "project")}
        self._records: dict[str, list[Record]] = defaultdict(list)
        self._sequence = 0
        self.told: list[bus.Event] = []
        self.batch = 50
        dynamodb, publish = client.client(), bus.publish
        call = dynamodb._make_api_call

        def recorded(operation: str, request: dict[str, Any]) -> Any:
            touched = [one for one in _touched(operation, request) if one[0] in self._followed]
            before = [self._read(*one) for one in touched]
            answer = call(operation, request)
            for (table, key), old in zip(touched, before, strict=True):
                self._note(table, key, old, self._read(table, key))
            return answer

        def overheard(name: str, events: Any) -> None:
            self.told += events
            publish(name, events)

        monkeypatch.setattr(dynamodb, "_make_api_call", recorded)
        monkeypatch.setattr(bus, "publish", overheard)

    @property
    def _followed(self) -> dict[str, str]:
        return {self._stack.tables.customers: "evaluate", self._stack.tables.memberships: "project"}

    def quiet(self) -> None:
        """Have the functions work until nothing is left, in the streams and on the work queue."""
        while self._turn():
            pass

    def _turn(self) -> bool:
        for table, function in self._followed.items():
            records, self._records[table] = self._records[table][: self.batch], self._records[table][self.batch :]
            if records:
                self._run(function, records)
                return True
        messages = self._stack.messages(self._stack.work_queue_url)
        for number, message in enumerate(messages):
            record = {"eventSource": "aws:sqs", "messageId": f"m{number}", "body": json.dumps(message)}
            self._run("evaluate", [record | {"attributes": {}}])
        return bool(messages)

    def _run(self, function: str, records: list[Record]) -> None:
        answer = self._functions[function].handler({"Records": records}, self._context)
        assert answer == {"batchItemFailures": []}

    def _read(self, table: str, key: dict[str, Any]) -> dict[str, Any] | None:
        item: dict[str, Any] | None = _CALL(
            client.client(), "GetItem", {"TableName": table, "Key": key, "ConsistentRead": True}
        ).get("Item")
        return item

    def _note(self, table: str, key: dict[str, Any], old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        # A write that changes nothing is no record, and an order's pointer is filtered out by the template.
        if old == new or key.get("sk", {}).get("S") == keys.ORDER_POINTER:
            return
        self._sequence += 1
        images = {"OldImage": old, "NewImage": new}
        self._records[table].append(
            {
                "eventSource": "aws:dynamodb",
                "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
                "dynamodb": {
                    "Keys": key,
                    "SequenceNumber": str(self._sequence),
                    **{name: _as_json(image) for name, image in images.items() if image is not None},
                },
            }
        )


def _touched(operation: str, request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    match operation:
        case "PutItem" | "DeleteItem" | "UpdateItem":
            yield request["TableName"], _key(request)
        case "TransactWriteItems":
            for one in request["TransactItems"]:
                for kind, part in one.items():
                    if kind != "ConditionCheck":
                        yield part["TableName"], _key(part)
        case "BatchWriteItem":
            for table, writes in request["RequestItems"].items():
                for one in writes:
                    ((_, part),) = one.items()
                    yield table, _key(part)


def _key(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.get("Key", request.get("Item", {})).items() if name in ("pk", "sk")}


def _as_json(image: dict[str, Any]) -> dict[str, Any]:
    """Binary values as Lambda hands them over."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value for name, value in image.items()
    }


def webhook(topic: str, body: object, shop: str = "demo", at: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
    """A message of the ingest queue."""
    return {
        "kind": "webhook", "shop": shop, "topic": topic, "received_at": at, "triggered_at": at,
        "body": json.dumps(body),
    }  # fmt: skip


def ingest(context: SimpleNamespace, *messages: dict[str, Any]) -> None:
    """Have `ingest` take in these messages."""
    records = [
        {"eventSource": "aws:sqs", "messageId": str(n), "body": json.dumps(one), "attributes": {"MessageGroupId": "g"}}
        for n, one in enumerate(messages)
    ]
    assert load_function("ingest").handler({"Records": records}, context) == {"batchItemFailures": []}


def parked(stack: Stack) -> list[dict[str, Any]]:
    """What ingest gave up on, taken off its dead letters."""
    return stack.messages(stack.ingest_dead_letter_queue_url)
