"""The words of the language: filters, functions, their types and values. One table each.

Adding a filter means adding one entry here; the checker, the printer, the suggestions and the
reference in docs/language.md read these tables. Sources are the platform's own reference and help pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ValueType = Literal["date", "integer", "number", "id", "enum", "text", "coordinates"]

_EQUALITY = ("=", "!=")
_ORDER = (*_EQUALITY, ">", ">=", "<", "<=", "BETWEEN")
_NULL = ("IS NULL", "IS NOT NULL")
_LIST = ("CONTAINS", "NOT CONTAINS", *_NULL)

# Which operators an attribute of a type has; a list has `_LIST`, whatever its elements are.
ATTRIBUTE_OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    "date": (*_ORDER, *_NULL),
    "integer": _ORDER,
    "number": _ORDER,
    "id": _EQUALITY,
    "enum": (*_EQUALITY, *_NULL),
    "text": (*_EQUALITY, *_NULL),
}

# Which operators a parameter of a type has. A clause has no use for NULL inside MATCHES.
PARAMETER_OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    "date": _ORDER,
    "integer": _ORDER,
    "number": _ORDER,
    "id": (*_EQUALITY, "IN", "NOT IN"),
    "enum": _EQUALITY,
    "text": _EQUALITY,
    "coordinates": ("=",),
}

FUNCTION_OPERATORS = ("MATCHES", "NOT MATCHES")


@dataclass(frozen=True, slots=True)
class Form:
    """The shape that a text must have, and how to say so."""

    pattern: re.Pattern[str]
    advice: str


@dataclass(frozen=True, slots=True)
class Domain:
    """What a value may be: its type, for an enum its values, for some texts their form.

    `lower_case`: the fact is kept in lower case, so that the value is put into it too.
    """

    type: ValueType
    values: tuple[str, ...] = ()
    form: Form | None = None
    lower_case: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """A filter on the customer itself. `many`: it holds a list of values of the domain."""

    name: str
    domain: Domain
    meaning: str
    many: bool = False
    # Operators that are accepted and mean another one.
    spellings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    supported: bool = True

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        return _LIST if self.many else ATTRIBUTE_OPERATORS[self.domain.type]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A condition inside MATCHES. `aggregate`: it is compared over the rows that the others chose."""

    name: str
    domain: Domain
    meaning: str
    aggregate: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        return PARAMETER_OPERATORS[self.domain.type]


@dataclass(frozen=True, slots=True)
class LegacyParameter:
    """A parameter of the `fn(name: value)` form that is now another one with an operator."""

    name: str
    parameter: str
    operator: Literal["=", ">=", "<="]


