"""Guests: buyers without an account, who are customers by their e-mail address where the shop says so.

The id is a hash of the normalised address and the shop's id: the same buyer is the same customer, and nobody can
tell the address from it, or find the buyer in another shop. An order that has a customer of its own never becomes
a guest's, whatever arrives later. Documents tell of a guest with `"guest": true` in place of an id.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from segment_core.errors import InvalidDocument
from segment_core.facts import registers
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.facts.order import CUSTOMER, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Register
from segment_core.facts.told import Erasure, Fact, GuestErasure, OrderFact, ProfileFact
from segment_core.record import replace

EMAIL = "email"
MARK = "guest"

_PREFIX = "guest-"
# Stands for the id of a guest as long as it is not known in which shop.
NO_ID = _PREFIX
_DIGEST_CHARACTERS = 40


def guest_id(shop: str, email: str) -> str:
    """The id of whoever buys under this address without an account."""
    normalised = unicodedata.normalize("NFC", email.strip().casefold())
    return _PREFIX + sha256(f"{shop}\n{normalised}".encode()).hexdigest()[:_DIGEST_CHARACTERS]


def is_guests(document: object) -> bool:
    """Whether a document says that it is of a guest."""
    return isinstance(document, Mapping) and MARK in document


def read_guest(document: Mapping[str, object]) -> Customer:
    """What a document tells of a guest; the id is none. Raises InvalidDocument with the place of the first mistake."""
    if document[MARK] is not True:
        raise InvalidDocument(MARK, "must be true; leave it out of the document of a customer")
    if "id" in document:
        raise InvalidDocument("id", "is for customers: a guest is known by the e-mail address")
    guest = read_customer({**unmarked(document), "id": NO_ID})
    if guest.email is None or not guest.email.strip():
        raise InvalidDocument(EMAIL, "is missing: a guest is known by it")
    if not guest.orders:
        raise InvalidDocument("orders", "are missing: a guest is who bought something")
    return guest


def read(document: Mapping[str, object]) -> Customer:
    """What a document of a customer or of a guest tells. Raises InvalidDocument."""
    return (read_guest if is_guests(document) else read_customer)(document)


def unmarked(document: Mapping[str, object]) -> dict[str, object]:
    """What the document of a guest tells, without that it is one."""
    return {key: value for key, value in document.items() if key != MARK}


def settled(told: Iterable[Fact], shop: str, *, are_customers: bool) -> Iterator[Fact]:
    """The facts, with the customers whom orders of guests make where guests `are_customers` of the shop."""
    known: ProfileState | None = None
    for fact in told:
        if isinstance(fact, GuestErasure):
            # Also where guests are no customers: they may have been before.
            yield Erasure(guest_id(shop, fact.email), fact.stamp)
        elif isinstance(fact, OrderFact) and fact.guest is not None:
            if are_customers:
                # The orders of one document share their buyer, of whom it says much perhaps: once is enough.
                yield from _bought(fact, fact.guest, shop, known=fact.guest is known)
                known = fact.guest
            else:
                yield replace(fact, guest=None)
        else:
            yield fact


def _bought(fact: OrderFact, buyer: ProfileState, shop: str, *, known: bool) -> Iterator[Fact]:
    email = buyer.fields.get(EMAIL)
    if email is None or not str(email.value or "").strip():
        yield replace(fact, guest=None)
        return
    guest = guest_id(shop, str(email.value))
    if not known:
        yield ProfileFact(guest, buyer)
    yield replace(fact, told=fact.told.join(_of(guest, email)), guest=None)


def _of(guest: str, email: Register) -> OrderState:
    return OrderState(registers.inherited({CUSTOMER: Register(email.stamp, guest)}))
