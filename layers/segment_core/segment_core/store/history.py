"""History: every enter and leave, with its cause. It says what was known then and is never rewritten.

An entry is kept for a while that the operator chooses, counted from when it happened, and no longer than the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from segment_core.instants import iso
from segment_core.model.membership import Cause
from segment_core.store import client, keys

# How long an entry is kept unless the deployment says otherwise: a year can be compared with the one before.
KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Flip:
    """One enter or leave, as readers of a segment see it. A `silent` one is kept, but told to nobody."""

    shop: str
    customer: str
    segment: str
    definition: str
    change: Literal["enter", "leave"]
    cause: Cause
    effective_at: datetime
    version: int
    silent: bool = False

    @property
    def id(self) -> str:
        """The same whenever this change is told again."""
        return f"{self.shop}/{self.segment}/{self.customer}/{self.version}"


def append(table: str, flips: Iterable[Flip], kept: timedelta) -> None:
    """Write the entries; one that is there already is written over with itself."""
    client.batch_write(table, [{"PutRequest": {"Item": client.encode(_item(flip, kept))}} for flip in flips])


def erase(table: str, shop: str, customer: str) -> None:
    """Delete every entry of the customer."""
    entries = client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.customer(shop, customer)}),
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    client.batch_write(table, [{"DeleteRequest": {"Key": client.encode(entry)}} for entry in entries])


def _item(flip: Flip, kept: timedelta) -> dict[str, object]:
    return {
        "pk": keys.customer(flip.shop, flip.customer),
        "sk": keys.history(flip.effective_at, flip.segment, flip.version),
        "segment_day": keys.segment_day(flip.shop, flip.segment, flip.effective_at),
        "segment": flip.segment,
        "definition": flip.definition,
        "change": flip.change,
        "cause": flip.cause,
        "effective_at": iso(flip.effective_at),
        "version": flip.version,
        "expires_at": int((flip.effective_at + kept).timestamp()),
    }
