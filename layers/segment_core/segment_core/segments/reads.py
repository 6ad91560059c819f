"""Reading segments: who is in, how many, as of when.

Readers see one published definition of a segment at a time. `as_of` is the instant up to which time
has been caught up with: the present, unless somebody is overdue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from segment_core.errors import NotFound
from segment_core.model.segment import SegmentRecord, State
from segment_core.store import facts, generations, members, memberships, segments
from segment_core.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as readers see it. `count` and `as_of` are None until its first build was published."""

    id: str
    name: str
    query: str
    definition_id: str
    state: State
    count: int | None
    as_of: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A member; `since` is when they entered, or were found in when the segment was made."""

    customer_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Members in the order of their ids, perhaps none. `next` is whom the next page comes after, None on the last."""

    segment_id: str
    definition_id: str
    as_of: datetime
    members: list[Member]
    next: str | None


@dataclass(frozen=True, slots=True)
class SegmentName:
    """A segment that a customer is in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerSegments:
    """All segments that a customer is in."""

    customer_id: str
    as_of: datetime
    segments: list[SegmentName]


def find(tables: Tables, shop: str, segment: str) -> SegmentRecord:
    """The stored segment. Raises NotFound (`segment_not_found`)."""
    record = segments.read(tables.segments, shop, segment)
    if record is None or record.state == "deleting":
        raise NotFound(f"there is no segment '{segment}'", code="segment_not_found")
    return record


def read(tables: Tables, shop: str, segment: str, at: datetime) -> Segment:
    """One segment with its count. Raises NotFound (`segment_not_found`)."""
    return view(tables, shop, find(tables, shop, segment), at)


def view(tables: Tables, shop: str, record: SegmentRecord, at: datetime) -> Segment:
    """A stored segment with its count."""
    return _view(tables, shop, record, _as_of(tables, shop, at))


def _view(tables: Tables, shop: str, record: SegmentRecord, as_of: datetime) -> Segment:
    ready = record.state == "ready"
    return Segment(
        id=record.id,
        name=record.name,
        query=record.query,
        definition_id=record.definition,
        state=record.state,
        count=segments.count(tables.segments, shop, record.definition) if ready else None,
        as_of=as_of if ready else None,
        created_at=record.created_at,
        updated_at=record.updated_at,
    )


def listing(tables: Tables, shop: str, at: datetime, limit: int, after: str | None) -> tuple[list[Segment], str | None]:
    """A page of the shop's segments in id order, and the id to go on after (None on the last page).

    Raises NotFound (`shop_not_found`).
    """
    alive = (record for record in segments.after(tables.segments, shop, after) if record.state != "deleting")
    page = list(islice(alive, limit + 1))
    # Whoever has segments is there: only an empty page has to ask.
    if not page and generations.current(tables.segments, shop) is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    as_of = _as_of(tables, shop, at)
    views = [_view(tables, shop, record, as_of) for record in page[:limit]]
    return views, page[limit - 1].id if len(page) > limit else None


def list_members(tables: Tables, shop: str, segment: str, at: datetime, limit: int, after: str | None) -> MemberPage:
    """A page of members. Raises NotFound (`segment_not_found`); a segment being built has none to show yet."""
    record = find(tables, shop, segment)
    if record.state != "ready":
        return MemberPage(segment, record.definition, at, [], None)
    found = members.members(tables.members, shop, record.definition, after or "", limit)
    page = [Member(customer, since) for customer, since in found.members]
    return MemberPage(segment, record.definition, _as_of(tables, shop, at), page, found.next)


def segments_of(tables: Tables, shop: str, customer: str, at: datetime) -> CustomerSegments:
    """All segments of one customer, from one item. Raises NotFound (`customer_not_found`)."""
    membership = memberships.read(tables.memberships, shop, customer)
    generation = generations.current(tables.segments, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    known = not membership.erased if membership else facts.load(tables.customers, shop, customer).customer is not None
    if not known:
        raise NotFound(f"there is no customer '{customer}'", code="customer_not_found")
    if membership is None:
        return CustomerSegments(customer, at, [])
    # The bits mean what the generation they were written under says; what readers see is the newest.
    written = generations.numbered(tables.segments, shop, membership.generation)
    is_in = {definition.id for definition in written.members_of(membership.bits)}
    shown = sorted(live.segment for live in generation.live if live.published and live.id in is_in)
    names = segments.shown(tables.segments, set(), {(shop, segment) for segment in shown}).names
    as_of = min(at, membership.due) if membership.due else at
    found = [SegmentName(segment, names[shop, segment]) for segment in shown if (shop, segment) in names]
    return CustomerSegments(customer, as_of, found)


def _as_of(tables: Tables, shop: str, at: datetime) -> datetime:
    # The index holds full minutes, rounded up: somebody due by 12:05 may have been due since 12:04.
    due = memberships.next_due(tables.memberships, shop)
    return min(at, due - timedelta(minutes=1)) if due else at
