"""The simulation's stories on DynamoDB Local, in real threads: two dozen writers at once on the same few customers.

What a store tells comes in any order, and much of it twice; evaluation, sweep and projection go on beside it. In the
end everything is as the naive model of the store has it, by the oracle.
"""

from __future__ import annotations

import json
import random
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core.errors import Contention, NotFound
from segment_core.ingest import messages
from segment_core.instants import iso
from segment_core.language import parse
from segment_core.membership.evaluate import evaluate_all
from segment_core.record import as_dict
from segment_core.segments import reads, service
from segment_core.segments.intake import take_in
from segment_core.segments.shops import put_shop
from segment_core.shop import Shop
from segment_core.store import clearing, facts, keys, merging
from segment_core.store.writes import Step as Writes
from segment_core.store.writes import carry_out

from ..functional.busy_shop import opened
from ..functional.conftest import Stack
from ..functional.customers import SHOP
from ..property import oracle
from ..simulation.actors import Actors, Merchant, Settings
from ..simulation.checks import differing_facts
from ..simulation.scheduler import Request
from ..simulation.storefront import Store
from ..simulation.story import CUSTOMERS, KINDS, QUERIES, Step
from .own_tables import own_tables
from .traffic import MOST_SECONDS, START, Traffic

WRITERS = 24
EVALUATORS = 3
ZONE = "Europe/Oslo"
# What stores tell of customers; how often, and what is drawn for it, is the simulation's.
TOLD = (
    "person", "buys", "tag", "consents", "edits", "refunds", "cancels", "deletes", "hands over", "imports",
    "checks out", "completes", "looks",
)  # fmt: skip
ACTS = 90


@dataclass
class Telling:
    """Takes the place of the simulation's scheduler: what somebody asks for becomes messages of the ingest queue."""

    world: SimpleNamespace
    told: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, request: Request) -> None:
        now = iso(self.world.now())
        common = {"shop": SHOP, "received_at": now}
        body = json.loads(request.body)
        if request.path == "/imports":
            self.told += [{**common, "kind": "document", "document": one} for one in body["customers"]]
        elif request.path == "/events":
            self.told += [
                {**common, "kind": "events", "customer": one.pop("customer_id"), "events": [one]}
                for one in body["events"]
            ]
        else:
            topic, triggered_at = (request.headers[f"X-Shopify-{name}"] for name in ("Topic", "Triggered-At"))
            text = request.body.decode()
            self.told += [{**common, "kind": "webhook", "topic": topic, "triggered_at": triggered_at, "body": text}]


def story(chance: random.Random, ends: str) -> list[tuple[str, dict[str, Any]]]:
    """Everybody buys; then all sorts of things happen, two merges one after the other, and the end of somebody."""
    kinds, weights = [*TOLD], [KINDS[kind][0] for kind in TOLD]
    buys = {**KINDS["buys"][1](random.Random(1)), "guest": False, "again": False}
    acts = [("buys", {**buys, "customer": CUSTOMERS[number % len(CUSTOMERS)]}) for number in range(WRITERS)]
    acts += [(kind, KINDS[kind][1](chance)) for kind in chance.choices(kinds, weights, k=ACTS)]
    as_told = {"edits": True, "untags": True, "deletes": True}
    for share, act in (
        (0.6, ("merges", {"customer": 1, "into": [2], **as_told})),
        (0.75, ("merges", {"customer": 2, "into": [3], **as_told})),
        (0.85, (ends, {"customer": 4, "lists": False})),
    ):
        acts.insert(int(share * len(acts)), act)
    return acts


@dataclass
class Crowd:
    """The writers and evaluators, and what waits for them."""

    traffic: Traffic
    deliveries: deque[dict[str, Any]]
    left: int
    unseen: set[str] = field(default_factory=set)
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(WRITERS))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)

    def tell(self, chance: random.Random) -> Iterator[None]:
        """A function that takes in messages; one that others were in the way of comes again."""
        self._local.began = False
        while True:
            try:
                message = self.deliveries.popleft()
            except IndexError:
                self.traffic.pause()
            else:
                try:
                    take_in(self.traffic.busy.stack.tables, messages.read(json.dumps(message)), self.traffic.now)
                except Contention:
                    self.deliveries.append(message)
                else:
                    with self._lock:
                        self.left -= 1
            yield

    def carry_out(self, table: str, writes: Writes) -> bool:
        """Every write to customers; the stream says of whom. All writers have read before the first of them writes."""
        if not getattr(self._local, "began", True):
            self._local.began = True
            self.together.wait(MOST_SECONDS)
        done = carry_out(table, writes)
        if done:
            with self._lock:
                self.unseen |= {
                    keys.split_customer(write.item["pk"])[1]
                    for write in writes
                    if write.kind != "ConditionCheck" and write.item["sk"] != keys.ORDER_POINTER
                }
        return done

    def evaluate(self, chance: random.Random) -> Iterator[None]:
        """A function that reads the stream of customers."""
        while True:
            with self._lock:
                some = chance.sample(sorted(self.unseen), min(len(self.unseen), 2))
                self.unseen.difference_update(some)
            try:
                evaluate_all(self.traffic.busy.stack.tables, SHOP, some, self.traffic.now, "fact")
            except Contention:
                with self._lock:
                    self.unseen.update(some)
            if not some:
                self.traffic.pause()
            yield


