"""Planned writes: each stands only if its item is still as it was read; as few calls as DynamoDB allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from segment_core.store import client
from segment_core.store.client import TRANSACTION_LIMIT, Item, encode
from segment_core.store.states import Key, key_of, size_of, unless_changed

# Half of what DynamoDB takes: what moves is put in one place and deleted in another, and both may count.
TRANSACTION_LIMIT_BYTES = 2 * 1024 * 1024


class Write(NamedTuple):
    """One operation of a transaction. `item` is the whole one for a put, else its key."""

    kind: Literal["Put", "Delete", "ConditionCheck"]
    item: Item
    condition: Mapping[str, Any]


Step = Sequence[Write]
"""Writes that make sense only together."""


def put(item: Item, read: Item | None) -> Write:
    """Put an item in the place of the one that was read; None: nothing was there."""
    return Write("Put", item, unless_changed(read))


def delete(read: Item) -> Write:
    """Delete the item that was read."""
    return Write("Delete", key_of(read)._asdict(), unless_changed(read))


def alive(profile: Key) -> Write:
    """Write nothing here, but see that this is the profile of a customer who is not erased."""
    condition = "attribute_exists(pk) AND attribute_not_exists(erased)"
    return Write("ConditionCheck", profile._asdict(), {"ConditionExpression": condition})


def together(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps in order, as many at once as one transaction takes."""
    batch: dict[Key, Write] = {}
    size = 0
    for step in steps:
        added = {key_of(write.item): write for write in step}
        more = sum(size_of(write.item) for write in step)
        if batch and (len(batch | added) > TRANSACTION_LIMIT or size + more > TRANSACTION_LIMIT_BYTES):
            yield [*batch.values()]
            batch, size = {}, 0
        # One item, one operation: what a step puts needs no check beside it.
        new = {key: write for key, write in added.items() if key not in batch or batch[key].kind == "ConditionCheck"}
        batch, size = batch | new, size + more
    if batch:
        yield [*batch.values()]


def carry_out(table: str, step: Step) -> bool:
    """All of the writes or none, in one call; False if one of the items is not as it was read any more."""
    match step:
        case [Write("Put", item, condition)]:
            return client.put(table, item, **condition)
    return client.transact([_operation(table, write) for write in step])


def _operation(table: str, write: Write) -> dict[str, Any]:
    what = "Item" if write.kind == "Put" else "Key"
    return {write.kind: {"TableName": table, what: encode(write.item), **write.condition}}
