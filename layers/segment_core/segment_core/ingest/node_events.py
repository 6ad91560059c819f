"""Bodies of Shopify's Events, the next generation of deliveries: an action, and what a GraphQL query asked.

https://shopify.dev/docs/apps/build/events/delivery-structure. `data` is as the subscription's own query made it:
the object stands under `customer`, `order` or `product`, or under `node`. Without a query, an Event says nothing.
"""

from __future__ import annotations

from segment_core.errors import NotUnderstood
from segment_core.facts import registers
from segment_core.facts.order import OrderState
from segment_core.facts.told import Erasure, Fact, OrderFact, ProductFact
from segment_core.ingest import graphql
from segment_core.ingest.body import Body, Delivery, identity, instant, part, text
from segment_core.ingest.documents import understand_document, understand_guest

_GONE = "delete"


def customer(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """What was asked of a customer."""
    if text(body, "action") == _GONE:
        return (Erasure(_gone(body, "customer"), delivery.stamp(delivery.time(None), None), rests=True),)
    node = _node(body, "customer")
    return () if node is None else understand_document(graphql.customer(node), delivery.time(None))


def order(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """What was asked of an order. Its query has to ask for the customer, and for the e-mail address of guests."""
    if text(body, "action") == _GONE:
        return (OrderFact(_gone(body, "order"), OrderState(deleted=True)),)
    node = _node(body, "order")
    if node is None:
        return ()
    if "customer" not in node:
        raise NotUnderstood("the subscription's query does not ask for 'customer { id }'")
    buyer, document = graphql.order(node)
    if buyer is None:
        guest = graphql.guest(node)
        return () if guest is None else understand_guest({**guest, "orders": [document]}, delivery.time(None))
    _, *orders = understand_document({"id": buyer, "orders": [document]}, delivery.time(None))
    return tuple(orders)


def product(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """What was asked of a product. What was bought of one that is gone stays what it was."""
    node = _node(body, "product")
    if node is None or text(body, "action") == _GONE:
        return ()
    told = graphql.product(node)
    stamp = delivery.stamp(delivery.time(instant(node, "updatedAt")), told)
    return (ProductFact(graphql.node_id(node), registers.told(stamp, told)),)


def _node(body: Body, kind: str) -> Body | None:
    data = part(body, "data")
    return None if data is None else part(data, kind) or part(data, "node")


def _gone(body: Body, kind: str) -> str:
    """The id of what was deleted: of that there are no data, but the query was asked about it."""
    asked = part(body, "query_variables") or {}
    node = _node(body, kind) or {}
    found = identity(node, "id", "id") or next((id_ for key in asked if (id_ := identity(asked, key, key))), None)
    if found is None:
        raise NotUnderstood(f"neither 'data' nor 'query_variables' names the {kind}")
    return found
