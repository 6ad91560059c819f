"""The simulated cloud: what template.yaml wires, in memory, and every call that a function makes of it.

A call takes some milliseconds, may let others go on first, and may go wrong as the run's troubles say.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError

from segment_core import clock
from tidemark.stack import template
from tidemark.stack.names import Names
from tidemark.stack.wire import wire
from tidemark.stack.wiring import Wiring

from . import functions, troubles
from .dynamodb import DynamoDB, error
from .queues import SQS, Queue
from .services import Bus, Files, Machines, Parameters
from .streams import SHARDS, Shard
from .table import Item, Key, Table
from .tasks import Killed, Task, taken
from .troubles import Troubles

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_CALL_SECONDS = 0.002
_LOG_LINES = 2000
# DynamoDB deletes what has expired within days.
_EXPIRES = 0.5
# More than any invocation has reason for.
_MOST_CALLS = 4000

_PROGRAMMING_ERRORS = (TypeError, AttributeError, NameError)

Write = Callable[["World", Table, Key, Item | None, Item | None], None]


@cache
def wiring() -> Wiring:
    """What the template wires, under names of the simulation."""
    names = Names("simulated", "http://api.simulated", "http://aws.simulated")
    return wire(template.read(TEMPLATE, names, {}))


class World:
    """One run's cloud. `at` is its first instant; `chance` decides everything that is left open."""

    def __init__(self, at: datetime, chance: Random, struck_by: Troubles) -> None:
        self.chance = chance
        self.troubles = struck_by
        self.wiring = wiring()
        self.tables = {one.name: Table(one.create, self.now) for one in self.wiring.tables}
        self.queues = {one.arn: Queue(one) for one in self.wiring.queues}
        self.shards = [
            Shard(mapping, self._table_of(mapping.source_arn), number)
            for mapping in self.wiring.streams
            for number in range(SHARDS)
        ]
        self.functions = {one.name: one for one in self.wiring.functions}
        self.back = taken()
        self.task: Task | None = None
        self.elapsed = 0.0
        self.log: deque[tuple[float, str, str]] = deque(maxlen=_LOG_LINES)
        self.struck: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.calls = 0
        self.watchers: list[Write] = []
        # What the task at hand read of whole partitions: what its commits stand on.
        self.seen: dict[tuple[Task, str], Sequence[tuple[Key, Item]]] = {}
        self.bus = Bus(self, self.wiring.buses)
        self.machines = Machines(self, self.wiring.machines)
        self.files = Files(self)
        self._begin = at
        self._services = {
            "dynamodb": DynamoDB(self.tables, self),
            "sqs": SQS([*self.queues.values()], self, lambda: self.elapsed),
            "events": self.bus,
            "s3": self.files,
            "ssm": Parameters(self),
            "stepfunctions": self.machines,
        }

    def _table_of(self, stream_arn: str) -> Table:
        return next(self.tables[one.name] for one in self.wiring.tables if one.stream_arn == stream_arn)

    def table(self, logical: str) -> Table:
        """A table by its name in the template, without `Table`."""
        return self.tables[f"simulated-{logical}Table"]

    def say(self, text: str) -> None:
        """Note what happens, for whoever reads a failure."""
        self.log.append((self.elapsed, self.task.name if self.task else "", text))

    # Time ---------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The instant, as the best of clocks shows it."""
        return self._begin + timedelta(seconds=self.elapsed)

    def shown(self) -> datetime:
        """The instant, as the machine at hand shows it."""
        return self.now() + timedelta(seconds=self.task.skew if self.task else 0.0)

    def jump(self, by: timedelta) -> None:
        """Let time go by in which nothing happens: what waits does not become older, what has expired may go.

        But not while something waits, and what was handled does not come once more after that: no queue and no stream
        keeps anything for as long as the rows that it could need.
        """
        self._begin += by
        waits = any(one.messages for one in self.queues.values())
        if waits or any(one.busy or one.look() for one in self.shards):
            return
        for table in self.tables.values():
            for key in table.expired(self.now()):
                if self.chance.random() < _EXPIRES:
                    table.write(key, None)
                    for queue in self.queues.values():
                        queue.handled.clear()

    def monotonic(self) -> float:
        """Seconds of a clock that nobody can set."""
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        """A function waits: the others go on."""
        self.elapsed += seconds
        self._pause()

    # Calls --------------------------------------------------------------------------------------

    def happens(self, trouble: str) -> bool:
        """Whether it strikes now. Whoever must come to an end is spared."""
        return self.task is not None and self.happens_to(self.task, trouble)

    def happens_to(self, task: Task, trouble: str) -> bool:
        """Whether it strikes that one now."""
        if task.calm:
            return False
        struck = self.chance.random() < self.troubles.chance_of(trouble)
        if struck:
            self.struck[trouble] += 1
        return struck

    def call(self, operation: str, perform: Callable[[], Any], *, once: bool = False) -> Any:
        """One call of a service by the function at hand."""
        if self.task is None:
            return perform()
        self.calls += 1
        self._spend(self.task)
        if self.task.stops and self.chance.random() < troubles.PAUSE:
            self._pause()
        kind = self._strikes()
        self.say(f"{operation} {kind}".rstrip())
        if kind == "crashes":
            raise Killed
        if kind == "throttles":
            raise error(operation, "ThrottlingException")
        if kind == "unreached":
            raise ReadTimeoutError(endpoint_url="simulated")
        answer = perform()
        if kind == "crashes after":
            raise Killed
        if kind == "lost answers":
            raise ReadTimeoutError(endpoint_url="simulated")
        if kind == "repetitions" and not once:
            return perform()
        return answer

    def _strikes(self) -> str:
        for kind in troubles.OF_CALLS:
            if self.happens(kind):
                return kind
        return ""

    def _spend(self, task: Task) -> None:
        task.calls += 1
        if task.calls > _MOST_CALLS:
            raise AssertionError(f"{task.name} never ends")
        self.elapsed += _CALL_SECONDS + task.pace
        if self.elapsed > task.deadline:
            self.say("its time is over")
            raise Killed

    def _pause(self) -> None:
        task = self.task
        if task is None:
            return
        with functions.one_request():
            task.pause()

    def tell_read(self, rows: Sequence[tuple[Key, Item]], *, goes_on: bool) -> None:
        """Keep what a function read of a partition."""
        if self.task is not None and rows:
            place = (self.task, rows[0][0][0])
            self.seen[place] = [*(self.seen.get(place, ()) if goes_on else ()), *rows]

    def tell_write(self, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
        """Tell whoever watches."""
        if not self.troubles.chance_of("late indexes"):
            for index in table.indexes.values():
                index.follow(table.written)
        for watcher in self.watchers:
            watcher(self, table, key, old, new)

    # Functions ----------------------------------------------------------------------------------

    def invoke(self, function: str, event: Any) -> Any:
        """Run the handler on the event, inside of the task at hand."""
        settings = self.functions[function]
        started = self.elapsed
        if self.happens("cold starts"):
            functions.forget()
        if self.task is not None and not self.task.calm:
            # Work in hand ends in time unless it is slow.
            self.task.deadline = started + settings.timeout
        with functions.environments(settings).one() as handler:
            return handler(event, functions.context(settings, lambda: started + settings.timeout - self.elapsed))

    def begin(self, name: str, body: Callable[[], Any], *, calm: bool) -> Task:
        """A task that has not begun yet."""
        stops = self.chance.random() < self.troubles.chance_of("stops")
        task = Task(name, body, self.back, stops=stops)
        task.calm = calm or not self.troubles.kinds
        if not task.calm:
            if self.chance.random() < self.troubles.chance_of("slow functions"):
                task.pace = self.chance.uniform(*troubles.SLOW_SECONDS)
            if self.chance.random() < self.troubles.chance_of("skewed clocks"):
                task.skew = self.chance.uniform(-troubles.SKEW_SECONDS, troubles.SKEW_SECONDS)
        return task

    def run(self, task: Task) -> None:
        """Let the task go on until it pauses or ends."""
        self.task = task
        task.resume()
        self.task = None
        if isinstance(task.failure, _PROGRAMMING_ERRORS):
            # Tried again it would fail again, and what that comes to would be taken for what is looked for.
            raise AssertionError(f"{task.name} is not written right: {task.failure!r}") from task.failure

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Within this, the functions' code finds itself in this world."""
        variables = {name: text for one in self.wiring.functions for name, text in one.variables.items()}
        before = dict(os.environ)
        client = boto3.client
        os.environ.update({**variables, "POWERTOOLS_LOG_LEVEL": "CRITICAL"})
        boto3.client = lambda service, **_: self._services[service]  # type: ignore[assignment]
        functions.forget()
        clock.use(self.shown)
        try:
            with functions.given(self, self.chance), functions.counting(self.counted), functions.small():
                yield
        finally:
            clock.use(None)
            functions.forget()
            boto3.client = client
            os.environ.clear()
            os.environ.update(before)
