"""What values may be: the domains that filters and parameters share."""

from __future__ import annotations

from segment_core.language.vocabulary.entries import Domain, Form
from segment_core.record import replace

DATE = Domain("date")
EXPIRY = Domain("date", ahead=True)
DAY = Domain("day")
INTEGER = Domain("integer")
NUMBER = Domain("number")
MONEY = Domain("number", shops="money")
DISTANCE = Domain("distance")
ID = Domain("id")
TEXT = Domain("text")
TRUTH = Domain("truth")
COORDINATES = Domain("coordinates")
OPAQUE = Domain("opaque")

COUNTRY = Domain("text", form=Form(r"[A-Z]{2}", "write the two-letter code of the country: 'US'"))
# Not only ISO 3166-2: some stores' codes are longer or have a space ('MX-CAMP', 'MX-Q ROO').
REGION = Domain(
    "text",
    form=Form(r"[A-Z]{2}-[A-Z0-9][A-Z0-9 .]{0,5}", "write the codes of country and region: 'US-NY'"),
    loose=Form(r"[A-Z0-9]{1,3}", "write the country too, as in 'US-NY'; without it, all countries count"),
)
# Without the region where a country has none: 'SG-Singapore'. A short code alone there is a region, not a city.
CITY = Domain(
    "text",
    form=Form(
        r"[A-Z]{2}-(?![A-Z0-9]{1,5}$)\S+",
        "write country, region and city without spaces: 'US-NY-NewYorkCity'",
    ),
)
CURRENCY = Domain("text", form=Form(r"[A-Z]{3}", "write the three-letter code of the currency: 'USD'"))
ORDER_CURRENCY = replace(CURRENCY, shops="currency")
EMAIL_DOMAIN = Domain(
    "text",
    lower_case=True,
    unlike=Form(r".*[@\s].*", "write only what follows the @: 'example.com'"),
)
LANGUAGE = Domain(
    "text",
    unlike=Form(
        r"(?![a-z]{0,3}$|[a-z]{2,3}-).*|[a-z]{2,3}-[a-z]{2}|.*[_\s].*",
        "write the code of the language, with or without that of the region: 'en' or 'en-US'",
    ),
)

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
