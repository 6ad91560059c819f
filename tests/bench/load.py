"""Webhooks of several shops for half an hour, at the highest rate that the local stack holds.

Stores are the simulation's: each knows what is so because it told it, and lists, counts and money are compared with
that in the end. The stack is a process of its own with its data in a folder, so what grows in memory is no data.
TIDEMARK_BENCH_MINUTES is for how long.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from segment_core.language import parse
from segment_core.shop import Shop
from tidemark.cli.service import ALL_SCOPES

from ..integration.replay.client import Http, Reader
from ..property import oracle
from ..simulation.storefront import Store, Webhook
from . import settings
from .sampling import Memory

MINUTES = settings.number("TIDEMARK_BENCH_MINUTES", 30)
ZONES = {"elm": "Europe/Oslo", "fir": "America/New_York", "yew": "Asia/Kolkata"}
CUSTOMERS = 300
EVERYBODY = "number_of_orders > 0"
QUERIES = (
    EVERYBODY,
    "number_of_orders >= 12",
    "amount_spent > 600",
    "last_order_date >= -2d",
    "orders_placed MATCHES (date >= -1d, amount >= 50) OR customer_tags CONTAINS 'vip'",
    "customer_tags NOT CONTAINS 'new' AND number_of_orders > 3",
    "email_subscription_status = 'SUBSCRIBED'",
    "abandoned_checkout_date >= -1d",
)
ACTS = {"buys": 10, "edits": 3, "refunds": 3, "tags": 4, "consents": 3, "checks out": 3, "completes": 2}
RESENT = 0.05
THREADS = 8
# One step of the ramp; its rate is held if everything has settled soon after it.
RAMP_SECONDS = 10.0
FIRST_RATE = 8.0
HELD = 1.25
# Of what the ramp came to, so that a slow moment can be made up for.
SHARE = 0.8
MOST_WAITING_SECONDS = 30.0
SAMPLES = 30
GIVE_UP_SECONDS = 900.0
# Each act of a store has a second of its own, and none may lie ahead of the stack's clock.
BEFORE = timedelta(hours=16)


@dataclass
class Load:
    """What the stores do, and what of it was posted."""

    http: Http
    stores: list[Store]
    begun: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    posted: int = 0
    resent: int = 0
    _waiting: deque[Webhook] = field(default_factory=deque)
    _recent: deque[Webhook] = field(default_factory=lambda: deque(maxlen=200))

    def run(self, rate: float, seconds: float) -> None:
        """Post at that rate (webhooks a second), if the stack accepts it. Raises RuntimeError if one is refused."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            posts: deque[Future[None]] = deque()
            for number in range(round(rate * seconds)):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                posts.append(pool.submit(self._post, self._next()))
                while len(posts) > 4 * THREADS or (posts and posts[0].done()):
                    self._count(posts.popleft())
            while posts:
                self._count(posts.popleft())

    def _count(self, post: Future[None]) -> None:
        post.result()
        self.posted += 1

    def rest(self) -> None:
        """Post what was told already: an act may be told in several webhooks."""
        while self._waiting:
            self._post(self._waiting.popleft())

    def _next(self) -> Webhook:
        if self._recent and self.chance.random() < RESENT:
            self.resent += 1
            return self.chance.choice(self._recent)
        while not self._waiting:
            self._act(self.chance.choice(self.stores))
        self._recent.append(self._waiting.popleft())
        return self._recent[-1]

    def _act(self, store: Store) -> None:
        chance, now = self.chance, self.begun
        customer, which = chance.randrange(1, CUSTOMERS + 1), chance.randrange(1_000_000)
        total = Decimal(chance.randrange(500, 9000)) / 100
        ((kind),) = chance.choices([*ACTS], [*ACTS.values()])
        if kind == "buys" or customer not in store.people:
            ago = timedelta(days=chance.randrange(4), minutes=chance.randrange(600))
            store.buys(customer, now, ago=ago, total=total, test=False, again=chance.random() < 0.3)
        elif kind == "edits":
            store.edits(which, now, total)
        elif kind == "refunds":
            store.refunds(which, now, with_order=chance.random() < 0.5)
        elif kind == "tags":
            store.tag(customer, now, chance.choice(("vip", "new")))
        elif kind == "consents":
            store.consents(customer, now, chance.choice(("subscribed", "unsubscribed")))
        elif kind == "checks out":
            store.checks_out(customer, now)
        else:
            store.completes(which, now)
        self._waiting.extend(store.told)
        store.told.clear()

    def _post(self, webhook: Webhook) -> None:
        status = self.http.request("POST", f"/webhooks/{webhook.shop}", webhook.body, webhook.headers).status
        if status != 200:
            raise RuntimeError(f"a webhook was answered {status}")


