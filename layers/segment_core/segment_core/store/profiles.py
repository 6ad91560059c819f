"""The PROFILE item of a customer: what is known apart from orders, the entry in the roster, the tombstone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segment_core.facts import profile
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Stamp
from segment_core.store import keys
from segment_core.store.client import Item
from segment_core.store.states import Key, state_item, version_of
from segment_core.store.writes import Write, put


def profile_key(shop: str, customer_id: str) -> Key:
    """Where a customer's profile is."""
    return Key(keys.customer(shop, customer_id), keys.PROFILE)


def is_erased(item: Item | None) -> bool:
    """Whether a PROFILE item is a tombstone."""
    return item is not None and bool(item.get("erased", False))


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
    roster = {"roster_slice": keys.roster_slice_of(shop, customer_id), "customer_id": customer_id}
    version = version_of(item) + 1
    return put(state_item(profile_key(shop, customer_id), version, merged.encode(), bulk=bulk, **roster), item)


def erased(shop: str, customer_id: str, item: Item | None, stamp: Stamp) -> Write | None:
    """The write that puts a tombstone in the profile's place, for good; None if there is one."""
    if is_erased(item):
        return None
    marks = {"version": version_of(item) + 1, "erased": True, "stamp": stamp}
    return put({**profile_key(shop, customer_id)._asdict(), **marks}, item)


def customer_in_roster(item: Mapping[str, Any], shop: str) -> str | None:
    """The customer whose PROFILE an item in DynamoDB's notation is, if it is one of that shop's and not erased.

    Raises KeyError for what has no key.
    """
    of_shop, customer = keys.split_customer(item["pk"]["S"])
    there = of_shop == shop and item["sk"]["S"] == keys.PROFILE and "erased" not in item
    return customer if there else None
