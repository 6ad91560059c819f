"""Stored records whose attributes are the fields of a record; instants are text in the item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.extract import Extract
from segment_core.model.segment import SegmentRecord, ShopRecord
from segment_core.record import as_dict

_INSTANTS = ("created_at", "ends_at", "erased_at", "made_at", "touched_at", "updated_at")


def to_item(record: ShopRecord | SegmentRecord | Extract) -> dict[str, Any]:
    """The attributes of a record, without its key."""
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in as_dict(record).items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record from its item, without the key."""
    fields = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return {name: parse(value) if name in _INSTANTS else value for name, value in fields.items()}
