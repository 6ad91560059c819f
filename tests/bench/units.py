"""Capacity units per event, per flip, per idle minute and per customer of a build, on DynamoDB Local.

Real orders are told one by one, the clock moving to each; whatever the tables are asked in between belongs to that
order, or to the flips that time made on the way.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from segment_core.store.capacity import Consumed
from tidemark.stack import Stack

from ..integration.replay.client import Http, Reader
from ..integration.replay.history import Happening, Order, Shop, happenings, rows, webhook
from ..integration.replay.segments import SEGMENTS

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"

# The only schedule of a minute; the others are of a day.
EVERY_MINUTE = "SweepFunctionEveryMinute"
DATA = ROOT.parent / "shared" / "data" / "cdnow_sample.csv.gz"

CUSTOMERS = 80
SHOP = Shop("bench", ZoneInfo("Europe/Oslo"), customers=CUSTOMERS, never_ordering=10)
START = datetime(1996, 12, 31, 12, tzinfo=UTC)
END = datetime(1998, 12, 31, 12, tzinfo=UTC)
SCOPES = "admin segments:write segments:read customers:read"
IDLE_MINUTES = 20


@dataclass(slots=True)
class Tally:
    """What one kind of happening came to: how many there were, their flips, and units by table."""

    count: int = 0
    flips: int = 0
    moved: int = 0
    evaluations: int = 0
    calls: int = 0
    writes: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    reads: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, consumed: Iterable[tuple[str, Consumed]]) -> None:
        """Add what functions consumed."""
        for function, line in consumed:
            table = line.table.rpartition("-")[2].removesuffix("Table")
            kind = self.writes if line.writes else self.reads
            kind[table] += as_on_aws(line)
            self.calls += line.calls
            if (function, table, line.operation) == ("EvaluateFunction", "Customers", "Query"):
                self.evaluations += line.calls

    def each(self, of: int) -> dict[str, float]:
        """Units per one of so many, by table and in all."""
        shown = {}
        for kind, units in (("write", self.writes), ("read", self.reads)):
            for table, total in sorted(units.items()):
                shown[f"{kind} units, {table}"] = float(total / of) if of else 0.0
            shown[f"{kind} units"] = float(sum(units.values(), Decimal(0)) / of) if of else 0.0
        shown["calls"] = self.calls / of if of else 0.0
        return shown


def as_on_aws(line: Consumed) -> Decimal:
    """DynamoDB Local tells what one item takes of those that a transaction writes to a table; AWS takes it for each."""
    told = line.calls - line.refused
    if line.operation != "TransactWriteItems" or not told:
        return line.units
    return (line.units - line.indexes) / told * line.items + line.indexes


class Metered:
    """A stack whose functions tell what they consume."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = Http(stack.url)
        self._seen = 0

    @property
    def reader(self) -> Reader:
        """A reader with a fresh token: tokens end with the stack's clock."""
        return Reader(self._http, self._stack.token(SHOP.id, SCOPES))

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def note(self, tally: Tally) -> int:
        """Wait until all is quiet; what was consumed and who flipped since the last time goes into the tally."""
        self._stack.drain()
        events = self._stack.events(after=self._seen)
        self._seen += len(events)
        tally.count += 1
        tally.flips += len(events)
        tally.moved += len({event["detail"]["customer_id"] for event in events})
        tally.add(self._stack.functions.take_consumed())
        return len(events)

    def tell(self, happening: Happening) -> None:
        """Deliver one webhook."""
        delivery = webhook(SHOP, happening)
        status = self._http.request("POST", delivery.path, delivery.body, delivery.headers).status
        if status != 200:
            raise RuntimeError(f"a webhook was answered {status}")


def measure() -> dict[str, float | str]:
    """Two years of some customers' orders."""
    if not DATA.exists():
        raise SystemExit("the orders are not there: put cdnow_sample.csv.gz into shared/data beside the project")
    told = [one for one in happenings(SHOP, rows(DATA)) if isinstance(one, Order)]
    with Stack(TEMPLATE, store="dynamodb-local", clock=START, metered=True) as stack:
        metered = Metered(stack)
        try:
            return _run(stack, metered, told)
        finally:
            metered.close()


def _run(stack: Stack, metered: Metered, told: Sequence[Order]) -> dict[str, float | str]:
    content = {"domain": SHOP.domain, "zone": SHOP.zone.key, "currency": "USD", "webhook_secrets": [SHOP.secret]}
    metered.reader.call("PUT", f"/shops/{SHOP.id}", content, expected=(201,))
    for segment in SEGMENTS:
        metered.reader.call("POST", "/segments", {"name": segment.name, "query": segment.query}, expected=(201,))
    metered.note(Tally())
    quiet, first, flipping, again, clock = Tally(), Tally(), Tally(), Tally(), Tally()
    known: set[str] = set()
    for number, order in enumerate(told):
        stack.move_clock(order.at)
        metered.note(clock)
        metered.tell(order)
        one = Tally()
        flips = metered.note(one)
        _join(first if order.customer not in known else flipping if flips else quiet, one)
        known.add(order.customer)
        metered.tell(order)
        metered.note(again)
        if not number % 25:
            print(f"  {number} of {len(told)} orders", file=sys.stderr, flush=True)
    stack.move_clock(END)
    metered.note(clock)
    return _figures(quiet, first, flipping, again, clock) | _idle(stack, metered) | _build(metered, len(known))


def _join(total: Tally, one: Tally) -> None:
    total.count += one.count
    total.flips += one.flips
    total.calls += one.calls
    for table, units in one.writes.items():
        total.writes[table] += units
    for table, units in one.reads.items():
        total.reads[table] += units


def _figures(quiet: Tally, first: Tally, flipping: Tally, again: Tally, clock: Tally) -> dict[str, float | str]:
    result: dict[str, float | str] = {"segments": len(SEGMENTS), "customers": CUSTOMERS}
    kinds = {
        "order, no flip": quiet,
        "order, with flips": flipping,
        "first order": first,
        "order told again": again,
    }
    for name, tally in kinds.items():
        result[f"{name}: how many"] = tally.count
        result[f"{name}: flips each"] = tally.flips / tally.count if tally.count else 0.0
        result |= {f"{name}: {what}": units for what, units in tally.each(tally.count).items()}
    result["flips by the clock"] = clock.flips
    result |= {f"flip by the clock: {what}": units for what, units in clock.each(clock.flips).items()}
    result["customers evaluated / customers flipped by the clock"] = clock.evaluations / clock.moved
    return result


def _idle(stack: Stack, metered: Metered) -> dict[str, float | str]:
    """What a minute costs in which nothing happens."""
    idle = Tally()
    for _ in range(IDLE_MINUTES):
        stack.schedules.fire_now(EVERY_MINUTE)
        metered.note(idle)
    return {f"idle minute: {what}": units for what, units in idle.each(IDLE_MINUTES).items()}


def _build(metered: Metered, customers: int) -> dict[str, float | str]:
    """A segment made over customers who are there."""
    build = Tally()
    metered.reader.call("POST", "/segments", {"name": "late", "query": "number_of_orders >= 3"}, expected=(201,))
    metered.note(build)
    return {"build: members": build.flips} | {
        f"build, per customer: {what}": units for what, units in build.each(customers).items()
    }
