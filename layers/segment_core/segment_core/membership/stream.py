"""Records of the memberships stream as changes: the one place that reads both images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from segment_core.membership.flips import Change
from segment_core.store import keys, memberships
from segment_core.store.client import decode_image


def changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """The commits that the records tell of. A removal tells nothing: memberships never vanish."""
    for record in records:
        images = record["dynamodb"]
        if "NewImage" not in images:
            continue
        shop, customer = keys.split_customer(images["Keys"]["pk"]["S"])
        old = memberships.from_item(decode_image(images["OldImage"])) if "OldImage" in images else None
        yield Change(shop, customer, old, memberships.from_item(decode_image(images["NewImage"])))
