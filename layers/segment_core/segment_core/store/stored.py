"""Items as they were read for one attempt: each once, those that are asked for together in one call."""

from __future__ import annotations

from collections.abc import Iterable

from segment_core.store import client, profiles
from segment_core.store.client import Item, encode
from segment_core.store.profiles import profile_key
from segment_core.store.states import Key, key_of

# Merges of merges of customers; more than a person does by hand. What goes round in a circle ends here too.
LONGEST_CHAIN = 16


class Stored:
    """A cache of consistent reads. What is written on it stands only if it is still as it was read."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._read: dict[Key, Item | None] = {}

    def read(self, wanted: Iterable[Key]) -> None:
        """Read those that were not read yet."""
        unread = dict.fromkeys((key for key in wanted if key not in self._read), None)
        self._read |= unread
        for item in client.batch_get(self._table, [encode(key._asdict()) for key in unread]):
            self._read[key_of(item)] = item

    def __getitem__(self, key: Key | None) -> Item | None:
        """The item, as it was read; None if there was none, or nobody asked for it."""
        return None if key is None else self._read.get(key)

    def profile(self, shop: str, customer: str) -> Item | None:
        """The customer's profile or tombstone, read if it was not yet."""
        key = profile_key(shop, customer)
        self.read([key])
        return self[key]

    def owner(self, shop: str, customer: str) -> str:
        """Who the customer is by now: itself, or where the forward addresses of merges lead."""
        for _ in range(LONGEST_CHAIN):
            into = profiles.merged_into(self.profile(shop, customer))
            if into is None:
                break
            customer = into
        return customer


class Nothing(Stored):
    """An empty store, for whoever wants to know what a write would come to by itself."""

    def __init__(self) -> None:
        super().__init__("")

    def read(self, wanted: Iterable[Key]) -> None:
        """There is nothing to read."""
