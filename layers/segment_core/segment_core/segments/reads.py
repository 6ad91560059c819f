"""Reading segments: who is in, how many, as of when.

Readers see one published definition of a segment at a time. `as_of` is the instant up to which time
has been caught up with: the present, unless somebody is overdue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from segment_core.errors import NotFound
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Membership
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
    """A member; `since` is when they entered, or were found in when the segment was made.

    None of a past member whose entry is kept no longer.
    """

    customer_id: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Members in the order of their ids, perhaps none. `next` is whom the next page comes after, None on the last."""

    segment_id: str
    definition_id: str
    as_of: datetime
    members: list[Member]
    next: str | None


@dataclass(frozen=True, slots=True)
class CustomerSegment:
    """A segment that a customer is in; `since` is None until the member list has followed the membership.

    The name is None of a segment that is gone since the past that was asked for.
    """

    id: str
    name: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerSegments:
    """All segments that a customer is in."""

    customer_id: str
    as_of: datetime
    segments: list[CustomerSegment]


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
    return _view(tables, shop, record, shop_as_of(tables, shop, at))


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


def listing(
    tables: Tables, shop: str, at: datetime, limit: int, after: str | None, search: str = "", by_name: bool = False
) -> tuple[list[Segment], str | None]:
    """A page of the shop's segments in the order of ids or names, and the place to go on after (None on the last page).

    `search` is a part of the name, letter case aside. Raises NotFound (`shop_not_found`).
    """
    if search or by_name:
        page, more = _by_name(tables, shop, limit, after, search.casefold(), by_name)
    else:
        alive = (record for record in segments.after(tables.segments, shop, after) if record.state != "deleting")
        page = list(islice(alive, limit + 1))
        page, more = page[:limit], page[limit - 1].id if len(page) > limit else None
    # Whoever has segments is there: only an empty page has to ask.
    if not page:
        generation_of(tables, shop)
    as_of = shop_as_of(tables, shop, at)
    return [_view(tables, shop, record, as_of) for record in page], more


def _by_name(
    tables: Tables, shop: str, limit: int, after: str | None, search: str, by_name: bool
) -> tuple[list[SegmentRecord], str | None]:
    """A page of those whose name holds a text. All names of a shop are a few pages of small items, read each time."""
    places = {
        segment: name if by_name else segment
        for name, segment in segments.named(tables.segments, shop)
        if search in name
    }
    order = sorted((place, segment) for segment, place in places.items() if after is None or place > after)
    wanted = [segment for _, segment in order[:limit]]
    found = segments.read_all(tables.segments, shop, wanted)
    alive = [found[segment] for segment in wanted if segment in found and found[segment].state != "deleting"]
    return alive, order[limit - 1][0] if len(order) > limit else None


def list_members(tables: Tables, shop: str, segment: str, at: datetime, limit: int, after: str | None) -> MemberPage:
    """A page of members. Raises NotFound (`segment_not_found`); a segment being built has none to show yet."""
    record = find(tables, shop, segment)
    if record.state != "ready":
        return MemberPage(segment, record.definition, at, [], None)
    found = members.members(tables.members, shop, record.definition, after or "", limit)
    page = [Member(customer, since) for customer, since in found.members]
    return MemberPage(segment, record.definition, shop_as_of(tables, shop, at), page, found.next)


def segments_of(tables: Tables, shop: str, customer: str, at: datetime) -> CustomerSegments:
    """All segments of one customer, from one item. Raises NotFound (`customer_not_found`, `shop_not_found`)."""
    membership = membership_of(tables, shop, customer)
    generation = generation_of(tables, shop)
    if membership is None:
        return CustomerSegments(customer, at, [])
    shown = published_with(tables, shop, membership, generation)
    names = segments.shown(tables.segments, set(), {(shop, segment) for segment in shown}).names
    since = members.since(tables.members, shop, [(definition.id, customer) for definition in shown.values()])
    found = [
        CustomerSegment(segment, names[shop, segment], since.get((shown[segment].id, customer)))
        for segment in sorted(shown)
        if (shop, segment) in names
    ]
    return CustomerSegments(customer, caught_up(at, membership), found)


def generation_of(tables: Tables, shop: str) -> Generation:
    """The shop's newest generation. Raises NotFound (`shop_not_found`)."""
    generation = generations.current(tables.segments, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return generation


def membership_of(tables: Tables, shop: str, customer: str) -> Membership | None:
    """The customer's membership, None before the first evaluation. Raises NotFound (`customer_not_found`)."""
    membership = memberships.read(tables.memberships, shop, customer)
    known = not membership.erased if membership else facts.load(tables.customers, shop, customer).customer is not None
    if not known:
        generation_of(tables, shop)
        raise NotFound(f"there is no customer '{customer}'", code="customer_not_found")
    return membership


def published_with(
    tables: Tables, shop: str, membership: Membership, generation: Generation
) -> dict[str, LiveDefinition]:
    """By segment, the published definitions that the customer is in.

    The bits mean what the generation they were written under says; what readers see is the newest.
    """
    if not membership.bits:
        return {}
    written = generations.numbered(tables.segments, shop, membership.generation)
    is_in = {definition.id for definition in written.members_of(membership.bits)}
    return {live.segment: live for live in generation.live if live.published and live.id in is_in}


def caught_up(at: datetime, membership: Membership | None) -> datetime:
    """The instant up to which time has been caught up with for one customer."""
    return min(at, membership.due) if membership and membership.due else at


def shop_as_of(tables: Tables, shop: str, at: datetime) -> datetime:
    """The instant up to which time has been caught up with in the whole shop."""
    # The index holds full minutes, rounded up: somebody due by 12:05 may have been due since 12:04.
    due = memberships.next_due(tables.memberships, shop)
    return min(at, due - timedelta(minutes=1)) if due else at
