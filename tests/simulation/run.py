"""One run: a seed's story in a world with a seed's troubles, and every difference that was found.

Chance is drawn anew from (seed, step) before each step, so that leaving steps out changes little of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from . import actors, story
from .checks import Checking
from .commits import Commits
from .scheduler import Scheduler, Stuck
from .story import Step
from .troubles import Troubles
from .world import World

MOST_STEPS = 34
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does. `steps` may be a part of the seed's story, `troubles` some of its kinds."""

    seed: int
    steps: Sequence[Step]
    troubles: Troubles

    @classmethod
    def of(cls, seed: int) -> Plan:
        """All of a seed."""
        chance = Random(f"story {seed}")
        troubles = Troubles.drawn(chance)
        return cls(seed, story.drawn(chance, MOST_STEPS), troubles)

    def only(self, steps: Collection[int], troubles: Collection[str]) -> Plan:
        """A part of it."""
        kept = [step for step in self.steps if step.number in steps]
        return Plan(self.seed, kept, Troubles(frozenset(troubles)))


@dataclass(slots=True)
class Result:
    """What a run came to."""

    plan: Plan
    differences: list[str] = field(default_factory=list)
    calls: int = 0
    commits: int = 0
    events: int = 0
    struck: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


def run(plan: Plan) -> Result:
    """Take the steps, let all become quiet, look at everything; ends with the first look that finds something."""
    result = Result(plan)
    chance = Random(f"run {plan.seed}")
    world = World(chance.choice(story.BEGINNINGS), chance, plan.troubles)
    commits = Commits(result.differences)
    world.watchers.append(commits.watch)
    scheduler = Scheduler(world)
    cast = actors.made(scheduler)
    with world.entered():
        try:
            _take(plan, cast, scheduler, result)
        except (AssertionError, Stuck) as failure:
            result.differences.append(f"{type(failure).__name__}: {failure}")
        finally:
            scheduler.abandon()
    result.calls, result.commits, result.events = world.calls, commits.count, len(world.bus.told)
    result.struck, result.log = (
        dict(world.struck),
        [f"{seconds:9.3f} {task}: {text}" for seconds, task, text in world.log],
    )
    return result


def _take(plan: Plan, cast: actors.Actors, scheduler: Scheduler, result: Result) -> None:
    for merchant in cast.merchants.values():
        cast.opens(merchant)
    scheduler.quiet()
    for step in plan.steps:
        scheduler.world.chance.seed(f"{plan.seed} {step.number}")
        scheduler.world.say(f"---- {step}")
        if step.kind == "check" and _look(cast, scheduler, result):
            return
        cast.act(step)
        scheduler.some(step.after)
    scheduler.world.chance.seed(f"{plan.seed} end")
    if not _look(cast, scheduler, result):
        _again(cast, scheduler, result)


def _look(cast: actors.Actors, scheduler: Scheduler, result: Result) -> bool:
    """Whether something is wrong, once all is quiet."""
    at = scheduler.quiet()
    result.differences += scheduler.failures
    result.differences += Checking(scheduler.world, cast, at).differences()
    return bool(result.differences)


def _again(cast: actors.Actors, scheduler: Scheduler, result: Result) -> None:
    """Everything that functions were ever given is given to them once more: only what time does may change anything."""
    world = scheduler.world
    before, looked_at = {event["id"] for event in world.bus.told}, world.now()
    for queue in world.queues.values():
        for message in queue.handled:
            message.visible_at, message.receives = 0.0, 0
            queue.messages[message.id] = message
        queue.handled.clear()
    for shard in world.shards:
        shard.roll_back(len(shard.records), world.now())
    if _look(cast, scheduler, result):
        return
    for event in world.bus.told:
        by_time = event["cause"] == "clock" and datetime.fromisoformat(event["effective_at"]) > looked_at - _MINUTE
        if event["id"] not in before and not by_time:
            result.differences.append(f"what was given again made a new event: {event}")
