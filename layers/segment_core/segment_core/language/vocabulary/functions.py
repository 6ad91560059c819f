"""Filters on things that happened and on things that a customer has several of."""

from __future__ import annotations

from collections.abc import Mapping

from segment_core.language.vocabulary.domains import (
    COORDINATES,
    CURRENCY,
    DATE,
    DISTANCE,
    EXPIRY,
    ID,
    INTEGER,
    MONEY,
    NUMBER,
    ORDER_CURRENCY,
    TEXT,
)
from segment_core.language.vocabulary.entries import Fact, Function, LegacyParameter, Parameter

_ORDERS = Fact("orders")
_WHEN = Parameter("date", DATE, "When it happened.")
_COUNT = Parameter("count", INTEGER, "How often.", aggregate=True)
_CAMPAIGN = Parameter("activity_id", ID, "The marketing activity that the e-mail belonged to.")

# What the store's own language offers in place of parameters that are extensions.
_BY_APP = "choose orders by app_id or location_id"
_NO_ORDER_PART = "the store chooses orders only by date, amount, location_id and app_id; tag the customers instead"
_NO_LINE_PART = "choose products by id, tag or category"

_SINCE_AND_UNTIL = (LegacyParameter("since", "date", ">="), LegacyParameter("until", "date", "<="))
_AT_LEAST = LegacyParameter("count_at_least", "count", ">=")
_OF_EVENTS = (*_SINCE_AND_UNTIL, _AT_LEAST)


def _email(event: str, meaning: str) -> Function:
    name = f"shopify_email.{event}"
    example = f"{name} MATCHES (activity_id = 5240029206, date >= -30d)"
    return Function(name, (_CAMPAIGN, _WHEN, _COUNT), meaning, example, (Fact("event", name),), legacy=_OF_EVENTS)


def _storefront(event: str, meaning: str) -> Function:
    name = f"storefront.{event}"
    parameters = (
        Parameter("id", ID, "Which one."),
        Parameter("tag", TEXT, "A tag it carries, upper and lower case being the same."),
        _WHEN,
        _COUNT,
    )
    example = f"{name} MATCHES (id = 1234567890, date > -7d, count >= 2)"
    return Function(
        name, parameters, meaning, example, (Fact("event", name),), _OF_EVENTS, (f"storefront_event.{event}",)
    )


_FUNCTIONS = (
    Function(
        "orders_placed",
        (
            _WHEN,
            Parameter("amount", MONEY, "What one order came to, in the shop's currency, net of refunds."),
            Parameter("location_id", ID, "The location that took the order."),
            Parameter("app_id", ID, "The app through which it was placed."),
            Parameter("channel", TEXT, "Where it was placed, such as 'web' or 'pos'.", instead=_BY_APP),
            Parameter(
                "currency", ORDER_CURRENCY, "Its currency (ISO 4217); without one, the shop's.", instead=_NO_ORDER_PART
            ),
            Parameter(
                "discount_code", TEXT, "A code on it, upper and lower case being the same.", instead=_NO_ORDER_PART
            ),
            Parameter("tag", TEXT, "A tag on it, upper and lower case being the same.", instead=_NO_ORDER_PART),
            Parameter("sum_amount", MONEY, "The sum over all chosen orders.", aggregate=True),
            Parameter("count", INTEGER, "How many orders were chosen.", aggregate=True),
        ),
        "The customer's orders.",
        "orders_placed MATCHES (date >= -90d, amount > 50, count >= 3)",
        (_ORDERS,),
        legacy=(*_SINCE_AND_UNTIL, _AT_LEAST),
    ),
    Function(
        "orders_refunded",
        (
            Parameter("date", DATE, "When it was made."),
            Parameter("amount", MONEY, "What one refund came to, in the shop's currency."),
            Parameter("sum_amount", MONEY, "The sum over all chosen refunds.", aggregate=True),
            Parameter("count", INTEGER, "How many refunds were chosen.", aggregate=True),
        ),
        "The refunds of the customer's orders; an order can have several.",
        "orders_refunded MATCHES (date >= -90d, count >= 2)",
        (_ORDERS,),
        instead="the store has no filter on refunds; amount_spent is net of them",
    ),
    Function(
        "products_purchased",
        (
            Parameter("id", ID, "The product."),
            Parameter("tag", TEXT, "A tag of the product, upper and lower case being the same."),
            Parameter("category", TEXT, "The category of the product in the product taxonomy."),
            Parameter("variant_id", ID, "The variant of the product.", instead=_NO_LINE_PART),
            Parameter("sku", TEXT, "The stock keeping unit.", instead=_NO_LINE_PART),
            Parameter("vendor", TEXT, "The vendor of the product.", instead=_NO_LINE_PART),
            Parameter("product_type", TEXT, "The type of the product, as the shop calls it.", instead=_NO_LINE_PART),
            _WHEN,
            Parameter("quantity", INTEGER, "The units on one order line."),
            Parameter("sum_quantity", INTEGER, "The units on all chosen lines.", aggregate=True),
            Parameter("count", INTEGER, "How many orders hold a chosen line.", aggregate=True),
            Parameter(
                "distinct_products",
                INTEGER,
                "How many different products are on the chosen lines.",
                aggregate=True,
                instead="write one products_purchased MATCHES (id = ...) for each product",
            ),
        ),
        "The lines of the customer's orders.",
        "products_purchased MATCHES (tag = 'sale', date > -3m, sum_quantity >= 5)",
        (_ORDERS, Fact("lines")),
        legacy=(*_SINCE_AND_UNTIL, _AT_LEAST),
    ),
    _email("bounced", "E-mails that did not arrive."),
    _email("clicked", "E-mails in which a link was clicked."),
    _email("delivered", "E-mails that arrived."),
    _email("marked_as_spam", "E-mails that were marked as spam."),
    _email("opened", "E-mails that were opened."),
    _email("unsubscribed", "E-mails through which the customer unsubscribed."),
    _storefront("collection_viewed", "Collections that the customer looked at."),
    _storefront("product_viewed", "Products that the customer looked at."),
    Function(
        "event",
        (_WHEN, _COUNT),
        "Events of any name, such as those that apps and imports tell of.",
        "event('quiz_taken') MATCHES (date >= -30d, score > 7.5, topic = 'shoes', count >= 2)",
        (Fact("event"),),
        instead="the store knows only the events of shopify_email and storefront",
        argument="name",
    ),
    Function(
        "store_credit_accounts",
        (
            Parameter("balance", NUMBER, "What is left, in the account's own currency."),
            Parameter("currency", CURRENCY, "The currency of the account (ISO 4217)."),
            Parameter("next_expiry_date", EXPIRY, "When credit next expires."),
            Parameter("last_credit_date", DATE, "When credit was last given."),
        ),
        "The customer's accounts of store credit.",
        "store_credit_accounts MATCHES (balance > 10, currency = 'USD', next_expiry_date <= +30d)",
        (Fact("field", "store_credit_accounts"),),
    ),
    Function(
        "customer_within_distance",
        (
            Parameter(
                "coordinates",
                COORDINATES,
                "Latitude and longitude of the centre, in degrees.",
                needs=("distance_km", "distance_mi"),
            ),
            Parameter("distance_km", DISTANCE, "The radius in kilometres.", needs=("coordinates",)),
            Parameter("distance_mi", DISTANCE, "The radius in miles.", needs=("coordinates",)),
        ),
        "Addresses around a point, at most so far away along the surface of the earth.",
        "customer_within_distance MATCHES (coordinates = '40.7128,-74.006', distance_km = 25)",
        (Fact("field", "addresses"),),
    ),
)

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _FUNCTIONS}
