"""History: every enter and leave, with its cause. It says what was known then and is never rewritten.

An entry is kept for a while that the operator chooses, counted from when it happened, and no longer than the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from segment_core.instants import iso, parse
from segment_core.model.membership import Cause
from segment_core.record import record
from segment_core.store import client, keys
from segment_core.store.client import Item

# How long an entry is kept unless the deployment says otherwise: a year can be compared with the one before.
KEPT = timedelta(days=400)


Change = Literal["enter", "leave"]


@record
class Flip:
    """One enter or leave, as readers of a segment see it. A `silent` one is kept, but told to nobody."""

    shop: str
    customer: str
    segment: str
    definition: str
    change: Change
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


class Entry(NamedTuple):
    """One enter or leave, as it was told. `version` orders what happened to a customer at one instant."""

    customer: str
    segment: str
    change: Change
    cause: Cause
    effective_at: datetime
    version: int


def of_customer(table: str, shop: str, customer: str, after: datetime, until: datetime) -> Iterator[Entry]:
    """What happened to the customer after one instant and up to another, in order."""
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :after AND :until",
        ExpressionAttributeValues=client.encode(
            {
                ":pk": keys.customer(shop, customer),
                ":after": keys.history_after(after),
                ":until": keys.history_after(until),
            }
        ),
    )
    return map(_entry, items)


def last_entered(table: str, shop: str, customer: str, wanted: Set[str], until: datetime) -> dict[str, datetime]:
    """When the customer last entered those segments, at `until` or before; what is kept no longer is left out."""
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND sk < :until",
        ExpressionAttributeValues=client.encode(
            {":pk": keys.customer(shop, customer), ":until": keys.history_after(until)}
        ),
        ScanIndexForward=False,
    )
    entered = (one for one in map(_entry, items) if one.change == "enter" and one.segment in wanted)
    found: dict[str, datetime] = {}
    while len(found) < len(wanted) and (one := next(entered, None)):
        found.setdefault(one.segment, one.effective_at)
    return found


def of_segment(table: str, shop: str, segment: str, after: datetime, until: datetime) -> Iterator[Entry]:
    """What happened in the segment after one instant and up to another, in the order of instants.

    One query for each UTC day in between. The index follows its table with a short delay.
    """
    day = after
    while day.date() <= until.date():
        items = client.query(
            table,
            IndexName=keys.DAY_INDEX,
            KeyConditionExpression="segment_day = :day AND sk BETWEEN :after AND :until",
            ExpressionAttributeValues=client.encode(
                {
                    ":day": keys.segment_day(shop, segment, day),
                    ":after": keys.history_after(after),
                    ":until": keys.history_after(until),
                }
            ),
        )
        yield from map(_entry, items)
        day += timedelta(days=1)


def _entry(item: Item) -> Entry:
    instant, segment, version = keys.split_history(item["sk"])
    customer = keys.split_customer(item["pk"])[1]
    return Entry(customer, segment, item["change"], item["cause"], parse(instant), version)


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