@dataclass(frozen=True, slots=True)
class Function:
    """A filter on things that happened. Parameters stand in their canonical order."""

    name: str
    parameters: tuple[Parameter, ...]
    meaning: str
    legacy: tuple[LegacyParameter, ...] = ()
    # Names that are accepted and mean this function.
    spellings: tuple[str, ...] = ()
    # Whether the evaluator answers it; if not, a correct clause is refused with `not_supported_yet`.
    supported: bool = True

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True, slots=True)
class Modifier:
    """Turns a named date into another that is compared: `anniversary('metafields.facts.birth_date') = today`."""

    name: str
    argument: str
    domain: Domain
    meaning: str
    supported: bool = True

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has: those of its domain."""
        return PARAMETER_OPERATORS[self.domain.type]


Entry = Attribute | Function | Modifier

# Domains

DATE = Domain("date")
INTEGER = Domain("integer")
NUMBER = Domain("number")
ID = Domain("id")
TEXT = Domain("text")
COORDINATES = Domain("coordinates")

COUNTRY = Domain("text", form=Form(re.compile(r"[A-Z]{2}"), "write the two-letter code of the country: 'US'"))
# Not only ISO 3166-2: some stores' codes are longer or have a space ('MX-CAMP', 'MX-Q ROO').
REGION = Domain(
    "text",
    form=Form(re.compile(r"[A-Z]{2}-[A-Z0-9][A-Z0-9 .]{0,5}"), "write the codes of country and region: 'US-NY'"),
)
# Without the region where a country has none: 'SG-Singapore'. A short code alone there is a region, not a city.
CITY = Domain(
    "text",
    form=Form(
        re.compile(r"[A-Z]{2}-(?![A-Z0-9]{1,5}$)\S+"),
        "write country, region and city without spaces: 'US-NY-NewYorkCity'",
    ),
)
EMAIL_DOMAIN = Domain("text", lower_case=True)

ACCOUNT = Domain("enum", ("DECLINED", "DISABLED", "ENABLED", "INVITED"))
SMS_CONSENT = Domain("enum", ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED"))
EMAIL_CONSENT = Domain("enum", (*SMS_CONSENT.values, "INVALID"))
SUBSCRIPTION = Domain("enum", ("SUBSCRIBED", "CANCELED", "EXPIRED", "FAILED", "NEVER_SUBSCRIBED", "PAUSED"))
SPEND_TIER = Domain("enum", ("HIGH", "MEDIUM", "LOW"))
RFM_GROUP = Domain(
    "enum",
    (
        "CHAMPIONS",
        "LOYAL",
        "ACTIVE",
        "NEW",
        "PROMISING",
        "NEEDS_ATTENTION",
        "ALMOST_LOST",
        "PREVIOUSLY_LOYAL",
        "AT_RISK",
        "DORMANT",
        "PROSPECTS",
    ),
)

# Attributes

_ATTRIBUTES = (
    Attribute("abandoned_checkout_date", DATE, "When the customer last abandoned a checkout."),
    Attribute("amount_spent", NUMBER, "Lifetime spend in the shop's currency, net of refunds; 0 without orders."),
    Attribute(
        "companies",
        ID,
        "The companies for which the customer is a business contact.",
        many=True,
        spellings=MappingProxyType({"=": "CONTAINS"}),
    ),
    Attribute("created_by_app_id", ID, "The app that created the customer."),
    Attribute("customer_account_status", ACCOUNT, "The state of the account; DISABLED for guests."),
    Attribute("customer_added_date", DATE, "When the customer was added."),
    Attribute("customer_cities", CITY, "The cities of all addresses.", many=True),
    Attribute("customer_countries", COUNTRY, "The countries of all addresses (ISO 3166-1 alpha-2).", many=True),
    Attribute("customer_email_domain", EMAIL_DOMAIN, "What follows the @ of the e-mail address."),
    Attribute("customer_language", TEXT, "The customer's language (ISO 639-1); `en` also covers `en-US`."),
    Attribute("customer_regions", REGION, "The regions of all addresses (ISO 3166-2).", many=True),
    Attribute(
        "customer_tags", TEXT, "The customer's tags; compared whole, upper and lower case are the same.", many=True
    ),
    Attribute("email_subscription_status", EMAIL_CONSENT, "Consent to marketing by e-mail."),
    Attribute("first_order_date", DATE, "When the first order was placed."),
    Attribute("last_order_date", DATE, "When the most recent order was placed."),
    Attribute("number_of_orders", INTEGER, "Lifetime orders; 0 without any."),
    Attribute("predicted_spend_tier", SPEND_TIER, "Expected spend in the coming year, relative to the shop."),
    Attribute("product_subscription_status", SUBSCRIPTION, "The state of the customer's subscription contracts."),
    Attribute("rfm_group", RFM_GROUP, "Recency, frequency and money, relative to the shop."),
    Attribute("sms_subscription_status", SMS_CONSENT, "Consent to marketing by text message."),
)

# Functions

_WHEN = Parameter("date", DATE, "When it happened.")
_COUNT = Parameter("count", INTEGER, "How often.", aggregate=True)
_CAMPAIGN = Parameter("activity_id", ID, "The marketing activity that the e-mail belonged to.")

_SINCE_AND_UNTIL = (LegacyParameter("since", "date", ">="), LegacyParameter("until", "date", "<="))
_AT_LEAST = (LegacyParameter("count_at_least", "count", ">="),)


def _email(event: str, meaning: str) -> Function:
    parameters = (_CAMPAIGN, _WHEN, _COUNT)
    return Function(f"shopify_email.{event}", parameters, meaning, legacy=_AT_LEAST, supported=False)


def _storefront(event: str, meaning: str) -> Function:
    parameters = (
        Parameter("id", ID, "Which one."),
        Parameter("tag", TEXT, "A tag it carries."),
        _WHEN,
        _COUNT,
    )
    spelling = f"storefront_event.{event}"
    return Function(f"storefront.{event}", parameters, meaning, spellings=(spelling,), supported=False)


_FUNCTIONS = (
    Function(
        "orders_placed",
        (
            _WHEN,
            Parameter("amount", NUMBER, "What one order came to, in the shop's currency, net of refunds."),
            Parameter("location_id", ID, "The location that took the order."),
            Parameter("app_id", ID, "The app through which it was placed."),
            Parameter("sum_amount", NUMBER, "The sum over all chosen orders.", aggregate=True),
            Parameter("count", INTEGER, "How many orders were chosen.", aggregate=True),
        ),
        "The customer's orders.",
        legacy=_SINCE_AND_UNTIL,
    ),
    Function(
        "products_purchased",
        (
            Parameter("id", ID, "The product."),
            Parameter("tag", TEXT, "A tag of the product, upper and lower case being the same."),
            Parameter("category", TEXT, "The category of the product in the product taxonomy."),
            _WHEN,
            Parameter("quantity", INTEGER, "The units on one order line."),
            Parameter("sum_quantity", INTEGER, "The units on all chosen lines.", aggregate=True),
            Parameter("count", INTEGER, "How many orders hold a chosen line.", aggregate=True),
        ),
        "The lines of the customer's orders.",
        legacy=_SINCE_AND_UNTIL,
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
        "store_credit_accounts",
        (
            Parameter("balance", NUMBER, "What is left, in the account's currency."),
            Parameter("currency", TEXT, "The currency of the account (ISO 4217)."),
            Parameter("next_expiry_date", DATE, "When credit next expires."),
            Parameter("last_credit_date", DATE, "When credit was last given."),
        ),
        "The customer's store credit.",
        supported=False,
    ),
    Function(
        "customer_within_distance",
        (
            Parameter("coordinates", COORDINATES, "Latitude and longitude of the centre, in degrees."),
            Parameter("distance_km", NUMBER, "The radius in kilometres."),
            Parameter("distance_mi", NUMBER, "The radius in miles."),
        ),
        "Addresses around a point.",
        supported=False,
    ),
)

_MODIFIERS = (
    Modifier(
        "anniversary",
        "date",
        DATE,
        "The day of a date in the current year; the year of the date itself does not matter.",
        supported=False,
    ),
)

# `metafields.<namespace>.<key>`, also written `customer.metafields.<namespace>.<key>`.
METAFIELD = re.compile(r"(?:customer\.)?metafields\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)

# Named dates of the legacy dialect, and what the store says they became.
DEPRECATED_DATES: Mapping[str, str] = {
    "7_days_ago": "-7d",
    "30_days_ago": "-30d",
    "90_days_ago": "-90d",
    "12_months_ago": "-12m",
}

ATTRIBUTES: Mapping[str, Attribute] = {attribute.name: attribute for attribute in _ATTRIBUTES}
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _FUNCTIONS}
MODIFIERS: Mapping[str, Modifier] = {modifier.name: modifier for modifier in _MODIFIERS}

_BY_SPELLING: Mapping[str, Entry] = {
    **ATTRIBUTES,
    **FUNCTIONS,
    **MODIFIERS,
    **{spelling: function for function in _FUNCTIONS for spelling in function.spellings},
}


def find(name: str) -> Entry | None:
    """The filter that is written `name`. Names are exact: lower case, no spaces."""
    return _BY_SPELLING.get(name)


def names() -> tuple[str, ...]:
    """Every spelling of every filter that is supported, then of the others."""
    return tuple(sorted(_BY_SPELLING, key=lambda name: (not _BY_SPELLING[name].supported, name)))
