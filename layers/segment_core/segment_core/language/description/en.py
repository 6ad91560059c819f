"""English."""

from __future__ import annotations

from typing import Final

from segment_core.language.description.words import (
    AttributeWords,
    DateWords,
    FunctionWords,
    Measure,
    Noun,
    ParameterWords,
    Period,
    Words,
)

_ORDER: Final = Noun("order", "orders")
_UNIT: Final = Noun("unit", "units")
_PRODUCT: Final = Noun("different product", "different products")
_DAY: Final = Measure("day", "days")
_TIME: Final = Noun("time", "times")

_CONSENT: Final = {
    "SUBSCRIBED": "subscribed",
    "NOT_SUBSCRIBED": "not subscribed",
    "PENDING": "awaiting confirmation",
    "UNSUBSCRIBED": "unsubscribed",
    "REDACTED": "erased",
    "INVALID": "invalid",
}

_ATTRIBUTES: Final = {
    "abandoned_checkout_date": AttributeWords(
        "last abandoned a checkout {}",
        "did not last abandon a checkout {}",
        "have abandoned a checkout",
        "have no abandoned checkout",
    ),
    "amount_spent": AttributeWords("have spent {}", "have not spent {}", unit="money"),
    "average_days_between_orders": AttributeWords(
        "have {} between orders on average",
        "do not have {} between orders on average",
        "have an average gap between orders",
        "have no average gap between orders",
        unit=_DAY,
    ),
    "average_order_value": AttributeWords(
        "spend {} per order on average",
        "do not spend {} per order on average",
        "have an average order value",
        "have no average order value",
        unit="money",
    ),
    "companies": AttributeWords(
        "are a contact of company {}",
        "are not a contact of company {}",
        "are a contact of a company",
        "are not a contact of any company",
    ),
    "created_by_app_id": AttributeWords("were created by app {}", "were not created by app {}"),
    "customer_account_status": AttributeWords(
        "have the account status {}",
        "do not have the account status {}",
        "have an account status",
        "have no account status",
        values={"DECLINED": "declined", "DISABLED": "disabled", "ENABLED": "enabled", "INVITED": "invited"},
    ),
    "customer_added_date": AttributeWords(
        "were added {}", "were not added {}", "have a date of being added", "have no date of being added"
    ),
    "customer_cities": AttributeWords(
        "have an address in the city {}",
        "have no address in the city {}",
        "have an address with a city",
        "have no address with a city",
    ),
    "customer_countries": AttributeWords(
        "have an address in the country {}",
        "have no address in the country {}",
        "have an address with a country",
        "have no address with a country",
    ),
    "customer_email_domain": AttributeWords(
        "have an e-mail address at {}",
        "do not have an e-mail address at {}",
        "have an e-mail address",
        "have no e-mail address",
    ),
    "customer_language": AttributeWords(
        "have the language {}", "do not have the language {}", "have a language", "have no language"
    ),
    "customer_regions": AttributeWords(
        "have an address in the region {}",
        "have no address in the region {}",
        "have an address with a region",
        "have no address with a region",
    ),
    "customer_tags": AttributeWords("have the tag {}", "do not have the tag {}", "have a tag", "have no tags"),
    "days_overdue": AttributeWords(
        "are overdue by {} given their usual gap between orders",
        "are not overdue by {} given their usual gap between orders",
        "have a usual gap between orders",
        "have no usual gap between orders",
        unit=_DAY,
    ),
    "email_subscription_status": AttributeWords(
        "have the e-mail marketing status {}",
        "do not have the e-mail marketing status {}",
        "have an e-mail marketing status",
        "have no e-mail marketing status",
        values=_CONSENT,
    ),
    "first_order_date": AttributeWords(
        "first ordered {}", "did not first order {}", "have a first order", "have no first order"
    ),
    "last_order_date": AttributeWords(
        "last ordered {}", "did not last order {}", "have a last order", "have no last order"
    ),
    "number_of_orders": AttributeWords("have placed {}", "have not placed {}", unit=_ORDER),
    "predicted_spend_tier": AttributeWords(
        "have the predicted spend {}",
        "do not have the predicted spend {}",
        "have a predicted spend",
        "have no predicted spend",
        values={"HIGH": "high", "MEDIUM": "medium", "LOW": "low"},
    ),
    "product_subscription_status": AttributeWords(
        "have the product subscription status {}",
        "do not have the product subscription status {}",
        "have a product subscription status",
        "have no product subscription status",
        values={
            "SUBSCRIBED": "subscribed",
            "CANCELED": "canceled",
            "EXPIRED": "expired",
            "FAILED": "failed",
            "NEVER_SUBSCRIBED": "never subscribed",
            "PAUSED": "paused",
        },
    ),
    "rfm_group": AttributeWords(
        "are in the RFM group {}",
        "are not in the RFM group {}",
        "are in an RFM group",
        "are in no RFM group",
        values={
            "CHAMPIONS": "champions",
            "LOYAL": "loyal",
            "ACTIVE": "active",
            "NEW": "new",
            "PROMISING": "promising",
            "NEEDS_ATTENTION": "needs attention",
            "ALMOST_LOST": "almost lost",
            "PREVIOUSLY_LOYAL": "previously loyal",
            "AT_RISK": "at risk",
            "DORMANT": "dormant",
            "PROSPECTS": "prospects",
        },
    ),
    "sms_subscription_status": AttributeWords(
        "have the text message marketing status {}",
        "do not have the text message marketing status {}",
        "have a text message marketing status",
        "have no text message marketing status",
        values=_CONSENT,
    ),
}

