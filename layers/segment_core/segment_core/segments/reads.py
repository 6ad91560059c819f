"""Reading segments: who is in, how many, as of when.

Readers see one published definition of a segment at a time. `as_of` is the instant up to which time
has been caught up with: the present, unless somebody is overdue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from segment_core.errors import NotFound
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.segment import SegmentRecord, State
from segment_core.segments.nesting import names_for, worded
from segment_core.segments.plan import dependents, newest_of
from segment_core.segments.progress import Build, progress
from segment_core.store import facts, generations, jobs, members, memberships, segments
from segment_core.store.tables import Tables


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    newest = newest_of(generation)
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
    return _view(tables, shop, find(tables, shop, segment), at, _as_of(tables, shop, at))


def _view(tables: Tables, shop: str, found: Found, at: datetime, as_of: datetime) -> Segment:
    ready = found.state == "ready"
    return Segment(
        id=found.id,
        name=found.name,
        query=found.query,
        definition_id=found.definition,
        state=found.state,
        count=segments.count(tables.segments, shop, found.definition) if ready else None,
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


def listing(tables: Tables, shop: str, at: datetime, limit: int, after: str | None) -> tuple[list[Segment], str | None]:
    """A page of the shop's segments in id order, and the id to go on after (None on the last page).

    Raises NotFound (`shop_not_found`).
    """
    alive = (record for record in segments.after(tables.segments, shop, after) if not record.deleted)
    page = list(islice(alive, limit + 1))
    generation = generations.newest(tables.segments, shop)
    as_of = _as_of(tables, shop, at)
    views = [_view(tables, shop, found, at, as_of) for found in _found(tables, shop, generation, page[:limit])]
    return views, page[limit - 1].id if len(page) > limit else None


def asking(tables: Tables, shop: str, segment: str) -> list[SegmentName]:
    """The segments that ask this one, straight. Raises NotFound (`segment_not_found`)."""
    found = find(tables, shop, segment)
    names = segments.shown(tables.segments, set(), {(shop, one) for one in found.dependents}).names
    return [SegmentName(one, names[shop, one]) for one in found.dependents if (shop, one) in names]


def list_members(tables: Tables, shop: str, segment: str, at: datetime, limit: int, after: str | None) -> MemberPage:
    """A page of members. Raises NotFound (`segment_not_found`); a segment being built has none to show yet."""
    seen = find(tables, shop, segment)
    if seen.state != "ready":
        return MemberPage(segment, seen.definition, at, [], None)
    found = members.members(tables.members, shop, seen.definition, after or "", limit)
    page = [Member(customer, since) for customer, since in found.members]
    return MemberPage(segment, seen.definition, _as_of(tables, shop, at), page, found.next)


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
