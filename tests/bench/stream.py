"""Five orders a second into one huge customer: how far membership is behind, what that reads, and does it grow?

As in the stack, a function takes in each order by itself, and another evaluates the customer once for all records
that have gathered meanwhile. TIDEMARK_BENCH_MINUTES is for how long.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from segment_core.ingest.documents import understand_document
from segment_core.instants import iso
from segment_core.membership.evaluate import evaluate_all
from segment_core.store import facts, memberships
from segment_core.store.capacity import Meter
from segment_core.store.tables import Tables

from . import settings
from .sampling import resident, thirds
from .units import as_on_aws

MINUTES = settings.number("TIDEMARK_BENCH_MINUTES", 5)
RATE = 5.0
# A stream is asked some four times a second.
_POLL_SECONDS = 0.25


@dataclass
class Stream:
    """Orders of one customer that were told and not evaluated yet, with the second in which each was."""

    tables: Tables
    shop: str
    customer: str
    at: datetime
    behind: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    evaluations: int = 0
    _gathered: list[float] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)

    def run(self, seconds: float) -> None:
        """Tell orders for so long, and evaluate until the last of them is in."""
        with ThreadPoolExecutor(2) as threads:
            both = [threads.submit(self._tell, seconds), threads.submit(self._evaluate)]
            for one in both:
                one.result()

    def _now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._began)

    def _tell(self, seconds: float) -> None:
        try:
            for number in range(round(RATE * seconds)):
                time.sleep(max(0.0, self._began + number / RATE - time.monotonic()))
                order = {
                    "id": f"new{number}", "created_at": iso(self._now()), "total": "10.00", "currency": "EUR",
                    "lines": [{"product_id": "1", "quantity": 1}],
                }  # fmt: skip
                told = understand_document({"id": self.customer, "orders": [order]}, self._now())
                facts.merge_all(self.tables.customers, self.shop, told)
                self._gathered.append(time.monotonic())
        finally:
            self._ended.set()

    def _evaluate(self) -> None:
        while self._gathered or not self._ended.is_set():
            if not self._gathered:
                time.sleep(_POLL_SECONDS)
                continue
            batch, self._gathered = self._gathered, []
            evaluate_all(self.tables, self.shop, [self.customer], self._now(), "fact")
            self.evaluations += 1
            self.behind += [time.monotonic() - told for told in batch]
            self.memory.append(resident(os.getpid()))


def measure(tables: Tables, meter: Meter, shop: str, customer: str, at: datetime) -> Mapping[str, float]:
    """What the stream came to. The customer's facts and the shop's segments are there."""
    evaluate_all(tables, shop, [customer], at, "fact")
    before, stream = memberships.read(tables.memberships, shop, customer), Stream(tables, shop, customer, at)
    meter.take()
    stream.run(MINUTES * 60)
    seconds = time.monotonic() - stream._began
    after = memberships.read(tables.memberships, shop, customer)
    assert before is not None
    assert after is not None
    assert after.version >= before.version + stream.evaluations
    orders, (first, _, last) = len(stream.behind), thirds(stream.behind)
    return {
        "stream: orders": orders,
        "stream: orders a second": orders / seconds,
        "stream: evaluations": stream.evaluations,
        "stream: behind, median s": median(stream.behind),
        "stream: behind, longest s": max(stream.behind),
        "stream: behind, median of the first third, s": first,
        "stream: behind, median of the last third, s": last,
        **dict(_units(meter, stream.evaluations, seconds)),
        "stream: memory at most, MB": max(stream.memory),
    }


def _units(meter: Meter, evaluations: int, seconds: float) -> Iterator[tuple[str, float]]:
    lines = meter.take()
    read = float(sum(line.units for line in lines if not line.writes))
    yield "stream: read units a second", read / seconds
    yield "stream: read units an evaluation", read / evaluations
    yield "stream: write units a second", float(sum(map(as_on_aws, (line for line in lines if line.writes)))) / seconds