_WHEN: Final = ParameterWords("{}", "not {}")


def _email(holds: str, fails: str) -> FunctionWords:
    parameters = {
        "activity_id": ParameterWords("of activity {}", "not of activity {}"),
        "date": _WHEN,
        "count": ParameterWords("{}", unit=_TIME),
    }
    return FunctionWords(holds, fails, "an e-mail", "e-mails", parameters)


def _viewed(one: str, many: str) -> FunctionWords:
    parameters = {
        "id": ParameterWords("with id {}", "with an id other than {}"),
        "tag": ParameterWords("with the tag {}", "without the tag {}"),
        "date": _WHEN,
        "count": ParameterWords("{}", unit=_TIME),
    }
    return FunctionWords("have looked at {}", "have not looked at {}", one, many, parameters)


_FUNCTIONS: Final = {
    "orders_placed": FunctionWords(
        "have placed {}",
        "have not placed {}",
        "an order",
        "orders",
        {
            "date": _WHEN,
            "amount": ParameterWords("with an amount of {}", unit="money"),
            "location_id": ParameterWords("at location {}", "not at location {}"),
            "app_id": ParameterWords("through app {}", "not through app {}"),
            "channel": ParameterWords("through channel {}", "not through channel {}"),
            "currency": ParameterWords("in {}", "not in {}"),
            "discount_code": ParameterWords("with the discount code {}", "without the discount code {}"),
            "tag": ParameterWords("with the tag {}", "without the tag {}"),
            "sum_amount": ParameterWords(", coming to {} in total", unit="money"),
        },
        counted=_ORDER,
    ),
    "orders_refunded": FunctionWords(
        "have received {}",
        "have not received {}",
        "a refund",
        "refunds",
        {
            "date": _WHEN,
            "amount": ParameterWords("of {}", unit="money"),
            "sum_amount": ParameterWords(", coming to {} in total", unit="money"),
        },
        counted=Noun("refund", "refunds"),
    ),
    "products_purchased": FunctionWords(
        "have bought {}",
        "have not bought {}",
        "a product",
        "products",
        {
            "id": ParameterWords("with id {}", "with an id other than {}"),
            "tag": ParameterWords("with the tag {}", "without the tag {}"),
            "category": ParameterWords("in category {}", "not in category {}"),
            "variant_id": ParameterWords("of variant {}", "not of variant {}"),
            "sku": ParameterWords("with the SKU {}", "with a SKU other than {}"),
            "vendor": ParameterWords("from vendor {}", "not from vendor {}"),
            "product_type": ParameterWords("of the type {}", "of a type other than {}"),
            "date": _WHEN,
            "quantity": ParameterWords(", {} on one order line", unit=_UNIT),
            "sum_quantity": ParameterWords(", {} in total", unit=_UNIT),
            "count": ParameterWords(", in {}", unit=_ORDER),
            "distinct_products": ParameterWords(", of {}", unit=_PRODUCT),
        },
    ),
    "shopify_email.bounced": _email("have had {} bounce", "have not had {} bounce"),
    "shopify_email.clicked": _email("have clicked a link in {}", "have not clicked a link in {}"),
    "shopify_email.delivered": _email("have received {}", "have not received {}"),
    "shopify_email.marked_as_spam": _email("have marked {} as spam", "have not marked {} as spam"),
    "shopify_email.opened": _email("have opened {}", "have not opened {}"),
    "shopify_email.unsubscribed": _email("have unsubscribed through {}", "have not unsubscribed through {}"),
    "storefront.collection_viewed": _viewed("a collection", "collections"),
    "storefront.product_viewed": _viewed("a product", "products"),
    "event": FunctionWords(
        "have {}",
        "do not have {}",
        "an event {name}",
        "events {name}",
        {"date": _WHEN},
        counted=Noun("event {name}", "events {name}"),
    ),
    "store_credit_accounts": FunctionWords(
        "have {}",
        "do not have {}",
        "a store credit account",
        "store credit accounts",
        {
            "balance": ParameterWords("with a balance of {}"),
            "currency": ParameterWords("in {}", "not in {}"),
            "next_expiry_date": ParameterWords(
                ", where credit next expires {}", ", where credit does not next expire {}"
            ),
            "last_credit_date": ParameterWords(
                ", where credit was last given {}", ", where credit was not last given {}"
            ),
        },
    ),
    "customer_within_distance": FunctionWords(
        "have {}",
        "do not have {}",
        "an address",
        "addresses",
        {
            "distance_km": ParameterWords("within {} kilometers", unit="radius"),
            "distance_mi": ParameterWords("within {} miles", unit="radius"),
            "coordinates": ParameterWords("of {}"),
        },
    ),
}