def measure() -> dict[str, float | str]:
    """Find the rate, keep it up, let all settle, compare."""
    with _stack() as (url, pid):
        http, admin = Http(url), Reader(Http(url), "")
        stores = [Store(shop, f"secret of {shop}", ZoneInfo(zone)) for shop, zone in ZONES.items()]
        readers = {store.shop: _opened(http, admin, store) for store in stores}
        load = Load(http, stores, datetime.now(UTC) - BEFORE)
        rate, memory = _ramp(load, admin), Memory(pid)
        result = _keep_up(load, admin, rate, memory)
        load.rest()
        settled = _settle(admin)
        wrong, members = _compared(stores, readers)
        if wrong:
            # Time may have moved somebody in between.
            time.sleep(90)
            _settle(admin)
            wrong, members = _compared(stores, readers)
        http.close()
    if wrong:
        raise SystemExit("the stack differs from what the stores know:\n" + "\n".join(wrong))
    return result | {
        "settled after, s": settled,
        "shops": len(stores),
        "segments": len(stores) * len(QUERIES),
        "orders": sum(len(store.purchases) for store in stores),
        "members compared": members,
        **memory.figures(),
    }


@contextmanager
def _stack() -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "tidemark.cli", "local", "--port", "0", "--store", "dynamodb-local", "--data"]
    with tempfile.TemporaryDirectory() as data:
        stack = subprocess.Popen([*command, data], stdout=subprocess.PIPE, text=True)
        try:
            assert stack.stdout is not None
            told = next(line for line in stack.stdout if "http://" in line)
            yield told[told.index("http://") :].split()[0], stack.pid
        finally:
            stack.terminate()
            stack.wait()


def _opened(http: Http, admin: Reader, store: Store) -> Reader:
    token = admin.call("POST", "/_local/token", {"shop": store.shop, "scope": ALL_SCOPES, "ttl": 86_400})["token"]
    reader = Reader(http, token)
    content = {"domain": store.domain, "zone": store.zone.key, "currency": "USD", "webhook_secrets": [store.secret]}
    reader.call("PUT", f"/shops/{store.shop}", content, expected=(201,))
    for number, query in enumerate(QUERIES):
        reader.call("POST", "/segments", {"name": f"Segment {number}", "query": query}, expected=(201,))
    return reader


def _ramp(load: Load, admin: Reader) -> float:
    """Webhooks a second that the stack works off, from steps that double until one is too many."""
    rate = FIRST_RATE
    while True:
        posted, began = load.posted, time.monotonic()
        load.run(rate, RAMP_SECONDS)
        _settle(admin)
        seconds = time.monotonic() - began
        _say(f"{rate:.0f} a second for {RAMP_SECONDS:.0f} s are settled in {seconds:.1f} s")
        if seconds > HELD * RAMP_SECONDS:
            return SHARE * (load.posted - posted) / seconds
        rate *= 2


def _keep_up(load: Load, admin: Reader, rate: float, memory: Memory) -> dict[str, float | str]:
    before, resent, lowered, began = load.posted, load.resent, 0, time.monotonic()
    waiting = []
    every = min(60.0, MINUTES * 60 / SAMPLES)
    while (left := began + MINUTES * 60 - time.monotonic()) > 0:
        load.run(rate, min(every, max(left, 1.0)))
        memory.sample()
        waiting.append(_waiting(admin))
        _say(f"{time.monotonic() - began:.0f} s: {load.posted - before} posted, {waiting[-1]} messages wait")
        if waiting[-1] > MOST_WAITING_SECONDS * rate:
            rate, lowered = rate * 0.9, lowered + 1
    seconds = time.monotonic() - began
    return {
        "minutes": seconds / 60,
        "webhooks": load.posted - before,
        "of these resent": load.resent - resent,
        "webhooks a second": (load.posted - before) / seconds,
        "times that the rate was lowered": lowered,
        "messages that waited, median": median(waiting),
        "messages that waited, most": max(waiting),
    }


def _waiting(admin: Reader) -> int:
    queues = admin.call("GET", "/_local/queues")["queues"]
    return sum(int(one["visible"]) + int(one["in_flight"]) for one in queues)


def _settle(admin: Reader) -> float:
    """Seconds until nothing is under way. Raises RuntimeError if that takes longer than `GIVE_UP_SECONDS`."""
    began = time.monotonic()
    while "message" in (told := admin.call("GET", "/_local/idle?timeout=30", expected=(200, 504))):
        if time.monotonic() - began > GIVE_UP_SECONDS:
            raise RuntimeError(f"the stack does not come to rest: {told['message']}")
    return time.monotonic() - began


def _compared(stores: list[Store], readers: dict[str, Reader]) -> tuple[list[str], int]:
    """Where lists, counts and money differ from brute force over what stores know; how many members there should be."""
    found, members = [], 0
    for store in stores:
        reader, at = readers[store.shop], datetime.now(UTC)
        rules, customers = Shop(store.zone, "USD"), store.customers()
        for segment in reader.call("GET", "/segments?limit=100")["segments"]:
            query = parse(segment["query"])
            expected = {id for id, known in customers.items() if oracle.member(query, known, rules, at)}
            members += len(expected)
            listed = [one["customer_id"] for one in reader.members(segment["id"], 500)]
            if sorted(listed) != sorted(expected) or segment["count"] != len(expected):
                what = f"{len(listed)} listed and {segment['count']} counted of {len(expected)}"
                found.append(f"{store.shop}: {segment['query']}: {what}")
            if query == parse(EVERYBODY):
                spending = reader.call("GET", f"/segments/{segment['id']}/statistics")["spending"]
                told = Decimal(spending["total"]["value"])
                so = sum((oracle._spend(one, rules, at) or 0 for each in customers.values() for one in each.orders), 0)
                if told != so:
                    found.append(f"{store.shop}: {told} spent, of {so}")
    return found, members


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)
