"""Everything at once in a shop on DynamoDB Local, in threads: writers, a sweep, projection, workers, edits, readers.

Of customers of whom nothing is told, each state of the segments has exactly known members. Whoever reads, at any time,
must see one of these states in full, and none that is older than what the same reader saw before.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from segment_core.errors import Contention
from segment_core.evaluator import compile_query
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.membership import jobs as working
from segment_core.membership import project as projection
from segment_core.membership.budget import lasting
from segment_core.membership.evaluate import evaluate_all
from segment_core.segments import reads, service
from segment_core.shop import Shop
from segment_core.store import generations, jobs
from segment_core.zones import zone

from ..functional.busy_shop import BusyShop, settle
from ..functional.customers import SHOP, store

# Ten minutes before midnight in Oslo: it comes while segments are built.
START = datetime(2026, 3, 1, 22, 50, tzinfo=UTC)
# A rest of five minutes, which a reader may take for a page, lasts ten seconds.
SPEED = 30
MOST_SECONDS = 120.0

STILL = [f"s{number:02d}" for number in range(48)]
CHILD = (
    "number_of_orders > 0",
    "customer_tags CONTAINS 'vip'",
    "number_of_orders > 2 AND customer_tags CONTAINS 'new'",
    "customer_tags CONTAINS 'vip' OR number_of_orders > 2",
)
"""The texts of one segment in the order in which it gets them: what readers see is one state after another."""
PARENT = "in_segment('Child') AND customer_tags NOT CONTAINS 'new'"
TIMED = "last_order_date >= -1d AND NOT in_segment('Parent')"


Deed = Callable[[random.Random], Iterator[None]]
"""What somebody does, one turn after the other."""


class MixtureError(AssertionError):
    """A reader saw what is of no state, or of one that was over."""


def document(number: int) -> dict[str, Any]:
    """A customer of whom nothing more will be told."""
    tags = [tag for bit, tag in ((4, "vip"), (8, "new")) if number & bit]
    orders = [
        {"id": f"s{number}-{n}", "created_at": "2026-01-05T10:00:00Z", "total": "10.00", "currency": "NOK"}
        for n in range(number % 4)
    ]
    return {"id": STILL[number], "as_of": "2026-02-01T00:00:00Z", "tags": tags, "orders": orders}


def members_in(state: int) -> tuple[frozenset[str], frozenset[str]]:
    """Who of the still customers is in the child and in the parent in that state, by brute force."""
    child, parent = compile_query(parse(CHILD[state])), compile_query(parse(PARENT))
    shop = Shop(zone("Europe/Oslo"), "NOK", segments={"Child": child})
    known = [read_customer(document(number)) for number in range(len(STILL))]
    return tuple(  # type: ignore[return-value]
        frozenset(one.id for one in known if rule.evaluate(one, shop, START).member) for rule in (child, parent)
    )


STATES = [members_in(state) for state in range(len(CHILD))]


@dataclass
class Traffic:
    """What goes on in the shop. `busy` does the deeds; here they are done side by side."""

    busy: BusyShop
    child: str = ""
    parent: str = ""
    state: int = 0
    pages: int = 0
    points: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def now(self) -> datetime:
        return self.busy.now

    def open(self) -> None:
        """Three segments, which are ready while nobody is there yet, and then customers."""
        tables = self.busy.stack.tables
        made = [
            service.create(tables, SHOP, name, text, self.now, "").id
            for name, text in (("Child", CHILD[0]), ("Parent", PARENT), ("Timed", TIMED))
        ]
        self.child, self.parent = made[:2]
        self.busy.settle()
        for number in range(len(STILL)):
            store(self.busy.stack, document(number))
        for _ in range(2 * len(self.busy.customers)):
            self.busy.fact()
        evaluate_all(tables, SHOP, self.busy.everybody, self.now, "fact")
        self.busy.unseen.clear()
        self.busy.settle()
        self.busy.now = START

    @contextmanager
    def going_on(self, *deeds: Deed) -> Iterator[None]:
        """Everybody is at work meanwhile, or whoever is named. Raises what one of them came upon."""
        deeds = deeds or (self.write, self.sweep, self.project, self.build, self.build, self.read, self.read)
        began, at = time.monotonic(), self.now

        def passing() -> None:
            self.busy.now = at + SPEED * timedelta(seconds=time.monotonic() - began)

        with ThreadPoolExecutor(len(deeds)) as threads:
            working = [
                threads.submit(self._again_and_again, deed, number, passing) for number, deed in enumerate(deeds)
            ]
            try:
                yield
            finally:
                self._over.set()
        for one in working:
            one.result()

    def _again_and_again(self, deed: Deed, number: int, passing: Callable[[], None]) -> None:
        deeds = deed(random.Random(number))
        try:
            while not self._over.is_set():
                passing()
                next(deeds)
        finally:
            # Whoever fails ends it for the others too.
            self._over.set()

    # What goes on ---------------------------------------------------------------------------------

    def write(self, chance: random.Random) -> Iterator[None]:
        """Stores tell facts, and evaluation follows."""
        while True:
            self.busy.fact()
            with _gives_way():
                self.busy.evaluate()
            yield

    def sweep(self, chance: random.Random) -> Iterator[None]:
        """Whoever is due is evaluated."""
        while True:
            with _gives_way():
                self.busy.sweep()
            self._over.wait(0.1)
            yield

    def project(self, chance: random.Random) -> Iterator[None]:
        """Lists and listeners follow, in batches; one that fails is tried again, and now and then one comes twice."""
        stack, changes = self.busy.stack, self.busy.changes
        while True:
            some = [changes[place] for place in range(min(len(changes), 20))]
            with _gives_way():
                projection.project(stack.tables, stack.event_bus_name, some, self.now)
                for _ in range(len(some) - chance.randrange(2) if some else 0):
                    changes.popleft()
            self._over.wait(0.01)
            yield

    def build(self, chance: random.Random) -> Iterator[None]:
        """A worker, on any part of any job."""
        tables = self.busy.stack.tables
        while True:
            for one in list(jobs.unfinished(tables.segments)):
                with _gives_way():
                    self._go_on(one.id, chance)
            self._over.wait(0.02)
            yield

    def _go_on(self, job_id: str, chance: random.Random) -> None:
        tables = self.busy.stack.tables
        job = jobs.read(tables.segments, SHOP, job_id)
        if job is None:
            return
        if job.step == "rest":
            if working.rested(job, self.now):
                working.wake(tables, SHOP, job, self.now)
            return
        parts = working.open_parts(job)
        for part in chance.sample(parts, len(parts)):
            if not working.work_part(tables, SHOP, job, part, self.now, lasting(1.0)).ended:
                return
        working.finish(tables, SHOP, job, self.now)

    # What merchants do ----------------------------------------------------------------------------

    def edit(self) -> None:
        """Give the child its next text."""
        self.state += 1
        text = CHILD[self.state]
        service.change(self.busy.stack.tables, SHOP, self.child, self.now, "", editions=None, text=text)

    def move(self) -> None:
        """Settings change: everything is built anew, and comes to the same of those who are still."""
        settle(self.busy.stack, "Pacific/Kiritimati", self.now)

    def published(self) -> None:
        """Wait until readers see what was saved last."""
        self.wait_for(lambda: not generations.newest(self.busy.stack.tables.segments, SHOP).builds)

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Wait until that is so, or somebody failed."""
        deadline = time.monotonic() + MOST_SECONDS
        while not done() and not self._over.is_set():
            if time.monotonic() > deadline:
                raise TimeoutError(f"what was waited for did not come in {MOST_SECONDS:.0f} s")
            self.pause()

    def pause(self) -> None:
        """Leave the processor to others for a moment."""
        self._over.wait(0.05)

    # Who reads ------------------------------------------------------------------------------------

    def read(self, chance: random.Random) -> Iterator[None]:
        """A reader: both lists in turn, and some customers' segments, as fast as they come."""
        tables, state = self.busy.stack.tables, 0
        for turn in count():
            which = turn % 2
            page = reads.list_members(tables, SHOP, (self.child, self.parent)[which], self.now, 1000, None)
            seen = frozenset(one.customer_id for one in page.members).intersection(STILL)
            fitting = [one for one in range(state, len(STATES)) if STATES[one][which] == seen]
            # The child's definition says by its number which text it has.
            if which == 0:
                fitting = [one for one in fitting if page.definition_id.split(".")[1] == str(one + 1)]
            if not fitting:
                raise MixtureError(f"{page.definition_id} after state {state}: {sorted(seen)}")
            state, self.pages = fitting[0], self.pages + 1
            for customer in chance.sample(STILL, 3):
                self._point(customer, state)
            yield

    def _point(self, customer: str, state: int) -> None:
        found = {one.id for one in reads.segments_of(self.busy.stack.tables, SHOP, customer, self.now).segments}
        told = (self.child in found, self.parent in found)
        if told not in {(customer in child, customer in parent) for child, parent in STATES[state:]}:
            raise MixtureError(f"{customer} after state {state}: {told}")
        self.points += 1


@contextmanager
def _gives_way() -> Iterator[None]:
    """Others kept changing the same item: a queue or the state machine would try again."""
    try:
        yield
    except Contention:
        return
