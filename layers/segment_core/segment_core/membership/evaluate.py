"""Evaluate one customer and commit the result, whoever woke us."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from segment_core.errors import NotFound
from segment_core.membership.rules import rules_of
from segment_core.membership.steps import erased, steps
from segment_core.model.generation import Generation
from segment_core.model.membership import Cause, Membership
from segment_core.store import facts, generations, memberships
from segment_core.store.client import backoff
from segment_core.store.facts import Loaded
from segment_core.store.tables import Tables


class Outcome(NamedTuple):
    """What stands after an evaluation, and under which generation it was looked at."""

    membership: Membership | None
    generation: Generation


def evaluate_customer(
    tables: Tables,
    shop: str,
    customer: str,
    at: datetime,
    cause: Cause,
    *,
    restamp: bool = False,
) -> Outcome:
    """Bring the customer's membership up to `at`; starts over whenever somebody else commits first.

    Reads consistently and in this order: membership, generation, facts. Facts that are newer than the
    membership read can only make the commit better; the other way round they could be lost. Raises
    NotFound if there is no such shop, Contention if others never give way.
    """
    for pause in backoff():
        previous = memberships.read(tables.memberships, shop, customer)
        generation = _generation(tables, shop)
        loaded = facts.load(tables.customers, shop, customer)
        commits = _commits(tables, shop, previous, generation, loaded, at, cause, restamp)
        if not _commit_all(tables, shop, customer, previous, commits):
            pause()
        elif commits and _generation(tables, shop).number != generation.number:
            # Saved while we worked: its walk may have passed this customer before our commit, so it is our turn.
            cause, restamp = "definition", True
        else:
            if loaded.erased:
                facts.purge(tables.customers, shop, customer)
            return Outcome(commits[-1] if commits else previous, generation)
    raise AssertionError("backoff raises when it ends")


def _generation(tables: Tables, shop: str) -> Generation:
    generation = generations.current(tables.segments, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return generation


def _commits(
    tables: Tables,
    shop: str,
    previous: Membership | None,
    generation: Generation,
    loaded: Loaded,
    at: datetime,
    cause: Cause,
    restamp: bool,
) -> list[Membership]:
    if loaded.erased:
        tombstone = erased(previous, generation.number, at)
        return [tombstone] if tombstone else []
    if loaded.customer is None or (previous is not None and previous.erased):
        return []
    rules = rules_of(tables.segments, shop, generation)
    return list(steps(previous, generation.number, rules, loaded.customer, at, cause, restamp))


def _commit_all(
    tables: Tables,
    shop: str,
    customer: str,
    previous: Membership | None,
    commits: list[Membership],
) -> bool:
    for commit in commits:
        if not memberships.commit(tables.memberships, shop, customer, previous, commit):
            return False
        previous = commit
    return True
