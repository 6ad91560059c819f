"""Filters on the customer itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segment_core.language.vocabulary.domains import (
    ACCOUNT,
    CITY,
    COUNTRY,
    DATE,
    EMAIL_CONSENT,
    EMAIL_DOMAIN,
    ID,
    INTEGER,
    LANGUAGE,
    MONEY,
    NUMBER,
    REGION,
    RFM_GROUP,
    SMS_CONSENT,
    SPEND_TIER,
    SUBSCRIPTION,
    TEXT,
)
from segment_core.language.vocabulary.entries import Attribute, Fact

_ORDERS = Fact("orders")
_ADDRESSES = Fact("field", "addresses")

_ATTRIBUTES = (
    Attribute(
        "abandoned_checkout_date",
        DATE,
        "When the customer last abandoned a checkout.",
        "abandoned_checkout_date >= -7d",
        (Fact("checkouts"), _ORDERS),
    ),
    Attribute(
        "amount_spent",
        MONEY,
        "Lifetime spend in the shop's currency, net of refunds; 0 without orders.",
        "amount_spent BETWEEN 100 AND 499.99",
        (_ORDERS,),
    ),
    Attribute(
        "average_days_between_orders",
        NUMBER,
        "The days from the first order to the last, by the gaps between them; missing with fewer than two orders.",
        "average_days_between_orders <= 30",
        (_ORDERS,),
        optional=True,
        instead="compare number_of_orders within a window, as in orders_placed MATCHES (date >= -90d, count >= 3)",
    ),
    Attribute(
        "average_order_value",
        MONEY,
        "What an order comes to on average, in the shop's currency, net of refunds; missing without orders.",
        "average_order_value < 30",
        (_ORDERS,),
        optional=True,
        instead="compare amount_spent and number_of_orders, or the amount of single orders in orders_placed",
    ),
    Attribute(
        "companies",
        ID,
        "The companies for which the customer is a business contact.",
        "companies CONTAINS 55",
        (Fact("field", "companies"),),
        many=True,
        spellings=MappingProxyType({"=": "CONTAINS"}),
    ),
    Attribute(
        "created_by_app_id",
        ID,
        "The app that created the customer.",
        "created_by_app_id = 129785",
        (Fact("field", "created_by_app_id"),),
    ),
    Attribute(
        "customer_account_status",
        ACCOUNT,
        "The state of the account; DISABLED for guests.",
        "customer_account_status = 'INVITED'",
        (Fact("field", "state"),),
    ),
    Attribute(
        "customer_added_date",
        DATE,
        "When the customer was added.",
        "customer_added_date > -30d",
        (Fact("field", "created_at"),),
    ),
    Attribute(
        "customer_cities",
        CITY,
        "The cities of all addresses.",
        "customer_cities CONTAINS 'US-NY-NewYorkCity'",
        (_ADDRESSES,),
        many=True,
    ),
    Attribute(
        "customer_countries",
        COUNTRY,
        "The countries of all addresses (ISO 3166-1 alpha-2).",
        "customer_countries NOT CONTAINS 'US'",
        (_ADDRESSES,),
        many=True,
    ),
    Attribute(
        "customer_email_domain",
        EMAIL_DOMAIN,
        "What follows the @ of the e-mail address.",
        "customer_email_domain = 'example.com'",
        (Fact("field", "email"),),
    ),
    Attribute(
        "customer_language",
        LANGUAGE,
        "The customer's language (ISO 639-1); `en` also covers `en-US`.",
        "customer_language = 'en'",
        (Fact("field", "locale"),),
    ),
    Attribute(
        "customer_regions",
        REGION,
        "The regions of all addresses (ISO 3166-2).",
        "customer_regions CONTAINS 'US-NY'",
        (_ADDRESSES,),
        many=True,
    ),
    Attribute(
        "customer_tags",
        TEXT,
        "The customer's tags; compared whole, upper and lower case are the same.",
        "customer_tags CONTAINS 'vip'",
        (Fact("field", "tags"),),
        many=True,
    ),
    Attribute(
        "days_overdue",
        NUMBER,
        "The days since the last order, less average_days_between_orders; negative before that many have gone by.",
        "days_overdue > 7",
        (_ORDERS,),
        optional=True,
        instead="compare last_order_date with the same number of days for everybody",
    ),
    Attribute(
        "email_subscription_status",
        EMAIL_CONSENT,
        "Consent to marketing by e-mail.",
        "email_subscription_status = 'SUBSCRIBED'",
        (Fact("field", "email_marketing_consent"),),
    ),
    Attribute("first_order_date", DATE, "When the first order was placed.", "first_order_date > -30d", (_ORDERS,)),
    Attribute("last_order_date", DATE, "When the most recent order was placed.", "last_order_date < -90d", (_ORDERS,)),
    Attribute("number_of_orders", INTEGER, "Lifetime orders; 0 without any.", "number_of_orders > 1", (_ORDERS,)),
    Attribute(
        "predicted_spend_tier",
        SPEND_TIER,
        "Expected spend in the coming year, relative to the shop.",
        "predicted_spend_tier = 'HIGH'",
        (Fact("score", "predicted_spend_tier"),),
    ),
    Attribute(
        "product_subscription_status",
        SUBSCRIPTION,
        "The state of the customer's subscription contracts.",
        "product_subscription_status = 'SUBSCRIBED'",
        (Fact("field", "product_subscription_status"),),
    ),
    Attribute(
        "rfm_group",
        RFM_GROUP,
        "Recency, frequency and money, relative to the shop.",
        "rfm_group = 'CHAMPIONS'",
        (Fact("score", "rfm_group"),),
    ),
    Attribute(
        "sms_subscription_status",
        SMS_CONSENT,
        "Consent to marketing by text message.",
        "sms_subscription_status = 'SUBSCRIBED'",
        (Fact("field", "sms_marketing_consent"),),
    ),
)

ATTRIBUTES: Mapping[str, Attribute] = {attribute.name: attribute for attribute in _ATTRIBUTES}
