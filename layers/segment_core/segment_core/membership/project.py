"""The projection: everything that follows from a change of membership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from segment_core.membership.flips import Change, flips, rows
from segment_core.runtime import bus
from segment_core.store import generations, history, members, segments
from segment_core.store.tables import Tables


def project(tables: Tables, event_bus: str, changes: Sequence[Change], at: datetime) -> int:
    """Bring member lists, counts and history up to date and tell every enter and leave; returns how many.

    Safe to repeat: rows and counts are fenced by version, history and events have ids that stay the
    same. Events go last, so that whoever hears of a change can read it. Lists of definitions that are
    gone are left alone: their removal is under way.
    """
    told: dict[str, history.Flip] = {}
    for shop in {change.shop for change in changes}:
        by_number = partial(generations.numbered, tables.segments, shop)
        live = _live(tables, shop)
        theirs = [change for change in changes if change.shop == shop]
        changed = (row for change in theirs for row in rows(change, by_number))
        members.apply(tables, shop, (row for row in changed if row.definition in live), at)
        told |= {flip.id: flip for change in theirs for flip in flips(change, by_number)}
    history.append(tables.history, told.values())
    seen = {(flip.shop, flip.segment) for flip in told.values()}
    names = {(shop, segment): segments.name_of(tables.segments, shop, segment) for shop, segment in seen}
    bus.publish(event_bus, [_event(flip, names[flip.shop, flip.segment]) for flip in told.values()])
    return len(told)


def _live(tables: Tables, shop: str) -> set[str]:
    generation = generations.current(tables.segments, shop)
    return {definition.id for definition in generation.live} if generation else set()


def _event(flip: history.Flip, name: str | None) -> bus.Event:
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
