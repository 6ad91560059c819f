"""moto's stream records, put right: what DynamoDB would have written for the same calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = dict[str, Any]


def repaired(records: Sequence[Record]) -> list[Record]:
    """The records as DynamoDB writes them: one per change, none for a write that changed nothing."""
    return [record for record in _whole_inserts(map(_plain, records)) if not _unchanged(record["dynamodb"])]


def _plain(record: Record) -> Record:
    """No empty image where there is none."""
    images = {name: value for name, value in record["dynamodb"].items() if value or not name.endswith("Image")}
    return {**record, "dynamodb": images}


def _whole_inserts(records: Iterator[Record]) -> Iterator[Record]:
    """An update that makes an item shows as an insert of its bare keys, then a change of that."""
    bare: Record | None = None
    for record in records:
        images = record["dynamodb"]
        if bare is not None and images["Keys"] == bare["dynamodb"]["Keys"] == images.get("OldImage"):
            whole = {name: value for name, value in images.items() if name != "OldImage"}
            yield {**record, "eventName": "INSERT", "dynamodb": whole}
            bare = None
            continue
        if bare is not None:
            yield bare
            bare = None
        if record["eventName"] == "INSERT" and images.get("NewImage") == images["Keys"]:
            bare = record
        else:
            yield record
    if bare is not None:
        yield bare


def _unchanged(images: Mapping[str, Any]) -> bool:
    return images.get("OldImage") == images.get("NewImage")
