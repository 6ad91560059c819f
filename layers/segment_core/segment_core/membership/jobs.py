"""Taking a change of definitions or settings to every customer it concerns, page by page.

A job goes through steps, and a step through parts. It can be begun again anywhere: each page is idempotent and
notes how far it came, if it was the first to come there. Of several who work on one part side by side, one goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from segment_core.membership import withdrawal
from segment_core.membership.budget import SecondsLeft, unlimited
from segment_core.membership.evaluate import Outcome, evaluate_all
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Membership
from segment_core.model.segment import Job, Step
from segment_core.record import record
from segment_core.record import replace as changed
from segment_core.store import facts, generations, jobs, keys, members, memberships
from segment_core.store.client import backoff
from segment_core.store.members import Row
from segment_core.store.tables import Tables

PAGE = 100
"""Customers for whom one read tells of several."""

# A part that is at its end. No id has this character.
END = "~"

# Longer than any request or page of a reader takes who saw the definition before.
REST = timedelta(minutes=5)

Paced = Callable[[int], None]
"""Called with how many customers had their turn: waits, if that was faster than is wanted."""


def at_once(_: int) -> None:
    """No pace: as fast as it goes."""


class Worked(NamedTuple):
    """What a page came to: where its part stands after it, and how many customers had their turn."""

    place: str
    seen: int


class Passed(NamedTuple):
    """What going on with a part came to: whether it is at its end, and how many customers had their turn."""

    ended: bool
    customers: int


Page = Callable[[Tables, str, Job, int, datetime, SecondsLeft], Worked]


def work(tables: Tables, shop: str, job_id: str, at: datetime, seconds_left: SecondsLeft) -> bool:
    """Go on with the job while there is time, part by part; False if somebody must go on with it later.

    True if it has ended, or has to rest, or somebody else goes on with it. The time is looked at after each customer,
    so a call that has any comes further by a customer or a page at least.
    """
    while (job := jobs.read(tables.segments, shop, job_id)) is not None:
        if seconds_left() <= 0:
            return False
        if job.step == "rest":
            if not rested(job, at) or not wake(tables, shop, job, at):
                return True
            continue
        for part in open_parts(job):
            ended, seen = work_part(tables, shop, job, part, at, seconds_left)
            # Where nobody is is passed in no time.
            in_time = not seen or seconds_left() > 0
            if not ended or not in_time:
                return in_time
        if not finish(tables, shop, job, at):
            return True
    return True


def open_parts(job: Job) -> list[int]:
    """The parts of the job's step that are not at their end."""
    return [part for part in range(_STEPS[job.step].parts) if job.places.get(part) != END]


def work_part(
    tables: Tables,
    shop: str,
    job: Job,
    part: int,
    at: datetime,
    seconds_left: SecondsLeft,
    paced: Paced = at_once,
) -> Passed:
    """Go on with one part of the job's step from where `job` says that it is, for a page at least.

    Not to its end if there is no time left, or somebody else goes on with it: then the job has to be read again.
    """
    place, customers = job.places.get(part), 0
    while place != END:
        to, seen = _STEPS[job.step].page(tables, shop, job, part, at, seconds_left)
        customers += seen
        # A part that nobody is in is passed again in no time: that needs no note.
        noted = seen or to != END or place is not None
        if noted and not jobs.advance(tables.segments, shop, job, part, to, seen, at):
            return Passed(False, customers)
        place, job = to, changed(job, places={**job.places, part: to})
        paced(seen)
        if place != END and seconds_left() <= 0:
            return Passed(False, customers)
    return Passed(True, customers)


def finish(tables: Tables, shop: str, job: Job, at: datetime) -> bool:
    """Go on to what follows the job's step, all parts of which are at their end; False if nothing does, for now."""
    return _STEPS[job.step].then(tables, shop, job, at)


def walk_customers(
    tables: Tables,
    shop: str,
    build: str,
    customers: Sequence[str],
    at: datetime,
    seconds_left: SecondsLeft = unlimited,
) -> dict[str, Outcome]:
    """Evaluate customers under what a build will publish, and write the rows of its lists; as far as there is time."""
    outcomes = evaluate_all(tables, shop, customers, at, "definition", seconds_left=seconds_left)
    entered = {customer: outcome.definitions(tables, shop) for customer, outcome in outcomes.items()}
    since = _since(tables, shop, build, entered)
    rows = []
    for customer, found in entered.items():
        stands = outcomes[customer].membership
        for live in found:
            if stands is not None and live.build == build:
                entry = since.get((live.segment, customer), stands.effective_at)
                rows.append(Row(live.id, customer, True, entry, stands.version))
    if rows:
        members.apply(tables, shop, rows, at)
        newest = generations.current(tables.segments, shop)
        kept = newest.kept if newest else frozenset()
        # They may have been withdrawn and their lists cleared before these rows were written.
        members.remove(tables, shop, [row for row in rows if row.definition not in kept])
    return outcomes


def _since(
    tables: Tables, shop: str, build: str, entered: Mapping[str, Sequence[LiveDefinition]]
) -> dict[tuple[str, str], datetime]:
    """(segment, customer) to when they entered what readers see now: whoever stays in has been in since then."""
    stay: dict[tuple[str, str], str] = {}
    for customer, found in entered.items():
        built = {live.segment for live in found if live.build == build}
        stay |= {(live.id, customer): live.segment for live in found if live.published and live.segment in built}
    return {(stay[key], key[1]): since for key, since in members.since(tables.members, shop, stay).items()}


