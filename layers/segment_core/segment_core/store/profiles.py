"""The PROFILE item of a customer: what is known apart from orders, the entry in the roster, the tombstone."""

from __future__ import annotations

from typing import Any

from segment_core.facts import profile
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Stamp
from segment_core.store import client, keys
from segment_core.store.client import Item, backoff
from segment_core.store.states import state_item, unless_changed, version_of


def profile_key(shop: str, customer_id: str) -> dict[str, str]:
    """Where a customer's profile is."""
    return {"pk": keys.customer(shop, customer_id), "sk": keys.PROFILE}


def merge_profile(table: str, shop: str, customer_id: str, told: ProfileState, *, bulk: bool = False) -> bool:
    """Merge what was told of a customer; whether that changed anything.

    A customer of whom nothing was known is in the roster from then on. Nothing is written for an erased
    one. Raises TooLarge, and Contention if others never give way.
    """
    for pause in backoff():
        item = client.get(table, profile_key(shop, customer_id))
        if item is not None and is_erased(item):
            return False
        known = state_of(item)
        merged = known.join(told)
        if item is not None and merged == known:
            return False
        written = _profile_item(shop, customer_id, version_of(item) + 1, merged, bulk)
        if client.put(table, written, **unless_changed(item)):
            return True
        pause()
    raise AssertionError("backoff raises when it ends")


def new_profile(table: str, shop: str, customer_id: str, told: ProfileState, *, bulk: bool) -> dict[str, Any]:
    """The part of a transaction that makes the profile of a customer of whom nothing is known."""
    item = _profile_item(shop, customer_id, 1, ProfileState().join(told), bulk)
    return {"Put": {"TableName": table, "Item": client.encode(item), **unless_changed(None)}}


def ensure_profile(table: str, shop: str, customer_id: str, *, bulk: bool = False) -> bool:
    """See to it that the customer is in the roster; False if they were erased."""
    item = client.get(table, profile_key(shop, customer_id))
    if item is None:
        merge_profile(table, shop, customer_id, ProfileState(), bulk=bulk)
        item = client.get(table, profile_key(shop, customer_id))
    return item is not None and not is_erased(item)


def erase_profile(table: str, shop: str, customer_id: str, stamp: Stamp) -> bool:
    """Put a tombstone in the profile's place, for good; False if there is one."""
    for pause in backoff():
        item = client.get(table, profile_key(shop, customer_id))
        if item is not None and is_erased(item):
            return False
        tombstone: Item = {
            **profile_key(shop, customer_id), "version": version_of(item) + 1, "erased": True, "stamp": stamp,
        }  # fmt: skip
        if client.put(table, tombstone, **unless_changed(item)):
            return True
        pause()
    raise AssertionError("backoff raises when it ends")


def is_erased(item: Item) -> bool:
    """Whether a PROFILE item is a tombstone."""
    return bool(item.get("erased", False))


def state_of(item: Item | None) -> ProfileState:
    """The state that a PROFILE item holds."""
    return ProfileState() if item is None else profile.decode(item["facts"])


def _profile_item(shop: str, customer_id: str, version: int, state: ProfileState, bulk: bool) -> Item:
    return state_item(
        profile_key(shop, customer_id),
        version,
        state.encode(),
        bulk=bulk,
        roster_slice=keys.roster_slice_of(shop, customer_id),
        customer_id=customer_id,
    )
