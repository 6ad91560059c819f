"""A shop that reads segments, and the commits of its customers as `project` gets them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.model.segment import SegmentRecord, ShopRecord
from segment_core.record import replace
from segment_core.segments.plan import Edit, planned
from segment_core.shop import OrderPolicy
from segment_core.store import client, generations, memberships, segments, shops
from segment_core.store.segments import Text
from segment_core.store.tables import Tables

SHOP = "demo"
START = datetime(2026, 3, 1, tzinfo=UTC)
DEFINITIONS = ("aaa.1", "bbb.1", "ccc.1")
NAMES = {"aaa": "AAA", "bbb": "BBB", "ccc": "CCC"}


def publish(tables: Tables, names: Mapping[str, str] = NAMES) -> Generation:
    """Make the shop and publish segments, given by id and name; returns the generation that says so."""
    latest = Generation(1, START, "UTC", "EUR", OrderPolicy())
    record = ShopRecord(SHOP, "demo.example.com", "UTC", "EUR", False, False, START, START)
    assert shops.save(tables.segments, record, latest, None, over=None)
    for segment, name in names.items():
        read = planned(latest, {segment: Edit(1, ())}, segment, START).generation.publishing(segment, START)
        beside = [
            segments.put_operation(tables.segments, SHOP, SegmentRecord(segment, name, 1, START, START), None),
            segments.text_operation(tables.segments, SHOP, Text(f"{segment}.1", "number_of_orders > 0")),
        ]
        # Both generations, as memberships may have been written under either.
        building = replace(read, number=read.number - 1, live=latest.live)
        assert generations.save(tables.segments, SHOP, building, latest)
        assert generations.save(tables.segments, SHOP, read, building, beside)
        latest = read
    return latest


def record(old: Membership | None, new: Membership, customer: str) -> dict[str, Any]:
    """The record of a commit, as Lambda hands it over: binary values are base64 text."""
    images = {"OldImage": old, "NewImage": new}
    encoded = {
        name: client.encode(memberships._to_item(SHOP, customer, state)) for name, state in images.items() if state
    }
    for image in encoded.values():
        if "bits" in image:
            image["bits"] = {"B": b64encode(image["bits"]["B"]).decode()}
    return {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": encoded["NewImage"]["pk"]}, **encoded}}
