"""Reading segments: who is in, how many, as of when.

Readers see one published definition of a segment at a time. `as_of` is the instant up to which time
has been caught up with: the present, unless somebody is overdue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from segment_core.errors import NotFound
from segment_core.language.spelling import folded
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Membership
from segment_core.model.segment import SegmentRecord, State
from segment_core.record import record
from segment_core.segments.nesting import names_for, worded
from segment_core.segments.plan import dependents
from segment_core.segments.progress import Build, progress
from segment_core.store import facts, generations, jobs, members, memberships, segments
from segment_core.store.tables import Tables


@record
class Segment:
    """A segment as readers see it. `count` and `as_of` are None until its first build was published.

    `build` is what will take the place of what readers see. `edition` grows with every change of name or query.
    """

    id: str
    name: str
    query: str
    definition_id: str
    state: State
    count: int | None
    as_of: datetime | None
    build: Build | None
    created_at: datetime
    updated_at: datetime
    edition: int


@record
class Member:
    """A member; `since` is when they entered, or were found in when the segment was made.

    None of a past member whose entry is kept no longer.
    """

    customer_id: str
    since: datetime | None


@record
class MemberPage:
    """Members in the order of their ids, perhaps none. `next` is whom the next page comes after, None on the last.

    `definition_id` is the one whose list was read, which for the past is that of now.
    """

    segment_id: str
    definition_id: str
    as_of: datetime
    members: list[Member]
    next: str | None


@record
class CustomerSegment:
    """A segment that a customer is in; `since` is None until the member list has followed the membership.

    The name is None of a segment that is gone since the past that was asked for.
    """

    id: str
    name: str | None
    since: datetime | None


@record
class CustomerSegments:
    """All segments that a customer is in."""

    customer_id: str
    as_of: datetime
    segments: list[CustomerSegment]


@record
class SegmentName:
    """A segment by id and name."""

    id: str
    name: str


@record
class Found:
    """A segment, the definition of it that readers see (the first one before that is published), and its texts.

    `query` is what readers see, `newest_query` what was written last, both with the names of other segments;
    `newest_text` is that as it is stored.
    """

    record: SegmentRecord
    read: LiveDefinition
    pending: LiveDefinition | None
    query: str
    newest_text: str
    newest_query: str
    dependents: tuple[str, ...]

    @property
    def id(self) -> str:
        """The segment's id."""
        return self.record.id

    @property
    def name(self) -> str:
        """The segment's name."""
        return self.record.name

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        return self.record.created_at

    @property
    def definition(self) -> str:
        """The id of the definition that readers see."""
        return self.read.id

    @property
    def state(self) -> State:
        """Whether it was published already."""
        return "ready" if self.read.published else "building"


def find(tables: Tables, shop: str, segment: str) -> Found:
    """The segment with its definitions. Raises NotFound (`segment_not_found`, `shop_not_found`)."""
    record = segments.read(tables.segments, shop, segment)
    # Read after the record: what readers see is the generation's to say, the newest one's.
    generation = generations.newest(tables.segments, shop)
    found = _found(tables, shop, generation, [record] if record else [])
    if not found:
        raise NotFound(f"there is no segment '{segment}'", code="segment_not_found")
    return found[0]


def _found(tables: Tables, shop: str, generation: Generation, records: Sequence[SegmentRecord]) -> list[Found]:
    """Those of the segments that are there, with their texts."""
    newest = generation.newest
    there = [record for record in records if record.id in newest and not record.deleted]
    read = {one.id: generation.published.get(one.id, newest[one.id]) for one in there}
    wanted = [newest[one.id] for one in there] + [*read.values()]
    texts = segments.texts(tables.segments, shop, (one.text for one in wanted))
    names = names_for(tables.segments, shop, wanted)
    return [
        Found(
            record=record,
            read=read[record.id],
            pending=generation.pending_of.get(record.id),
            query=worded(texts[read[record.id].text], names),
            newest_text=texts[newest[record.id].text],
            newest_query=worded(texts[newest[record.id].text], names),
            dependents=tuple(dependents(generation, record.id)),
        )
        for record in there
    ]


def read(tables: Tables, shop: str, segment: str, at: datetime) -> Segment:
    """One segment with its count. Raises NotFound (`segment_not_found`)."""
    (view,) = _views(tables, shop, [find(tables, shop, segment)], at)
    return view


