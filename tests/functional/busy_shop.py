"""A shop in which everything happens at once, one step at a time, in an order that a seed chooses.

Facts come in and are evaluated later, time passes, lists follow later still, segments are made, changed, asked by each
other and deleted, settings change, builds go on page by page, several workers on one, and some break off. Whoever reads
in between must see, of every customer with whom nothing is pending, exactly what brute force says of the query that
readers are shown.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core import clock
from segment_core.errors import Conflict, Contention, InvalidQuery, NotFound
from segment_core.evaluator import compile_query
from segment_core.language import parse
from segment_core.membership import jobs as working
from segment_core.membership import project as projection
from segment_core.membership.evaluate import evaluate_all
from segment_core.membership.flips import Change
from segment_core.model.membership import Membership
from segment_core.runtime import bus
from segment_core.segments import builds, reads, service
from segment_core.segments.shops import put_shop
from segment_core.shop import OrderPolicy, Shop
from segment_core.store import facts, generations, jobs, members, memberships, shops
from tests.functional.conftest import NOW, Stack
from tests.functional.customers import SHOP, store

CUSTOMERS = tuple(f"c{number}" for number in range(14))
ZONES = ("Europe/Oslo", "Pacific/Kiritimati", "Pacific/Honolulu")
QUERIES = (
    "number_of_orders > 0",
    "number_of_orders > 1",
    "last_order_date >= -2d",
    "last_order_date < -2d",
    "customer_tags CONTAINS 'vip'",
    "customer_tags NOT CONTAINS 'vip' OR number_of_orders > 2",
)


class BrokenOffError(Exception):
    """A worker that ends in the middle."""


@dataclass
class BusyShop:
    """The shop, what is pending in it, and everything that was told. Facts come in of `customers` alone."""

    stack: Stack
    chance: random.Random
    now: datetime = NOW
    customers: Sequence[str] = CUSTOMERS
    others: Sequence[str] = ()
    orders: int = 0
    unseen: set[str] = field(default_factory=set)
    changes: deque[Change] = field(default_factory=deque)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    breaks_in: int = -1

    # What happens ---------------------------------------------------------------------------------

    def step(self) -> None:
        """One thing happens, then somebody reads."""
        deeds: list[tuple[int, Callable[[], None]]] = [
            (6, self.fact),
            (6, self.evaluate),
            (3, self.pass_time),
            (8, self.project),
            (10, self.build),
            (3, self.change),
            (2, self.create),
            (1, self.delete),
            (1, self.resettle),
        ]
        ((_, deed),) = self.chance.choices(deeds, [weight for weight, _ in deeds])
        deed()
        self.check_readers()

    def fact(self) -> None:
        """A store tells something of a customer."""
        customer = self.chance.choice(self.customers)
        self.orders += 1
        at = self.now - timedelta(hours=self.chance.randrange(96))
        document: dict[str, Any] = {"id": customer, "as_of": at.isoformat()}
        if self.chance.random() < 0.7:
            number = f"o{self.orders}"
            document["orders"] = [{"id": number, "created_at": at.isoformat(), "total": "10.00", "currency": "NOK"}]
        else:
            document |= {"as_of": self.now.isoformat(), "tags": self.chance.choice((["vip"], []))}
        store(self.stack, document)
        self.unseen.add(customer)

    def evaluate(self) -> None:
        """The stream of facts is read."""
        for customer in sorted(self.unseen)[: self.chance.randrange(1, 4)]:
            self.unseen.discard(customer)
            evaluate_all(self.stack.tables, SHOP, [customer], self.now, "fact")

    def pass_time(self) -> None:
        """Time passes, and the sweep finds who is due."""
        self.now += timedelta(minutes=self.chance.choice((1, 3, 10, 300)))
        clock.use(lambda: self.now)
        self.sweep()

    def sweep(self) -> None:
        due = [one.customer for one in memberships.due(self.stack.tables.memberships, SHOP, self.now)]
        evaluate_all(self.stack.tables, SHOP, due, self.now, "clock")

    def project(self) -> None:
        """Lists and listeners hear of some changes, in the order in which they were made."""
        some = [self.changes.popleft() for _ in range(min(len(self.changes), self.chance.randrange(1, 12)))]
        again = some[: self.chance.randrange(2)]
        projection.project(self.stack.tables, self.stack.event_bus_name, [*some, *again], self.now)

    def build(self) -> None:
        """Somebody goes on with a job, and may end in the middle of it."""
        waiting = sorted(one.id for one in jobs.unfinished(self.stack.tables.segments))
        if not waiting:
            return
        looks = iter([1.0] * self.chance.randrange(1, 5))
        self.breaks_in = self.chance.randrange(6) if self.chance.random() < 0.3 else -1
        try:
            working.work(self.stack.tables, SHOP, self.chance.choice(waiting), self.now, lambda: next(looks, 0.0))
        except (BrokenOffError, Contention):
            pass
        finally:
            self.breaks_in = -1

    def create(self) -> None:
        """A segment is made."""
        with _refused():
            service.create(self.stack.tables, SHOP, f"S{self.chance.randrange(100)}", self.query(), self.now, "")

    def change(self) -> None:
        """A segment is renamed or gets another query."""
        segment = self.any_segment()
        if segment is None:
            return
        name = f"S{self.chance.randrange(100)}" if self.chance.random() < 0.3 else None
        with _refused():
            service.change(
                self.stack.tables, SHOP, segment.id, self.now, "", editions=None, name=name, text=self.query()
            )

    def delete(self) -> None:
        """A segment is deleted."""
        segment = self.any_segment()
        if segment is not None:
            with _refused():
                service.delete(self.stack.tables, SHOP, segment.id, self.now, "")

    def resettle(self) -> None:
        """The shop moves to another zone."""
        settle(self.stack, self.chance.choice(ZONES), self.now)

    # What is read ---------------------------------------------------------------------------------

    @property
    def everybody(self) -> list[str]:
        return [*self.customers, *self.others]

    def segments(self) -> list[reads.Segment]:
        found, _ = reads.listing(self.stack.tables, SHOP, self.now, 100, None)
        return found

    def any_segment(self) -> reads.Segment | None:
        found = self.segments()
        return self.chance.choice(found) if found else None

    def query(self) -> str:
        """A query, which may ask another segment."""
        text = self.chance.choice(QUERIES)
        other = self.any_segment()
        if other is None or self.chance.random() < 0.6:
            return text
        return f"in_segment('{other.name}') {self.chance.choice(('AND', 'OR'))} ({text})"

    def brute_force(self) -> dict[str, set[str]]:
        """Segment that readers see to its members, from facts and the queries shown alone."""
        shown = [one for one in self.segments() if one.state == "ready"]
        rules = {one.name: compile_query(parse(one.query)) for one in shown}
        generation = generations.newest(self.stack.tables.segments, SHOP)
        shop = Shop(ZoneInfo(generation.zone), generation.currency, OrderPolicy(), rules)
        loaded = {one: facts.load(self.stack.tables.customers, SHOP, one).customer for one in self.everybody}
        return {
            one.id: {
                customer
                for customer, known in loaded.items()
                if known is not None and rules[one.name].evaluate(known, shop, self.now).member
            }
            for one in shown
        }

    def check_readers(self, readers: int = 3) -> None:
        """Whoever reads sees one definition of each segment, in full: all lists, and so many customers."""
        expected = self.brute_force()
        pending = {change.customer for change in self.changes}
        for customer in sorted(set(self.chance.sample(self.everybody, readers)) - self.unseen):
            try:
                found = {one.id for one in reads.segments_of(self.stack.tables, SHOP, customer, self.now).segments}
            except NotFound:
                found = set()
            assert found == {segment for segment, who in expected.items() if customer in who}, customer
        for segment, who in expected.items():
            quiet = set(self.everybody) - self.unseen - pending
            page = reads.list_members(self.stack.tables, SHOP, segment, self.now, 1000, None)
            assert {one.customer_id for one in page.members} & quiet == who & quiet

    # The end --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everything that is pending is done."""
        for customer in sorted(self.unseen):
            evaluate_all(self.stack.tables, SHOP, [customer], self.now, "fact")
        self.unseen.clear()
        for _ in range(4):
            for one in list(jobs.unfinished(self.stack.tables.segments)):
                assert working.work(self.stack.tables, SHOP, one.id, self.now, lambda: 1.0)
            while self.changes:
                self.project()
            self.now += working.REST
            self.sweep()
        while self.changes:
            self.project()

    def check_nothing_is_left(self) -> None:
        """Of what is gone there is no row, no counter, no text, no slot and no job."""
        tables = self.stack.tables
        generation = generations.newest(tables.segments, SHOP)
        live = set(generation.by_id)
        assert list(jobs.unfinished(tables.segments)) == []
        assert (generation.retired, generation.builds, generation.pending) == ((), {}, None)
        kept = [item["sk"] for item in self.stack.items(tables.segments) if item["pk"] == SHOP]
        assert {key.split("#")[1] for key in kept if key.startswith("COUNT#")} <= live
        texts = {key.removeprefix("DEFINITION#") for key in kept if key.startswith("DEFINITION#")}
        assert texts == {one.text for one in generation.live}
        assert {item["pk"].split("#")[1] for item in self.stack.items(tables.members)} <= live
        names = {key for key in kept if key.startswith("NAME#")}
        assert len(names) == len(self.segments())

    def check_what_was_told(self) -> None:
        """Enters and leaves alternate, and come to what is read."""
        members_of: dict[str, set[str]] = {}
        for told in sorted(self.told.values(), key=lambda one: one["version"]):
            who = members_of.setdefault(told["segment_id"], set())
            entered = told["change"] == "enter"
            assert entered != (told["customer_id"] in who), told
            (who.add if entered else who.remove)(told["customer_id"])
        expected = self.brute_force()
        assert {segment: who for segment, who in members_of.items() if who} == {
            segment: who for segment, who in expected.items() if who
        }
        counts = {one.id: one.count for one in self.segments()}
        assert counts == {segment: len(who) for segment, who in expected.items()}


