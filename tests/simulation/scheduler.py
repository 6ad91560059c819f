"""What happens next: one thing at a time, drawn from everything that could.

Deliveries overtake each other, functions pause and go on, indexes and readers follow later. `quiet` brings all of it to
an end: nothing goes wrong any more, time is moved to whatever waits for it, and schedules run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from segment_core.membership import sweep
from tidemark.stack import expressions, state_machine
from tidemark.stack.state_machine import Surroundings, TaskFailed
from tidemark.stack.wiring import QueueMapping, Schedule

from . import queues
from .http import Answer, ask
from .queues import Message, Queue
from .streams import ROLL_BACK, Batch, Shard, last_number
from .tasks import Killed, Task
from .troubles import STALL
from .world import World

MOST_TASKS = 4
# After so many failures the next try is spared: the real limits are for real poison.
_TRIES = 3
_QUIET_STEPS = 5_000
_MINUTE = timedelta(minutes=1)

Way = tuple[float, Callable[[], None]]
"""How likely, and what."""


class Stuck(AssertionError):
    """It never becomes quiet."""


@dataclass(slots=True)
class Request:
    """A request that somebody wants to make, again until `done` says that the answer will do."""

    name: str
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    done: Callable[[Answer], bool]
    repeats: bool = False
    calm: bool = False
    tries: int = 0


@dataclass(slots=True)
class Running:
    """A task, and what to do when it has ended."""

    task: Task
    ended: Callable[[Task], None]
    # It stands still until so many things have happened.
    until: int = 0


@dataclass(slots=True)
class Scheduler:
    """Everything that waits to happen in a world."""

    world: World
    requests: list[Request] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    swept: dict[str, datetime] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    quieting: bool = False
    happened: int = 0

    def ask(self, request: Request) -> None:
        """Have a request made at some time."""
        self.requests.append(request)

    # One thing ----------------------------------------------------------------------------------

    def step(self) -> bool:
        """Let one thing happen; False if there is nothing."""
        chance = self.world.chance
        self.happened += 1
        moving = [one for one in self.running if one.until <= self.happened or self.quieting]
        ways: list[Way] = [(3, partial(self._go_on, one)) for one in moving]
        if len(moving) < MOST_TASKS:
            ways += [(1, partial(self._request, one)) for one in self.requests]
            ways += [(3, partial(self._from_queue, one, queue)) for one, queue in self._visible()]
            ways += [(3, partial(self._from_stream, one)) for one in self.world.shards if one.look()]
            ways += [(3, self._execute) for _ in self.world.machines.waiting[:1]]
        if not ways:
            # Those who stand still are all that is left.
            ways += [(3, partial(self._go_on, one)) for one in self.running]
        if not ways:
            return False
        ways += [(0.5, self._follow)]
        chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
        return True

    def some(self, steps: int) -> None:
        """Let at most so many things happen."""
        for _ in range(steps):
            if not self.step():
                return
            self._trouble()

    def _trouble(self) -> None:
        """What goes wrong between calls."""
        world = self.world
        if world.chance.random() < world.troubles.chance_of("roll backs"):
            world.chance.choice(world.shards).roll_back(world.chance.randint(1, ROLL_BACK), world.now())
        if self._duplicated():
            queue = world.chance.choice([*world.queues.values()])
            if queue.handled:
                again = world.chance.choice(queue.handled)
                queue.messages[again.id] = Message(again.id, again.body, again.group, again.attributes, world.elapsed)

    def _duplicated(self) -> bool:
        return not self.quieting and self.world.chance.random() < self.world.troubles.chance_of("duplicates")

    def _follow(self) -> None:
        """Indexes and readers see what was written."""
        self.world.chance.choice([*self.world.tables.values()]).settle()

    def waits_for(self, topic: str) -> bool:
        """Whether a webhook of that topic was not taken in yet."""
        messages = (message for queue in self.world.queues.values() for message in queue.messages.values())
        return any(topic in one.name for one in self.requests) or any(topic in one.body for one in messages)

    # Tasks --------------------------------------------------------------------------------------

    def _begin(self, name: str, body: Callable[[], Any], ended: Callable[[Task], None], *, calm: bool) -> None:
        task = self.world.begin(name, body, calm=calm or self.quieting)
        one = Running(task, ended)
        self.running.append(one)
        self._go_on(one)

    def _go_on(self, one: Running) -> None:
        self.world.run(one.task)
        if not one.task.done:
            if not self.quieting and self.world.happens_to(one.task, "stalls"):
                one.until = self.happened + self.world.chance.randint(*STALL)
            return
        self.running.remove(one)
        failure = one.task.failure
        if failure is not None:
            self.world.say(f"{one.task.name} ended by {type(failure).__name__}: {failure}")
            if isinstance(failure, AssertionError):
                raise failure
            if not isinstance(failure, Exception | Killed):
                raise failure
        one.ended(one.task)
        self.world.seen = {key: rows for key, rows in self.world.seen.items() if key[0] is not one.task}

    def _request(self, request: Request) -> None:
        self.requests.remove(request)

        def ended(task: Task) -> None:
            request.tries += 1
            answer = task.value if task.failure is None else Answer(500, None)
            self.world.say(f"{request.name}: {answer.status}")
            # A store may also tell again what it was told is safe.
            if not request.done(answer) or (request.repeats and self._duplicated()):
                self.requests.append(request)

        self._begin(
            request.name,
            lambda: ask(self.world, request.method, request.path, request.body, request.headers),
            ended,
            calm=request.calm or request.tries >= _TRIES,
        )

    def _visible(self) -> list[tuple[QueueMapping, Queue]]:
        now = self.world.elapsed
        found = [(one, self.world.queues[one.source_arn]) for one in self.world.wiring.queue_mappings]
        return [(one, queue) for one, queue in found if queue.visible(now)]

    def _from_queue(self, mapping: QueueMapping, queue: Queue) -> None:
        world = self.world
        if mapping.filters:
            raise AssertionError("filters of queues are not known here")
        for message in [one for one in queue.visible(world.elapsed) if queue.is_spent(one)]:
            del queue.messages[message.id]
            self.failures.append(f"{queue.settings.name} gave up {message.body[:300]}")
        messages = queue.receive(world.chance.randint(1, mapping.batch_size), world.elapsed, world.chance)
        if not messages:
            return
        event = {"Records": [queues.event(queue, message) for message in messages]}

        def ended(task: Task) -> None:
            failed = {message.id for message in messages}
            # The answer itself may get lost: then all of it is delivered again.
            if task.failure is None and not self._lost(task):
                failed = {one["itemIdentifier"] for one in (task.value or {}).get("batchItemFailures", ())}
            for message in messages:
                if message.id not in failed:
                    queue.delete(message)

        calm = any(message.receives >= _TRIES for message in messages)
        self._begin(f"{mapping.id} {len(messages)}", lambda: world.invoke(mapping.function, event), ended, calm=calm)

    def _from_stream(self, shard: Shard) -> None:
        world = self.world
        batch = shard.take(world.chance)
        # An index is taken to follow within less time than a record takes to its function.
        shard.table.settle(last_number(batch))
        event = {"Records": list(batch.records)}

        def ended(task: Task) -> None:
            shard.answered(batch, task.value, task.failure is not None or self._lost(task))
            if shard.given_up:
                self.failures.append(f"{shard.mapping.id} gave up {len(shard.given_up)} records")
                shard.given_up.clear()

        name = f"{shard.mapping.id} {shard.number} {len(batch.records)}"
        self._begin(name, lambda: world.invoke(shard.mapping.function, event), ended, calm=_is_tried(batch))

    def _execute(self) -> None:
        """Run a state machine. One that is killed is gone: whoever needs it starts another."""
        world = self.world
        name, machine, given = world.machines.waiting.pop(0)
        functions = {one.arn: one.name for one in world.wiring.functions}

        def invoke(arn: str, task: Any) -> Any:
            try:
                return world.invoke(functions[arn], task)
            except AssertionError:
                raise
            except Exception as error:
                raise TaskFailed(type(error).__name__, str(error)) from error

        def read(bucket: str, key: str) -> bytes:
            raise TaskFailed("NoSuchKey", f"there is no {key} in {bucket}")

        surroundings = Surroundings(invoke, read, world.sleep, world.chance.uniform, at_once=1)
        body = partial(state_machine.run, machine.definition, given, surroundings)
        self._begin(f"execution {name}", body, lambda task: None, calm=False)

    def _lost(self, task: Task) -> bool:
        """Whether what a function answered does not reach whoever invoked it."""
        world = self.world
        return not task.calm and world.chance.random() < world.troubles.chance_of("crashes")

    # Schedules ----------------------------------------------------------------------------------

    def schedules(self) -> None:
        """Fire each schedule whose time has come since it fired last: once, as time may have jumped."""
        for schedule in self.world.wiring.schedules:
            if self.next_of(schedule) <= self.world.now():
                self._fire(schedule)

    def _fire(self, schedule: Schedule) -> None:
        self.swept[schedule.id] = self.world.now()
        body = partial(self.world.invoke, schedule.function, schedule.input or {})
        self._begin(schedule.id, body, lambda task: None, calm=False)

    def next_of(self, schedule: Schedule) -> datetime:
        """When the schedule fires next."""
        since = self.swept.get(schedule.id, datetime(1970, 1, 1, tzinfo=UTC))
        return expressions.parse(schedule.expression, schedule.place)(since)

    def pass_to(self, until: datetime) -> None:
        """Let time go by in which nobody says a word: the sweep runs in each minute in which it finds somebody.

        Everything that follows from one sweep has ended when the next one runs. Raises Stuck if somebody stays due.
        """
        world = self.world
        (schedule,) = [one for one in world.wiring.schedules if world.functions[one.function].id == "SweepFunction"]
        segments, memberships = (world.table(one).name for one in ("Segments", "Memberships"))
        while (due := sweep.next_due(segments, memberships)) is not None and due <= until:
            at = max(due, self.next_of(schedule), world.now())
            if at > until:
                raise Stuck(f"who is due at {due} is not served by {until}")
            world.jump(at - world.now())
            self._fire(schedule)
            self._drain()
        world.jump(max(until - world.now(), timedelta()))

    # To the end ---------------------------------------------------------------------------------

    def quiet(self) -> datetime:
        """Bring everything to its end; returns the full minute that schedules have served. Raises Stuck."""
        self.quieting = True
        for one in self.running:
            one.task.calm, one.task.pace, one.task.deadline = True, 0.0, float("inf")
        # A job that nobody goes on with is found after five minutes: so as many sweeps must have found nothing.
        idle = 0
        for _ in range(200):
            self._drain()
            self._to_full_minute()
            minute, traces = self.world.now(), self._traces()
            self.schedules()
            self._drain()
            idle = 0 if self._traces() != traces else idle + 1
            if idle > 7:
                self.quieting = False
                return minute
        raise Stuck("there is still work after two hundred minutes")

    def _drain(self) -> None:
        """Work off everything that waits."""
        for _ in range(_QUIET_STEPS):
            if not self.step() and not self._wait():
                return
        raise Stuck("it goes on and on")

    def _wait(self) -> bool:
        """Move time to where the next hidden message shows; False if there is none."""
        for table in self.world.tables.values():
            table.settle()
        waiting = [
            when
            for mapping in self.world.wiring.queue_mappings
            if (when := self.world.queues[mapping.source_arn].next_visible()) is not None
        ]
        if not waiting:
            return False
        self.world.elapsed = max(self.world.elapsed, min(waiting))
        return True

    def _traces(self) -> int:
        """What was sent and written so far: whoever has work leaves some."""
        return sum(queue.sent for queue in self.world.queues.values()) + sum(
            table.written for table in self.world.tables.values()
        )

    def _to_full_minute(self) -> None:
        now = self.world.now()
        full = now.replace(second=0, microsecond=0) + _MINUTE
        self.world.elapsed += (full - now).total_seconds()

    def abandon(self) -> None:
        """End what still runs, so that no thread is left."""
        for one in self.running:
            if not one.task.done:
                self.world.task = one.task
                one.task.kill()
        self.world.task = None
        self.running.clear()


def _is_tried(batch: Batch) -> bool:
    return batch.tries >= _TRIES