def _walk(tables: Tables, shop: str, job: Job, part: int, at: datetime, seconds_left: SecondsLeft) -> Worked:
    """A page of the roster under the definitions that are being built."""
    customers, after = facts.roster(tables.customers, shop, part, job.places.get(part) or None, PAGE)
    outcomes = walk_customers(tables, shop, job.id, customers, at, seconds_left)
    return Worked(_came_to(customers, outcomes, after), len(outcomes))


def _stamp(tables: Tables, shop: str, job: Job, part: int, at: datetime, seconds_left: SecondsLeft) -> Worked:
    """Stamp anew who is in what readers see since the change, or saw before it: that is where events come from.

    Memberships say who that is; lists follow them a moment later, and would miss who enters in it.
    Whoever commits under the generation before after this has passed, stamps the customer themselves.
    """
    customers, after = facts.roster(tables.customers, shop, part, job.places.get(part) or None, PAGE)
    numbered = partial(generations.numbered, tables.segments, shop)
    concerned = _concerned(numbered(job.before), numbered(job.after))
    found = memberships.read_all(tables.memberships, shop, customers)
    theirs = [
        one for one in customers if one in found and _is_in(numbered(found[one].generation), found[one], concerned)
    ]
    outcomes = evaluate_all(tables, shop, theirs, at, "definition", restamp=True, seconds_left=seconds_left)
    return Worked(_came_to(theirs, outcomes, after), len(customers))


def _concerned(before: Generation, after: Generation) -> frozenset[str]:
    """The definitions that readers began or ceased to see, and those that are answered no longer."""
    read = {one.id for one in before.live if one.published} ^ {one.id for one in after.live if one.published}
    return frozenset(read | (before.by_id.keys() - after.by_id.keys()))


def _is_in(written: Generation, membership: Membership, definitions: frozenset[str]) -> bool:
    return any(live.id in definitions for live in written.members_of(membership.bits))


def _clear(tables: Tables, shop: str, job: Job, part: int, at: datetime, seconds_left: SecondsLeft) -> Worked:
    """A page of the rows, in one shard, of lists that nobody reads any more."""
    return Worked(withdrawal.clear(tables, shop, job, part, job.places.get(part, ""), PAGE) or END, 0)


def _rest(tables: Tables, shop: str, job: Job, part: int, at: datetime, seconds_left: SecondsLeft) -> Worked:
    raise AssertionError("a rest has no parts")


def _came_to(asked: Sequence[str], done: Iterable[str], after: str | None) -> str:
    """Where to go on after: the end of the page, or the last who had their turn if the time was up before it."""
    turns = [*done]
    return (after or END) if len(turns) == len(asked) else turns[-1]


def _publish(tables: Tables, shop: str, job: Job, at: datetime) -> bool:
    """One conditional write from which readers see what was built; telling of it comes next."""
    for pause in backoff():
        generation = generations.newest(tables.segments, shop)
        if job.id not in generation.builds:
            return False
        published = generation.publishing(job.id, at)
        stamp = Job(job.id, "stamp", job.began_at, at, before=generation.number, after=published.number)
        following = jobs.put_operation(tables.segments, shop, stamp)
        if generations.save(tables.segments, shop, published, generation, [following]):
            return True
        pause()
    raise AssertionError("backoff raises when it ends")


def _begin_rest(tables: Tables, shop: str, job: Job, at: datetime) -> bool:
    """Lists that readers saw stay until who is amidst them is through; others can go at once, and so can none."""
    numbered = partial(generations.numbered, tables.segments, shop)
    before, after = numbered(job.before), numbered(job.after)
    gone = [one for one in before.live if one.id not in after.by_id]
    if not gone:
        return jobs.end(tables.segments, shop, job)
    step: Step = "rest" if any(one.published for one in gone) else "clear"
    if step == "clear":
        withdrawal.free(tables, shop, job, at)
    following = changed(job, step=step, began_at=at, touched_at=at, places={}, done=0)
    return jobs.replace(tables.segments, shop, job, following) and step == "clear"


def rested(job: Job, at: datetime) -> bool:
    """Whether a resting job has rested long enough."""
    return at >= job.began_at + REST


def wake(tables: Tables, shop: str, job: Job, at: datetime) -> bool:
    """End the job's rest: nobody is amidst the lists any more. False if somebody did it meanwhile."""
    withdrawal.free(tables, shop, job, at)
    return jobs.replace(tables.segments, shop, job, changed(job, step="clear", touched_at=at))


def _forget(tables: Tables, shop: str, job: Job, at: datetime) -> bool:
    withdrawal.forget(tables, shop, job, at)
    jobs.end(tables.segments, shop, job)
    return False


@record
class _Step:
    """How a step goes: its pages, in how many parts, and what comes after the last of them."""

    page: Page
    parts: int
    then: Callable[[Tables, str, Job, datetime], bool]


_STEPS: dict[Step, _Step] = {
    "walk": _Step(_walk, keys.ROSTER_SLICES, _publish),
    "stamp": _Step(_stamp, keys.ROSTER_SLICES, _begin_rest),
    "rest": _Step(_rest, 0, wake),
    "clear": _Step(_clear, keys.LIST_SHARDS, _forget),
}
