"""The topics of store webhooks that we use, in one table, and what their bodies tell.

The topic alone says what a body is. Stores send the same body for several topics, so nothing is ever
guessed from it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from segment_core.errors import InvalidDocument, NotUnderstood
from segment_core.facts.document import assemble, assemble_order
from segment_core.facts.kinds import Refused, key_identifier
from segment_core.facts.told import Fact, OrderFact, ProfileFact
from segment_core.ingest import customers, orders
from segment_core.ingest.body import Body, Delivery


class Topic(NamedTuple):
    """How a topic is read, and what it says."""

    read: Callable[[Body, Delivery], tuple[Fact, ...]]
    says: str


TOPICS: dict[str, Topic] = {
    "customers/create": Topic(customers.changed, "the customer as it is"),
    "customers/update": Topic(customers.changed, "the customer as it is"),
    "customers/enable": Topic(customers.changed, "the customer as it is"),
    "customers/disable": Topic(customers.changed, "the customer as it is"),
    "customers/delete": Topic(customers.deleted, "the customer is gone"),
    "customer.tags_added": Topic(customers.tags_added, "tags that came"),
    "customer.tags_removed": Topic(customers.tags_removed, "tags that went"),
    "customers_email_marketing_consent/update": Topic(customers.email_consent, "consent to e-mail"),
    "customers_marketing_consent/update": Topic(customers.sms_consent, "consent to text messages"),
    "orders/create": Topic(orders.changed, "the order as it is, and its customer"),
    "orders/updated": Topic(orders.changed, "the order as it is, and its customer"),
    "orders/paid": Topic(orders.changed, "the order as it is, and its customer"),
    "orders/fulfilled": Topic(orders.changed, "the order as it is, and its customer"),
    "orders/partially_fulfilled": Topic(orders.changed, "the order as it is, and its customer"),
    "orders/cancelled": Topic(orders.cancelled, "the order as it is, cancelled"),
    "orders/delete": Topic(orders.deleted, "the order is gone"),
    "refunds/create": Topic(orders.refunded, "money that went back"),
}
"""`orders/edited` is not here: its body lists changes of lines, and `orders/updated` follows with the order."""


def _spelling(topic: str) -> str:
    # Stores part the words of a topic with slashes, dots or underscores, and not always alike.
    return topic.strip().lower().replace("/", "_").replace(".", "_")


_BY_SPELLING = {_spelling(name): (name, topic) for name, topic in TOPICS.items()}


def is_used(topic: str) -> bool:
    """Whether messages of this topic, in any of its spellings, are turned into facts."""
    return _spelling(topic) in _BY_SPELLING


def understand(topic: str, body: Body, received_at: datetime, triggered_at: datetime | None) -> tuple[Fact, ...]:
    """The facts that a message tells. Raises NotUnderstood, which says what is missing or wrong.

    `received_at` is the store time only where neither the body nor `triggered_at` gives one.
    """
    name, used = _BY_SPELLING.get(_spelling(topic), (None, None))
    if used is None:
        raise NotUnderstood("the topic is not one that we use", code="topic_not_used")
    try:
        facts = used.read(body, Delivery(received_at, triggered_at))
        for fact in facts:
            _check(fact)
    except NotUnderstood as error:
        raise NotUnderstood(f"{name}: {error.message}") from None
    return facts


def _check(fact: Fact) -> None:
    """What is merged must be readable ever after, so it is read once before."""
    try:
        if isinstance(fact, OrderFact):
            assemble_order(fact.told.document(fact.order_id))
        elif isinstance(fact, ProfileFact):
            assemble(fact.told.document(fact.customer_id))
        else:
            key_identifier(fact.customer_id)
        if isinstance(fact, OrderFact) and fact.told.customer_id is not None:
            key_identifier(fact.told.customer_id)
    except InvalidDocument as error:
        raise NotUnderstood(error.message) from None
    except Refused as error:
        raise NotUnderstood(f"the customer's id {error.message}") from None
