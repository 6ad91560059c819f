"""Guests: buyers without an account, who are customers by their e-mail address where the shop says so.

The id is a hash of the normalised address and the shop's id: the same buyer is the same customer, and nobody can
tell the address from it, or find the buyer in another shop. An order that has a customer of its own never becomes
a guest's, whatever arrives later.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha256

from segment_core.facts import registers
from segment_core.facts.order import CUSTOMER, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Register
from segment_core.facts.told import Erasure, Fact, GuestErasure, OrderFact, ProfileFact
from segment_core.record import replace

EMAIL = "email"

_PREFIX = "guest-"
_DIGEST_CHARACTERS = 40


def guest_id(shop: str, email: str) -> str:
    """The id of whoever buys under this address without an account."""
    normalised = unicodedata.normalize("NFC", email.strip().casefold())
    return _PREFIX + sha256(f"{shop}\n{normalised}".encode()).hexdigest()[:_DIGEST_CHARACTERS]


def settled(told: Iterable[Fact], shop: str, *, are_customers: bool) -> Iterator[Fact]:
    """The facts, with the customers whom orders of guests make where guests `are_customers` of the shop."""
    for fact in told:
        if isinstance(fact, GuestErasure):
            # Also where guests are no customers: they may have been before.
            yield Erasure(guest_id(shop, fact.email), fact.stamp)
        elif isinstance(fact, OrderFact) and fact.guest is not None:
            yield from _bought(fact, fact.guest, shop) if are_customers else (replace(fact, guest=None),)
        else:
            yield fact


def _bought(fact: OrderFact, buyer: ProfileState, shop: str) -> Iterator[Fact]:
    email = buyer.fields.get(EMAIL)
    if email is None or not email.value:
        yield replace(fact, guest=None)
        return
    guest = guest_id(shop, str(email.value))
    yield ProfileFact(guest, buyer)
    yield replace(fact, told=fact.told.join(_of(guest, email)), guest=None)


def _of(guest: str, email: Register) -> OrderState:
    return OrderState(registers.inherited({CUSTOMER: Register(email.stamp, guest)}))
