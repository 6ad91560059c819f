"""Membership at an instant by SQL over the plain rows: what the whole system must agree with.

Nothing of the system is used here. Every order is a row with the instant it was placed and the
instant the system was told; every segment is one hand-written condition (see `segments`).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .days import back, day_start, local_date
from .history import Happening, Order
from .segments import Segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN = re.compile(r"\{([^}]*)\}")
_OFFSET = re.compile(r"-(\d+)([dwmy])(\+?)")

# Customers and orders of all shops; a customer's number is ours, so that joining is quick.
_SCHEMA = """
CREATE TABLE customers (number INTEGER PRIMARY KEY, shop TEXT, id TEXT, created_at INTEGER, known_at INTEGER,
                        UNIQUE (shop, id));
CREATE TABLE orders (customer INTEGER, id TEXT, at INTEGER, known_at INTEGER, cents INTEGER, quantity INTEGER,
                     PRIMARY KEY (customer, id)) WITHOUT ROWID;
"""
_ADD_CUSTOMER = "INSERT OR IGNORE INTO customers (shop, id, created_at, known_at) VALUES (?, ?, ?, ?)"
_ADD_ORDER = "INSERT OR IGNORE INTO orders SELECT number, ?, ?, ?, ?, ? FROM customers WHERE shop = ? AND id = ?"
_MEMBERS = """
SELECT c.id, {conditions} FROM customers c
LEFT JOIN orders o ON o.customer = c.number AND o.at <= :at AND o.known_at <= :known
WHERE c.shop = :shop AND c.known_at <= :known {some} GROUP BY c.number
"""


class BruteForce:
    """What the shops have told so far, and who belongs to which segment by it."""

    def __init__(self, zones: dict[str, ZoneInfo], segments: Sequence[Segment]) -> None:
        self._zones = zones
        self._segments = segments
        self._rows = sqlite3.connect(":memory:")
        self._rows.executescript(_SCHEMA)

    def learn(self, happenings: Iterable[Happening], known_at: datetime) -> None:
        """Add what the system is told at `known_at`. Telling it again changes nothing."""
        known = micros(known_at)
        for happening in happenings:
            shop, customer = happening.shop, happening.customer
            self._rows.execute(_ADD_CUSTOMER, (shop, customer, micros(happening.customer_created_at), known))
            if isinstance(happening, Order):
                cents, quantity = int(happening.amount * 100), happening.quantity
                order = (happening.id, micros(happening.at), known, cents, quantity, shop, customer)
                self._rows.execute(_ADD_ORDER, order)

    def members(
        self, shop: str, at: datetime, *, known: datetime | None = None, only: Collection[str] | None = None
    ) -> dict[str, set[str]]:
        """Members of every segment, by its name, at `at`, by what was known at `known` (`at`, if not given).

        `only` limits the answer to those customers.
        """
        zone = self._zones[shop]
        conditions = ", ".join(f"({_bound(segment.having, zone, at)})" for segment in self._segments)
        some = "" if only is None else "AND c.id IN (SELECT value FROM json_each(:only))"
        answer = self._rows.execute(
            _MEMBERS.format(conditions=conditions, some=some),
            {"shop": shop, "at": micros(at), "known": micros(known or at), "only": json.dumps(sorted(only or ()))},
        )
        members: dict[str, set[str]] = {segment.name: set() for segment in self._segments}
        lists = list(members.values())
        for customer_id, *verdicts in answer:
            for verdict, listed in zip(verdicts, lists, strict=True):
                if verdict:
                    listed.add(customer_id)
        return members

    def customers(self, shop: str, known: datetime) -> list[str]:
        """Ids of all customers known at that instant, in order."""
        rows = self._rows.execute(
            "SELECT id FROM customers WHERE shop = ? AND known_at <= ? ORDER BY id", (shop, micros(known))
        )
        return [customer for (customer,) in rows]


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970, so that instants compare as numbers without rounding."""
    return (instant - _EPOCH) // _MICROSECOND


def _bound(condition: str, zone: ZoneInfo, at: datetime) -> str:
    """The condition with each `{...}` replaced by the instant it stands for at `at`."""
    return _TOKEN.sub(lambda token: str(micros(_instant(token[1], zone, at))), condition)


def _instant(token: str, zone: ZoneInfo, at: datetime) -> datetime:
    offset = _OFFSET.fullmatch(token)
    if offset is None:
        if "T" in token:
            return datetime.fromisoformat(token).replace(tzinfo=zone).astimezone(UTC)
        return day_start(zone, date.fromisoformat(token))
    day = back(local_date(zone, at), int(offset[1]), offset[2])
    return day_start(zone, day + timedelta(days=1) if offset[3] else day)
