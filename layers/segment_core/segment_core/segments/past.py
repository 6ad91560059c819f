"""Membership as of a past instant, and how a segment grew: worked out backwards from now.

An enter and a leave of one customer and segment alternate, so the first one after an instant says how it was then:
in, if it is a leave. Where there is none, it is as now. History says what was known then and is never rewritten; who
was erased has none any more, and counts as never having been there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import get_args

from segment_core.calendar import local_date
from segment_core.errors import InvalidRequest, TooLarge
from segment_core.model.membership import Cause
from segment_core.record import record
from segment_core.segments.reads import (
    CustomerSegment,
    CustomerSegments,
    Member,
    MemberPage,
    find,
    list_members,
    read,
    segments_of,
)
from segment_core.store import generations, history, segments
from segment_core.store.history import Entry
from segment_core.store.tables import Tables

# What one answer reads of history: some ten seconds' worth of pages.
MOST_ENTRIES = 100_000
MOST_DAYS = 366
USUAL_DAYS = 30
# Since when somebody was in who is not any more takes a query for each.
MOST_PAST_MEMBERS = 100

CAUSES: tuple[Cause, ...] = get_args(Cause)


@record
class Day:
    """A date of the shop: who entered and left on it, by cause, and how many were in when it ended."""

    date: date
    size: int | None
    entered: Mapping[Cause, int]
    left: Mapping[Cause, int]


@record
class Growth:
    """The days asked for. `size` is None on days that ended before the segment was made."""

    segment_id: str
    as_of: datetime
    days: list[Day]


def check_kept(instant: datetime, at: datetime, kept: timedelta) -> None:
    """Raises InvalidRequest for an instant that lies ahead (`in_future`) or before all history (`history_expired`)."""
    if instant > at:
        raise InvalidRequest("the instant lies ahead; ask for the forecast", code="in_future")
    if instant < at - kept:
        raise InvalidRequest(
            f"history is kept for {kept.days} days here; ask for a later instant", code="history_expired"
        )


def segments_as_of(
    tables: Tables, shop: str, customer: str, instant: datetime, at: datetime, kept: timedelta
) -> CustomerSegments:
    """The segments that a customer was in. Raises as `check_kept` and `segments_of` do."""
    check_kept(instant, at, kept)
    now = segments_of(tables, shop, customer, at)
    first = _first(history.of_customer(tables.history, shop, customer, instant, at), lambda entry: entry.segment)
    there = {one.id: one for one in now.segments}
    inside = {one for one in there if one not in first} | {one for one, entry in first.items() if _was_in(entry)}
    names = segments.names(tables.segments, shop, inside)
    entered = history.last_entered(tables.history, shop, customer, inside & first.keys(), instant)
    since = {**entered, **{one: there[one].since for one in inside - first.keys()}}
    found = [CustomerSegment(one, names.get(one), since.get(one)) for one in sorted(inside)]
    return CustomerSegments(customer, instant, found)


def members_as_of(
    tables: Tables,
    shop: str,
    segment: str,
    instant: datetime,
    at: datetime,
    kept: timedelta,
    limit: int,
    after: str | None,
) -> MemberPage:
    """A page of who was in a segment, in the order of customer ids.

    Raises as `check_kept` and `list_members` do, and TooLarge (`too_much_history`) if too many have moved since.
    """
    check_kept(instant, at, kept)
    page = list_members(tables, shop, segment, at, limit, after)
    first = _first(_moves(tables, shop, segment, instant, at), lambda entry: entry.customer)
    # Up to where the list was read; beyond it somebody may stand between two who left.
    left = [one for one, entry in first.items() if _was_in(entry) and one > (after or "")]
    left = sorted(one for one in left if page.next is None or one <= page.next)
    since = {one.customer_id: one.since for one in page.members if one.customer_id not in first}
    # Whoever left and came back is in the list and among those who left.
    everybody = sorted(since.keys() | set(left))
    shown = everybody[:limit]
    for one in shown:
        if one not in since:
            since[one] = history.last_entered(tables.history, shop, one, {segment}, instant).get(segment)
    found = [Member(one, since[one]) for one in shown]
    more = shown[-1] if len(everybody) > limit else page.next
    return MemberPage(segment, page.definition_id, instant, found, more)


def growth(
    tables: Tables,
    shop: str,
    segment: str,
    first: date | None,
    last: date | None,
    at: datetime,
    kept: timedelta,
) -> Growth:
    """What happened in a segment on each of those dates of the shop, both included: by default the 30 up to today.

    Sizes are the present one less all that has happened since. Raises NotFound (`segment_not_found`), InvalidRequest
    (`invalid_period`, `history_expired`) and TooLarge (`too_much_history`).
    """
    record = find(tables, shop, segment)
    zone = generations.newest(tables.segments, shop).shop.zone
    today = local_date(at, zone)
    last = today if last is None else last
    first = max(last - timedelta(days=USUAL_DAYS - 1), local_date(at - kept, zone)) if first is None else first
    if not first <= last <= today or (last - first).days >= MOST_DAYS:
        raise InvalidRequest(
            f"give at most {MOST_DAYS} days that end today or before, the earlier one as 'from'", code="invalid_period"
        )
    if first < local_date(at - kept, zone):
        raise InvalidRequest(f"history is kept for {kept.days} days here; begin later", code="history_expired")
    # A day of the shop begins at most a day before its date does in UTC.
    start = datetime(first.year, first.month, first.day, tzinfo=at.tzinfo) - timedelta(days=1)
    entries = _moves(tables, shop, segment, start, at)
    now = read(tables, shop, segment, at)
    made = local_date(record.created_at, zone)
    moved = Counter((local_date(entry.effective_at, zone), entry.change, entry.cause) for entry in entries)
    return Growth(segment, now.as_of or at, _days(first, last, now.count, made, today, moved))


def _days(
    first: date,
    last: date,
    now: int | None,
    made: date,
    today: date,
    moved: Mapping[tuple[date, history.Change, Cause], int],
) -> list[Day]:
    days: list[Day] = []
    size, day = now, today
    while day >= first:
        entered = {cause: moved[day, "enter", cause] for cause in CAUSES if (day, "enter", cause) in moved}
        left = {cause: moved[day, "leave", cause] for cause in CAUSES if (day, "leave", cause) in moved}
        if day <= last:
            days.append(Day(day, size if day >= made else None, entered, left))
        if size is not None:
            size -= sum(entered.values()) - sum(left.values())
        day -= timedelta(days=1)
    return days[::-1]


def _moves(tables: Tables, shop: str, segment: str, after: datetime, until: datetime) -> list[Entry]:
    entries = list(islice(history.of_segment(tables.history, shop, segment, after, until), MOST_ENTRIES + 1))
    if len(entries) > MOST_ENTRIES:
        raise TooLarge(
            f"more than {MOST_ENTRIES} moves have happened in the segment since then; ask for a later time",
            code="too_much_history",
        )
    return entries


def _first(entries: Iterable[Entry], by: Callable[[Entry], str]) -> dict[str, Entry]:
    """The first entry of each, in the order in which they happened."""
    found: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: (entry.effective_at, entry.version)):
        found.setdefault(by(entry), entry)
    return found


def _was_in(entry: Entry) -> bool:
    """Whether the customer was in before that."""
    return entry.change == "leave"
