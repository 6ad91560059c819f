"""Objects in the notation of Shopify's Admin GraphQL API as customer documents and products.

They come with the exports of bulk operations and with Events. Which fields there are depends on the query that
asked: what it did not ask is not told. Field names: https://shopify.dev/docs/api/admin-graphql/latest/objects,
pages Customer, Order, LineItem, Refund, Product, MailingAddress, Metafield.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from segment_core.errors import NotUnderstood
from segment_core.ingest.body import Body, amount, degrees, identity, instant, part, parts, text, word, words
from segment_core.instants import iso

Document = dict[str, object]
Fields = Mapping[str, tuple[str, Callable[[Body, str], object]]]
"""Field of the API to the key of the document, and how it is read."""


def node_id(node: Body) -> str:
    """The id in a node's global id. Raises NotUnderstood without one."""
    if (found := identity(node, "id", "id")) is None:
        raise NotUnderstood("there is no 'id'")
    return found


def customer(node: Body) -> Document:
    """A Customer as a customer document without orders."""
    document = _told(node, _CUSTOMER)
    for name, key, consent in _CONTACTS:
        if (contact := part(node, name)) is not None:
            document[key] = text(contact, _CONTACT_TEXT[key])
            if "marketingState" in contact:
                document[consent] = word(contact, "marketingState")
    for name, consent in _CONSENTS:
        if (told := part(node, name)) is not None:
            document[consent] = word(told, "marketingState")
    if (updated_at := instant(node, "updatedAt")) is not None:
        document["as_of"] = iso(updated_at)
    for key in ("addressesV2", "addresses"):
        if node.get(key) is not None:
            document["addresses"] = [_address(address) for address in nodes(node, key)]
    if node.get("metafields") is not None:
        document["metafields"] = dict(map(metafield, nodes(node, "metafields")))
    return {"id": node_id(node), **document}


def order(node: Body) -> tuple[str | None, Document]:
    """An Order, and the id of its customer if that was asked."""
    buyer = part(node, "customer")
    document = _told(node, _ORDER)
    for key, name in (("app", "app_id"), ("retailLocation", "location_id")):
        if (of := part(node, key)) is not None:
            document[name] = node_id(of)
    if node.get("refunds") is not None:
        document["refunds"] = [refund(one) for one in nodes(node, "refunds")]
    document |= _worth(node)
    if node.get("lineItems") is not None:
        document["lines"] = [line(one) for one in nodes(node, "lineItems")]
    return (node_id(buyer) if buyer else None), {"id": node_id(node), **document}


def guest(order: Body) -> Document | None:
    """What an Order says of its buyer when they have no account; None without an e-mail address to know them by."""
    if not (text(order, "email") or "").strip():
        return None
    document = _told(order, _GUEST)
    if where := part(order, "shippingAddress") or part(order, "billingAddress"):
        document["default_address"] = _address(where)
    if (updated_at := instant(order, "updatedAt")) is not None:
        document["as_of"] = iso(updated_at)
    return {"guest": True, **{key: value for key, value in document.items() if value is not None}}


def refund(node: Body) -> Document:
    """A Refund."""
    document = _told(node, {"createdAt": ("created_at", _instant)})
    if money := shop_money(node, "totalRefundedSet"):
        document["amount"] = money[0]
    return {"id": node_id(node), **document}


def line(node: Body) -> Document:
    """A LineItem, with its product where that was asked."""
    document = {key: value for key, value in _told(node, _LINE).items() if value is not None}
    for key in ("product", "variant"):
        if (of := part(node, key)) is not None:
            document[f"{key}_id"] = node_id(of)
    return {**product(part(node, "product") or {}), **document}


def product(node: Body) -> Document:
    """What a Product says of itself to the lines of orders."""
    document = _told(node, _PRODUCT)
    if (category := part(node, "category")) is not None:
        document["category"] = identity(category, "id", "id")
    return {key: value for key, value in document.items() if value is not None}