def _views(tables: Tables, shop: str, found: Sequence[Found], at: datetime) -> list[Segment]:
    """The segments with their counts, which are read together."""
    as_of = shop_as_of(tables, shop, at)
    counted = segments.counts(tables.segments, shop, [one.definition for one in found if one.state == "ready"])
    return [_view(tables, shop, one, at, as_of, counted[one.definition]) for one in found]


def _view(tables: Tables, shop: str, found: Found, at: datetime, as_of: datetime, count: int) -> Segment:
    ready = found.state == "ready"
    return Segment(
        id=found.id,
        name=found.name,
        query=found.query,
        definition_id=found.definition,
        state=found.state,
        count=count if ready else None,
        as_of=as_of if ready else None,
        build=_build(tables, shop, found, at),
        created_at=found.record.created_at,
        updated_at=found.record.updated_at,
        edition=found.record.edition,
    )


def _build(tables: Tables, shop: str, found: Found, at: datetime) -> Build | None:
    if found.pending is None:
        return None
    job = jobs.read(tables.segments, shop, found.pending.build)
    # It was published, or another one took its place, since the generation was read.
    if job is None or job.step != "walk":
        return None
    return progress(job, found.pending.id, found.newest_query, at)


def listing(
    tables: Tables, shop: str, at: datetime, limit: int, after: str | None, search: str = "", by_name: bool = False
) -> tuple[list[Segment], str | None]:
    """A page of the shop's segments in the order of ids or names, and the place to go on after (None on the last page).

    `search` is a part of the name, letter case aside. Raises NotFound (`shop_not_found`).
    """
    if search or by_name:
        page, more = _by_name(tables, shop, limit, after, folded(search), by_name)
    else:
        alive = (record for record in segments.after(tables.segments, shop, after) if not record.deleted)
        page = list(islice(alive, limit + 1))
        page, more = page[:limit], page[limit - 1].id if len(page) > limit else None
    generation = generations.newest(tables.segments, shop)
    return _views(tables, shop, _found(tables, shop, generation, page), at), more


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
    alive = [found[segment] for segment in wanted if segment in found]
    return alive, order[limit - 1][0] if len(order) > limit else None


def asking(tables: Tables, shop: str, segment: str) -> list[SegmentName]:
    """The segments that ask this one, straight. Raises NotFound (`segment_not_found`)."""
    found = find(tables, shop, segment)
    names = segments.names(tables.segments, shop, found.dependents)
    return [SegmentName(one, names[one]) for one in found.dependents if one in names]


def list_members(tables: Tables, shop: str, segment: str, at: datetime, limit: int, after: str | None) -> MemberPage:
    """A page of members. Raises NotFound (`segment_not_found`); a segment being built has none to show yet."""
    seen = find(tables, shop, segment)
    if seen.state != "ready":
        return MemberPage(segment, seen.definition, at, [], None)
    found = members.members(tables.members, shop, seen.definition, after or "", limit)
    page = [Member(customer, since) for customer, since in found.members]
    return MemberPage(segment, seen.definition, shop_as_of(tables, shop, at), page, found.next)


def segments_of(tables: Tables, shop: str, customer: str, at: datetime) -> CustomerSegments:
    """All segments of one customer, from one item; of one who was merged, of who that is now.

    Raises NotFound (`customer_not_found`, `shop_not_found`).
    """
    customer, membership = membership_of(tables, shop, customer)
    generation = generations.newest(tables.segments, shop)
    if membership is None:
        return CustomerSegments(customer, at, [])
    shown = published_with(tables, shop, membership, generation)
    names = segments.names(tables.segments, shop, shown)
    since = members.since(tables.members, shop, [(definition.id, customer) for definition in shown.values()])
    found = [
        CustomerSegment(segment, names[segment], since.get((shown[segment].id, customer)))
        for segment in sorted(shown)
        if segment in names
    ]
    return CustomerSegments(customer, caught_up(at, membership), found)


def membership_of(tables: Tables, shop: str, customer: str) -> tuple[str, Membership | None]:
    """Who the customer is by now, if it was merged, and the membership, None before the first evaluation.

    Raises NotFound (`customer_not_found`).
    """
    customer, membership = memberships.followed(tables.memberships, shop, customer)
    known = not membership.erased if membership else facts.load(tables.customers, shop, customer).customer is not None
    if not known:
        generations.newest(tables.segments, shop)
        raise NotFound(f"there is no customer '{customer}'", code="customer_not_found")
    return customer, membership


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
