"""The projection: everything that follows from a change of membership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from segment_core.membership.flips import Change, flips, rows
from segment_core.runtime import bus
from segment_core.store import generations, history, members, memberships, segments
from segment_core.store.history import Flip
from segment_core.store.members import Row
from segment_core.store.tables import Tables


def take_up(tables: Tables, event_bus: str, change: Change, at: datetime, history_kept: timedelta) -> int:
    """Project a change that was parked; returns how many enters and leaves it had.

    It may come after others of its customer. Rows and counts are fenced by version, events have their order in it;
    of a customer who was erased meanwhile no history is kept.
    """
    told = project(tables, event_bus, [change], at, history_kept)
    # Looked at afterwards: an erasure that was projected in between has no other way to take this history along.
    standing = memberships.read(tables.memberships, change.shop, change.customer)
    if standing is not None and standing.erased:
        history.erase(tables.history, change.shop, change.customer)
    return told


def project(
    tables: Tables, event_bus: str, changes: Sequence[Change], at: datetime, history_kept: timedelta = history.KEPT
) -> int:
    """Bring member lists, counts and history up to date and tell every enter and leave; returns how many.

    Safe to repeat: rows and counts are fenced by version, history and events have ids that stay the
    same. Events go last, so that whoever hears of a change can read it. Which definitions are gone is asked
    after their rows were written: what was written before a list was cleared is cleared with it, and what
    came later is removed here. Who was erased leaves for all to hear, and has no history any more. What a segment's
    owner wanted untold is in the history only.
    """
    by_shop, by_id = _derived(tables, changes)
    entries = by_id.values()
    told = [flip for flip in entries if not flip.silent]
    for shop, changed in by_shop.items():
        members.apply(tables, shop, changed, at)
    shown = segments.shown(tables.segments, by_shop.keys(), {(flip.shop, flip.segment) for flip in told})
    for shop, changed in by_shop.items():
        generation = shown.generations.get(shop)
        kept = generation.kept if generation else frozenset()
        members.remove(tables, shop, [row for row in changed if row.definition not in kept])
    history.append(tables.history, entries, history_kept)
    for shop, customer in {(change.shop, change.customer) for change in changes if change.new.erased}:
        history.erase(tables.history, shop, customer)
    bus.publish(event_bus, [_event(flip, shown.names.get((flip.shop, flip.segment))) for flip in told])
    return len(told)


def _derived(tables: Tables, changes: Sequence[Change]) -> tuple[dict[str, list[Row]], dict[str, Flip]]:
    """Rows by shop and flips by id: mostly neither, and then nothing was asked of the store either."""
    by_shop: dict[str, list[Row]] = {}
    by_id: dict[str, Flip] = {}
    for change in changes:
        if not change.moves:
            continue
        by_number = partial(generations.numbered, tables.segments, change.shop)
        if changed := list(rows(change, by_number)):
            by_shop.setdefault(change.shop, []).extend(changed)
        by_id |= {flip.id: flip for flip in flips(change, by_number)}
    return by_shop, by_id


def _event(flip: Flip, name: str | None) -> bus.Event:
    return bus.Event(
        detail_type="CustomerEnteredSegment" if flip.change == "enter" else "CustomerLeftSegment",
        time=flip.effective_at,
        detail={
            "id": flip.id,
            "shop": flip.shop,
            "customer_id": flip.customer,
            "segment_id": flip.segment,
            "segment_name": name,
            "definition_id": flip.definition,
            "change": flip.change,
            "cause": flip.cause,
            "effective_at": flip.effective_at,
            "version": flip.version,
        },
    )
