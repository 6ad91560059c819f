"""The topics of Shopify's webhooks in one table: what each tells, or why nothing is made of it.

The topic alone says what a body is. Stores send the same body for several topics, so nothing is ever
guessed from it. Other makes of store have tables of their own, see `platforms`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from segment_core.errors import InvalidDocument, NotUnderstood
from segment_core.facts.document import assemble, assemble_order
from segment_core.facts.kinds import Refused, key_identifier
from segment_core.facts.told import Erasure, Fact, Merge, OrderFact, ProductFact, ProfileFact
from segment_core.ingest import checkouts, customers, node_events, orders, privacy, products, shops
from segment_core.ingest.body import Body, Delivery

Reader = Callable[[Body, Delivery], tuple[Fact, ...]]


class Topic(NamedTuple):
    """How a topic is read, and what it says; without a reader, why its messages are let go."""

    read: Reader | None
    says: str


_CUSTOMER = Topic(customers.changed, "the customer as it is")
_ORDER = Topic(orders.changed, "the order as it is, and its customer")
_CHECKOUT = Topic(checkouts.changed, "when the customer last changed the checkout, and when it was completed")
_PRODUCT = Topic(products.changed, "type, vendor and tags of the product, for orders placed from then on")
_CART = Topic(None, "a cart names no customer; the checkout that follows it does")
_DRAFT = Topic(None, "a draft is no order; what becomes of it comes as `orders/create`")
_SEGMENT = Topic(None, "the store's own segments; ours are defined here")
_MEMBER = Topic(None, "membership in the store's own segments, which we do not follow")

TOPICS: dict[str, Topic] = {
    "customers/create": _CUSTOMER,
    "customers/update": _CUSTOMER,
    "customers/enable": _CUSTOMER,
    "customers/disable": _CUSTOMER,
    "customers/delete": Topic(customers.deleted, "the customer is gone: hidden at once, erased a day later"),
    "customers/merge": Topic(privacy.merged, "two customers are one from now on, if its `status` is `completed`"),
    "customers/purchasing_summary": Topic(None, "sums over orders, which are made here from the orders themselves"),
    "customers/data_request": Topic(privacy.data_requested, "the customer wants to know what is known"),
    "customers/redact": Topic(privacy.redacted, "all that is known of the customer has to go, listed orders included"),
    "customer.tags_added": Topic(customers.tags_added, "tags that came"),
    "customer.tags_removed": Topic(customers.tags_removed, "tags that went"),
    "customer.joined_segment": _MEMBER,
    "customer.left_segment": _MEMBER,
    "customers_email_marketing_consent/update": Topic(customers.email_consent, "consent to e-mail"),
    "customers_marketing_consent/update": Topic(customers.sms_consent, "consent to text messages"),
    "customer_account_settings/update": Topic(None, "how customers sign in, which says nothing about any of them"),
    "orders/create": _ORDER,
    "orders/updated": _ORDER,
    "orders/paid": _ORDER,
    "orders/fulfilled": _ORDER,
    "orders/partially_fulfilled": _ORDER,
    "orders/cancelled": Topic(orders.cancelled, "the order as it is, cancelled"),
    "orders/delete": Topic(orders.deleted, "the order is gone"),
    "orders/edited": Topic(None, "changes of lines; `orders/updated` follows with the order as it is"),
    "orders/risk_assessment_changed": Topic(None, "how likely fraud is, which no query asks"),
    "refunds/create": Topic(orders.refunded, "money that went back"),
    "order_transactions/create": Topic(orders.transacted, "that a refund's payment went through"),
    "draft_orders/create": _DRAFT,
    "draft_orders/update": _DRAFT,
    "draft_orders/delete": _DRAFT,
    "carts/create": _CART,
    "carts/update": _CART,
    "checkouts/create": _CHECKOUT,
    "checkouts/update": _CHECKOUT,
    "checkouts/delete": Topic(None, "the store tidies up; it names neither the customer nor the checkout's token"),
    "products/create": _PRODUCT,
    "products/update": _PRODUCT,
    "products/delete": Topic(None, "what was bought stays what it was"),
    "segments/create": _SEGMENT,
    "segments/update": _SEGMENT,
    "segments/delete": _SEGMENT,
    "shop/update": Topic(shops.changed, "the shop's zone and currency"),
    "shop/redact": Topic(privacy.shop_redacted, "all that is known of the shop has to go"),
    "app/uninstalled": Topic(None, "the store told its last; what is known of it goes with `shop/redact`"),
    "app/scopes_update": Topic(None, "what the app may ask for, which says nothing about customers"),
    # The next generation of deliveries names the kind of object only, and its data are in GraphQL's notation.
    "customer": Topic(node_events.customer, "an Event: what its query asks about the customer, or that it is gone"),
    "order": Topic(node_events.order, "an Event: what its query asks about the order, or that it is gone"),
    "product": Topic(node_events.product, "an Event: what its query asks about the product"),
}

Spelled = Mapping[str, tuple[str, Topic]]


def spelled(topics: Mapping[str, Topic]) -> Spelled:
    """A table of topics by what all spellings of a topic have in common."""
    return {_spelling(name): (name, topic) for name, topic in topics.items()}


def _spelling(topic: str) -> str:
    # Stores part the words of a topic with slashes, dots or underscores, and not always alike.
    return topic.strip().lower().replace("/", "_").replace(".", "_")


SHOPIFY = spelled(TOPICS)


def is_used(topic: str, table: Spelled = SHOPIFY) -> bool:
    """Whether messages of this topic, in any of its spellings, are turned into facts."""
    return (known := table.get(_spelling(topic))) is not None and known[1].read is not None


def understand(
    topic: str, body: Body, received_at: datetime, triggered_at: datetime | None, table: Spelled = SHOPIFY
) -> tuple[Fact, ...]:
    """The facts that a message tells. Raises NotUnderstood, which says what is missing or wrong.

    `received_at` is the store time only where neither the body nor `triggered_at` gives one.
    """
    name, known = table.get(_spelling(topic), ("", Topic(None, "")))
    if known.read is None:
        raise NotUnderstood("the topic is not one that we use", code="topic_not_used")
    try:
        facts = known.read(body, Delivery(received_at, triggered_at))
        for fact in facts:
            _check(fact)
    except (NotUnderstood, InvalidDocument) as error:
        raise NotUnderstood(f"{name}: {error.message}") from None
    return facts


def _check(fact: Fact) -> None:
    """What is merged must be readable ever after, so it is read once before."""
    try:
        if isinstance(fact, OrderFact):
            assemble_order(fact.told.document(fact.order_id))
            if fact.guest is not None:
                assemble(fact.guest.document(fact.order_id))
        elif isinstance(fact, ProfileFact):
            assemble(fact.told.document(fact.customer_id))
        elif isinstance(fact, Erasure | Merge):
            key_identifier(fact.customer_id)
        elif isinstance(fact, ProductFact):
            key_identifier(fact.product_id)
        if isinstance(fact, Merge):
            key_identifier(fact.into)
        if isinstance(fact, OrderFact) and fact.told.customer_id is not None:
            key_identifier(fact.told.customer_id)
    except InvalidDocument as error:
        raise NotUnderstood(error.message) from None
    except Refused as error:
        raise NotUnderstood(f"the id {error.message}") from None
