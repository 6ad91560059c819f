"""Customer documents as facts: an import merges like everything else that a store tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast

from segment_core.facts import guests, registers, tags
from segment_core.facts.customer import Customer, Order
from segment_core.facts.document import read_customer, write_customer
from segment_core.facts.order import CUSTOMER, LINES, MONEY, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Register
from segment_core.facts.told import Fact, OrderFact, ProfileFact
from segment_core.instants import sortable

Document = Mapping[str, object]

# These merge by rules of their own; every other key of a document is one register.
_OWN_RULES = {"id", "as_of", "tags", "orders", "checkouts", "events"}
_OWN_RULES_OF_ORDER = {"id", "cancelled_at", "refunds", *(_MONEY_KEYS := ("total", "currency", "updated_at"))}


def understand(document: Document, received_at: datetime) -> tuple[Fact, ...]:
    """The facts that a document of a customer or of a guest tells. Raises InvalidDocument."""
    return (understand_guest if guests.is_guests(document) else understand_document)(document, received_at)


def understand_guest(document: Document, received_at: datetime) -> tuple[OrderFact, ...]:
    """The orders that a document of a guest tells, each with what is known of the buyer. Raises InvalidDocument.

    Whose they are is not told here: `facts.guests` says it where the shop wants that. They are dated like a customer's.
    """
    guest = guests.read_guest(document)
    told = guests.unmarked(document)
    written = write_customer(guest)
    as_of = guest.as_of or received_at
    buyer = _profile(guest, told, written, as_of)
    return tuple(OrderFact(id_, order, buyer) for id_, order in _orders(guest, told, written, as_of, None))


def understand_document(document: Document, received_at: datetime) -> tuple[ProfileFact, *tuple[OrderFact, ...]]:
    """The facts that a document of a customer tells. Raises InvalidDocument.

    They carry the document's `as_of`, orders, checkouts and events their own dates where they have them;
    `received_at` stands in where a document has no `as_of`.
    """
    customer = read_customer(document)
    as_of = customer.as_of or received_at
    written = write_customer(customer)
    return (
        ProfileFact(customer.id, _profile(customer, document, written, as_of)),
        *(OrderFact(id_, order) for id_, order in _orders(customer, document, written, as_of, customer.id)),
    )


def _orders(
    customer: Customer, document: Document, written: Document, as_of: datetime, owner: str | None
) -> Iterator[tuple[str, OrderState]]:
    """Ids and states of the customer's orders, which say whose they are if there is an `owner`."""
    orders = zip(customer.orders, _elements(document, "orders"), _elements(written, "orders"), strict=True)
    for order, told, made in orders:
        yield order.id, _order(owner, order, _known_order(told, made), made, order.updated_at or as_of)


def _profile(customer: Customer, document: Document, written: Document, as_of: datetime) -> ProfileState:
    known = _known(document, written)
    told = {key: value for key, value in known.items() if key not in _OWN_RULES}
    stamp = registers.stamp(as_of, None, [told, known.get("tags")])
    checkouts = [checkout.updated_at or as_of for checkout in customer.checkouts]
    events = [event.at for event in customer.events]
    return ProfileState(
        registers.told(stamp, told),
        tags.listed(stamp, customer.tags) if "tags" in document else tags.Tags(),
        dict(_by_id(_elements(written, "checkouts"), checkouts)),
        dict(_by_id(_elements(written, "events"), events)),
    )


def _order(owner: str | None, order: Order, known: Document, written: Document, store_time: datetime) -> OrderState:
    told = {key: value for key, value in known.items() if key not in _OWN_RULES_OF_ORDER}
    money = {key: written[key] for key in _MONEY_KEYS if key in written}
    told |= money if order.total is None else {MONEY: money}
    if owner is not None:
        told[CUSTOMER] = owner
    refunds = dict(_by_id(_elements(known, "refunds"), [store_time] * len(order.refunds)))
    return OrderState(
        registers.told(registers.stamp(store_time, None, told), told),
        refunds,
        None if order.cancelled_at is None else sortable(order.cancelled_at),
    )


def _known(document: Document, written: Document) -> dict[str, object]:
    """The keys of `document` with the values that we write; what we leave out is null or empty there too."""
    return {key: written.get(key, value) for key, value in document.items()}


def _known_order(document: Document, written: Document) -> dict[str, object]:
    """The same of an order and of each of its lines: what a line leaves out is not told, what it has empty is."""
    lines = zip(_elements(document, LINES), _elements(written, LINES), strict=True)
    known = _known(document, written)
    return {**known, LINES: [_known(line, made) for line, made in lines]} if LINES in document else known


def _by_id(elements: list[Document], store_times: list[datetime]) -> Iterator[tuple[str, Register]]:
    for element, store_time in zip(elements, store_times, strict=True):
        told = {key: value for key, value in element.items() if key != "id"}
        yield str(element["id"]), Register(registers.stamp(store_time, None, told), told)


def _elements(document: Document, key: str) -> list[Document]:
    return cast("list[Document]", document.get(key, []))
