"""Whether these customers are in these segments, asked in one go.

Who is in is read from the memberships themselves, so the answer is as new as an evaluation; since when is read from
the lists, which follow within a second or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from segment_core.record import record
from segment_core.segments.reads import caught_up, find, membership_of, published_with
from segment_core.store import generations, members, memberships
from segment_core.store.tables import Tables


@record
class Belonging:
    """Whether a customer is in a segment. `since` is None of one who is not, and until the list has followed."""

    id: str
    member: bool
    since: datetime | None


@record
class Answers:
    """One answer for each id that is known, in the order asked; the others are in `unknown`."""

    as_of: datetime
    answers: list[Belonging]
    unknown: list[str]


def of_customer(tables: Tables, shop: str, customer: str, wanted: Sequence[str], at: datetime) -> tuple[str, Answers]:
    """Who the customer is by now, if it was merged, and whether they are in each of those segments.

    Raises NotFound (`customer_not_found`, `shop_not_found`). A segment that was never published has nobody in it yet.
    """
    customer, membership = membership_of(tables, shop, customer)
    generation = generations.newest(tables.segments, shop)
    inside = published_with(tables, shop, membership, generation) if membership else {}
    live = {definition.segment for definition in generation.live}
    there = [one for one in dict.fromkeys(wanted) if one in live]
    since = members.since(
        tables.members, shop, [(inside[segment].id, customer) for segment in there if segment in inside]
    )
    return customer, Answers(
        as_of=caught_up(at, membership),
        answers=[
            Belonging(one, one in inside, since.get((inside[one].id, customer)) if one in inside else None)
            for one in there
        ],
        unknown=[one for one in dict.fromkeys(wanted) if one not in live],
    )


def in_segment(tables: Tables, shop: str, segment: str, wanted: Sequence[str], at: datetime) -> Answers:
    """Whether each of those customers is in one segment. Raises NotFound (`segment_not_found`).

    Whoever was merged is answered, once, as who that is now. Unknown is who was never evaluated, or erased: nobody of
    whom that can be said is in any segment.
    """
    find(tables, shop, segment)
    found = memberships.followed_all(tables.memberships, shop, wanted)
    known = {one: (now, membership) for one, (now, membership) in found.items() if not membership.erased}
    stored = dict(known[one] for one in wanted if one in known)
    generation = generations.newest(tables.segments, shop)
    definition = generation.published.get(segment)
    inside = {one for one in stored if definition and segment in published_with(tables, shop, stored[one], generation)}
    since = members.since(tables.members, shop, [(definition.id, one) for one in inside] if definition else [])
    return Answers(
        as_of=min((caught_up(at, one) for one in stored.values()), default=at),
        answers=[
            Belonging(one, one in inside, since.get((definition.id, one)) if definition else None) for one in stored
        ],
        unknown=[one for one in dict.fromkeys(wanted) if one not in known],
    )
