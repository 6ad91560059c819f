"""moto's stream records, put right: what DynamoDB would have written for the same calls."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = dict[str, Any]


def repaired(records: Sequence[Record]) -> list[Record]:
    """The records as DynamoDB writes them: one per change, none for a write that changed nothing."""
    return [record for record in _single_inserts(map(_plain, records)) if not _unchanged(record)]


def _plain(record: Record) -> Record:
    """No empty image where there is none, and binary values as base64 once."""
    told = {name: value for name, value in record["dynamodb"].items() if value or not name.endswith("Image")}
    for name in ("Keys", "OldImage", "NewImage"):
        if name in told:
            told[name] = {attribute: _binary_once(value) for attribute, value in told[name].items()}
    return {**record, "dynamodb": told}


def _binary_once(value: Mapping[str, Any]) -> dict[str, Any]:
    """moto encodes binary values twice: `BQE=` comes as `QlFFPQ==`."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": b64decode(content).decode()}
    if kind == "BS":
        return {"BS": [b64decode(one).decode() for one in content]}
    if kind == "L":
        return {"L": [_binary_once(one) for one in content]}
    if kind == "M":
        return {"M": {name: _binary_once(one) for name, one in content.items()}}
    return {kind: content}


def _single_inserts(records: Iterator[Record]) -> Iterator[Record]:
    """An update that makes an item shows as two inserts, the first of its bare keys."""
    earlier: Record | None = None
    for record in records:
        if earlier is not None and not _makes_the_same(earlier, record):
            yield earlier
        earlier = record
    if earlier is not None:
        yield earlier


def _makes_the_same(first: Record, second: Record) -> bool:
    both_insert = first["eventName"] == second["eventName"] == "INSERT"
    return both_insert and bool(first["dynamodb"]["Keys"] == second["dynamodb"]["Keys"])


def _unchanged(record: Record) -> bool:
    return bool(record["dynamodb"].get("OldImage") == record["dynamodb"].get("NewImage"))
