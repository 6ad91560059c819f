"""A table in memory: items in key order, indexes that follow later, reads that may be a little old, a stream."""

from __future__ import annotations

import base64
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Item = Mapping[str, Any]
Key = tuple[str, str]
"""(partition key, sort key); a table without a sort key has '' in its place."""

ITEM_BYTES = 400 * 1024
# Every table that lets items expire has this attribute for it.
EXPIRY = "expires_at"
_PARTITION_KEY_BYTES, _SORT_KEY_BYTES = 2048, 1024


class Rejected(Exception):
    """A ValidationException: the request itself is wrong."""


@dataclass(slots=True)
class Index:
    """An index: what it shows, and what it does not show yet, oldest first, by the write's number.

    `beside` are the attributes that it holds beside keys; None: all of them.
    """

    name: str
    hash: str
    range: str
    beside: frozenset[str] | None
    shown: dict[str, dict[tuple[str, Key], Item]] = field(default_factory=dict)
    behind: deque[tuple[int, Key, Item | None, Item | None]] = field(default_factory=deque)

    def follow(self, until: int) -> None:
        """Show what was written up to that number."""
        while self.behind and self.behind[0][0] <= until:
            _, key, old, new = self.behind.popleft()
            for entry, there in ((old, False), (new, True)):
                if entry is None:
                    continue
                place = self.shown.setdefault(entry[self.hash]["S"], {})
                if there:
                    place[entry[self.range]["S"], key] = entry
                else:
                    place.pop((entry[self.range]["S"], key), None)


@dataclass(frozen=True, slots=True)
class Change:
    """A write that changed an item, and when."""

    number: int
    at: datetime
    key: Key
    old: Item | None
    new: Item | None


class Table:
    """One table, made from the arguments of CreateTable. `now` tells the instant of a write."""

    def __init__(self, create: Mapping[str, Any], now: Callable[[], datetime]) -> None:
        self._now = now
        self.name: str = create["TableName"]
        self.hash, self.range = _schema(create["KeySchema"])
        self.indexes = {
            one["IndexName"]: Index(one["IndexName"], *_schema(one["KeySchema"]), _beside(one["Projection"]))
            for one in create.get("GlobalSecondaryIndexes", ())
        }
        self.has_stream = "StreamSpecification" in create
        self.stream: list[Change] = []
        self._items: dict[str, dict[str, Item]] = {}
        self._order: dict[str, list[str]] = {}
        # What readers that do not insist may still see of items that were written lately.
        self.lately: dict[Key, Item | None] = {}
        self.written = 0

    # Keys ---------------------------------------------------------------------------------------

    def key_of(self, item: Item) -> Key:
        """The key of an item, or of a request's key. Raises Rejected."""
        parts = [item.get(name) for name in filter(None, (self.hash, self.range))]
        texts = [part.get("S", "") if part else "" for part in parts]
        if not all(texts):
            raise Rejected(f"{self.name}: a key attribute is missing or empty in {sorted(item)}")
        if len(texts[0].encode()) > _PARTITION_KEY_BYTES or len(texts[-1].encode()) > _SORT_KEY_BYTES:
            raise Rejected(f"{self.name}: a key is too long")
        return (texts[0], texts[1] if self.range else "")

    def encode_key(self, key: Key) -> dict[str, Any]:
        """A key in DynamoDB's notation."""
        names = zip(filter(None, (self.hash, self.range)), key, strict=False)
        return {name: {"S": text} for name, text in names}

    # Reading ------------------------------------------------------------------------------------

    def get(self, key: Key) -> Item | None:
        """The item as it is."""
        return self._items.get(key[0], {}).get(key[1])

    def partition(self, pk: str) -> list[tuple[Key, Item]]:
        """The items of a partition in the order of their sort keys."""
        items = self._items.get(pk, {})
        return [((pk, sk), items[sk]) for sk in self._order.get(pk, ())]

    def items(self) -> Iterator[tuple[Key, Item]]:
        """Every item."""
        for pk, items in self._items.items():
            for sk, item in items.items():
                yield (pk, sk), item

    def expired(self, at: datetime) -> list[Key]:
        """Whose time to live is over."""
        end = at.timestamp()
        return [key for key, item in self.items() if EXPIRY in item and int(item[EXPIRY]["N"]) < end]

    # Writing ------------------------------------------------------------------------------------

    def check(self, item: Item) -> None:
        """Raises Rejected for an item that DynamoDB would not take."""
        self.key_of(item)
        size = sum(len(name.encode()) + _bytes(value) for name, value in item.items())
        if size > ITEM_BYTES:
            raise Rejected(f"{self.name}: an item of {size} bytes is larger than 400 KB")
        for index in self.indexes.values():
            for name in (index.hash, index.range):
                if name in item and not item[name].get("S"):
                    raise Rejected(f"{self.name}: {name} is a key of {index.name} and must be text")

    def write(self, key: Key, new: Item | None) -> None:
        """Put the item in its place, or delete what is there."""
        old = self.get(key)
        self.written += 1
        if new is None:
            if old is not None:
                del self._items[key[0]][key[1]]
                self._order[key[0]].remove(key[1])
        else:
            if old is None:
                insort(self._order.setdefault(key[0], []), key[1])
            self._items.setdefault(key[0], {})[key[1]] = new
        # What changes nothing leaves no record.
        if old == new:
            return
        self.lately.setdefault(key, old)
        if self.has_stream:
            self.stream.append(Change(self.written, self._now(), key, old, new))
        for index in self.indexes.values():
            before, after = self._entry(index, old), self._entry(index, new)
            if before != after:
                index.behind.append((self.written, key, before, after))

    def _entry(self, index: Index, item: Item | None) -> Item | None:
        if item is None or index.hash not in item or index.range not in item:
            return None
        if index.beside is None:
            return item
        names = {index.hash, index.range, self.hash, *filter(None, (self.range,)), *index.beside}
        return {name: value for name, value in item.items() if name in names}

    def settle(self, until: int | None = None) -> None:
        """Let indexes show every write, or those up to a number; without one, readers see the newest of all too."""
        for index in self.indexes.values():
            index.follow(self.written if until is None else until)
        if until is None:
            self.lately.clear()


def seek(rows: list[tuple[Any, Item]], start: Any) -> int:
    """Where in sorted rows to go on after a place."""
    at = bisect_left(rows, start, key=lambda row: row[0])
    return at + 1 if at < len(rows) and rows[at][0] == start else at


def image(item: Item) -> dict[str, Any]:
    """An item as Lambda hands it over: JSON, so binary values are base64 text."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()
    }


def _schema(schema: list[Mapping[str, str]]) -> tuple[str, str]:
    names = {one["KeyType"]: one["AttributeName"] for one in schema}
    return names["HASH"], names.get("RANGE", "")


def _beside(projection: Mapping[str, Any]) -> frozenset[str] | None:
    return None if projection["ProjectionType"] == "ALL" else frozenset(projection.get("NonKeyAttributes", ()))


def _bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind not in ("S", "N", "B", "BOOL"):
        raise AssertionError(f"the simulated store does not know attributes of type {kind}")
    return len(content.encode()) if isinstance(content, str) else len(content) if isinstance(content, bytes) else 1