@contextmanager
def _refused() -> Iterator[None]:
    """What merchants ask may be refused: a name that is taken, a circle, a segment that is asked."""
    with suppress(Conflict, InvalidQuery, NotFound):
        yield


def settle(stack: Stack, zone: str, at: datetime) -> None:
    """Give the shop that zone."""
    record = shops.existing(stack.tables.segments, SHOP)
    put_shop(
        stack.tables,
        SHOP,
        domain=record.domain,
        zone=zone,
        currency=record.currency,
        count_test_orders=False,
        count_cancelled_orders=False,
        at=at,
    )


def opened(stack: Stack, monkeypatch: pytest.MonkeyPatch, seed: int) -> BusyShop:
    """The shop with its listeners, and workers that may break off at every commit and every list."""
    busy = BusyShop(stack, random.Random(seed))
    commit, apply = memberships.commit, members.apply
    locks = [threading.Lock() for _ in range(64)]

    def breaking() -> None:
        if busy.breaks_in == 0:
            raise BrokenOffError
        busy.breaks_in -= 1

    def committed(table: str, shop: str, customer: str, previous: Membership | None, new: Membership) -> bool:
        breaking()
        # A stream has the commits of a customer in the order in which they were made, also those of several threads.
        with locks[hash(customer) % len(locks)]:
            # The image that the stream has is the item as it is, whatever the evaluation took it for.
            image = memberships.read(table, shop, customer)
            done = commit(table, shop, customer, previous, new)
            if done:
                busy.changes.append(Change(shop, customer, image, new))
        return done

    def applied(*arguments: Any) -> None:
        breaking()
        apply(*arguments)

    def heard(_: str, events: list[bus.Event]) -> None:
        busy.told |= {str(event.detail["id"]): dict(event.detail) for event in events}

    monkeypatch.setattr(memberships, "commit", committed)
    monkeypatch.setattr(members, "apply", applied)
    monkeypatch.setattr(bus, "publish", heard)
    monkeypatch.setattr(builds, "start", lambda *_: None)
    monkeypatch.setattr(working, "PAGE", 3)
    return busy
