"""Telling the world: events on the bus, and an error if the bus did not take them all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import boto3

from segment_core.instants import iso
from segment_core.record import record
from segment_core.runtime import aws

SOURCE = "tidemark"
BATCH_LIMIT = 10


@record
class Event:
    """One event; `time` is when it happened."""

    detail_type: str
    time: datetime
    detail: Mapping[str, object]


@cache
def client() -> Any:
    """The process's EventBridge client."""
    return boto3.client("events", config=aws.config())


def publish(bus: str, events: Sequence[Event]) -> None:
    """Put all events on the bus. Raises if one was refused: whoever called will tell them all again."""
    for start in range(0, len(events), BATCH_LIMIT):
        batch = events[start : start + BATCH_LIMIT]
        answer = client().put_events(Entries=[_entry(bus, event) for event in batch])
        if answer["FailedEntryCount"]:
            codes = {entry.get("ErrorCode") for entry in answer["Entries"]} - {None}
            raise RuntimeError(f"the bus refused {answer['FailedEntryCount']} of {len(batch)} events: {sorted(codes)}")


def _entry(bus: str, event: Event) -> dict[str, Any]:
    detail = {name: iso(value) if isinstance(value, datetime) else value for name, value in event.detail.items()}
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Time": event.time,
        "Detail": json.dumps(detail, separators=(",", ":")),
    }
