"""Erasing a shop: every customer is buried first, and a while later what is left of all of them is removed.

The shop's tombstone is written before anything else, and ingest takes in no more of it. Each customer is erased by
the same road as a single one, so leave events are told and all projections follow. Then it rests until no record
of a stream can still be tried that was written before; late customers are buried too, and tombstones, lists, rules,
settings and secrets go. The shop's own tombstone stays until the shop is made again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from segment_core.facts import registers
from segment_core.facts.told import Erasure
from segment_core.membership import extracts
from segment_core.membership.budget import SecondsLeft
from segment_core.record import replace
from segment_core.runtime import secrets
from segment_core.runtime.observability import count
from segment_core.store import clearing, erasures, facts, generations, keys, loose, members, memberships, shops
from segment_core.store.client import backoff
from segment_core.store.erasures import ShopErasure
from segment_core.store.tables import Tables

PAGE = 100

# As long as a stream's records are tried at most (`MaximumRecordAgeInSeconds`), and the retries of their queue.
REST = timedelta(hours=7)

# An erasure that nobody has worked on for this long lost its worker.
ABANDONED_AFTER = timedelta(minutes=5)


def begin(tables: Tables, shop: str, at: datetime) -> bool:
    """Leave the shop's tombstone, from which on nothing is taken in; the next sweep starts the rest.

    False if there is no such shop, or it is being erased already.
    """
    for pause in backoff():
        record = shops.read(tables.segments, shop)
        if record is None or record.erased_at is not None:
            return False
        if shops.bury(tables.segments, record, at, ShopErasure(shop, "bury", at)):
            count("ShopsErased")
            return True
        pause()
    raise AssertionError("backoff raises when it ends")


def waiting(tables: Tables, at: datetime) -> list[str]:
    """The shops whose erasure somebody must go on with; who asks for them has seen to it that nobody else is asked."""
    due = [one for one in erasures.unfinished(tables.segments) if one.wake_at <= at]
    return [one.shop for one in due if one.step == "rest" or _moved(tables, one, one.step, at + ABANDONED_AFTER)]


def work(
    tables: Tables, secrets_prefix: str, exports_bucket: str, shop: str, at: datetime, seconds_left: SecondsLeft
) -> bool:
    """Go on with the erasure while there is time; False if somebody must go on with it later.

    Each page can be done again anywhere: what was done is not found any more.
    """
    while (erasure := erasures.read(tables.segments, shop)) is not None:
        if erasure.step == "rest":
            if erasure.wake_at > at:
                return True
            _moved(tables, erasure, "bury_late", at + ABANDONED_AFTER)
        elif erasure.step == "clear":
            if not _clear(tables, exports_bucket, shop, seconds_left):
                return False
            secrets.forget(secrets_prefix, shop)
            erasures.end(tables.segments, erasure)
        elif not _bury(tables, shop, at, seconds_left):
            return False
        elif erasure.step == "bury":
            _moved(tables, erasure, "rest", at + REST)
        else:
            _moved(tables, erasure, "clear", at + ABANDONED_AFTER)
    return True


def _moved(tables: Tables, erasure: ShopErasure, step: erasures.Step, wake_at: datetime) -> bool:
    return erasures.advance(tables.segments, erasure, replace(erasure, step=step, wake_at=wake_at))


def _bury(tables: Tables, shop: str, at: datetime, seconds_left: SecondsLeft) -> bool:
    """A tombstone for every customer who is in the roster: it wakes the evaluation that does the rest."""
    stamp = registers.stamp(at, None, None)
    for number in range(keys.ROSTER_SLICES):
        after: str | None = None
        while True:
            customers, after = facts.roster(tables.customers, shop, number, after, PAGE)
            facts.merge_all(tables.customers, shop, [Erasure(customer, stamp) for customer in customers])
            # Only after some were buried, so that every turn comes further.
            if customers and seconds_left() <= 0:
                return False
            if after is None:
                break
    return True


def _clear(tables: Tables, exports_bucket: str, shop: str, seconds_left: SecondsLeft) -> bool:
    """What no customer is needed for any more; rules last, since all else is read with them."""
    return (
        _clear_loose(tables, shop, seconds_left)
        and _clear_lists(tables, shop, seconds_left)
        and extracts.remove_all(tables, exports_bucket, shop, seconds_left)
        and _clear_rules(tables, shop)
    )


def _clear_loose(tables: Tables, shop: str, seconds_left: SecondsLeft) -> bool:
    """Tombstones with what may be left under them, and orders of nobody."""
    for number in range(keys.ROSTER_SLICES):
        after: loose.Place | None = None
        while True:
            page, after = loose.page(tables.customers, shop, number, after, PAGE)
            for key in page:
                if loose.is_tombstone(key):
                    _clear_customer(tables, shop, keys.split_customer(key.pk)[1])
                loose.remove(tables.customers, key)
                if seconds_left() <= 0:
                    return False
            if after is None:
                break
    return True


def _clear_customer(tables: Tables, shop: str, customer: str) -> None:
    while clearing.clear(tables.customers, shop, customer):
        pass
    memberships.forget(tables.memberships, shop, customer)


def _clear_lists(tables: Tables, shop: str, seconds_left: SecondsLeft) -> bool:
    """The rows of those who left: everybody."""
    generation = generations.current(tables.segments, shop)
    for definition in sorted(generation.kept) if generation else ():
        for shard in range(keys.LIST_SHARDS):
            while rows := members.shard_rows(tables.members, shop, definition, shard, "", PAGE):
                members.remove_rows(tables.members, shop, definition, shard, rows)
                if seconds_left() <= 0:
                    return False
    return True


def _clear_rules(tables: Tables, shop: str) -> bool:
    record = shops.read(tables.segments, shop)
    generation = generations.current(tables.segments, shop)
    if record is not None and generation is not None:
        shops.keep_number(tables.segments, record, generation.number)
    shops.forget_rules(tables.segments, shop)
    return True
