"""What the author probably meant: advice on names, values and words that people invent."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Filters that do not exist but are often written. The advice completes "write ...".
INVENTED_FILTERS: Mapping[str, str] = {
    "accepts_marketing": "email_subscription_status = 'SUBSCRIBED'",
    "marketing_consent": "email_subscription_status = 'SUBSCRIBED'",
    "email_marketing_consent": "email_subscription_status = 'SUBSCRIBED'",
    "subscribed": "email_subscription_status = 'SUBSCRIBED'",
    "sms_marketing_consent": "sms_subscription_status = 'SUBSCRIBED'",
    "total_spent": "amount_spent",
    "total_spend": "amount_spent",
    "lifetime_value": "amount_spent",
    "ltv": "amount_spent",
    "aov": "average_order_value",
    "avg_order_value": "average_order_value",
    "average_order_gap_days": "average_days_between_orders",
    "days_between_orders": "average_days_between_orders",
    "overdue": "days_overdue",
    "orders_count": "number_of_orders",
    "order_count": "number_of_orders",
    "total_orders": "number_of_orders",
    "tag": "customer_tags",
    "tags": "customer_tags",
    "country": "customer_countries",
    "customer_country": "customer_countries",
    "region": "customer_regions",
    "province": "customer_regions",
    "state": "customer_regions for places, customer_account_status for accounts",
    "city": "customer_cities",
    "language": "customer_language",
    "locale": "customer_language",
    "email": "customer_email_domain = 'example.com'",
    "customer_email": "customer_email_domain = 'example.com'",
    "email_domain": "customer_email_domain",
    "created_at": "customer_added_date",
    "customer_since": "customer_added_date",
    "days_since_last_order": "last_order_date < -30d",
    "days_since_first_order": "first_order_date < -30d",
    "last_purchase_date": "last_order_date",
    "first_purchase_date": "first_order_date",
    "last_order_at": "last_order_date",
    "account_status": "customer_account_status",
    "rfm": "rfm_group",
    "rfm_segment": "rfm_group",
    "company": "companies",
    "product_purchased": "products_purchased MATCHES (id = 1)",
    "purchased_product": "products_purchased MATCHES (id = 1)",
    "has_purchased": "products_purchased MATCHES (id = 1)",
    "abandoned_checkout": "abandoned_checkout_date",
    "abandoned_cart": "abandoned_checkout_date",
    "order_date": "orders_placed MATCHES (date >= -30d)",
    "refunds": "orders_refunded MATCHES ()",
    "refunded": "orders_refunded MATCHES ()",
    "orders_returned": "orders_refunded MATCHES ()",
    "subscription_status": "email_subscription_status for consent, product_subscription_status for contracts",
    "email_opened": "shopify_email.opened MATCHES ()",
    "opened_email": "shopify_email.opened MATCHES ()",
    "email_clicked": "shopify_email.clicked MATCHES ()",
    "clicked_email": "shopify_email.clicked MATCHES ()",
    "product_viewed": "storefront.product_viewed MATCHES (id = 1)",
    "viewed_product": "storefront.product_viewed MATCHES (id = 1)",
    "collection_viewed": "storefront.collection_viewed MATCHES (id = 1)",
    "store_credit": "store_credit_accounts MATCHES (balance > 0)",
    "store_credit_balance": "store_credit_accounts MATCHES (balance > 0)",
    "within_distance": "customer_within_distance MATCHES (coordinates = '40.7128,-74.006', distance_km = 25)",
    "distance": "customer_within_distance MATCHES (coordinates = '40.7128,-74.006', distance_km = 25)",
    "location": "customer_cities, or customer_within_distance MATCHES (...)",
    "birthdate": "anniversary('metafields.facts.birth_date')",
    "date_of_birth": "anniversary('metafields.facts.birth_date')",
    "birthday": "anniversary('metafields.facts.birth_date')",
    "birth_date": "anniversary('metafields.facts.birth_date')",
}

# Parameters that do not exist but are often written; of several, the one that the function has is meant.
INVENTED_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "product_id": ("id",),
    "product": ("id",),
    "collection_id": ("id",),
    "variant": ("variant_id",),
    "type": ("product_type",),
    "brand": ("vendor",),
    "product_tag": ("tag",),
    "tags": ("tag",),
    "order_count": ("count",),
    "orders_count": ("count",),
    "number_of_orders": ("count",),
    "times": ("count",),
    "total": ("sum_amount",),
    "total_amount": ("sum_amount",),
    "amount_spent": ("sum_amount",),
    "total_quantity": ("sum_quantity",),
    "price": ("amount",),
    "value": ("amount", "balance"),
    "created_at": ("date",),
    "order_date": ("date",),
    "purchased_at": ("date",),
    "location": ("location_id", "coordinates"),
    "app": ("app_id",),
    "source": ("channel",),
    "code": ("discount_code",),
    "coupon": ("discount_code",),
    "discount_codes": ("discount_code",),
    "campaign_id": ("activity_id",),
    "email_id": ("activity_id",),
    "expiry_date": ("next_expiry_date",),
    "distance": ("distance_km",),
    "radius": ("distance_km",),
    "km": ("distance_km",),
    "miles": ("distance_mi",),
}

# Values that circulate but belong to another list.
INVENTED_VALUES: Mapping[str, Mapping[str, str]] = {
    "rfm_group": {
        "LOYAL_CUSTOMERS": "LOYAL",
        "LOST": "DORMANT",
        "LOST_CUSTOMERS": "DORMANT",
        "HIBERNATING": "DORMANT",
        "ABOUT_TO_SLEEP": "ALMOST_LOST",
        "CANT_LOSE": "PREVIOUSLY_LOYAL",
        "POTENTIAL_LOYALIST": "PROMISING",
    },
    "customer_account_status": {"ACTIVE": "ENABLED", "ACTIVATED": "ENABLED", "INACTIVE": "DISABLED"},
    "product_subscription_status": {"ACTIVE": "SUBSCRIBED", "CANCELLED": "CANCELED", "SUBSCRIBER": "SUBSCRIBED"},
    "email_subscription_status": {"SUBSCRIBER": "SUBSCRIBED"},
    "sms_subscription_status": {"SUBSCRIBER": "SUBSCRIBED"},
    "predicted_spend_tier": {"MED": "MEDIUM"},
}

_ADVICE_ON_WORDS: Mapping[str, str] = {
    "&&": "write AND",
    "||": "write OR",
    "!": "write NOT",
    "LIKE": "parts of texts are found only by STARTS WITH",
    "ILIKE": "parts of texts are found only by STARTS WITH",
    "ENDS": "parts of texts are found only by STARTS WITH",
    "BEGINS": "write STARTS WITH",
    "STARTS_WITH": "write STARTS WITH",
    "EQUALS": "write =",
    "INCLUDES": "write CONTAINS",
    "HAS": "write CONTAINS",
    "ORDER": "write only the condition, without ORDER BY",
    "GROUP": "write only the condition, without GROUP BY",
    "LIMIT": "write only the condition, without LIMIT",
    "--": "comments are not part of the language",
    "/*": "comments are not part of the language",
    "#": "comments are not part of the language",
    "//": "comments are not part of the language",
}


def advice_on_word(word: str) -> str:
    """What to write instead of a word that has no place in the grammar; empty if nothing is known."""
    return _ADVICE_ON_WORDS.get(word.upper(), "")


# `30 days ago`, as people say it.
_SPAN_UNITS: Mapping[str, str] = {"DAY": "d", "WEEK": "w", "MONTH": "m", "YEAR": "y"}
_WHOLE_NUMBER = r"([+-]?)([0-9]+)"


def advice_on_span(number: str, unit: str) -> str:
    """The offset that a number and a spelled unit mean; empty if they mean none. Without a sign it is the past."""
    letter, count = _SPAN_UNITS.get(unit.upper().removesuffix("S")), re.fullmatch(_WHOLE_NUMBER, number)
    return f"write {count[1] or '-'}{count[2]}{letter}" if letter and count else ""
