"""What readers had copied from customers: values to choose from, files and snapshots of segments.

It ends when one of the customers in it is erased, or becomes another one. That comes after the customer's facts and
places in lists are gone, so whatever is copied from then on is without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from segment_core.membership.flips import Change
from segment_core.model.extract import Extract
from segment_core.runtime import queue
from segment_core.store import extracts, generations, members, values
from segment_core.store.tables import Tables

ERASED = "customer_erased"


def forget(tables: Tables, work_queue_url: str, changes: Sequence[Change]) -> None:
    """End what was copied of those whom these changes erase. After the changes were projected; safe to repeat.

    Readers are refused at once, and a message has rows and files removed. Raises Contention if others never give way.
    """
    erased: dict[str, set[str]] = {}
    for change in changes:
        # What is written of a tombstone later says nothing new of this: copies are made without them by then.
        if change.new.erased and not (change.old is not None and change.old.erased):
            erased.setdefault(change.shop, set()).add(change.customer)
    for shop, customers in erased.items():
        values.forget(tables.segments, shop)
        for extract in _holding(tables, shop, customers):
            if extracts.end(tables.segments, shop, extract, ERASED) is not None:
                queue.send(work_queue_url, shop, {"kind": "extract", "shop": shop, "extract": extract.id})


def _holding(tables: Tables, shop: str, customers: Collection[str]) -> Iterator[Extract]:
    """The extracts that one of the customers may be in: rows of those who left a list outlast its extracts."""
    found = list(extracts.every(tables.segments, shop))
    if not found:
        return
    generation = generations.current(tables.segments, shop)
    kept = generation.kept if generation else frozenset()
    wanted = {(one.definition, customer) for one in found for customer in customers if one.definition in kept}
    listed = {definition for definition, _ in members.listed(tables.members, shop, wanted)}
    yield from (one for one in found if one.definition in listed or one.definition not in kept)