def metafield(node: Body) -> tuple[str, Document]:
    """A Metafield: its name and itself."""
    name = ".".join(filter(None, (text(node, "namespace"), text(node, "key"))))
    return name, {"type": text(node, "type"), "value": node.get("value")}


def nodes(node: Body, key: str) -> list[Body]:
    """What a list or a connection holds, whichever of its notations was asked."""
    held = node.get(key)
    if isinstance(held, Mapping):
        return parts(held, "nodes") if "nodes" in held else [part(edge, "node") or {} for edge in parts(held, "edges")]
    return parts(node, key)


def shop_money(node: Body, key: str) -> tuple[str, str | None] | None:
    """Amount and currency of a MoneyBag in the shop's own money; None if it was not told."""
    bag = part(node, key)
    money = part(bag, "shopMoney") if bag else None
    value = amount(money, "amount") if money else None
    return None if value is None or money is None else (format(value, "f"), text(money, "currencyCode"))


def _worth(node: Body) -> Document:
    """What was kept; for queries that asked only what was sold, that without the refunds that they asked."""
    if money := shop_money(node, "currentTotalPriceSet"):
        return {"total": money[0], "currency": money[1]}
    if money := shop_money(node, "totalPriceSet"):
        refunds = [told for one in nodes(node, "refunds") if (told := shop_money(one, "totalRefundedSet"))]
        kept = Decimal(money[0]) - sum((Decimal(paid) for paid, _ in refunds), Decimal(0))
        return {"total": format(kept, "f"), "currency": money[1]}
    return {}


def _address(node: Body) -> Document:
    told = {
        "country": text(node, "countryCodeV2") or text(node, "countryCode"),
        "region": text(node, "provinceCode"),
        "city": text(node, "city"),
        "latitude": degrees(node, "latitude"),
        "longitude": degrees(node, "longitude"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _told(node: Body, fields: Fields) -> Document:
    """Those of the fields that were asked, by the names that documents have for them."""
    return {name: read(node, key) for key, (name, read) in fields.items() if key in node}


def _instant(node: Body, key: str) -> str | None:
    told: datetime | None = instant(node, key)
    return None if told is None else iso(told)


def _as_it_is(node: Body, key: str) -> object:
    return node.get(key)


_CUSTOMER: Fields = {
    "createdAt": ("created_at", _instant),
    "email": ("email", text),
    "phone": ("phone", text),
    "firstName": ("first_name", text),
    "lastName": ("last_name", text),
    "locale": ("locale", text),
    "state": ("state", word),
    "tags": ("tags", words),
    "productSubscriberStatus": ("product_subscription_status", word),
}
# An object with a contact and the consent to use it, where the document has two texts.
_CONTACTS = (
    ("defaultEmailAddress", "email", "email_marketing_consent"),
    ("defaultPhoneNumber", "phone", "sms_marketing_consent"),
)
_CONTACT_TEXT = {"email": "emailAddress", "phone": "phoneNumber"}
_CONSENTS = (
    ("emailMarketingConsent", "email_marketing_consent"),
    ("smsMarketingConsent", "sms_marketing_consent"),
)
_ORDER: Fields = {
    "createdAt": ("created_at", _instant),
    "updatedAt": ("updated_at", _instant),
    "cancelledAt": ("cancelled_at", _instant),
    "test": ("test", _as_it_is),
    "sourceName": ("channel", text),
    "tags": ("tags", words),
    "discountCodes": ("discount_codes", words),
}
_GUEST: Fields = {
    "email": ("email", text),
    "phone": ("phone", text),
    "customerLocale": ("locale", text),
}
_LINE: Fields = {
    "quantity": ("quantity", _as_it_is),
    "sku": ("sku", text),
    "vendor": ("vendor", text),
}
_PRODUCT: Fields = {
    "vendor": ("vendor", text),
    "productType": ("product_type", text),
    "tags": ("tags", words),
}
