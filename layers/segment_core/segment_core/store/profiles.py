"""The PROFILE item of a customer: what is known apart from orders, the entry in the roster, the tombstone.

A customer whom the store deleted is hidden first: a merge may have done that, and its message come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from segment_core.facts import profile, registers
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Stamp
from segment_core.instants import parse
from segment_core.store import keys
from segment_core.store.client import Item
from segment_core.store.states import Key, state_item, version_of
from segment_core.store.writes import Write, put

# Stores try again for four hours, and speak of delays of up to a day.
REST = timedelta(days=1)


def profile_key(shop: str, customer_id: str) -> Key:
    """Where a customer's profile is."""
    return Key(keys.customer(shop, customer_id), keys.PROFILE)


def is_erased(item: Item | None) -> bool:
    """Whether a PROFILE item is a tombstone."""
    return item is not None and bool(item.get("erased", False))


def is_redacted(item: Item | None) -> bool:
    """Whether a PROFILE item is the tombstone of somebody who had to be forgotten, whoever that turns out to be."""
    return item is not None and bool(item.get("redacted", False))


def rests_until(item: Item | None) -> datetime | None:
    """Until when a PROFILE item that nobody may see is kept for a merge; None of any other."""
    return None if item is None or "hidden" not in item else parse(registers.store_time(item["hidden"])) + REST


def merged_into(item: Item | None) -> str | None:
    """Who a customer was merged into: the forward address in a tombstone."""
    return None if item is None else item.get("into")


def state_of(item: Item | None) -> ProfileState:
    """The state that a PROFILE item holds."""
    return ProfileState() if item is None else profile.decode(item["facts"])


def told(shop: str, customer_id: str, item: Item | None, saying: ProfileState, *, bulk: bool) -> Write | None:
    """The write that adds what was told to a profile; None if it says nothing new, or the customer was erased.

    A customer of whom nothing was known is in the roster from then on. Raises TooLarge.
    """
    if is_erased(item):
        return None
    known = state_of(item)
    merged = known.join(saying)
    if item is not None and merged == known:
        return None
    kept = {"hidden": item["hidden"]} if item is not None and "hidden" in item else {}
    return put(_living(shop, customer_id, item, merged, bulk=bulk, **kept), item)


def hidden(shop: str, customer_id: str, item: Item | None, stamp: Stamp) -> Write | None:
    """The write that hides a customer who is to be erased after `REST`; None if that is so, or there is a tombstone."""
    if is_erased(item) or rests_until(item) is not None:
        return None
    return put(_living(shop, customer_id, item, state_of(item), bulk=False, hidden=stamp), item)


def _living(shop: str, customer_id: str, item: Item | None, state: ProfileState, *, bulk: bool, **marks: str) -> Item:
    roster = {"roster_slice": keys.roster_slice_of(shop, customer_id), "customer_id": customer_id}
    key, version = profile_key(shop, customer_id), version_of(item) + 1
    return state_item(key, version, state.encode(), bulk=bulk, **roster, **marks)


def erased(
    shop: str, customer_id: str, item: Item | None, stamp: Stamp, *, into: str | None = None, redacted: bool = False
) -> Write | None:
    """The write that puts a tombstone in the profile's place; None if there is one that says as much.

    `into` is the forward address of somebody who was merged. It is there for good, but for a shop that is erased.
    """
    if is_erased(item) and (is_redacted(item) or not redacted):
        return None
    loose = {"roster_slice": keys.loose_slice_of(shop, customer_id), "customer_id": customer_id}
    marks = {"version": version_of(item) + 1, "erased": True, "stamp": stamp, "into": into}
    return put({**profile_key(shop, customer_id)._asdict(), **loose, **marks, "redacted": redacted or None}, item)


def former_key(shop: str, customer_id: str, former: str) -> Key:
    """Where the state is of somebody who was merged into that customer."""
    return Key(keys.customer(shop, customer_id), keys.former(former))


def former_told(
    shop: str,
    customer_id: str,
    former: str,
    item: Item | None,
    saying: ProfileState,
    *,
    merged: Stamp,
    into: str,
    bulk: bool,
) -> Write | None:
    """The write that adds what was told of somebody who was merged; None if it says nothing new.

    `merged` and `into` are the merge's own, whoever that one was merged into since.
    """
    known = state_of(item)
    state = known.join(saying)
    if item is not None and state == known:
        return None
    key = former_key(shop, customer_id, former)
    return put(state_item(key, version_of(item) + 1, state.encode(), bulk=bulk, merged=merged, into=into), item)


def customer_in_roster(item: Mapping[str, Any], shop: str) -> str | None:
    """The customer whose PROFILE an item in DynamoDB's notation is, if it is one of that shop's and not erased.

    Raises KeyError for what has no key.
    """
    of_shop, customer = keys.split_customer(item["pk"]["S"])
    there = of_shop == shop and item["sk"]["S"] == keys.PROFILE and "erased" not in item
    return customer if there else None
