"""Ways to break the system on purpose, and troubles that an unbroken one must stand.

Each is a patch of production code in this process. A break belongs to the trouble that brings it out:
what is wrong with catching up shows only after an outage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core import clock, evaluator
from segment_core.evaluator import conditions
from segment_core.facts.customer import Customer
from segment_core.instants import parse
from segment_core.membership import evaluate, flips, project, steps
from segment_core.membership.flips import Change
from segment_core.membership.rules import Rules
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.rules import Answer, RuleSet, dates
from segment_core.shop import Shop
from segment_core.store import client, facts, keys, members, memberships
from segment_core.store.facts import Loaded
from segment_core.store.history import Flip
from segment_core.store.members import Page, Row
from segment_core.store.needed import Needed
from segment_core.store.tables import Tables

from .plan import OUTAGE

Patch = Callable[[pytest.MonkeyPatch], None]

MINUTE = timedelta(minutes=1)


# Troubles -------------------------------------------------------------------------------------


def calm(patch: pytest.MonkeyPatch) -> None:
    """Nothing happens that should not."""


def outage(patch: pytest.MonkeyPatch) -> None:
    """For ten days no sweep finds anybody; webhooks go on."""
    began, ended = OUTAGE
    due, next_due = memberships.due, memberships.next_due

    def nobody(table: str, shop: str, at: datetime) -> Iterator[memberships.Due]:
        return iter(()) if began <= at < ended else due(table, shop, at)

    def after_it(table: str, shop: str) -> datetime | None:
        found = next_due(table, shop)
        return ended if found is not None and clock.now() < ended and began <= found < ended else found

    patch.setattr(memberships, "due", nobody)
    patch.setattr(memberships, "next_due", after_it)


def twice(patch: pytest.MonkeyPatch) -> None:
    """The stream of memberships delivers every batch twice: to lists, counts, history and the bus."""
    once = project.project

    def project_twice(*batch: Any) -> int:
        once(*batch)
        return once(*batch)

    patch.setattr(project, "project", project_twice)


def overtaken(patch: pytest.MonkeyPatch) -> None:
    """Every evaluation that has something new to say is overtaken: it read before the facts came, and commits after."""
    commits = evaluate._commits
    last: dict[tuple[str, str], Loaded] = {}
    inside = False

    def late(tables: Tables, shop: str, *rest: Any) -> list[Membership]:
        nonlocal inside
        previous, generation, rules, loaded, at, cause, restamp, unserved = rest
        if loaded.customer is None or inside:
            return commits(tables, shop, *rest)
        key = (shop, loaded.customer.id)
        older = last.get(key)
        last[key] = loaded
        if older is None or older == loaded:
            return commits(tables, shop, *rest)
        inside = True
        try:
            evaluate.evaluate_all(tables, shop, [loaded.customer.id], at, cause)
        finally:
            inside = False
        return commits(tables, shop, previous, generation, rules, older, at, cause, restamp, unserved)

    patch.setattr(evaluate, "_commits", late)


# Breaks ---------------------------------------------------------------------------------------


def outsiders_have_no_due(patch: pytest.MonkeyPatch) -> None:
    def answer(self: Rules, customer: Customer, at: datetime) -> Answer:
        bits, ends = 0, []
        assert isinstance(self.definitions, RuleSet)
        for slot, query in self.definitions.definitions.items():
            member, until = evaluator.evaluate(query, customer, self.shop, at)
            if member:
                bits |= 1 << slot
                ends += [until] if until else []
        return Answer(bits, min(ends, default=None))

    patch.setattr(Rules, "answer", answer)


def days_are_utc(patch: pytest.MonkeyPatch) -> None:
    def shop(self: Generation) -> Shop:
        return Shop(ZoneInfo("UTC"), self.currency, self.orders)

    patch.setattr(Generation, "shop", property(shop))


def after_means_from(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(conditions._WINDOWS, ">", conditions._WINDOWS[">="])
    # Definitions that are asked together find dates by a table of their own.
    patch.setitem(dates._TERMS, ">", dates._TERMS[">="])


def sweep_looks_before_now(patch: pytest.MonkeyPatch) -> None:
    due = memberships.due

    def earlier(table: str, shop: str, at: datetime) -> Iterator[memberships.Due]:
        return due(table, shop, at - MINUTE)

    patch.setattr(memberships, "due", earlier)


def sweep_keeps_a_watermark(patch: pytest.MonkeyPatch) -> None:
    due = memberships.due
    swept: dict[str, datetime] = {}

    def after_the_last_sweep(table: str, shop: str, at: datetime) -> Iterator[memberships.Due]:
        since = swept.get(shop)
        swept[shop] = at
        for one in due(table, shop, at):
            membership = memberships.read(table, shop, one.customer)
            if since is None or (membership and membership.due and membership.due > since):
                yield one

    def still_to_come(table: str, shop: str) -> datetime | None:
        queries = [memberships._due_query(shop, number) for number in range(keys.DUE_SHARDS)]
        minutes = [parse(item["due_minute"]) for query in queries for item in client.query(table, **query)]
        return min((minute for minute in minutes if minute > clock.now()), default=None)

    patch.setattr(memberships, "due", after_the_last_sweep)
    patch.setattr(memberships, "next_due", still_to_come)


def clock_commits_carry_the_present(patch: pytest.MonkeyPatch) -> None:
    overdue = steps._overdue

    def dated_now(previous: Membership, *rest: Any) -> Iterator[Membership]:
        at = rest[-1]
        for commit in overdue(previous, *rest):
            yield replace(commit, effective_at=at)

    patch.setattr(steps, "_overdue", dated_now)


def time_is_caught_up_in_one_leap(patch: pytest.MonkeyPatch) -> None:
    overdue = steps._overdue

    def last_only(*arguments: Any) -> Iterator[Membership]:
        for commit in list(overdue(*arguments))[-1:]:
            yield replace(commit, version=arguments[0].version + 1)

    patch.setattr(steps, "_overdue", last_only)


def time_is_not_caught_up_before_facts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps, "_overdue", lambda *_: iter(()))


def commits_ignore_the_version(patch: pytest.MonkeyPatch) -> None:
    def commit(table: str, shop: str, customer: str, previous: Membership | None, new: Membership) -> bool:
        return client.put(table, memberships._to_item(shop, customer, new))

    patch.setattr(memberships, "commit", commit)


def counters_ignore_the_rows(patch: pytest.MonkeyPatch) -> None:
    def blindly(tables: Tables, shop: str, rows: Sequence[Row], at: datetime) -> None:
        for row in rows:
            put = members._put(tables.members, shop, row, None, at)["Put"]
            client.put(put["TableName"], client.decode(put["Item"]))
            client.transact([members._count(tables.segments, shop, *row.counter, 1 if row.member else -1)])

    patch.setattr(members, "_apply_together", blindly)


def old_is_decoded_with_the_new_generation(patch: pytest.MonkeyPatch) -> None:
    original = flips.flips

    def with_new(change: Change, generations: Callable[[int], Generation]) -> Iterator[Flip]:
        return original(change, lambda _: generations(change.new.generation))

    patch.setattr(project, "flips", with_new)


def facts_are_those_of_last_time(patch: pytest.MonkeyPatch) -> None:
    load = facts.load
    last: dict[tuple[str, str], Loaded] = {}

    def before(table: str, shop: str, customer: str, *needed: Needed) -> Loaded:
        fresh = load(table, shop, customer, *needed)
        older = last.get((shop, customer), fresh)
        last[shop, customer] = fresh
        return older

    patch.setattr(facts, "load", before)


def an_order_told_again_is_another(patch: pytest.MonkeyPatch) -> None:
    order, pointer, numbers = keys.order, keys.order_pointer, count()
    patch.setattr(keys, "order_pointer", lambda shop, order_id: f"{pointer(shop, order_id)}.{next(numbers)}")
    patch.setattr(keys, "order", lambda created_at, order_id: f"{order(created_at, order_id)}.{next(numbers)}")


def listings_end_with_their_first_page(patch: pytest.MonkeyPatch) -> None:
    listed = members.members

    def first(table: str, shop: str, definition: str, after: str, limit: int) -> Page:
        return Page(listed(table, shop, definition, after, limit).members, None)

    patch.setattr(members, "members", first)


def customers_without_orders_are_left_out(patch: pytest.MonkeyPatch) -> None:
    commits = evaluate._commits

    def of_buyers(tables: Tables, shop: str, *rest: Any) -> list[Membership]:
        loaded: Loaded = rest[3]
        return commits(tables, shop, *rest) if loaded.customer and loaded.customer.orders else []

    patch.setattr(evaluate, "_commits", of_buyers)


@dataclass(frozen=True, slots=True)
class Break:
    """A patch, the trouble in which it shows, and words that one of the differences must hold."""

    patch: Patch
    trouble: Patch
    shows: str


BREAKS = (
    Break(outsiders_have_no_due, calm, "folded to"),
    Break(days_are_utc, calm, "by the clock at"),
    Break(after_means_from, calm, "'recent purchasers'"),
    Break(sweep_looks_before_now, calm, "list of"),
    Break(sweep_keeps_a_watermark, outage, "folded to"),
    Break(clock_commits_carry_the_present, outage, "by the clock at"),
    Break(time_is_caught_up_in_one_leap, outage, "folded to"),
    Break(time_is_not_caught_up_before_facts, calm, "cause 'fact'"),
    Break(commits_ignore_the_version, overtaken, "folded to"),
    Break(counters_ignore_the_rows, twice, "count of"),
    Break(old_is_decoded_with_the_new_generation, calm, "folded to"),
    Break(facts_are_those_of_last_time, calm, "list of"),
    Break(an_order_told_again_is_another, calm, "list of"),
    Break(listings_end_with_their_first_page, calm, "list of"),
    Break(customers_without_orders_are_left_out, calm, "'never ordered'"),
)
"""Every way in which the replay must be seen to fail."""

TROUBLES = (calm, outage, twice, overtaken)
"""Everything that must change nothing."""


@contextmanager
def patched(*patches: Patch) -> Iterator[None]:
    """The patches, in order, until the block is left."""
    with pytest.MonkeyPatch.context() as patch:
        for one in patches:
            one(patch)
        yield