@pytest.fixture
def traffic(dynamodb_local: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traffic]:
    """A shop with some of the simulation's segments, in which nobody is yet."""
    with own_tables() as tables:
        put_shop(
            tables, SHOP, domain="demo.example.com", zone=ZONE, currency="USD", at=START - timedelta(days=2),
            count_test_orders=False, count_cancelled_orders=False,
        )  # fmt: skip
        busy = opened(Stack(tables, "", "", "", "", "", "", "", ""), monkeypatch, seed=1)
        busy.now, busy.customers = START, [str(id) for id in CUSTOMERS]
        for number, query in enumerate(QUERIES[::3]):
            service.create(tables, SHOP, f"Segment {number}", query, START, "")
        busy.settle()
        busy.now = START
        yield Traffic(busy)


@pytest.mark.parametrize("ends", ["redacts", "erases"])
def test_many_writers_at_once_come_to_what_the_store_knows(
    traffic: Traffic, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(SHOP, "secret", ZoneInfo(ZONE))
    chance = random.Random(ends)
    crowd = Crowd(traffic, *_delivered(store, chance, ends))
    for module in (merging, clearing):
        monkeypatch.setattr(module, "carry_out", crowd.carry_out)

    deeds = [crowd.tell] * WRITERS + [crowd.evaluate] * EVALUATORS + [traffic.sweep, traffic.project]
    with traffic.going_on(*deeds):
        traffic.wait_for(lambda: crowd.left == 0)
    traffic.busy.settle()
    while crowd.unseen:
        traffic.busy.unseen, crowd.unseen = crowd.unseen, set()
        traffic.busy.settle()

    assert not crowd.together.broken
    _check(traffic, store, traffic.now)
    traffic.busy.check_what_was_told()


def _delivered(store: Store, chance: random.Random, ends: str) -> tuple[deque[dict[str, Any]], int]:
    """The messages: an order for each writer first, then everything in any order, and half of it twice."""
    clock = iter(START - timedelta(hours=12) + timedelta(minutes=number) for number in range(10_000))
    telling = Telling(SimpleNamespace(now=lambda: next(clock)))
    actors = Actors(telling, {SHOP: store}, {SHOP: Merchant(SHOP, Settings(ZONE))})  # type: ignore[arg-type]
    for number, (kind, what) in enumerate(story(chance, ends)):
        actors.act(Step(number, kind, SHOP, what, 0))
    first, rest = telling.told[:WRITERS], telling.told[WRITERS:]
    assert {one["topic"] for one in first} == {"orders/create"}
    more = rest + [one for one in telling.told if chance.random() < 0.5]
    chance.shuffle(more)
    return deque([*first, *more]), len(first) + len(more)


def _check(traffic: Traffic, store: Store, at: datetime) -> None:
    tables = traffic.busy.stack.tables
    customers, rules = store.customers(), Shop(ZoneInfo(ZONE), "USD")
    assert customers.keys() == {"3"}
    segments = traffic.busy.segments()
    expected = {
        one.id: {id for id, known in customers.items() if oracle.member(parse(one.query), known, rules, at)}
        for one in segments
    }
    for one in segments:
        page = reads.list_members(tables, SHOP, one.id, at, 1000, None)
        assert ({member.customer_id for member in page.members}, one.count) == (expected[one.id], len(expected[one.id]))
    for id in CUSTOMERS:
        now = str(store.now_of(id))
        if now not in customers:
            with pytest.raises(NotFound):
                reads.segments_of(tables, SHOP, str(id), at)
            continue
        found = reads.segments_of(tables, SHOP, str(id), at)
        assert found.customer_id == now
        assert {one.id for one in found.segments} == {segment for segment, who in expected.items() if now in who}
        loaded = facts.load(tables.customers, SHOP, now).customer
        assert loaded is not None
        differences = [*differing_facts(now, loaded, customers[now], rules, at)]
        assert not differences, "\n".join(differences)
    _check_forgotten(traffic, store)


def _check_forgotten(traffic: Traffic, store: Store) -> None:
    """Of whoever had to be forgotten there is nothing; whoever was only deleted is hidden first."""
    tables = traffic.busy.stack.tables
    items = [item for name in as_dict(tables).values() for item in traffic.busy.stack.items(name)]
    for id in store.erased - store.deleted:
        assert not [item for item in items if f"planted.{id}@" in str(item)]
    assert all(facts.load(tables.customers, SHOP, str(id)).erased for id in store.erased | store.merged.keys())
