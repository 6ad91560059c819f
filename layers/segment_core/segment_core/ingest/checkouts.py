"""Bodies about checkouts: when somebody last changed one, and when they completed it.

Of the customer only the id is taken: the snapshot in a checkout has null for much that the store knows.
A checkout is known by its token, which is what orders name; since API version 2026-04 it has no other id.
"""

from __future__ import annotations

from segment_core.errors import NotUnderstood
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Register
from segment_core.facts.told import Fact, ProfileFact
from segment_core.ingest.body import Body, Delivery, identity, instant, part, text
from segment_core.instants import iso


def changed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """checkouts/create, update: the checkout as it is. Nothing, as long as it is nobody's."""
    customer = part(body, "customer")
    customer_id = identity(customer) if customer else None
    if customer_id is None:
        return ()
    token = text(body, "token")
    if token is None:
        raise NotUnderstood("there is no 'token'")
    updated_at = delivery.time(instant(body, "updated_at"))
    completed_at = instant(body, "completed_at")
    told = {"updated_at": iso(updated_at), "completed_at": iso(completed_at) if completed_at else None}
    checkout = Register(delivery.stamp(updated_at, told), told)
    return (ProfileFact(customer_id, ProfileState(checkouts={token: checkout})),)