_HAVE, _HAVE_NOT = "have a value in the metafield {name}", "have no value in the metafield {name}"

_DATES: Final = DateWords(
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    day="{month} {day}, {year}",
    moment="{date} at {time}",
    clock="%H:%M",
    clock_with_seconds="%H:%M:%S",
    on="on {}",
    today="today",
    yesterday="yesterday",
    tomorrow="tomorrow",
    periods={
        "d": Period("day", "days", "in the last day", "in the last {} days", "in the next day", "in the next {} days"),
        "w": Period(
            "week", "weeks", "in the last week", "in the last {} weeks", "in the next week", "in the next {} weeks"
        ),
        "m": Period(
            "month", "months", "in the last month", "in the last {} months",
            "in the next month", "in the next {} months",
        ),
        "y": Period(
            "year", "years", "in the last year", "in the last {} years", "in the next year", "in the next {} years"
        ),
    },
    past={"=": "exactly {} ago", ">": "less than {} ago", "<": "more than {} ago", "<=": "at least {} ago"},
    past_noun="{} ago",
    past_between="from {} through {} ago",
    future={
        "=": "exactly {} from now",
        ">": "more than {} from now",
        ">=": "at least {} from now",
        "<": "earlier than {} from now",
        "<=": "no later than {} from now",
    },
    future_noun="{} from now",
    fixed={">": "after {}", ">=": "no earlier than {}", "<": "before {}", "<=": "no later than {}"},
    between="from {} through {}",
    in_any_year={
        ">": "later in the year than {}",
        ">=": "no earlier in the year than {}",
        "<": "earlier in the year than {}",
        "<=": "no later in the year than {}",
    },
)  # fmt: skip

WORDS: Final = Words(
    sentence="Customers who {}.",
    and_who=", and who ",
    or_who=", or who ",
    both="both {}",
    and_=" and ",
    either="either {}",
    or_=" or ",
    not_among="are not among those who {}",
    fallback="match {}",
    quotes=("“", "”"),
    truth=("false", "true"),
    any_="any",
    prefix="{} or another that starts with it",
    none_at_all="(or none at all)",
    counts={
        "=": "exactly {}",
        "!=": "not exactly {}",
        ">": "more than {}",
        ">=": "at least {}",
        "<": "fewer than {}",
        "<=": "at most {}",
        "BETWEEN": "from {} to {}",
    },
    amounts={
        "=": "exactly {}",
        "!=": "not exactly {}",
        ">": "more than {}",
        ">=": "at least {}",
        "<": "less than {}",
        "<=": "at most {}",
        "BETWEEN": "from {} to {}",
    },
    group=",",
    point=".",
    dates=_DATES,
    attributes=_ATTRIBUTES,
    functions=_FUNCTIONS,
    other_window="what it was {}",
    any_time_but="at any time but {}",
    times="{} times {}",
    in_number=", in number {}",
    event_property=ParameterWords(", where {name} is {}", ", where {name} is not {}"),
    metafields={
        "text": AttributeWords(
            "have {} in the metafield {name}", "do not have {} in the metafield {name}", _HAVE, _HAVE_NOT
        ),
        "list": AttributeWords(
            "have {} in the list in the metafield {name}", "do not have {} in the list in the metafield {name}"
        ),
        "number": AttributeWords("have {} in the metafield {name}", "do not have {} in the metafield {name}"),
        "truth": AttributeWords("have the metafield {name} set to {}", "do not have the metafield {name} set to {}"),
        "date": AttributeWords(
            "have a date {} in the metafield {name}", "do not have a date {} in the metafield {name}"
        ),
    },
    anniversary=AttributeWords(
        "have the anniversary of {name} {}",
        "do not have the anniversary of {name} {}",
    ),
    segment=AttributeWords("are in the segment {}", "are not in the segment {}"),
    names={
        "abandoned_checkout_date": "their last abandoned checkout",
        "customer_added_date": "being added",
        "first_order_date": "their first order",
        "last_order_date": "their last order",
    },
)
