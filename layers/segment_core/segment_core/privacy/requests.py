"""A customer's request for what is known: kept for seven days, answered once, from what is stored at that moment.

Nothing is copied when the request comes, so there is nothing more to erase. The answer comes in pages, since a
customer may have any number of orders and events; the first page uses up the request.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from segment_core.errors import Conflict, NotFound
from segment_core.facts import guests
from segment_core.facts.document import write_customer
from segment_core.facts.told import DataRequest
from segment_core.record import record
from segment_core.segments import reads
from segment_core.segments.reads import CustomerSegments
from segment_core.store import data_requests, facts, orders
from segment_core.store.data_requests import Request
from segment_core.store.stored import Stored
from segment_core.store.tables import Tables

LASTS = timedelta(days=7)

# Whoever began to fetch an answer has this long to read it to its end.
FETCHING = timedelta(hours=1)

PAGE = 200


@record
class Position:
    """Whose items a page ended in, and where."""

    customer: str
    before: str


@record
class Part:
    """One page of an answer: parts of customer documents, on the first page with the segments that they are in."""

    request: Request
    customers: list[dict[str, object]]
    segments: list[CustomerSegments]
    next: Position | None


def ask(tables: Tables, shop: str, asked: DataRequest, at: datetime) -> bool:
    """Keep a request; False if it was kept before."""
    ids = [asked.customer_id, guests.guest_id(shop, asked.email) if asked.email else None]
    known = tuple(one for one in ids if one is not None)
    return data_requests.put(tables.segments, shop, Request(asked.request_id, known, asked.order_ids, at, at + LASTS))


def listing(tables: Tables, shop: str, at: datetime) -> list[Request]:
    """The shop's requests that have not ended."""
    return [request for request in data_requests.every(tables.segments, shop) if at < request.ends_at]


def fetch(tables: Tables, shop: str, request_id: str, at: datetime, position: Position | None) -> Part:
    """A page of the answer; without a position the first, which only the first to ask gets.

    Raises NotFound (`data_request_not_found`) and Conflict (`data_request_fetched`).
    """
    request = data_requests.read(tables.segments, shop, request_id)
    if request is None or at >= request.ends_at:
        raise NotFound("there is no such request, or it is more than seven days old", code="data_request_not_found")
    people = _people(tables, shop, request)
    if position is None:
        if not data_requests.claim(tables.segments, shop, request, at):
            raise _fetched()
        return _first(tables, shop, request, people, at)
    if request.fetched_at is None or at >= request.fetched_at + FETCHING or position.customer not in people:
        raise _fetched()
    return _page(tables, shop, request, people, position)


def _first(tables: Tables, shop: str, request: Request, people: list[str], at: datetime) -> Part:
    """Beside the first page: orders that were named and are nobody's, and the segments that the person is in."""
    segments = []
    for one in people:
        try:
            segments.append(reads.segments_of(tables, shop, one, at))
        except NotFound:
            continue
    nobodys = [state.document(order_id) for order_id, state in orders.waiting(tables.customers, shop, request.orders)]
    page = _page(tables, shop, request, people, Position(people[0], "")) if people else Part(request, [], [], None)
    waiting: list[dict[str, object]] = [{"orders": nobodys}] if nobodys else []
    return Part(request, [*waiting, *page.customers], segments, page.next)


def _page(tables: Tables, shop: str, request: Request, people: list[str], position: Position) -> Part:
    customer, before = facts.page(tables.customers, shop, position.customer, position.before, PAGE)
    shown = [] if customer is None else [write_customer(customer)]
    if before:
        return Part(request, shown, [], Position(position.customer, before))
    following = people[people.index(position.customer) + 1 :]
    return Part(request, shown, [], Position(following[0], "") if following else None)


def _people(tables: Tables, shop: str, request: Request) -> list[str]:
    """Whom the request is about by now, each once."""
    stored = Stored(tables.customers)
    return [*dict.fromkeys(stored.owner(shop, customer) for customer in request.customers)]


def _fetched() -> Conflict:
    return Conflict("the answer was fetched already; the store can ask for another", code="data_request_fetched")
