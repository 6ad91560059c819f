"""Every commit of a membership, as it is written: is it what the facts that it stands on say?

Clock: whatever flips by the clock flips at that very instant, by the oracle's answers just before it and at it. And no
other cause hides a flip of the clock: what was due is caught up first. Until what is due next, nothing flips.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.shop import Shop
from segment_core.store import client, facts, generations, keys, memberships
from tests.property import oracle

from .table import Item, Key, Table
from .world import World

_JUST_BEFORE = timedelta(microseconds=1)


class Commits:
    """Watches the memberships of a world, and adds to the differences."""

    def __init__(self, differences: list[str]) -> None:
        self._differences = differences
        self.count = 0

    def watch(self, world: World, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
        """Look at a commit."""
        if table is not world.table("Memberships"):
            return
        self.count += 1
        task = world.task
        if new is None:
            self._differences.append(f"the membership {key[0]} vanished")
            return
        before = memberships.from_item(client.decode(old)) if old else None
        now = memberships.from_item(client.decode(new))
        rows = world.seen.get((task, key[0]), ()) if task else ()
        try:
            # What is looked up here is no call of the function's.
            world.task = None
            self._differences += _wrong(world, key[0], before, now, rows)
        finally:
            world.task = task


def _wrong(
    world: World, pk: str, before: Membership | None, now: Membership, rows: Sequence[tuple[Key, Item]]
) -> Iterator[str]:
    where = f"commit {now.version} of {pk} (cause {now.cause}, {now.effective_at.isoformat()})"
    if before is not None:
        if now.version != before.version + 1:
            yield f"{where} follows version {before.version}"
        if now.generation < before.generation:
            yield f"{where} goes back from generation {before.generation} to {now.generation}"
        if now.effective_at < before.effective_at:
            yield f"{where} goes back in time from {before.effective_at.isoformat()}"
        if before.erased and not now.erased:
            yield f"{where} brings an erased customer back"
        overdue = before.due is not None and before.due <= now.effective_at
        if overdue and now.cause not in ("clock", "erasure", "merge"):
            yield f"{where} leaves out what was due at {before.due}"
    customer = _customer(pk, rows)
    if customer is not None and not now.erased:
        shop, _ = keys.split_customer(pk)
        segments = world.table("Segments").name
        generation = generations.numbered(segments, shop, now.generation)
        # A bit that has been given to another definition since says nothing of that one.
        was = before.bits & generations.common(segments, shop, before.generation, now.generation) if before else 0
        yield from _by_facts(where, was, now, customer, generation, _texts(world, shop))


def _by_facts(
    where: str,
    was: int,
    now: Membership,
    customer: Customer,
    generation: Generation,
    texts: dict[str, str],
) -> Iterator[str]:
    for live in generation.live:
        # A definition that was withdrawn meanwhile has no text any more.
        if live.text not in texts:
            continue

        # What is being built is answered under the settings that will govern when it is read.
        shop = generation.shop if live.published else (generation.pending or generation.settings).shop

        def at(instant: datetime, text: str = texts[live.text], shop: Shop = shop) -> bool:
            return oracle.member(parse(text), customer, shop, instant)

        is_in, was_in = bool(now.bits >> live.slot & 1), bool(was >> live.slot & 1)
        if (
            now.cause == "clock"
            and was_in != is_in
            and not (at(now.effective_at) == is_in != at(now.effective_at - _JUST_BEFORE))
        ):
            yield f"{where}: {live.id} does not flip by the clock then"
        if now.cause != "clock":
            if is_in != at(now.effective_at):
                yield f"{where}: {live.id} is {is_in}, the facts say otherwise"
            if now.due is not None and is_in != at(now.due - _JUST_BEFORE):
                yield f"{where}: {live.id} flips before {now.due.isoformat()}"


def _customer(pk: str, rows: Sequence[tuple[Key, Item]]) -> Customer | None:
    """The customer whom a function read in its last look at the partition."""
    items = [client.decode(item) for _, item in rows]
    if not any(item["sk"] == keys.PROFILE and "facts" in item for item in items):
        return None
    return facts._customer(keys.split_customer(pk)[1], items)


def _texts(world: World, shop: str) -> dict[str, str]:
    prefix = keys.text("")
    return {
        sk.removeprefix(prefix): item["query"]["S"]
        for (_, sk), item in world.table("Segments").partition(shop)
        if sk.startswith(prefix)
    }
